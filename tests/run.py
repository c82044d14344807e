"""Run every check and close with a summary: what ``make test`` calls.

``run.py`` runs all parts, ``run.py lint types`` those named; ``--nightly`` adds the tests with full counts.
Only the standard library is imported here, so that a broken environment still gets a summary.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
STORE = ROOT / "_build" / "test-store"
COMMITTED = ROOT / "_build" / "committed"
BIN = Path(sys.executable).parent
PYTEST = [sys.executable, "-m", "pytest"]
NBVAL = ["-p", "tests.patience", "--nbval", "--nbval-current-env"]
COMPANION = [sys.executable, "-m", "mecpapers.companion"]

# name -> what it says, commands
PARTS = {
    "lint": (
        "ruff, and the injected faults fit the sources",
        [
            [BIN / "ruff", "check", "."],
            [BIN / "ruff", "format", "--check", "."],
            [sys.executable, "tests/faults/check.py"],
        ],
    ),
    "types": ("mypy, strict", [[BIN / "mypy"]]),
    "unit": (
        "unit and property tests, and what is tested against what",
        [
            [*PYTEST, "tests", "--ignore=tests/site", "-n", "2", "--dist", "loadfile", "--junitxml=_build/unit.xml"],
            [sys.executable, "tests/oracles.py"],
        ],
    ),
    "nbval": (
        "every committed notebook executed, outputs compared",
        [[*PYTEST, *NBVAL, "notebooks", "-n", "2", "--dist", "loadfile", "-W", "default"]],
    ),
    "bits": ("the notebooks and the ledger, every number moved in its last places", [[sys.executable, "tests/bits"]]),
    "smoke": ("every notebook with other parameters", [[*COMPANION, "smoke"]]),
    "site": ("the site from the committed notebooks", [[*COMPANION, "book", "--committed"]]),
    "browser": ("the site in Chromium", [[*PYTEST, "tests/site", "-n", "3"]]),  # while one waits, others work
    "nightly": ("full counts", [[*PYTEST, "tests", "-m", "nightly", "-n", "2"]]),
}
BESIDE = ("lint", "types", "site")  # each keeps one core busy: begun at once, beside each other and what comes first
TALLY = re.compile(r"^=* ?(.*\b\d+ (?:passed|failed|errors?)\b.*?) in [\d.]+s.*")
WHY = re.compile(r"^(?:FAILED|ERROR) ")  # pytest's own line for each


def main() -> int:
    """Run the named parts; return 0 if all of them are well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"those named alone: {', '.join(PARTS)}")
    parser.add_argument("--nightly", action="store_true", help="add the tests with full counts")
    options = parser.parse_args()
    if unknown := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"PART = {unknown[0]}: must be one of {', '.join(PARTS)}")
    names = [name for name in PARTS if name in options.parts] or [name for name in PARTS if name != "nightly"]
    if options.nightly and "nightly" not in names:
        names.append("nightly")
    start = time.monotonic()
    shutil.rmtree(STORE, ignore_errors=True)
    if "site" in names:
        shutil.rmtree(COMMITTED, ignore_errors=True)
    environment = os.environ | {
        "MECPAPERS_STORE": str(STORE),
        "MECPAPERS_SITE": str(COMMITTED / "html"),
        "TQDM_DISABLE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("MPLBACKEND", None)  # it would remove every figure from the notebooks
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # every kernel would compile all that it imports: 3 s
    results = []
    print(f"== {machine()}", flush=True)
    with ThreadPoolExecutor(2) as pool:
        early = {name: pool.submit(collected, name, environment) for name in names if name in BESIDE}
        for name in names:
            print(f"== {name}: {PARTS[name][0]}", flush=True)
            if name in early:
                said, result = early[name].result()
                print(said, end="", flush=True)
            else:
                result = run(name, environment, lambda line: print(line, end="", flush=True))
            results.append(result)
            print(f"== {name}: {result.status}, {result.seconds:.0f} s\n", flush=True)
    return summary(results, time.monotonic() - start)


class Result(NamedTuple):
    """What came of a part: its seconds, pytest's tally, and a line for each thing that failed."""

    name: str
    seconds: float
    tally: str
    failed: tuple[str, ...]

    @property
    def status(self) -> str:
        return "FAILED" if self.failed else "-" if self.tally.startswith("not run") else "ok"


def machine() -> str:
    """Name the machine, and its speed now: the seconds below mean little without it."""
    start = time.perf_counter()
    sum(range(5_000_000))
    seconds = time.perf_counter() - start
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, 5 million additions in {seconds:.1f} s"


def collected(name: str, environment: dict[str, str]) -> tuple[str, Result]:
    """Run a part whose output waits for its turn; return that, too."""
    said: list[str] = []
    result = run(name, environment, said.append)
    return "".join(said), result


def run(name: str, environment: dict[str, str], say: Callable[[str], object]) -> Result:
    """Run a part, passing its output on."""
    start = time.monotonic()
    if name == "browser" and (reason := missing_browser()):
        failed = (reason,) if os.environ.get("CI") == "true" else ()
        return Result(name, time.monotonic() - start, f"not run: {reason}", failed)
    tally, failed = "", []
    for command in PARTS[name][1]:
        last, told = "", []
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            for line in process.stdout or ():
                say(line)
                last = line.strip() or last
                if found := TALLY.match(line):
                    tally = found[1]
                elif WHY.match(line):
                    told.append(line.strip())
        if process.returncode:
            failed += told or [f"{' '.join(map(str, command[-2:]))} ended with {process.returncode}: {last}"]
    return Result(name, time.monotonic() - start, tally, tuple(failed))


def missing_browser() -> str:
    """Find Chromium or get it; return why there is none, else nothing."""
    try:
        from mecpapers.companion import chromium

        return "" if chromium.get() else "no Chromium or Chrome can be had"
    except ImportError as error:
        return str(error)


def summary(results: list[Result], whole: float) -> int:
    """Print a line a part, the total, which is less than their sum, and what failed; return the exit status."""
    print("== summary")
    for result in results:
        print(f"{result.name:8}{result.status:8}{result.seconds:6.0f} s  {result.tally}")
    count = {
        word: sum(int(n) for result in results for n in re.findall(rf"(\d+) {word}", result.tally))
        for word in ("passed", "failed", "error", "skipped")
    }
    failed = [f"{result.name}: {line}" for result in results for line in result.failed]
    print(f"total   {'FAILED' if failed else 'ok':8}{whole:6.0f} s")
    if any(count.values()):
        print(f"{count['passed']} passed, {count['failed'] + count['error']} failed, {count['skipped']} skipped")
    for line in failed:
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
