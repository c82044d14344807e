"""What the book asks of Sphinx beyond its configuration."""

from pathlib import Path
from typing import Any

from mecpapers.companion.provenance import footer


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx: each page ends with where it comes from."""
    app.connect("html-page-context", _append_footer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _append_footer(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] += footer(Path(app.srcdir), page)
