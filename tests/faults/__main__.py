"""``make faults``: make each mistake in a copy of the package; the tests named for it must fail, and claims may change.

``python tests/faults [KEY ...]``, with ``--no-claims`` the tests alone, with ``--write`` the tables into results.json.
Exit status 1 if a mistake is not noticed by a test named for it.
"""

import argparse
import ast
import compileall
import csv
import json
import os
import py_compile
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import check
from check import PAPERS, ROOT, Fault

WORKERS = 2
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rf"]
MOST_TESTS, MOST_CLAIMS = 120, 300  # seconds for the tests of a fault, and for claims that it names
BUDGET = 15  # seconds of the processor after which no other claim of a paper is begun; the quick ones come first
FAILED = re.compile(r"^FAILED (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)
COPIED = ("mecpapers", "tests", "pyproject.toml")
PASSED = re.compile(r"^\d+ passed(?:, \d+ (?:skipped|deselected|warnings?))* in ", re.MULTILINE)
HANG = "a hang"
MEASURE = "tests/faults/measure.py"


@dataclass(frozen=True)
class Claims:
    """What each claim gives on clean code: its verdict, the functions that it rests on, and what it takes."""

    verdicts: Mapping[str, str]
    functions: Mapping[str, frozenset[str]]  # "video/model.py:macs"
    paper: Mapping[str, str]
    seconds: Mapping[str, float]  # with nothing kept

    @classmethod
    def joined(cls, papers: Iterable["Claims"]) -> "Claims":
        """The claims of several papers."""
        found = list(papers)
        return cls(*({k: v for claims in found for k, v in vars(claims)[name].items()} for name in vars(found[0])))

    def touched(self, fault: Fault) -> dict[str, list[str]]:
        """The claims, by paper, that rest on a function that a fault touches; all, where it touches a module's top."""
        places = touches(fault)
        chosen = [
            key
            for key, names in self.functions.items()
            if self.paper[key] in fault.papers
            and (places is None or any(n == p or n.startswith(f"{p}.") for p in places for n in names))
        ]
        chosen.sort(key=lambda key: self.seconds[key])
        return {paper: keys for paper in PAPERS if (keys := [key for key in chosen if self.paper[key] == paper])}


@dataclass
class Outcome:
    """What became of a fault."""

    fault: Fault
    noticed_by: str = ""
    flipped: dict[str, str] = field(default_factory=dict)  # claim -> verdict under the fault
    unmeasured: list[str] = field(default_factory=list)  # no time was left for them
    seconds: float = 0.0

    @property
    def verdicts(self) -> dict[str, str]:
        """The claims that are judged otherwise; one that ends in an error is not judged."""
        return {key: verdict for key, verdict in self.flipped.items() if verdict.isupper()}

    @property
    def line(self) -> str:
        """The outcome for a terminal."""
        fault, parts = self.fault, [f"noticed by {self.noticed_by}" if self.noticed_by else "NOT NOTICED"]
        if self.flipped:
            parts.append("changes " + ", ".join(f"{key} ({verdict})" for key, verdict in self.flipped.items()))
        if missed := [key for key in fault.claims if key not in self.flipped]:
            parts.append("leaves as they are " + ", ".join(missed))
        if self.unmeasured:
            parts.append(f"{len(self.unmeasured)} claims not measured in time")
        return f"{fault.key}: {'; '.join(parts)} ({self.seconds:.0f} s)"


def touches(fault: Fault) -> list[str] | None:
    """The functions in which a fault changes lines, as ``video/model.py:macs``; None if it changes a module's top."""
    source = (ROOT / fault.file).read_text(encoding="utf-8")
    old, new = source.splitlines(), fault.applied(source).splitlines()
    lines = {
        k + 1
        for tag, low, high, *_ in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
        for k in range(low, max(high, low + 1))
    }
    bodies = dict(_bodies(ast.parse(source), ""))
    found = {name for line in lines if (name := _innermost(bodies, line))}
    place = Path(fault.file).relative_to("mecpapers").as_posix()
    return [f"{place}:{name}" for name in sorted(found)] if all(_innermost(bodies, line) for line in lines) else None


def _bodies(node: ast.AST, prefix: str) -> Iterable[tuple[str, range]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            name = prefix + child.name
            yield name, range(child.body[0].lineno, (child.end_lineno or 0) + 1)
            yield from _bodies(child, f"{name}.<locals>.")
        else:
            yield from _bodies(child, f"{prefix}{child.name}." if isinstance(child, ast.ClassDef) else prefix)


def _innermost(bodies: Mapping[str, range], line: int) -> str:
    inside = [name for name, lines in bodies.items() if line in lines]
    return min(inside, key=lambda name: len(bodies[name]), default="")


def copy(folder: Path) -> Path:
    """A copy of package and tests, and links to what else they read.

    Bytecode is checked by its source's hash: a mistake may be as long as what it replaces, and as old.
    """
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name in COPIED[:2]:
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.name in COPIED:
            shutil.copy(path, folder)
        elif path.name not in (".git", "_build"):
            (folder / path.name).symlink_to(path)
    compileall.compile_dir(folder / "mecpapers", quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    return folder


def run(command: Iterable[object], place: Path, seconds: float | None = None) -> tuple[str, bool]:
    """Run a command in a copy, with an empty store; what it printed, and whether it ended in time."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "printed").open("w+", encoding="utf-8") as out:
        environment = os.environ | {
            "PYTHONPATH": str(place),
            "MECPAPERS_STORE": str(Path(folder, "store")),
            "TQDM_DISABLE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=place,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            process.wait(seconds)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # and all that it started
                process.wait()
        out.seek(0)
        return out.read(), ended


def noticed(fault: Fault, place: Path) -> str:
    """The test that fails, of those named; empty if none does. A file that cannot be collected is no test."""
    printed, ended = run([*PYTEST, "-x", *fault.notices], place, MOST_TESTS)
    return next(iter(FAILED.findall(printed)), "") if ended else HANG


def rows(printed: str) -> list[list[Any]]:
    """What ``measure.py`` printed, less warnings."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith('["')]


def record(paper: str, place: Path) -> Claims:
    """Measure the claims of a paper on clean code."""
    found = rows(run([sys.executable, place / MEASURE, "record", paper], place)[0])
    beneath: dict[str, set[str]] = {}
    took: dict[str, float] = {}
    for *_, kept, seconds in found:
        for key, names in kept.items():
            beneath.setdefault(key, set()).update(names)
            took[key] = max(seconds[key], took.get(key, 0.0))
    return Claims(
        verdicts={key: verdict for key, verdict, *_ in found},
        functions={key: frozenset(seen).union(*(beneath.get(name, ()) for name in seen)) for key, _, seen, *_ in found},
        paper={key: paper for key, *_ in found},
        seconds={key: max(seconds["all"], *map(took.get, kept), 0.0) for key, *_, kept, seconds in found},
    )


def injected(fault: Fault, copies: "queue.Queue[Path]", claims: Claims | None) -> Outcome:
    """Make a mistake in a copy that is free, and see what notices it."""
    start, place = time.monotonic(), copies.get()
    file, outcome = place / fault.file, Outcome(fault)
    clean = file.read_text(encoding="utf-8")
    try:
        file.write_text(fault.applied(clean), encoding="utf-8")
        outcome.noticed_by = noticed(fault, place)
        for paper, touched in claims.touched(fault).items() if claims else ():
            named = [key for key in fault.claims if claims.paper[key] == paper]
            keys = [*named, *(key for key in touched if key not in named)]
            verdicts: dict[str, str] = {}
            for part, budget in ((named, MOST_CLAIMS), (keys[len(named) :], BUDGET)):
                if not part:
                    continue
                printed, _ = run([sys.executable, place / MEASURE, "judge", budget, *part], place, MOST_CLAIMS)
                verdicts |= dict(rows(printed))
            outcome.flipped |= {key: v for key, v in verdicts.items() if v != claims.verdicts[key]}
            outcome.unmeasured += [key for key in keys if key not in verdicts]
    finally:
        file.write_text(clean, encoding="utf-8")
        copies.put(place)
    outcome.seconds = time.monotonic() - start
    print(outcome.line, flush=True)
    return outcome


def show(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    """Print a table."""
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    for line in (head, *lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def main() -> int:
    """Print a line a fault as it ends, then the tables; return 0 if every fault is noticed by a test named for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="*", help="the faults; all if none is named")
    parser.add_argument("--no-claims", action="store_true", help="leave the ledger's claims out")
    parser.add_argument("--write", action="store_true", help=f"write {check.RESULTS.name}")
    options = parser.parse_args()
    faults = [fault for fault in check.read() if not options.keys or fault.key in options.keys]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        places = [copy(Path(folder, str(k))) for k in range(WORKERS)]
        print("== clean code", flush=True)
        tests = sorted({test for fault in faults for test in fault.notices})
        halves = pool.map(lambda k: run([*PYTEST, *tests[k::WORKERS]], places[k])[0], range(min(WORKERS, len(tests))))
        if wrong := [printed for printed in halves if not PASSED.search(printed)]:
            print(*wrong, "faults: the tests named must pass on clean code", sep="\n")
            return 1
        claims = None
        if not options.no_claims:
            papers = [paper for paper in PAPERS if any(paper in fault.papers for fault in faults)]
            claims = Claims.joined(pool.map(record, papers, (places * len(papers))[: len(papers)]))
        print(f"== {len(faults)} faults, after {time.monotonic() - start:.0f} s", flush=True)
        copies: queue.Queue[Path] = queue.Queue()
        for place in places:
            copies.put(place)
        outcomes = list(pool.map(lambda fault: injected(fault, copies, claims), faults))
    powerless = sorted(set(claims.verdicts).difference(*(o.verdicts for o in outcomes))) if claims else []
    print()
    show(("fault", "file", "kind", "noticed by"),
         [(o.fault.key, o.fault.file, o.fault.kind, o.noticed_by or "NOTHING") for o in outcomes])  # fmt: skip
    if claims:
        print()
        show(("claim without power", "verdict"), [(key, claims.verdicts[key]) for key in powerless])
    if options.write:
        check.RESULTS.write_text(as_json(outcomes, claims, powerless), encoding="utf-8")
        if not options.keys:
            write_table(outcomes)
        if claims:
            write_power(outcomes, claims, known=check.read_power() if options.keys else {})
    unnoticed = [o.fault.key for o in outcomes if not o.noticed_by]
    hangs = sum(o.noticed_by == HANG for o in outcomes)
    print(f"\n== faults: {len(outcomes) - len(unnoticed)} of {len(outcomes)} noticed, {hangs} by a hang"
          f"{', NOT ' + ', '.join(unnoticed) if unnoticed else ''}; {time.monotonic() - start:.0f} s")  # fmt: skip
    return 1 if unnoticed else 0


def write_power(outcomes: list[Outcome], claims: Claims, *, known: Mapping[str, tuple[str, str]]) -> None:
    """The claims as the book shows them, each with the first fault that flips it, beside those that are known.

    A judge that is wrong flips anything: that counts for rows that DIFFER alone, which little else can flip.
    """
    found, faults = dict(known), {fault.key for fault in check.read()}
    for o in outcomes:
        for key, verdict in o.verdicts.items():
            if claims.verdicts[key] == "DIFFERS" or not o.fault.file.startswith("mecpapers/ledger/"):
                found.setdefault(key, (o.fault.key, f"{claims.verdicts[key]} to {verdict}"))
    with check.POWER.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["row of the ledger", "mistake", "verdict"])
        table.writerows([key, *row] for key, row in sorted(found.items()) if row[0] in faults)


def write_table(outcomes: list[Outcome]) -> None:
    """The faults as the book shows them."""
    with check.TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["mistake", "kind", "where", "from", "to", "noticed by"])
        for o in outcomes:
            where, _, test = o.noticed_by.rpartition("::")
            name = test.partition("[")[0].removeprefix("test_").replace("_", " ")
            table.writerow([*o.fault.row, f"`{Path(where).stem}`: {name}" if test else HANG])


def as_json(outcomes: list[Outcome], claims: Claims | None, powerless: list[str]) -> str:
    """The two tables, and what they were made from."""
    table = {
        o.fault.key: {
            "file": o.fault.file,
            "kind": o.fault.kind,
            "what": f"{o.fault.old.strip()} -> {o.fault.new.strip()}",
            "noticed by": o.noticed_by,
            "flips": o.flipped,
            "not measured": o.unmeasured,
        }
        for o in outcomes
    }
    found = {"digest": check.digest(), "faults": table, "claims without power": powerless if claims else None}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
