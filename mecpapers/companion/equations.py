"""Where each equation of a paper stands: its function, what tests that, and the pages that show it."""

from __future__ import annotations

import ast
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

MOST = 2  # tests, and pages, named a row


def equation_rows(paper: str, root: Path) -> list[dict[str, str]]:
    """The map of a paper, from its ``EQUATIONS`` and the checkout's tests and notebooks.

    A test tests a function that its body names, or that a helper names which it calls, in its own file or in the
    paper's ``verification``; where there is none, one that names a caller of it. A page
    shows an equation that its formulas carry as a tag, or that its text or code names.

    Parameters
    ----------
    root : of the checkout

    Raises
    ------
    ValueError
        if ``root`` holds no tests: the map is made from a checkout.
    """
    oracles = _functions(root / "mecpapers" / paper / "evidence" / "verification.py")
    tests = _tests(root / "tests" / paper, oracles)
    if not tests:
        raise ValueError(f"root = {root.name}: must be a checkout with tests/{paper}")
    package = {
        name: used for file in (root / "mecpapers" / paper).rglob("*.py") for name, used in _functions(file).items()
    }
    pages = _pages(root / "notebooks" / paper)
    rows = []
    for where, path in import_module(f"mecpapers.{paper}").EQUATIONS.items():
        name, home = path.split(".")[-1], f"`test_{path.removeprefix('evidence.').split('.')[0]}`"
        tested = [test for test, names in tests.items() if name in names]
        if not tested:
            callers = {caller for caller, names in package.items() if name in names}
            tested = [test for test, names in tests.items() if callers & names]
        tested.sort(key=lambda test, home=home: not test.startswith(home))  # type: ignore[misc]
        rows.append(
            {
                "equation": where,
                "function": f"`{path}`",
                "tests": _first(tested),
                "pages": _first([f"[{title}]({file})" for file, title in _shown(where, name, pages)]),
            }
        )
    return rows


def _first(found: list[str]) -> str:
    """The first few, and how many more there are."""
    more = len(found) - MOST
    return "; ".join(found[:MOST]) + (f" and {more} more" if more > 0 else "")


def _tests(folder: Path, oracles: dict[str, set[str]]) -> dict[str, set[str]]:
    """The names that each test function uses, with those of the helpers that it calls."""
    found: dict[str, set[str]] = {}
    for file in sorted(folder.glob("test_*.py")):
        functions = oracles | _functions(file)
        for name, used in functions.items():
            if name.startswith("test_"):
                helpers = [functions[other] for other in used & set(functions)]
                said = name.removeprefix("test_").replace("_", " ")
                found[f"`{file.stem}`: {said}"] = used.union(*helpers)
    return found


def _functions(file: Path) -> dict[str, set[str]]:
    """The names that each function of a file uses."""
    if not file.exists():
        return {}
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name: _names(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


def _names(node: ast.AST) -> set[str]:
    inside = list(ast.walk(node))
    return {n.id for n in inside if isinstance(n, ast.Name)} | {n.attr for n in inside if isinstance(n, ast.Attribute)}


def _pages(folder: Path) -> dict[str, dict[str, Any]]:
    """Title, text and code of each notebook."""
    found = {}
    for file in sorted(folder.glob("*.ipynb")):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        text, code = ("\n".join("".join(c["source"]) for c in cells if c["cell_type"] == kind) for kind in KINDS)
        found[file.name] = {"title": text.splitlines()[0].removeprefix("# "), "text": _spelt(text), "code": code}
    return found


KINDS = ("markdown", "code")


def _spelt(text: str) -> str:
    """The text with what its ranges, such as (27)-(29), leave out."""
    ranges = re.findall(r"\((\d+)\)[-–]\((\d+)\)", text)
    return text + "".join(f" ({n})" for low, high in ranges for n in range(int(low), int(high) + 1))


def _shown(where: str, name: str, pages: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The pages that carry an equation as a tag, else those that name it or its function."""
    number = where.strip("()")
    tagged = [(file, p["title"]) for file, p in pages.items() if rf"\tag{{{number}}}" in p["text"]]
    word = re.compile(rf"\b{re.escape(name)}\b")
    said = [where in p["text"] or bool(word.search(p["code"])) for p in pages.values()]
    named = [(file, p["title"]) for (file, p), here in zip(pages.items(), said, strict=True) if here]
    return tagged + [page for page in named if page not in tagged]
