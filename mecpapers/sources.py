"""Which code and data a result that is committed depends on, and a hash of it that prose does not change."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Modules that show, keep, carry or judge results, and make none.
_DRAWN = {
    *("style.py", "figures.py", "notation.py", "__main__.py", "cli.py", "store.py"),
    *("sheets.py", "many.py", "checking.py", "side_by_side.py"),
}
_ROWS = {".pyc", ".toml"}  # the ledger's rows judge, and compute nothing


def files(paper: str, leave_out: Collection[str] = ()) -> list[Path]:
    """Every source and data file that a result of this paper may depend on, shared modules first.

    Parameters
    ----------
    leave_out : stems of modules and names of folders that do not count
    """
    shared = sorted(PACKAGE.glob("*.py"))
    own = sorted(p for p in (PACKAGE / paper).rglob("*") if p.is_file())
    counted = (p for p in (*shared, *own) if not {p.stem, p.parent.name} & {*leave_out})
    return [p for p in counted if not {p.name, p.parent.name + ".py"} & _DRAWN and not _prose(p)]


def _prose(path: Path) -> bool:
    return path.suffix in _ROWS or path.name == "flips.json"


@cache
def digest(paper: str, leave_out: frozenset[str] = frozenset()) -> str:
    """Hash these files; comments, docstrings and layout of the sources do not count."""
    seen = hashlib.sha256()
    for file in files(paper, leave_out):
        seen.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0")
        if file.suffix == ".py":
            for word in meaning(file.read_text(encoding="utf-8")):
                seen.update(word.encode() + b"\0")
        else:
            seen.update(hashlib.sha256(file.read_bytes()).digest())
    return seen.hexdigest()[:16]


def meaning(source: str) -> Iterator[str]:
    """The syntax tree of a source as words: no comments, no docstrings; the same under every Python."""
    return _words(ast.parse(source))


def _words(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _words(part)
    elif isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if value is None or value == []:  # what a newer Python adds, and this source does not use
                continue
            yield name
            yield from _words(_undocumented(node, value) if name == "body" else value)
        yield "."
    else:
        yield repr(node)


def _undocumented(node: ast.AST, body: object) -> object:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None
    return body[1:] if documented and isinstance(body, list) else body
