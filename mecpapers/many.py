"""What ``mecpapers solve`` makes of an instance; of many, a line each; and of the slots of a trace."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from glob import escape
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from warnings import catch_warnings, simplefilter

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from tqdm import tqdm

from mecpapers import instances, sheets
from mecpapers.companion import files
from mecpapers.solution import Infeasible, Solution, TooLarge

FAULT, BAD_INPUT, INFEASIBLE, NOT_CONVERGED = 1, 2, 3, 4
"""What went wrong, as an exit status."""


R = TypeVar("R")
_SIDE_BY_SIDE = 50  # instances
_SMALL = 30_000  # characters of an instance, some hundred devices: more gain nothing side by side
_VIDEO = re.compile(r'"paper"\s*:\s*"video"')


class Options(NamedTuple):
    """How to solve: the scheme (None: the paper's first), its seed and search, and whether doubts are refused."""

    scheme: str | None = None
    seed: int = 0
    search: Mapping[str, Any] = {}
    strict: bool = False


class Solved(NamedTuple):
    """What a scheme made of a problem, and in what time [s]."""

    scheme: str
    solution: Solution[Any]
    seconds: float


class Task(NamedTuple):
    """One of many instances: where it stands, and what its answer begins with."""

    place: str
    head: Mapping[str, Any]
    document: str | Mapping[str, Any] | None  # its text, the fields, or None: a slot without devices


class Answered(NamedTuple):
    """The answer to a task as a line of JSON, its exit status, and what is doubted of the instance."""

    line: str
    status: int
    doubts: Sequence[str]


def schemes_of(paper: str) -> Mapping[str, Any]:
    """Return the schemes of a paper by name, the default first."""
    schemes: Mapping[str, Any] = import_module(f"mecpapers.{paper}.schemes").SCHEMES
    return schemes


def paper_of(problem: Any) -> str:
    """Return the name of the paper that a problem is of."""
    return type(problem).__module__.split(".")[1]


def check_options(paper: str, options: Options) -> str:
    """Return the scheme that the options name.

    Raises
    ------
    ValueError
        for a scheme that the paper doesn't have, or an option that the scheme doesn't have.
    """
    schemes = schemes_of(paper)
    scheme = next(iter(schemes)) if options.scheme is None else options.scheme
    if scheme not in schemes:
        raise ValueError(f"--scheme = {scheme}: must be one of {', '.join(schemes)}, or all")
    for name, value in options.search.items():
        able = [key for key, function in schemes.items() if name in inspect.signature(function).parameters]
        if scheme not in able:
            others = f"{', '.join(able)} have it" if able else f"no scheme of {paper} has it"
            raise ValueError(f"--{name} = {value}: must be left out for {scheme}; {others}")
        if value != value:  # nan; a whole number may be too large for numpy to say
            raise ValueError(f"--{name} = nan: must be a number")
    return scheme


def solve(problem: Any, options: Options) -> Solved:
    """Solve a problem by the scheme that the options name; raise as ``check_options`` and the scheme do.

    Raises
    ------
    TooLarge
        also where the scheme runs out of memory.
    """
    paper = paper_of(problem)
    scheme = check_options(paper, options)
    start = time.perf_counter()
    try:
        solution = schemes_of(paper)[scheme](problem, rng=np.random.default_rng(options.seed), **options.search)
    except MemoryError as error:
        rule = "must be one that needs no more memory than there is"
        raise TooLarge(f"--scheme = {scheme}: {rule}: {error or 'out of memory'}") from None
    return Solved(scheme, solution, time.perf_counter() - start)


def to_answer(problem: Any, solved: Solved) -> dict[str, Any]:
    """Return what ``--json`` prints, but for the seconds.

    Raises
    ------
    ValueError
        where a number has left the range of float64.
    """
    form = import_module(f"mecpapers.{paper_of(problem)}.instance")
    answer = {"scheme": solved.scheme, **form.to_dict(problem, solved.solution)}
    for name, value in answer.items():
        if isinstance(value, list | float) and not np.all(np.isfinite(np.asarray(value, dtype=float))):
            raise ValueError(f"{name} = inf: must be finite, but the instance's numbers leave the range of float64")
    return answer


def lines_of(text: str) -> list[Task]:
    """The instances of a file that holds one a line."""
    return [Task(f"line {i}", {}, line) for i, line in enumerate(text.rstrip().split("\n"), start=1)]


def slots_of(slots: Iterable[sheets.Slot]) -> list[Task]:
    """The slots of a trace."""
    return [Task(f"row {slot.row}", {"time": slot.time, "name": slot.names}, slot.document) for slot in slots]


class _Begun(NamedTuple):
    """A task whose instance is read, the scheme that will solve it, and what is doubted of it."""

    head: dict[str, Any]
    problem: Any
    scheme: str
    doubts: Sequence[str]


def answered(tasks: Sequence[Task], options: Options) -> list[Answered]:
    """Answer some of many, side by side where their scheme can: whatever goes wrong with one stays with it."""
    with np.errstate(all="ignore"):
        begun = [_kept_apart(task, partial(_begin, task, options)) for task in tasks]
        problems = [one.problem for one in begun if isinstance(one, _Begun)]
        together = _together(problems, options)
        found = iter(together(problems, **options.search) if together else [None] * len(problems))
        return [
            _kept_apart(task, partial(_end, one, next(found), options)) if isinstance(one, _Begun) else one
            for task, one in zip(tasks, begun, strict=True)
        ]


def _begin(task: Task, options: Options) -> _Begun | Answered:
    head = dict(task.head)
    if task.document is None:
        head |= {"scheme": options.scheme or "exact", "objective": 0.0, "converged": True}
        return Answered(json.dumps(head), 0, [])
    document = task.document
    with catch_warnings(record=True) as doubts:
        simplefilter("always", instances.UnitWarning)
        if isinstance(document, str):
            document = instances.parse(document, task.place)
        problem = instances.build(document)
    if doubts and options.strict:
        raise ValueError(str(doubts[0].message))
    called = document.get("about", {}).get("name")
    head = ({} if called is None else {"name": called}) | head
    return _Begun(head, problem, check_options(paper_of(problem), options), [str(doubt.message) for doubt in doubts])


def _end(begun: _Begun, found: Solution[Any] | None, options: Options) -> Answered:
    solved = solve(begun.problem, options) if found is None else Solved(begun.scheme, found, 0.0)
    line = json.dumps(begun.head | to_answer(begun.problem, solved), allow_nan=False)
    return Answered(line, 0 if solved.solution.converged else NOT_CONVERGED, begun.doubts)


def _kept_apart(task: Task, work: Callable[[], R]) -> R | Answered:
    """What is made of a task, or what is wrong with it."""
    try:
        return work()
    except Infeasible as error:
        message, status = f"infeasible: {error}", INFEASIBLE
    except ValueError as error:
        message, status = str(error), BAD_INPUT
    except Exception as error:  # a fault of ours is this instance's alone, too
        message, status = f"{type(error).__name__}: {error}", FAULT
    return Answered(json.dumps({**task.head, "error": instances.one_line(message), "status": status}), status, [])


def _together(problems: Sequence[Any], options: Options) -> Callable[..., Sequence[Solution[Any] | None]] | None:
    """What solves problems of one paper side by side, if its scheme can."""
    papers = {paper_of(problem) for problem in problems}
    if len(problems) < 2 or len(papers) > 1:
        return None
    module = import_module(f"mecpapers.{papers.pop()}.schemes")
    scheme = next(iter(module.SCHEMES.values())) if options.scheme is None else module.SCHEMES[options.scheme]
    return next((many for one, many in getattr(module, "TOGETHER", ()) if one is scheme), None)


def _blocks(tasks: Sequence[Task], jobs: int) -> Iterator[Sequence[Task]]:
    """Small instances of the paper that solves them side by side, some dozens, a block a job at least; others alone."""
    width = min(_SIDE_BY_SIDE, -(-len(tasks) // effective_n_jobs(jobs)))
    block: list[Task] = []
    for task in tasks:
        text = task.document if isinstance(task.document, str) else json.dumps(task.document)
        small = len(text) <= _SMALL and _VIDEO.search(text)
        if block and (not small or len(block) == width):
            yield block
            block = []
        if small:
            block.append(task)
        else:
            yield [task]
    if block:
        yield block


def answer_all(tasks: Sequence[Task], options: Options, jobs: int = 1) -> Iterator[Answered]:
    """Answer tasks in their order, ``jobs`` at once; on a terminal a bar shows how far it is."""
    blocks = list(_blocks(tasks, jobs))
    jobs = min(jobs, max(1, len(blocks)))
    answers = Parallel(n_jobs=jobs, return_as="generator")(delayed(answered)(block, options) for block in blocks)
    try:
        with tqdm(total=len(tasks), unit="instance", disable=None) as bar:
            for block in answers:
                for answer in block:
                    bar.update()
                    yield answer
    finally:
        with catch_warnings(action="ignore"):  # of tasks that nobody waits for, where we are stopped
            answers.close()


def solve_many(
    problems: Iterable[Any], scheme: str | None = None, *, seed: int = 0, jobs: int = 1, **search: Any
) -> list[dict[str, Any]]:
    """Solve instances of any paper; an answer each, in order, as ``mecpapers solve FILE.jsonl`` has it a line.

    Parameters
    ----------
    problems : instances, each the content of an instance file
    scheme : its name; the paper's first if left out
    jobs : how many at once; the answers are the same for any
    search : ``gap`` and ``limit``, for schemes that have them

    Returns
    -------
    a dictionary an instance: the fields of ``--json`` but for ``seconds``; ``error`` and ``status`` where there is no
    answer

    Examples
    --------
    >>> solve_many([{"paper": "audio"}])
    [{'error': 'paper = "audio": must be one of video, fhei, pose', 'status': 2}]
    """
    tasks = [Task(f"instance {i}", {}, json.dumps(problem)) for i, problem in enumerate(problems)]
    return [json.loads(answer.line) for answer in answer_all(tasks, Options(scheme, seed, search), jobs)]


class Partial:
    """The file that holds the answers so far, beside the one that it becomes; its name says of what input."""

    def __init__(self, output: Path, tasks: Sequence[Task], options: Options) -> None:
        self.output = output.resolve()
        key = hashlib.sha256(repr((list(tasks), options)).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        self.path = self.output.with_name(f"{self.output.name}.{key}.partial")

    def done(self) -> list[str]:
        """The whole lines that a run before this one has left.

        Raises
        ------
        ValueError
            if what was left is of another input, or of other options.
        """
        if not self.path.exists():
            for other in sorted(self.output.parent.glob(f"{escape(self.output.name)}.*.partial")):
                raise ValueError(f"--resume: {other.name} is of another input or other options: must be of this one")
            return []
        whole, _, _ = self.path.read_text(encoding="utf-8").rpartition("\n")
        return whole.split("\n") if whole else []

    def write(self, done: Sequence[str], lines: Iterable[str]) -> None:
        """Write the lines one by one after those that are done, and put the file in its place once it is whole."""
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.truncate(sum(len(line.encode()) + 1 for line in done))
            files.written.append(self.path)
            for line in lines:
                file.write(line + "\n")
                file.flush()
        files.put_in_place(self.path, self.output)


def status_of(lines: Iterable[str]) -> int:
    """The least of the exit statuses of answers other than 0; 0 if all are answered."""
    answers = map(json.loads, lines)
    statuses = {a.get("status", 0 if a.get("converged") else NOT_CONVERGED) for a in answers}
    return min(statuses - {0}, default=0)
