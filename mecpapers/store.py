"""Results that are computed once and kept, so that a figure, a claim and a test read the same numbers."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import warnings
from collections.abc import Callable
from functools import cache, wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ParamSpec, TypeVar

from joblib import Memory

from mecpapers import sources
from mecpapers.sources import PACKAGE as _PACKAGE

P = ParamSpec("P")
R = TypeVar("R")

# What computes results: arrays, special functions, CVXPY with its default solvers, SCIP, algebra, recorded networks.
LIBRARIES = (
    *("numpy", "scipy", "cvxpy", "clarabel", "osqp", "scs", "ecos", "highspy", "pyscipopt", "sympy", "mpmath"),
    *("matplotlib", "pillow", "onnx", "onnxruntime", "ai-edge-litert", "scikit-learn"),
)
JUDGES = frozenset({"claims", "errata"})
"""Modules of the evidence that judge kept results, and keep none."""


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """Keep the results of a function of plain arguments on disk.

    The key is its arguments, the versions of Python and of `LIBRARIES`, and the code of the shared modules and of the
    function's own paper, without prose and ``JUDGES``: an edited note recomputes nothing. The store is the folder in
    ``MECPAPERS_STORE``, else ``_build/store`` of the checkout; outside a checkout the user's cache folder. Where it
    can't be written, or is full, nothing is kept; what is damaged is computed anew. Reading what is kept runs what it
    holds (it is pickled): a store that others can write to is refused.

    Raises
    ------
    ValueError
        where others can write to the store, or it is somebody else's.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        plain, named = tuple(map(_frozen, args)), {name: _frozen(value) for name, value in kwargs.items()}
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="joblib")  # of what it can't keep
                cached = _memory(function.__module__.split(".")[1]).cache(function)
                cached.warn = _unsaid
                return cached(*plain, **named)
        except (OSError, UnicodeDecodeError):  # the store's, or the function's own, which comes again
            return function(*args, **kwargs)

    return call


def _unsaid(_: str) -> None:
    """In place of joblib's tracebacks about what it can't read, and computes anew."""


def _frozen(value: object) -> object:
    """A list means what the same tuple means; their keys would differ."""
    return tuple(value) if isinstance(value, list) else value


@cache
def _memory(paper: str) -> Memory:
    store = Path(os.environ.get("MECPAPERS_STORE") or _default_store())
    place = store / f"{paper}-{_digest(paper)}"
    return Memory(place if _ours(store) and _ours(place) else None, verbose=0)


def _ours(folder: Path) -> bool:
    """Whether a folder, made if need be, can be written; it is refused if by others, too."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    if hasattr(os, "geteuid"):
        status = folder.stat()
        if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ValueError(
                f"store = {folder}: must be yours and writable by nobody else: chmod go-w, or MECPAPERS_STORE"
            )
    return True


def _default_store() -> Path:
    root = _PACKAGE.parent
    if (root / "pyproject.toml").exists():
        return root / "_build" / "store"
    from platformdirs import user_cache_path

    return user_cache_path("mecpapers")


def _digest(paper: str) -> str:
    seen = "\n".join([sources.digest(paper, JUDGES), *_versions()])
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _versions() -> list[str]:
    """Python, major and minor, and each library that is installed."""
    return [f"python {sys.version_info[0]}.{sys.version_info[1]}", *(f"{name} {_version(name)}" for name in LIBRARIES)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"
