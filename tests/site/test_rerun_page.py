"""The page of a rerun on a phone."""

from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mecpapers.companion.rerun import to_html

LONG = "$" + " + ".join(f"a_{{{i}}}" for i in range(40)) + "$"


def test_a_long_formula_scrolls_and_the_page_does_not(opened: Callable, tmp_path: Path, shades: str) -> None:
    printed = new_code_cell("sum", outputs=[new_output("display_data", {"text/latex": LONG})])
    table = "|".join(["", *(f"long words of column {i}".replace(" ", "&nbsp;") for i in range(4)), ""])
    texts = (
        f"# A page\n\nIn a line: {LONG}, and on.",
        f"1. In a list: {LONG}.",
        f"$${LONG[1:-1]}$$",
        f"{table}\n|-|-|-|-|\n{table}",
    )
    nbformat.write(new_notebook(cells=[*map(new_markdown_cell, texts), printed]), tmp_path / "a.ipynb")
    to_html([tmp_path / "a.ipynb"], tmp_path / "a.html")
    with opened((tmp_path / "a.html").as_uri(), width=390) as (page, faults):
        page.wait_for_function("document.querySelectorAll('.formula').length === 3")
        assert page.locator("mjx-container").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        scrolled = page.locator(".formula mjx-container").evaluate_all(
            "all => all.map(e => e.scrollWidth > e.clientWidth)"
        )
        assert scrolled == [True] * 3
        boxes = page.locator("table, .formula mjx-container, p:has(mjx-container[display=true])")
        wide, *wrong = boxes.evaluate_all(shades)
        assert wide == 5
        assert wrong == [[], []]
        assert faults == []
