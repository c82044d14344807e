"""The page of a rerun: laid out as the book is, and honest about what was changed."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mecpapers.companion.parameters import declared, parse_sets
from mecpapers.companion.rerun import _marked, plain, to_html

THEOREM = """```{prf:theorem} Theorem 1 of Paper I
:label: theorem-1

It *holds* for $x > 0$.
```"""
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def notebook(printed: str) -> nbformat.NotebookNode:
    figure = {"figure": {"caption": "Mean of 100 drops.", "name": "fig"}, "image": {"alt": "A line that falls."}}
    drawn = new_code_cell("plot()", outputs=[new_output("display_data", {"image/png": DOT})])
    drawn.metadata["mystnb"] = figure
    setting = new_code_cell("n_drops: int = 100  # drops; 1 to 200")
    setting.metadata["tags"] = ["parameters"]
    shown = new_code_cell("print(cost)", outputs=[new_output("stream", text=printed)])
    cells = [
        new_markdown_cell("# A chapter of 3 parts"),
        setting,
        new_markdown_cell(f"The loss is 3.4 %, by (20).\n\n{THEOREM}"),
        new_markdown_cell("By [(20)](03-theorem-1.ipynb#video-20) and Theorem 2 it falls, $2 x$ at most."),
        shown,
        drawn,
    ]
    return new_notebook(cells=cells)


def page(tmp_path: Path, *printed: str, changes: list) -> str:
    files = [tmp_path / f"{i}.ipynb" for i in range(len(printed))]
    for file, text in zip(files, printed, strict=True):
        nbformat.write(notebook(text), file)
    to_html(files, tmp_path / "a.html", changes)
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    return text[text.index("<body") :]


def test_theorems_figures_and_captions_are_there(tmp_path):
    text = page(tmp_path, "1.5", changes=[{}])
    assert '<div class="admonition" id="theorem-1"><p class="title">Theorem (Theorem 1 of Paper I)</p>' in text
    assert "<em>holds</em>" in text and "{prf:" not in text and ":label:" not in text
    assert 'alt="A line that falls."' in text and "Mean of 100 drops." in text
    assert "(20) (in the book)" in text and ".ipynb" not in text


def test_a_run_of_the_books_own_parameters_marks_nothing(tmp_path):
    for changes in ([{}], [{"n_drops": 100}]):
        text = page(tmp_path, "1.5", changes=changes)
        assert 'class="stale"' not in text and "Said of" not in text
        assert "with the book's own parameters" in text


def test_what_was_changed_is_said_and_what_quotes_numbers_is_marked(tmp_path):
    text = page(tmp_path, "1.5", changes=[{"n_drops": 10}])
    assert "<code>n_drops = 10</code>" in text and "The book has <code>n_drops = 100</code>" in text
    parts = text.split("Written for the book")
    assert len(parts) == 2  # not the title, nor equation numbers, theorems and formulas
    assert "The loss is 3.4 %" in parts[1]
    assert "Mean of 100 drops. <em>(Said of the book's own parameters.)</em>" in text
    assert "A line that falls. (said of the book" in text


def test_two_sets_stand_on_one_page(tmp_path):
    changes = [{"n_drops": 10}, {"n_drops": 40}]
    text = page(tmp_path, "cost one", "cost two", changes=changes)
    places = [
        text.index(part) for part in ('class="run">n_drops = 10', "cost one", 'class="run">n_drops = 40', "cost two")
    ]
    assert places == sorted(places)
    assert text.count('class="run">n_drops') == 2  # the figure is the same and stands once


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("# A title\n\n*Paper I, Section 4.*\n\n**Answer.** It loses 2.1 %.\n\n**You need** 3 minutes.", "# A title"),
        ("# A title\n\n*Paper I, Section 4.*\n\n**Question.** Is it P1?\n\n**You need** 3 minutes;\n5 to read.", ""),
        ("# A title\n\n*Paper I, Section 4.*\n\n**Answer.** P1 it is.", "# A title"),
        ("There are some.\n\n## By hand\n\n**What to see.** The dark camera is worst.", "## By hand"),
        ("There are 5.\n\n## By hand\n\nNone.", "<p"),
        ("There are some.\n\n## By hand\n\nSo $0.4 / (0.966 - 0.86) > 3$.", "## By hand"),
        ("There are some.\n\n## By hand\n\nSo $M = 4$.", "## By hand"),
        ("(video-20)=\n## To remember\n\n1. A price $x_1^2 = 2 y$.", ""),
        (THEOREM.replace("Theorem 1 of Paper I", "A lemma"), ""),
    ],
)
def test_a_part_from_heading_to_heading_that_quotes_a_number_is_marked(text, marked):
    found = [part for part in re.split("^(?=#)", _marked(text), flags=re.MULTILINE) if "stale" in part]
    assert [part.startswith(marked) for part in found] == [True] * bool(marked)


def test_a_caption_that_counts_in_words_is_marked(tmp_path):
    three = notebook("1.5")
    three.cells[-1].metadata["mystnb"]["figure"]["caption"] = "Three values."
    nbformat.write(three, tmp_path / "a.ipynb")
    for changes, times in (([{"n_drops": 10}], 1), ([{}], 0)):
        to_html([tmp_path / "a.ipynb"], tmp_path / "a.html", changes)
        assert (tmp_path / "a.html").read_text().count("Three values. <em>(Said of") == times


def test_below_the_books_parameters_stand_those_of_the_run(tmp_path):
    text = page(tmp_path, "1.5", "1.5", changes=[{"n_drops": 10}, {"n_drops": 40}])
    places = [
        text.index(part) for part in ("# drops; 1 to 200", "In this run: n_drops = 10", "In this run: n_drops = 40")
    ]
    assert places == sorted(places)
    assert "In this run" not in page(tmp_path, "1.5", changes=[{}])


def test_links_that_a_cell_prints_become_words(tmp_path):
    linked = notebook("1.5")
    linked.cells[4].outputs = [new_output("display_data", {"text/markdown": "[(13a)](02-problem.ipynb#video-13a)"})]
    nbformat.write(linked, tmp_path / "a.ipynb")
    to_html([tmp_path / "a.ipynb"], tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert "(13a) (in the book)" in text and ".ipynb" not in text[text.index("<body") :]


def test_a_name_given_again_makes_another_set():
    known = declared(notebook(""))
    assert parse_sets(known, ["n_drops=10", "n_drops=40"]) == [{"n_drops": 10}, {"n_drops": 40}]
    assert parse_sets(known, []) == [{}]
    with pytest.raises(ValueError, match="n_drops: '10' is given twice"):
        parse_sets(known, ["n_drops=10", "n_drops=10"])


def test_sets_are_filled_by_what_is_given_once():
    text = "a: int = 1\nb: int = 2\nc: int = 3"
    cell = {"metadata": {"tags": ["parameters"]}, "source": text}
    known = declared({"cells": [cell]})
    assert parse_sets(known, ["a=5", "b=6", "a=7"]) == [{"a": 5, "b": 6}, {"a": 7, "b": 6}]
    with pytest.raises(ValueError, match="parameter b: 2 values are given: must be 1 or 3"):
        parse_sets(known, ["a=5", "b=6", "a=7", "b=8", "a=9"])


def test_every_page_of_the_book_is_understood():
    """No directive, role or place is left as it is written."""
    for file in sorted((Path(__file__).parents[1] / "notebooks").rglob("*.ipynb")):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            if cell["cell_type"] == "markdown":
                text = plain("".join(cell["source"]))
                assert "```{" not in text and "{term}" not in text and "](0" not in text, file.name
                assert not any(line.startswith("(") and line.endswith(")=") for line in text.splitlines()), file.name
