"""What only an extra installs: without it a message says so, or the rest works."""

import sys
from pathlib import Path

from mecpapers.companion import register
from mecpapers.companion.execute import NotebookError
from mecpapers.companion.landing import glue
from mecpapers.ledger import check


def test_a_notebook_that_misses_a_package_says_how_to_get_it():
    error = NotebookError(Path("a.ipynb"), 5, "ModuleNotFoundError", "No module named 'onnx'")
    assert str(error).endswith("'onnx'; it may come with pip install 'mecpapers[book,measure]'")
    assert "pip" not in str(NotebookError(Path("a.ipynb"), 5, "ValueError", "No"))


def test_the_ledger_shows_without_the_book(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "myst_nb", None)
    glue("a", 1)
    (entry,) = check(["pose"], ["open-multi-person"])
    assert f"[{entry.claim.chapter}]({entry.claim.chapter}.ipynb)" in repr(register.claims([entry], tmp_path).table)
