"""The tests that the maps of equations name, as pages of the site beside the package's own sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes

from mecpapers.companion.equations import equation_rows
from mecpapers.ledger import PAPERS

_ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`(test_\w+)`: ([\w ]+?)(?=;| and \d+ more|\.|$)")  # as a row of the map names one


def setup(app: Any) -> None:
    """Register with Sphinx."""
    app.connect("html-collect-pages", _pages)
    app.connect("doctree-resolved", _link)


@cache
def rows(paper: str) -> list[dict[str, str]]:
    """The rows of a paper's map; none where there is no checkout."""
    return equation_rows(paper, _ROOT) if (_ROOT / "tests" / paper).is_dir() else []


def _pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    for paper in PAPERS:
        for name in sorted({name for row in rows(paper) for name, _ in _TEST.findall(row["tests"])}):
            source = (_ROOT / "tests" / paper / f"{name}.py").read_text(encoding="utf-8")
            shown = app.builder.highlighter.highlight_block(source, "python")
            title = f"tests/{paper}/{name}.py"
            yield (
                _page(paper, name),
                {"title": title, "body": f"<h1>Source of {title}</h1>{_anchored(shown, source)}"},
                "page.html",
            )


def _page(paper: str, name: str) -> str:
    return f"_modules/tests/{paper}/{name}"


def _anchored(shown: str, source: str) -> str:
    """The highlighted lines, with an anchor where a test begins: at its first decorator."""
    head, pre, body = shown.rpartition("<pre>")
    lines = body.split("\n")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
            lines[first] = f'<span id="{node.name}"></span>{lines[first]}'
    return head + pre + "\n".join(lines)


def _link(app: Any, doctree: nodes.document, page: str) -> None:
    """Let a test that a map or the reference names lead to its source."""
    paper = next((p for p in PAPERS if f"/{p}/" in f"{page}/"), None)
    if app.builder.name != "html" or paper is None:  # one file for print has no sources
        return
    for literal in list(doctree.findall(nodes.literal)):
        after = literal.next_node(descend=False, siblings=True)
        found = _TEST.match(f"`{literal.astext()}`{after.astext() if isinstance(after, nodes.Text) else ''}")
        if found:
            uri = f"{app.builder.get_relative_uri(page, _page(paper, found[1]))}#test_{found[2].replace(' ', '_')}"
            literal.replace_self(nodes.reference("", "", literal.deepcopy(), internal=True, refuri=uri))
