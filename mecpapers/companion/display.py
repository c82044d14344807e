"""What notebooks show beside figures: the data, to take away; and tables for other pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from mecpapers.ledger import Table
from mecpapers.ledger.plain import rounded
from mecpapers.sweep import Sweep, to_csv

_ROUNDING = 1e-13  # relative: what is left where numbers of the column's size cancel, and differs between machines


@dataclass(frozen=True)
class CsvLink:
    """A download that needs no server: the CSV text stands in the link itself."""

    name: str
    text: str

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.text.encode()).decode()
        rows = self.text.count("\n") - 1
        return f'<p>Data: <a download="{self.name}" href="data:text/csv;base64,{data}">{self.name}</a>, {rows} rows</p>'

    def __repr__(self) -> str:
        return self.text


def table(rows: Sequence[dict[str, Any]], digits: int = 4) -> Table:
    """Rows of like keys as a table, numbers with a few significant digits; n/a where there is none (NaN)."""

    def text(value: Any) -> str:
        return rounded(value, digits) if isinstance(value, float) else str(value)

    return Table(tuple(rows[0]), tuple(tuple(text(v) for v in row.values()) for row in rows))


def csv_link(data: Sweep | Sequence[dict[str, Any]], name: str) -> CsvLink:
    """Link a sweep's summary, or rows of like keys, as a CSV file called ``name``; what rounding left of 0 is 0."""
    return CsvLink(name, to_csv(_without_rounding(list(data.summary()) if isinstance(data, Sweep) else data)))


def _without_rounding(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, with 0 for a number below ``_ROUNDING`` of the largest of its column."""
    largest: dict[str, float] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, float) and isfinite(value):
                largest[name] = max(largest.get(name, 0.0), abs(value))

    def kept(name: str, value: Any) -> Any:
        return 0.0 if isinstance(value, float) and abs(value) < _ROUNDING * largest.get(name, 0.0) else value

    return [{name: kept(name, value) for name, value in row.items()} for row in rows]
