"""``make verify``: the committed numbers under other kernels, threads and last bits; two clean books byte by byte.

Each run takes one of each, so that a few runs see them all. Every run is a child process, or many: what is set for it
reaches nothing else. Closes with a table; 0 if all is well.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import runs

LOGS = runs.ROOT / "_build" / "verify"
SEEDS = (1, 2, 3)
THREADS = (1, 2)
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


def blas() -> list[str]:
    """OpenBLAS's kernels with which products and factorisations come out right here; the machine's own is the first."""
    names = {}
    for core in ("", *CORES):
        environment = runs.Run(more={"OPENBLAS_CORETYPE": core}).environment("")
        if not core:
            del environment["OPENBLAS_CORETYPE"]
        done = subprocess.run([sys.executable, "-c", RIGHT], env=environment, capture_output=True, text=True)
        if done.returncode:
            print(f"OpenBLAS {core}: not right on this machine, not tried", flush=True)
        else:
            names.setdefault(done.stdout.strip() or "?", core)
    return [core or name for name, core in names.items()]


def combinations() -> Iterator[tuple[str, runs.Run]]:
    """Runs in which each of NumPy's levels, OpenBLAS's kernels, numbers of threads and seeds is there at least once."""
    levels, cores, seeds = runs.dispatched(), blas(), (None, *SEEDS)
    for k in range(max(len(levels) + 1, len(cores), len(seeds))):
        level, core = k % (len(levels) + 1), cores[k % len(cores)]
        threads, seed = THREADS[k % len(THREADS)], seeds[k % len(seeds)]
        bits = "numbers as they are" if seed is None else f"last bits, seed {seed}"
        title = f"NumPy {('baseline', *levels)[level]}, OpenBLAS {core}, {threads} thread{'s' * (threads > 1)}, {bits}"
        more = {"OPENBLAS_CORETYPE": core}
        yield title, runs.Run(seed=seed, disabled=tuple(levels[level:]), threads=threads, more=more)


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


def main() -> int:
    """Print a line for each run as it ends; return 0 if all is well."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    print(f"== verify on {platform.machine()}, {platform.system()}, Python {platform.python_version()}, "
          f"{os.cpu_count()} cores; logs in {LOGS.relative_to(runs.ROOT)}", flush=True)  # fmt: skip
    checks = [(title, lambda log, run=run: "" if run.compare(log=log) else "differs") for title, run in combinations()]
    failed = 0
    for number, (title, check) in enumerate([*checks, ("two clean runs, byte by byte", _two_clean_runs)], 1):
        start = time.monotonic()
        wrong = check(LOGS / f"{number}.txt")
        failed += bool(wrong)
        print(f"{title:80}{wrong or 'as committed':14}{time.monotonic() - start:6.0f} s", flush=True)
    print(f"== verify: {f'{failed} FAILED' if failed else 'ok'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
