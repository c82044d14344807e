"""What notebooks show beside figures: the data, to take away."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


def csv_link(data: Sweep | Sequence[dict[str, Any]], name: str) -> CsvLink:
    """Link a sweep's summary, or rows of like keys, as a CSV file called ``name``."""
    return CsvLink(name, data.to_csv() if isinstance(data, Sweep) else to_csv(data))
