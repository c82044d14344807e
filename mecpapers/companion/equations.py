"""Where each equation of a paper stands: its function, what tests that, and the pages that show it."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

from mecpapers.companion import pages as book
from mecpapers.companion.pages import Page
from mecpapers.ledger import PAPERS

MOST = 2  # tests, and pages, named a row


def checkout() -> Path:
    """The checkout: the nearest folder above the current one that holds a book, else that of the package.

    Raises
    ------
    ValueError
        If there is none.
    """
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).parents[2]):
        if (folder / "_toc.yml").is_file() and (folder / "tests").is_dir():
            return folder
    raise ValueError(f"{Path.cwd()}: the map is made from the tests and pages of a checkout; run it in one")


def equation_rows(paper: str, root: Path) -> list[dict[str, str]]:
    """The map of a paper, from its ``EQUATIONS`` and the checkout's tests and notebooks.

    A test tests a function that its body names, or that a helper names which it calls, in its own file or in the
    paper's ``verification``; where there is none, one that names a caller of it. The first page is the one that
    displays the equation, linked to where; then those that cite it, or whose code names its function.

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
        raise ValueError(f"root = {root}: must be a checkout with tests/{paper}")
    package = {
        name: used for file in (root / "mecpapers" / paper).rglob("*.py") for name, used in _functions(file).items()
    }
    pages = book.read(root / "notebooks" / paper)
    home, rows = book.homes(paper, pages), []
    for where, path in import_module(f"mecpapers.{paper}").EQUATIONS.items():
        name, own = path.split(".")[-1], f"`test_{path.removeprefix('evidence.').split('.')[0]}`"
        tested = [test for test, names in tests.items() if name in names]
        if not tested:
            callers = {caller for caller, names in package.items() if name in names}
            tested = [test for test, names in tests.items() if callers & names]
        tested.sort(key=lambda test, own=own: not test.startswith(own))  # type: ignore[misc]
        rows.append(
            {
                "equation": where,
                "function": f"`{path}`",
                "tests": _first(tested),
                "pages": _first(_shown(paper, where, name, pages, home)),
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


def _shown(paper: str, where: str, name: str, pages: list[Page], home: dict[str, list[str]]) -> list[str]:
    """Links to the page that displays an equation, to those that cite it, and to those that name its function."""
    spelt = numbers(where)
    titles = {page.file: page.title for page in pages}
    main = [f"[{titles[file]}]({file}#{paper}-{number})" for number in spelt[:1] for file in home.get(number, [])]
    word = re.compile(rf"\b{re.escape(name)}\b")
    shown = {file for number in spelt for file in home.get(number, [])}
    said = [{*spelt} & page.cited(paper, PAPERS) if spelt else where in page.text for page in pages]
    cite = [page for page, here in zip(pages, said, strict=True) if here]
    heading = re.compile(rf"^#+ .*\b{re.escape(where)}\b", re.MULTILINE)  # a theorem's own page comes first
    cite.sort(key=lambda page: not heading.search(page.text))
    call = [page for page in pages if word.search(page.code)]
    later = dict.fromkeys(page.file for page in (*cite, *call) if page.file not in shown)
    return main + [f"[{titles[file]}]({file})" for file in later]


def numbers(where: str) -> list[str]:
    """The paper's numbers that a key of ``EQUATIONS`` names: (27), or (13b)-(13g)."""
    found = re.findall(r"\((\d+[a-z]?)\)", where)
    return book.spelt(*found) if len(found) == 2 else found
