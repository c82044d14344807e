"""What the book asks of Sphinx beyond its configuration."""

from pathlib import Path
from typing import Any

from mecpapers.companion.provenance import footer


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx: each page ends with where it comes from; links lead to the targets within pages."""
    app.connect("html-page-context", _append_footer)
    app.connect("env-updated", _let_links_find_targets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _append_footer(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] += footer(Path(app.srcdir), page)


def _let_links_find_targets(app: Any, env: Any) -> None:
    """Let ``[(27)](page.ipynb#video-27)``, which JupyterLab opens too, lead to ``(video-27)=``: MyST knows headings."""
    for name, (page, place) in env.get_domain("std").anonlabels.items():
        if page in env.metadata:
            env.metadata[page].setdefault("myst_slugs", {}).setdefault(name, (0, place, name))
