"""``make verify``: the committed numbers under other kernels, threads and last bits; two clean books byte by byte.

Every run is a child process, or many: what is set for it reaches nothing else. Closes with a table; 0 if all is well.
``python tests/bits/verify.py clean`` runs the kinds named.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import runs

KINDS = ("dispatch", "blas", "threads", "seeds", "clean")
LOGS = runs.ROOT / "_build" / "verify"
SEEDS = (1, 2, 3)
CORES = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids")

# A few products and factorisations of whole numbers, whose results are exact or must fit; prints what NumPy's OpenBLAS
# says it runs on.
RIGHT = """
import ctypes, pathlib, numpy as np, scipy.linalg as la
rng = np.random.default_rng(0)
for n in (1, 7, 64, 129, 257):
    a, b = rng.integers(-99, 99, (2, n, n))
    x, y = a.astype(float), b.astype(float)
    assert np.array_equal(x @ y, a @ b) and np.array_equal(x @ y[0], a @ b[0]) and np.array_equal(x.T @ y, a.T @ b)
    spd = x @ x.T + n * 1e4 * np.eye(n)
    lower, (p, l, u), (q, r) = la.cholesky(spd, lower=True), la.lu(x), la.qr(x)
    for made, meant in ((lower @ lower.T, spd), (p @ l @ u, x), (q @ r, x), (spd @ np.linalg.solve(spd, x), x)):
        assert np.abs(made - meant).max() <= 1e-12 * n * max(1.0, np.abs(meant).max())
    values, vectors = np.linalg.eigh(spd)
    assert np.abs(vectors * values @ vectors.T - spd).max() <= 1e-12 * n * np.abs(spd).max()
for file in pathlib.Path(np.__file__).parents[1].glob("numpy.libs/*openblas*"):
    name = ctypes.CDLL(str(file)).scipy_openblas_get_corename64_
    name.restype = ctypes.c_char_p
    print(name().decode())
"""

Check = tuple[str, Callable[[Path], str]]  # what is tried; returns what went wrong, if anything


def met(run: runs.Run) -> Callable[[Path], str]:
    """Whether the notebooks and the ledger come out as committed."""
    return lambda log: "" if run.compare(log=log) else "differs"


def dispatch() -> Iterator[Check]:
    """NumPy's kernels: its baseline alone, and each level that this machine has."""
    levels = runs.dispatched()
    for k in range(len(levels) + 1):
        yield f"NumPy up to {('baseline', *levels)[k]}", met(runs.Run(disabled=tuple(levels[k:])))


def blas() -> Iterator[Check]:
    """OpenBLAS's other kernels, where products and factorisations come out right with them."""
    tried = set()
    for core in (None, *CORES):
        more = {"OPENBLAS_CORETYPE": core} if core else {}
        environment = runs.Run(more=more).environment("")
        if core is None:
            environment.pop("OPENBLAS_CORETYPE", None)
        done = subprocess.run([sys.executable, "-c", RIGHT], env=environment, capture_output=True, text=True)
        found = done.stdout.strip() or "?"
        if done.returncode:
            yield f"OpenBLAS {core}", lambda log: "- not right on this machine, not tried"
        elif found not in tried:
            tried.add(found)
            yield f"OpenBLAS {core or found}", met(runs.Run(more=more))


def threads() -> Iterator[Check]:
    """One thread and two."""
    for number in (1, 2):
        yield f"{number} thread{'s' * (number > 1)}", met(runs.Run(threads=number))


def seeds() -> Iterator[Check]:
    """Every number moved in its last places, with NumPy's baseline and as it is."""
    for seed in SEEDS:
        yield f"last bits, seed {seed}, baseline", met(runs.Run(seed=seed, disabled=tuple(runs.dispatched())))
        yield f"last bits, seed {seed}", met(runs.Run(seed=seed))


def clean() -> Iterator[Check]:
    """Two clean clones: the same bytes in every staged notebook, but for what the machine says of itself."""
    yield "two clean runs, byte by byte", _two_clean_runs


def _two_clean_runs(log: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        stages = [_executed(Path(folder) / name, log) for name in ("one", "two")]
        if not all(stages):
            return "a run failed"
        return "; ".join(differences(*stages))


def differences(one: Path, two: Path) -> Iterator[str]:
    """Name the notebooks of two stages that differ, and the cells."""
    names = sorted({str(path.relative_to(stage)) for stage in (one, two) for path in stage.rglob("*.ipynb")})
    for name in names:
        if not ((one / name).exists() and (two / name).exists()):
            yield f"{name} in one alone"
        elif (one / name).read_bytes() != (two / name).read_bytes() and (
            cells := list(runs.differing_cells(runs.load(one / name), runs.load(two / name)))
        ):
            yield f"{name}: cells {cells}"


def _executed(clone: Path, log: Path) -> Path | None:
    """Execute the book in a clean clone, with the clone's own package; return the stage."""
    subprocess.run(["git", "clone", "--quiet", str(runs.ROOT), str(clone)], check=True)
    environment = runs.Run(first=(clone,)).environment("")
    del environment["MECPAPERS_STORE"]  # the clone's own
    stage = clone / "_build" / "stage"
    code = "import sys, pathlib; from mecpapers.companion import book; book.execute(*map(pathlib.Path, sys.argv[1:]))"
    with log.open("a", encoding="utf-8") as file:
        done = subprocess.run(
            [sys.executable, "-c", code, str(clone), str(stage)], cwd=clone, env=environment, stdout=file, stderr=file
        )
    return None if done.returncode else stage / "notebooks"


def main(arguments: list[str]) -> int:
    """Run the kinds named, or all; print a line each as it ends, and return 0 if all is well."""
    unknown = set(arguments) - set(KINDS)
    if unknown:
        print(f"verify: {', '.join(sorted(unknown))}: must be of {', '.join(KINDS)}", file=sys.stderr)
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    print(f"== verify on {platform.machine()}, {platform.system()}, Python {platform.python_version()}, "
          f"{os.cpu_count()} cores; logs in {LOGS.relative_to(runs.ROOT)}", flush=True)  # fmt: skip
    failed = 0
    for kind in arguments or KINDS:
        for number, (title, check) in enumerate(globals()[kind](), 1):
            start = time.monotonic()
            log = LOGS / f"{kind}-{number}.txt"
            log.unlink(missing_ok=True)
            wrong = check(log)
            failed += bool(wrong) and not wrong.startswith("-")
            print(f"{title:40}{wrong or 'as committed':30}{time.monotonic() - start:6.0f} s", flush=True)
    print(f"== verify: {f'{failed} FAILED' if failed else 'ok'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
