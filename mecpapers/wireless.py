"""Where devices stand, how the channel weakens their signal, and the rate that is left."""

from __future__ import annotations

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.units import KILO, from_db


def drop_distances(rng: np.random.Generator, n_devices: int, side: float, station: tuple[float, float]) -> FloatArray:
    """Drop devices uniformly in a square and return their distances [m] to the base station.

    Parameters
    ----------
    side : length of the square's side [m]
    station : the base station's place as fractions of the side; (0, 0) is a corner, (0.5, 0.5) the centre

    Returns
    -------
    shape (n_devices,)
    """
    places = rng.uniform(size=(n_devices, 2))
    return side * np.hypot(*(places - np.asarray(station)).T)


def path_gain(distance: FloatArray, intercept_db: float, slope_db: float) -> FloatArray:
    """Return the power gain [1] of the path loss ``intercept + slope log10(distance / 1 km)`` in dB.

    Parameters
    ----------
    distance : shape (N,) [m]
    """
    return np.asarray(from_db(-(intercept_db + slope_db * np.log10(distance / KILO))))


def shannon_rate(bandwidth: float, power: FloatArray | float, gain: FloatArray, noise_density: float) -> FloatArray:
    """Return B log2(1 + p h / (B N0)) [bit/s]; video paper (8).

    Parameters
    ----------
    bandwidth : B [Hz]
    power : p [W], scalar or shape (N,)
    gain : h [1], shape (N,)
    noise_density : N0 [W/Hz]
    """
    return bandwidth * np.log2(1.0 + power * gain / (bandwidth * noise_density))
