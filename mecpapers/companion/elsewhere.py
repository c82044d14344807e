"""Notebooks opened without the repository: once its public address is known, they first install the package."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

BRANCH = "notebooks"  # of the repository, where the workflow puts the site's notebooks: Colab opens what stands in one

CELL = """\
# Where the package is missing, as on Colab
import importlib.util

if importlib.util.find_spec("mecpapers") is None:
    %pip install --quiet git+{address}@{branch}{more}\
"""
MORE = ("onnx",)  # beyond what the package itself needs: for notebooks whose code names it


def options(root: Path) -> dict[str, Any]:
    """Return what a folder's ``_config.yml`` tells the theme; ``repository_url`` is the public address, or empty."""
    import yaml

    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return config["sphinx"]["config"]["html_theme_options"]


def install_first(notebook: str, theme: Mapping[str, Any]) -> str:
    """Put the cell that installs the package before all others, if there is an address to install it from."""
    import nbformat

    if not (address := theme.get("repository_url")):
        return notebook
    content = nbformat.reads(notebook, as_version=4)
    code = "".join(cell.source for cell in content.cells if cell.cell_type == "code")
    more = "".join(f" {name}" for name in MORE if name in code)
    source = CELL.format(address=address, branch=theme["repository_branch"], more=more)
    content.cells.insert(0, nbformat.v4.new_code_cell(source, id="install", metadata={"tags": ["remove-cell"]}))
    return nbformat.writes(content) + "\n"
