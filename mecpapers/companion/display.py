"""What notebooks show beside figures: the data, to take away; and tables for other pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from mecpapers.ledger import Table
from mecpapers.sweep import Sweep, to_csv


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


@dataclass(frozen=True)
class HtmlTable:
    """A ledger table as HTML, which another page of the book can embed."""

    table: Table

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.table.header)
        rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self.table.rows)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def __repr__(self) -> str:
        return repr(self.table)


def table(rows: Sequence[dict[str, Any]], digits: int = 4) -> Table:
    """Rows of like keys as a table, numbers with a few significant digits."""

    def text(value: Any) -> str:
        return f"{value:.{digits}g}" if isinstance(value, float) else str(value)

    return Table(tuple(rows[0]), tuple(tuple(text(v) for v in row.values()) for row in rows))


def csv_link(data: Sweep | Sequence[dict[str, Any]], name: str) -> CsvLink:
    """Link a sweep's summary, or rows of like keys, as a CSV file called ``name``."""
    return CsvLink(name, data.to_csv() if isinstance(data, Sweep) else to_csv(data))
