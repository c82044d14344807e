"""Decibel, dBm, MHz, GHz, TFLOPS, km and ms to SI."""

from __future__ import annotations

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
