"""What the book asks of Sphinx beyond its configuration."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes

from mecpapers.companion import reference, tests
from mecpapers.companion.elsewhere import BRANCH
from mecpapers.companion.provenance import citation, footer
from mecpapers.ledger import PAPERS

_BEFORE, _BEHIND = re.compile(r"[(\[“]+\Z"), re.compile(r"[)\]”]*[.,;:!?)\]”…]+")  # signs that stand at a formula
_ROW = re.compile(r'<a id="([^"]+)" class="permalink"')


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx: each page ends with where it comes from; links lead to the targets within pages."""
    reference.setup(app)
    tests.setup(app)
    app.connect("config-inited", _offer_elsewhere)
    app.connect("html-page-context", _lead_colab_to_what_installs, priority=502)  # the theme's buttons come at 501
    app.connect("html-page-context", _append_footer)
    app.connect("doctree-read", _note_rows)
    app.connect("doctree-read", _hold_signs)
    app.connect("env-updated", _let_links_find_targets)
    app.connect("build-finished", _ship_what_is_plausible)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _offer_elsewhere(app: Any, config: Any) -> None:
    """Offer the repository, Binder and Colab once _config.yml holds the repository's public address."""
    options = config.html_theme_options
    if options.get("repository_url"):
        options["use_repository_button"] = True
        options["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        }


def _lead_colab_to_what_installs(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Colab opens the notebook of the site, which installs the package first; Binder has the repository itself."""
    committed = f"/blob/{app.config.html_theme_options['repository_branch']}/"
    for group in context.get("header_buttons", ()):
        for button in group.get("buttons", ()):
            if button["text"] == "Colab":
                button["url"] = button["url"].replace(committed, f"/blob/{BRANCH}/")


def _append_footer(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        # An entry of the references: docutils' role for it is out of use, and its list wants items.
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] += footer(Path(app.srcdir), page)
        if doctree is not None:
            context["body"] += citation(context["title"], context["pathto"]("book/cite"))


def _note_rows(app: Any, doctree: nodes.document) -> None:
    """Let ``claims.ipynb#claim-KEY`` lead to a row of a register; give its page the width of two columns."""
    page = app.env.docname
    for raw in doctree.findall(nodes.raw):
        if 'class="register"' in raw.astext():
            app.env.metadata[page]["html_theme.sidebar_secondary.remove"] = "true"
        for name in _ROW.findall(raw.astext()):
            app.env.metadata[page].setdefault("myst_slugs", {})[name] = (0, name, name)


def _hold_signs(app: Any, doctree: nodes.document) -> None:
    """Keep a formula and the signs at it on one line: a browser may break a line at every formula."""
    for formula in list(doctree.findall(nodes.math)):
        parent, place = formula.parent, formula.parent.index(formula)
        if isinstance(parent, nodes.title):
            continue
        before = parent[place - 1] if place else None
        behind = parent[place + 1] if place + 1 < len(parent) else None
        held = nodes.inline("", "", classes=["held"])
        if isinstance(before, nodes.Text) and (found := _BEFORE.search(before.astext())):
            parent.replace(before, nodes.Text(before.astext()[: found.start()]))
            held += nodes.Text(found[0])
        held += formula.deepcopy()
        if isinstance(behind, nodes.Text) and (found := _BEHIND.match(behind.astext())):
            parent.replace(behind, nodes.Text(behind.astext()[found.end() :]))
            held += nodes.Text(found[0])
        if len(held) > 1:
            parent.replace(formula, held)


def _let_links_find_targets(app: Any, env: Any) -> None:
    """Let ``[(27)](page.ipynb#video-27)``, which JupyterLab opens too, lead to ``(video-27)=``: MyST knows headings."""
    for name, (page, place) in env.get_domain("std").anonlabels.items():
        if page in env.metadata:
            env.metadata[page].setdefault("myst_slugs", {}).setdefault(name, (0, place, name))


def _ship_what_is_plausible(app: Any, error: Exception | None) -> None:
    """Give pages that read an instance file the ranges outside which the command warns."""
    folder = Path(app.outdir) / "_static" / "explore"
    if error is None and folder.is_dir():
        tables = {paper: import_module(f"mecpapers.{paper}.instance").PLAUSIBLE for paper in PAPERS}
        ranges = {paper: {name: row._asdict() for name, row in table.items()} for paper, table in tables.items()}
        text = f"window.mecpapersPlausible = {json.dumps(ranges)};\n"
        (folder / "plausible-data.js").write_text(text, encoding="utf-8")
