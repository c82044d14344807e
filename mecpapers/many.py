"""What ``mecpapers solve`` makes of an instance; of many, a line each; and of the slots of a trace."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from glob import escape
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from mecpapers import instances, sheets
from mecpapers.companion import files
from mecpapers.solution import Infeasible, Solution, TooLarge

FAULT, BAD_INPUT, INFEASIBLE, NOT_CONVERGED = 1, 2, 3, 4
"""What went wrong, as an exit status."""


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


def answered(task: Task, options: Options) -> Answered:
    """Answer one of many: whatever goes wrong with it stays with it."""
    try:
        with np.errstate(all="ignore"), catch_warnings(record=True) as doubts:
            simplefilter("always", instances.UnitWarning)
            head, status = dict(task.head), 0
            if task.document is None:
                head |= {"scheme": options.scheme or "exact", "objective": 0.0, "converged": True}
            else:
                document = task.document
                if isinstance(document, str):
                    document = instances.parse(document, task.place)
                problem = instances.build(document)
                if doubts and options.strict:
                    raise ValueError(str(doubts[0].message))
                solved = solve(problem, options)
                called = document.get("about", {}).get("name")
                head = ({} if called is None else {"name": called}) | head | to_answer(problem, solved)
                status = 0 if solved.solution.converged else NOT_CONVERGED
        return Answered(json.dumps(head, allow_nan=False), status, [str(doubt.message) for doubt in doubts])
    except Infeasible as error:
        message, status = f"infeasible: {error}", INFEASIBLE
    except ValueError as error:
        message, status = str(error), BAD_INPUT
    except Exception as error:  # a fault of ours is this instance's alone, too
        message, status = f"{type(error).__name__}: {error}", FAULT
    return Answered(json.dumps({**task.head, "error": " ".join(message.split()), "status": status}), status, [])


def answer_all(tasks: Sequence[Task], options: Options, jobs: int = 1) -> Iterator[Answered]:
    """Answer tasks in their order, ``jobs`` at once; on a terminal a bar shows how far it is."""
    jobs = min(jobs, max(1, len(tasks)))
    answers = Parallel(n_jobs=jobs, return_as="generator")(delayed(answered)(task, options) for task in tasks)
    try:
        with tqdm(total=len(tasks), unit="instance", disable=None) as bar:
            for answer in answers:
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
        os.replace(self.path, self.output)
        files.written[:] = [self.output]


def status_of(lines: Iterable[str]) -> int:
    """The least of the exit statuses of answers other than 0; 0 if all are answered."""
    answers = map(json.loads, lines)
    statuses = {a.get("status", 0 if a.get("converged") else NOT_CONVERGED) for a in answers}
    return min(statuses - {0}, default=0)
