"""What the last-bit test and ``make verify`` run: the committed notebooks and the ledger, in child processes."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).parent / "child"
PYTEST = [sys.executable, "-m", "pytest", "-W", "default", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
NBVAL = ["--nbval", "--nbval-current-env", "-p", "figure_data"]
LEDGER = "tests/test_claims.py"
# The longest come first, also since others read their sweeps; those of the paper with the shortest come last.
FIRST = ("video/10-figure-5", "video/13-delay-energy-accuracy", "video/11-figures-6-and-7", "fhei/05-results")
LAST = "pose"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the notebooks and the ledger, and what its processes see."""

    seed: int | None = None  # of the moves; None: the numbers as they are
    disabled: tuple[str, ...] = ()  # NumPy's kernels that are off
    threads: int = 1
    more: Mapping[str, str] = field(default_factory=dict)  # of the environment
    first: tuple[Path, ...] = (CHILD,)  # put before PYTHONPATH

    def environment(self, store: str) -> dict[str, str]:
        """The environment of the child processes, with a store of their own."""
        result = os.environ | {
            "MECPAPERS_STORE": store,
            "PYTHONPATH": os.pathsep.join(filter(None, [*map(str, self.first), os.environ.get("PYTHONPATH")])),
            "TQDM_DISABLE": "1",
            "OMP_NUM_THREADS": str(self.threads),
            "OPENBLAS_NUM_THREADS": str(self.threads),
            "JUPYTER_PREFER_ENV_PATH": "1",
        }
        for name in ("MPLBACKEND", "NPY_DISABLE_CPU_FEATURES", "MECPAPERS_LAST_BIT"):
            result.pop(name, None)
        if self.seed is not None:
            result["MECPAPERS_LAST_BIT"] = str(self.seed)
        if self.disabled:
            result["NPY_DISABLE_CPU_FEATURES"] = " ".join(self.disabled)
        return result | self.more

    def compare(self, *notebooks: str, log: Path | None = None) -> bool:
        """Execute notebooks (all and the ledger, if none is named) from an empty store; whether all is met."""
        command = [*PYTEST, *NBVAL, *(notebooks or in_order())]
        with tempfile.TemporaryDirectory() as store, open(log or os.devnull, "w", encoding="utf-8") as file:
            out = file if log else None
            environment = self.environment(store)
            return subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=out).returncode == 0


def in_order() -> list[str]:
    """All notebooks and the ledger: two at a time, none computes what the other is at, and both end together.

    What reads the results of all papers begins when the store holds most of them; the ledger finds all of them there.
    """
    from mecpapers.companion import book

    first = [f"notebooks/{name}.ipynb" for name in FIRST]
    others = [str(path) for path in book.notebooks(ROOT) if str(path) not in first]
    return [*first, *sorted(others, key=lambda path: f"/{LAST}/" in path), LEDGER]


def dispatched() -> list[str]:
    """NumPy's kernels beyond its baseline that this machine has, from the oldest processors to the newest."""
    import numpy as np

    return list(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))


def differing_cells(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterable[int]:
    """The cells in which two executions of a notebook differ, but for those tagged ``machine``; -1 for what is around.

    In a cell so tagged only the outputs are the machine's.
    """
    if {**one, "cells": None} != {**two, "cells": None} or len(one["cells"]) != len(two["cells"]):
        yield -1
    for k, (a, b) in enumerate(zip(one["cells"], two["cells"], strict=False)):
        if "machine" in a["metadata"].get("tags", []):
            a, b = {**a, "outputs": None}, {**b, "outputs": None}
        if a != b:
            yield k


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
