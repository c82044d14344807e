"""What every committed notebook keeps to, checked without running it."""

import ast
import base64
import csv
import io
import json
import re
from collections.abc import Callable
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
MAX_COLUMNS = 88  # of a code line: what a page shows without scrolling
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


def test_code_lines_fit_the_page(code: list[Cell]) -> None:
    lines = [line for cell in code for line in text(cell["source"]).splitlines()]
    assert [line for line in lines if len(line) > MAX_COLUMNS] == []


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


Rows = list[dict[str, str]]


def column(rows: Rows, name: str, scale: float = 1) -> list[float]:
    return [scale * float(row[name]) for row in rows]


# What an alternative text says in numbers, made anew from the data below its figure.
SAID: list[tuple[str, str, Callable[[Rows], str]]] = [
    (
        "fhei/04-alternating",
        "fhei-eta.csv",
        lambda rows: "loss is {:.2f} percent at an increment of 0.001, {:.1f} at 0.03 and {:.1f} at 0.1".format(
            *(column(rows, "equal", 100)[k] for k in (0, 3, 4))
        ),
    ),
    (
        "fhei/05-results",
        "fhei-figure-4b.csv",
        lambda rows: "to between {:.0f} and {:.0f} with 15".format(
            *sorted(float(rows[-1][name]) for name in ("inversion-gain", "exact"))
        ),
    ),
    (
        "fhei/06-how-near",
        "fhei-gaps.csv",
        lambda rows: "constant quality loses {:.1f} to {:.1f} percent".format(
            *(f(100 * float(r["loss"]) for r in rows if r["scheme"] == "constant quality") for f in (min, max))
        ),
    ),
    (
        "video/03-theorem-1",
        "local-frames.csv",
        lambda rows: f"from 1 to {float(list(rows[-1].values())[1]):.0f} frames",
    ),
    (
        "video/04-theorem-2",
        "local-against-edge.csv",
        lambda rows: f"reaching about {float(rows[-1]['cost']):.2f} at 30",
    ),
    (
        "video/12-table-1",
        "table-1.csv",
        lambda rows: "edge energy {:.0f},".format(
            *(
                100 * float(r["eq7"]) / float(r["printed"])
                for r in rows
                if (r["devices"], r["row"]) == ("edge", "energy")
            )
        ),
    ),
    (
        "video/15-congestion-prices",
        "price-certificates.csv",
        lambda rows: "end after {} to {},".format(
            *(
                f(
                    max(int(r["round"]) for r in rows if r["run"] == run)
                    for run in {r["run"] for r in rows if "cut" in r["run"]}
                )
                for f in (min, max)
            )
        ),
    ),
]


@pytest.mark.parametrize(("name", "data", "said"), SAID, ids=[data for _, data, _ in SAID])
def test_an_alternative_text_says_what_the_data_say(name: str, data: str, said: Callable[[Rows], str]) -> None:
    content = (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    held = re.search(rf'download=\\"{data}\\" href=\\"data:text/csv;base64,([^\\]+)', content)
    assert held
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(held[1]).decode())))
    alts = [c["metadata"].get("mystnb", {}).get("image", {}).get("alt", "") for c in json.loads(content)["cells"]]
    assert said(rows) in " ".join(alts)
