"""The reference of the package on the site: docstrings as they are written, each tied to its equation and its tests.

Names in the text of a page lead to it, and the search finds equations, theorems and Greek letters by its index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

from mecpapers.companion import pages as book
from mecpapers.companion.equations import numbers
from mecpapers.companion.tests import rows as rows_of_map
from mecpapers.ledger import NAMES, PAPERS

_ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"(``.+?``|`[^`]+`)")
_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*(\(\))?")
_TARGET = re.compile(rf"({'|'.join(PAPERS)})-(\d+[a-z]?)")
_ROW = re.compile(r'id="((?:claim|erratum)-([^"]+))" class="permalink"')  # of a register, by its key
_GREEK = {
    name: letter
    for letters, names in (
        ("αβγδεζηθικλμνξπρστυφχψω", "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
         "sigma tau upsilon phi chi psi omega"),
        ("ΓΔΘΛΞΠΣΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"),
    )
    for letter, name in zip(letters, names.split(), strict=True)
}  # fmt: skip


def setup(app: Any) -> None:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", _lay_out)
    app.connect("doctree-read", _index)
    app.connect("doctree-resolved", _link_names)


def _lay_out(app: Any, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    lines[:] = [*plain(lines), *_stands_for(name)]


def plain(lines: Iterable[str]) -> Iterator[str]:
    """A docstring as reStructuredText: sections and their names as lists, and every other sign as it stands."""
    lines, block = [*lines, ""], ""  # a block's indented lines stay as they are
    section = False
    for line, after in pairwise(lines):
        if line and set(line) == {"-"}:
            continue
        if after and set(after) == {"-"} and len(after) == len(line):
            section = line in ("Parameters", "Returns", "Raises")
            yield from ("", f"**{line}**", "")
        elif line.startswith((".. ", ">>>")) or (block and (line.startswith(" ") or not line or ">>>" in block)):
            block = (block or line) if line or ">>>" not in block else ""
            yield line
        elif section and line and not line.startswith(" "):
            head, colon, rest = line.partition(" : ")
            yield from (["", f"``{head}``", f"    {_escaped(rest)}"] if colon else ["", _escaped(line)])
        else:
            block = ""
            yield _escaped(line)


def _escaped(text: str) -> str:
    parts = _CODE.split(text)
    parts[::2] = [re.sub(r"([*|]|_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "\\ ".join(parts).replace("\\  ", " ").replace(" \\ ", " ") if len(parts) > 1 else parts[0]


@cache
def _rows(paper: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a paper's map by the name of the function."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows_of_map(paper):
        found.setdefault(f"mecpapers.{paper}.{row['function'].strip('`')}", []).append(row)
    return found


def _stands_for(name: str) -> Iterator[str]:
    """The equations that a function implements, linked to where they are displayed, and its first tests."""
    paper = name.split(".")[1] if name.count(".") else ""
    rows = _rows(paper).get(name, []) if paper in PAPERS else []
    if rows:
        home = book.homes(paper, book.read(_ROOT / "notebooks" / paper))
        said = [
            next((f":ref:`{row['equation']} <{paper}-{n}>`" for n in numbers(row["equation"]) if n in home), "")
            or row["equation"]
            for row in rows
        ]
        yield from ("", f"In the paper: {', '.join(said)}. Tested by {rows[0]['tests'].replace('`', '``')}.", "")


def _index(app: Any, doctree: nodes.document) -> None:
    """Entries for what a page displays: equations by number, theorems by name, rows by key, Greek letters."""
    page = app.env.docname
    entries = []
    for name in doctree.nameids:
        if found := _TARGET.fullmatch(name):
            paper, number = NAMES[found[1]].removeprefix("Paper "), found[2]
            entries += [(f"equation {number}, {paper}", name), (f"({number})", name)]
    title = next(iter(doctree.findall(nodes.title)), nodes.title()).astext()
    entries += [
        (key, "") for paper in PAPERS for key in import_module(f"mecpapers.{paper}").EQUATIONS if _about(title, key)
    ]
    if title.startswith("The "):
        entries.append((title.removeprefix("The "), ""))
    raw = " ".join(node.astext() for node in doctree.findall(nodes.raw))
    entries += [(found[2], found[1]) for found in _ROW.finditer(raw)]
    tables = " ".join(math.astext() for table in doctree.findall(nodes.table) for math in table.findall(nodes.math))
    text = doctree.astext() if page.endswith("notation") else tables
    entries += [(word, "") for name, letter in _GREEK.items() if f"\\{name}" in text for word in (letter, name)]
    if entries:
        doctree.append(addnodes.index(entries=[("single", word, place, "main", None) for word, place in entries]))


def _about(title: str, key: str) -> bool:
    """Whether a page's title names a theorem: "Algorithms 1 and 2: ..." names both."""
    kind, _, number = key.partition(" ")
    head = title.partition(":")[0]
    return number.isdigit() and head.startswith((kind, f"{kind}s")) and number in re.findall(r"\d+", head)


def _link_names(app: Any, doctree: nodes.document, page: str) -> None:
    """Let names in code of the text lead to the reference, where one function or class bears them."""
    if app.builder.format != "html" or page.startswith("book/api"):
        return
    known = _known(app.env)
    own = [*(f"mecpapers.{paper}" for paper in PAPERS if f"/{paper}/" in page), "mecpapers"]
    for literal in list(doctree.findall(nodes.literal)):
        text = literal.astext()
        if not _NAME.fullmatch(text) or _linked(literal):
            continue
        found = known.get(text.removesuffix("()"), [])
        best = next((some for start in own if len(some := [n for n in found if n.startswith(start)]) == 1), None)
        if best:
            entry = app.env.get_domain("py").objects[best[0]]
            uri = f"{app.builder.get_relative_uri(page, entry.docname)}#{entry.node_id}"
            literal.replace_self(nodes.reference("", "", literal.deepcopy(), internal=True, refuri=uri))


def _linked(node: nodes.Node) -> bool:
    """Whether a node stands in a link, at whatever depth."""
    above = node.parent
    return above is not None and (isinstance(above, nodes.reference) or _linked(above))


def _known(env: Any) -> dict[str, list[str]]:
    """The functions, classes and modules of the reference, by every end of their names."""
    found: dict[str, list[str]] = {}
    for name, entry in env.get_domain("py").objects.items():
        if entry.objtype in ("function", "class", "exception", "method", "module"):
            parts = name.split(".")
            for i in range(len(parts)):
                found.setdefault(".".join(parts[i:]), []).append(name)
    return found
