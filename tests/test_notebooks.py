"""What every committed notebook keeps to, checked without running it."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from mecpapers.companion import book
from mecpapers.companion.parameters import declared, validate

ROOT = Path(__file__).parents[1]
NOTEBOOKS = book.notebooks(ROOT)
WITHOUT_PARAMETERS = {"claims", "errata", "notation"}
MAX_LINES = 14  # of code in a cell; blank lines and comments don't count
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/-])(?:/(?:home|root|tmp|usr|opt|var|work|private|Users)/\w|[A-Z]:\\\w)")
FETCH = re.compile(
    r"(?:\bsrc=|<link[^>]+href=|url\(|@import |\bfetch\(|\bimport\()\s*[\"']?(?:https?:)?//", re.IGNORECASE
)

Cell = dict[str, Any]


@pytest.fixture(params=NOTEBOOKS, ids=str)
def path(request: pytest.FixtureRequest) -> Path:
    return ROOT / request.param


@pytest.fixture
def content(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def code(content: dict[str, Any]) -> list[Cell]:
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def outputs(cells: list[Cell]) -> list[tuple[str, str]]:
    """Every textual output with its type."""
    found = []
    for cell in cells:
        for output in cell["outputs"]:
            if "text" in output:
                found.append((output["name"], text(output["text"])))
            for kind, value in output.get("data", {}).items():
                if not kind.startswith("image/") or kind == "image/svg+xml":
                    found.append((kind, value if isinstance(value, str) else text(value)))
    return found


def test_format(path: Path, content: dict[str, Any]) -> None:
    nbformat.validate(content)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert text(content["cells"][0]["source"]).startswith("# ")
    assert "papermill" not in content["metadata"]
    assert not any({"papermill", "execution"} & set(cell["metadata"]) for cell in content["cells"])


def test_in_table_of_contents(path: Path) -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    assert str(path.relative_to(ROOT).with_suffix("")) in chapters


def test_parameters(path: Path, content: dict[str, Any]) -> None:
    found = declared(content)
    if path.stem in WITHOUT_PARAMETERS:
        assert not found
        return
    assert found
    smoke = content["metadata"]["mecpapers"]["smoke"]
    values = validate(found, smoke)
    assert any(value != found[name].default for name, value in values.items())


def test_outputs_are_committed(code: list[Cell]) -> None:
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert any(cell["outputs"] for cell in code)
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
    assert not [value for kind, value in outputs(code) if kind == "stderr"]


def test_cells_are_short_and_define_nothing(code: list[Cell]) -> None:
    for cell in code:
        source = text(cell["source"])
        lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
        assert len(lines) <= MAX_LINES, source
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not any(isinstance(node, defined) for node in ast.walk(ast.parse(source))), source


def test_figures_have_caption_and_alt_text(code: list[Cell]) -> None:
    for cell in code:
        images = [kind for output in cell["outputs"] for kind in output.get("data", {}) if kind.startswith("image/")]
        source, settings = text(cell["source"]), cell["metadata"].get("mystnb", {})
        if not images:
            assert not settings and ".plot_" not in source, f"no figure came: {source}"
            continue
        assert len(images) == 1, f"one figure a cell: {source}"
        assert settings.get("figure", {}).get("caption"), source
        assert settings.get("figure", {}).get("name"), source
        assert settings.get("image", {}).get("alt"), source


def test_outputs_hold_no_path_and_fetch_nothing(code: list[Cell]) -> None:
    for kind, value in outputs(code):
        assert not ABSOLUTE_PATH.search(value), (kind, ABSOLUTE_PATH.search(value))
        assert not FETCH.search(value), (kind, FETCH.search(value))


def test_formulas_are_such_as_the_site_typesets(content: dict[str, Any]) -> None:
    """The shipped MathJax loads no extension; Sphinx puts a display with a line break into split, which has no tag."""
    prose = "\n\n".join(text(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "markdown")
    assert not re.search(r"\\(?:boldsymbol|bm|cancel|color|mhchem|require|unicode)\b", prose)
    for display in re.findall(r"\$\$(.+?)\$\$", prose, re.DOTALL):
        assert not (r"\tag" in display and r"\\" in display), f"use align*: {display}"
