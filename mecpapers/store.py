"""Results that are computed once and kept, so that a figure, a claim and a test read the same numbers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from joblib import Memory

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = Path(__file__).parent


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """Keep the results of a function of plain arguments on disk.

    The key is its arguments and the source of the shared modules and of the function's own paper. The store is the
    folder in ``MECPAPERS_STORE``, else ``_build/store`` of the checkout; outside a checkout nothing is kept.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        cached = _memory(function.__module__.split(".")[1]).cache(function)
        return cached(*map(_frozen, args), **{name: _frozen(value) for name, value in kwargs.items()})

    return call


def _frozen(value: object) -> object:
    """A list means what the same tuple means; their keys would differ."""
    return tuple(value) if isinstance(value, list) else value


@cache
def _memory(paper: str) -> Memory:
    folder = os.environ.get("MECPAPERS_STORE") or _checkout_store()
    return Memory(Path(folder) / f"{paper}-{_digest(paper)}" if folder else None, verbose=0)


def _checkout_store() -> Path | None:
    root = _PACKAGE.parent
    return root / "_build" / "store" if (root / "pyproject.toml").exists() else None


def _digest(paper: str) -> str:
    seen = hashlib.sha256()
    for file in _sources(paper):
        seen.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    return seen.hexdigest()[:16]


def _sources(paper: str) -> list[Path]:
    """Every source and data file that a result of this paper may depend on."""
    own = (p for p in (_PACKAGE / paper).rglob("*") if p.is_file() and p.suffix != ".pyc")
    return [*sorted(_PACKAGE.glob("*.py")), *sorted(own)]
