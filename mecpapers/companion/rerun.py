"""The page of a rerun: one HTML file that needs nothing, laid out as the book is, which says what was changed.

What the cells print belongs to the run. Sentences were written for the book's own parameters: a part that quotes a
number, or says what was found, is marked.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mecpapers.companion.files import write_atomically
from mecpapers.companion.parameters import Parameter, Value, declared

_MATHJAX = Path(__file__).parents[2] / "book" / "_static" / "mathjax" / "tex-svg.js"
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<kind>[\w:-]+)\} *(?P<title>.*)\n(?P<options>(?::.*\n)*)", re.MULTILINE
)
_KEPT = re.compile(
    r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|\[[^\]]*\]\([^)]*\)|<[^>]*>|\(\d+[a-z]?\)"
    r"|^\([\w.-]+\)=|^:label:[^\n]*|^\d+\. ",  # places, labels and items of a list
    re.DOTALL | re.MULTILINE,
)
_VALUE = re.compile(r"\d\.\d|= *-?(?:[2-9]|\d{2,}) *\$")  # in a formula: a decimal, or what it comes to
_NAMED = re.compile(
    r"\b(Papers?|Fig(ure)?s?\.?|Theorems?|Propositions?|Algorithms?|Tables?|Sections?|ResNet-?|YOLOv)\s*\d+|\bP[123]\b"
)
_WORDS = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half)\b", re.IGNORECASE)
_FRONT = re.compile(r"^\*[^*\s].*|^\*\*You need.*(?:\n.+)*", re.MULTILINE)  # below a title: sections, minutes to read
_FOUND = re.compile(r"^\*\*(What to see|Answer|Verdict|What follows)\b", re.MULTILINE)  # how a paragraph begins
_STALE = (
    '<p class="stale">Written for the book\'s own parameters: the numbers in this part, '
    "and what it says of figures and tables, are theirs.</p>"
)
# A formula in a line goes into a span, which scrolls where the formula is wider than the page.
_TYPESET = r"""MathJax = {
  tex: {inlineMath: [['$', '$'], ['\\(', '\\)']], processEscapes: true},
  startup: {pageReady: () => MathJax.startup.defaultPageReady().then(() => {
    for (const formula of document.querySelectorAll('mjx-container:not([display])')) {
      const span = document.createElement('span');
      span.className = 'formula';
      formula.replaceWith(span);
      span.append(formula);
    }
  })},
};
"""
_STYLE = Path(__file__).with_suffix(".css")


def to_html(notebooks: Sequence[Path], path: Path, changes: Sequence[Mapping[str, Value]] = ({},)) -> None:
    """Write executed notebooks, one with each set of values, as one page.

    In a checkout, the MathJax that the book ships is put into the file. Elsewhere formulas stay plain TeX.

    Parameters
    ----------
    notebooks : runs of the same notebook
    path : of the page
    changes : what was given for each run
    """
    import nbformat
    from nbconvert import HTMLExporter
    from nbconvert.filters import Highlight2HTML
    from pygments.formatters import HtmlFormatter
    from traitlets.config import Config

    runs = [nbformat.read(notebook, 4) for notebook in notebooks]
    known = declared(runs[0])
    changes = [{name: value for name, value in change.items() if value != known[name].default} for change in changes]
    joined, title = _joined(runs, changes, known)
    remove = {"enabled": True, "remove_cell_tags": ["remove-cell"], "remove_input_tags": ["remove-input", "hide-input"]}
    exporter = HTMLExporter(config=Config({"TagRemovePreprocessor": remove}), template_name="basic")
    exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="ipython3"))
    body, _ = exporter.from_notebook_node(joined)
    colours = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    mathjax = _MATHJAX.read_text(encoding="utf-8").replace("</script", r"<\/script") if _MATHJAX.exists() else ""
    script = f"<script>{_TYPESET}{mathjax}</script>" if mathjax else ""
    style = _STYLE.read_text(encoding="utf-8")
    write_atomically(
        path,
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{colours}@media (prefers-color-scheme: dark) {{{dark}}}{style}</style>{script}</head>"
        f"<body><main>{body}</main></body></html>\n",
    )


def _joined(
    runs: Sequence[Any], changes: Sequence[Mapping[str, Value]], known: Mapping[str, Parameter]
) -> tuple[Any, str]:
    """One notebook of all runs, as the page shows it, and its title."""
    from nbformat.v4 import new_markdown_cell

    joined, stale = runs[0], any(changes)
    texts = [cell.source for cell in joined.cells if cell.cell_type == "markdown"]
    title = next((line[2:] for text in texts for line in text.splitlines() if line.startswith("# ")), "A rerun")
    labels = [_label(change) for change in changes]
    cells = [new_markdown_cell(_banner(title, changes, known))]
    others = [
        [cell for cell in run.cells if "injected-parameters" not in cell.metadata.get("tags", [])] for run in runs
    ]
    for row in zip(*others, strict=True):
        cell = row[0]
        if cell.cell_type == "markdown":
            cell.source = plain(_marked(cell.source) if stale else cell.source)
            cells.append(cell)
            continue
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        outputs = [one.outputs for one in row]
        if len(row) > 1 and any(_shown(one) != _shown(outputs[0]) for one in outputs):
            cell.outputs = [o for label, one in zip(labels, outputs, strict=True) for o in (_note(label), *one)]
        if "parameters" in cell.metadata.get("tags", []) and stale:
            cell.outputs = [_note(f"In this run: {label}") for label in labels]
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = plain(data["text/markdown"])
            if "image/png" in data:
                output.metadata["image/png"] = {"alt": alt + (" (said of the book's own parameters)" if stale else "")}
        cells.append(cell)
        if caption := figure.get("caption"):
            quotes = stale and (_quotes(caption) or _WORDS.search(caption))
            mark = " <em>(Said of the book's own parameters.)</em>" if quotes else ""
            cells.append(new_markdown_cell(f'<div class="caption">\n\n{plain(caption)}{mark}\n\n</div>'))
    joined.cells = cells
    return joined, title


def _banner(title: str, changes: Sequence[Mapping[str, Value]], known: Mapping[str, Parameter]) -> str:
    name = html.escape(title)
    if not any(changes):
        return f'<div class="banner">A run of “{name}” with the book\'s own parameters.</div>'
    own = _label({key: known[key].default for key in known if any(key in change for change in changes)})
    rows = "".join(f"<li><code>{html.escape(_label(change))}</code></li>" for change in changes)
    return (
        f'<div class="banner"><b>A rerun of “{name}” with other parameters:</b><ul>{rows}</ul>'
        f"<p>The book has <code>{html.escape(own)}</code>. Tables, figures and what the cells print belong to this "
        "run. Verdicts, and sentences about the book's own parameters, do not follow: a part that quotes a number, or "
        "says what was found, is marked.</p></div>"
    )


def _label(change: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in change.items()) or "the book's own parameters"


def _note(label: str) -> Any:
    from nbformat.v4 import new_output

    return new_output("display_data", {"text/html": f'<p class="run">{html.escape(label)}</p>'})


def _shown(outputs: Sequence[Any]) -> str:
    return json.dumps([{k: v for k, v in o.items() if k != "execution_count"} for o in outputs], sort_keys=True)


def _marked(text: str) -> str:
    """Mark each part of a cell, from a heading to the next, that quotes a number or says what was found."""
    parts = []
    for part in re.split(r"^(?=##+ )", text, flags=re.MULTILINE):
        head, _, body = part.partition("\n") if part.startswith("#") else ("", "", part)
        quotes = _quotes(_FRONT.sub("", body) if head.startswith("# ") else body)
        parts.append(f"{head}\n\n{_STALE}\n\n{body}".lstrip() if quotes else part)
    return "".join(parts)


def _quotes(text: str) -> bool:
    """Whether a text says what was found, or states a number besides those of equations, sections and links."""
    values = any(_VALUE.search(kept) for kept in _KEPT.findall(text) if kept.startswith("$"))
    return values or bool(_FOUND.search(text) or re.search(r"\d", _NAMED.sub("", _KEPT.sub("", text))))


def plain(text: str) -> str:
    """MyST Markdown as Markdown and HTML: theorems, boxes, places, terms; links out of the page become words."""
    while found := _FENCE.search(text):
        close = re.compile(rf"^{found['fence'][0]}{{{len(found['fence'])},}} *$", re.MULTILINE)
        end = close.search(text, found.end())
        body = text[found.end() : end.start() if end else len(text)].strip()
        text = (
            text[: found.start()]
            + _box(found["kind"], found["title"], found["options"], body)
            + text[end.end() if end else len(text) :]
        )
    text = re.sub(r"^\(([\w.-]+)\)=[ ]*$", r'<a id="\1"></a>', text, flags=re.MULTILINE)
    text = re.sub(r"\{term\}`([^`<]+?)(?: *<[^>]*>)?`", r"\1", text)
    text = re.sub(r"\{[\w:-]+\}`([^`]+)`", r"[\1]", text)
    return re.sub(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!#|https?:)[^()\s]*\)", r"\1 (in the book)", text)


def _box(kind: str, title: str, options: str, body: str) -> str:
    name = kind.removeprefix("prf:").capitalize()
    label = re.search(r":(?:label|name): *(\S+)", options)
    anchor = f' id="{label[1]}"' if label else ""
    if kind.startswith("prf:"):
        title = f"{name} ({title})" if title else name
    if "dropdown" in options:
        return f'<details{anchor} class="admonition"><summary>{title or name}</summary>\n\n{body}\n\n</details>'
    return f'<div{anchor} class="admonition"><p class="title">{title or name}</p>\n\n{body}\n\n</div>'
