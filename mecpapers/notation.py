"""A row of the tables that tie a paper's symbols to the names in the code."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """One symbol; ``name`` is an attribute of ``home`` in the paper's ``model`` (of ``Layer``: in ``networks``)."""

    symbol: str  # LaTeX
    home: str
    name: str
    unit: str
    shape: str
    where: str  # it stands in the paper
