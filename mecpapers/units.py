"""Decibel, dBm, MHz, GHz, TFLOPS, km and ms to SI; and the units that a spreadsheet may name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mecpapers.arrays import FloatArray

MEGA = 1e6  # Hz per MHz
GIGA = 1e9  # Hz per GHz
TERA = 1e12  # FLOP/s per TFLOPS
KILO = 1e3  # m per km
MILLI = 1e-3  # s per ms


def from_db(value_db: FloatArray | float) -> FloatArray | float:
    """Return the power ratio [1] of a level in dB, of the same shape."""
    return 10.0 ** (value_db / 10.0)


def from_dbm(value_dbm: float) -> float:
    """Return the power [W] of a level in dBm (also W/Hz from dBm/Hz)."""
    return 10.0 ** (value_dbm / 10.0) * 1e-3


POWERS: Mapping[str, Mapping[str, int]] = {
    "bit/s": {"bit/s": 0, "kbit/s": 3, "Mbit/s": 6, "Gbit/s": 9},
    "bit": {"bit": 0, "kbit": 3, "Mbit": 6},
    "byte": {"byte": 0, "kB": 3, "MB": 6, "GB": 9},
    "cycle/s": {"cycle/s": 0, "Hz": 0, "MHz": 6, "GHz": 9},
    "FLOP/s": {"FLOP/s": 0, "MFLOPS": 6, "GFLOPS": 9, "TFLOPS": 12},
    "MAC": {"MAC": 0, "MMAC": 6, "GMAC": 9},
    "W": {"W": 0, "mW": -3},
    "s": {"s": 0, "ms": -3, "us": -6},
    "J": {"J": 0, "mJ": -3},
    "1": {"1": 0, "%": -2},
    "gain": {"1": 0},
}
"""SI unit of a field -> what a column may be in instead, and which power of ten that is; any other unit is itself."""

LEVELS: Mapping[str, Mapping[str, Callable[[float], FloatArray | float]]] = {
    "W": {"dBm": from_dbm},
    "gain": {"dB": from_db},
}
"""Likewise, on a logarithmic scale."""

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,9}))?", re.ASCII)


def allowed(si: str) -> tuple[str, ...]:
    """The units that stand for an SI unit, itself first."""
    return (*POWERS.get(si, {si: 0}), *LEVELS.get(si, {}))


def to_si(text: str, si: str, unit: str) -> float:
    """Return a decimal number, as it is written, in SI; a power of ten is rounded once, as 33e6 is for 33 Mbit/s.

    Raises
    ------
    ValueError
        if it is not a decimal number.
    """
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise ValueError("must be a number, with a point before its decimals")
    if unit in LEVELS.get(si, {}):
        try:
            return float(LEVELS[si][unit](float(text)))
        except OverflowError:  # of a level that no field allows
            return float("inf")
    power = POWERS.get(si, {si: 0})[unit]
    return float(f"{number[1]}e{int(number[2] or 0) + power}")
