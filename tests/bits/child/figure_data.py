"""A pytest plugin for nbval: the CSV under each figure is compared to six significant digits.

nbval skips pictures, and the CSV cells are tagged ``nbval-ignore-output`` since their eighth digits differ between
processors. What is tagged ``machine`` (running times) stays unchecked.
"""

import csv
import io
import math
from typing import Any

import pytest
from nbval.plugin import IPyNbCell

DIGITS = 6
_compare = IPyNbCell.compare_outputs


def csv_text(outputs: list[Any]) -> str | None:
    """The CSV that a cell offers, if it does."""
    for output in outputs:
        data = output.get("data", {})
        if "data:text/csv" in "".join(data.get("text/html", "")):
            return "".join(data["text/plain"])
    return None


def differences(stored: str, found: str) -> list[str]:
    """Where two CSV texts differ: words at all, numbers in their first six digits."""
    old, new = (list(csv.reader(io.StringIO(text))) for text in (stored, found))
    if [len(row) for row in old] != [len(row) for row in new]:
        return [f"{len(old)} lines of {len(old[0])} cells are now {len(new)} of {len(new[0])}"]
    return [
        f"line {i + 1}, {old[0][j]}: {a} is now {b}"
        for i, (before, after) in enumerate(zip(old, new, strict=True))
        for j, (a, b) in enumerate(zip(before, after, strict=True))
        if not _alike(a, b)
    ]


def _alike(a: str, b: str) -> bool:
    try:
        return a == b or math.isclose(float(a), float(b), rel_tol=10.0**-DIGITS)
    except ValueError:
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, IPyNbCell) and csv_text(item.cell.outputs) is not None:
            item.options["check"] = "machine" not in item.cell.metadata.get("tags", [])


def compare_outputs(cell: IPyNbCell, test: Any, ref: Any, skip_compare: Any = None) -> bool:
    stored, found = csv_text(ref), csv_text(test)
    if stored is None or found is None:
        return bool(_compare(cell, test, ref, skip_compare))
    wrong = differences(stored, found)
    cell.comparison_traceback = ["\n".join(wrong[:20])]
    return not wrong


def pytest_configure() -> None:
    IPyNbCell.compare_outputs = compare_outputs
