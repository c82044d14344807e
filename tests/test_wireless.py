"""Units, path loss and rates against numbers worked by hand."""

import numpy as np
import pytest

from mecpapers.units import from_db, from_dbm
from mecpapers.wireless import drop_distances, path_gain, shannon_rate


def test_levels():
    assert from_db(30.0) == pytest.approx(1000)
    assert from_dbm(0.0) == pytest.approx(1e-3)
    assert from_dbm(-174.0) == pytest.approx(3.981e-21, rel=1e-3, abs=0)  # W/Hz, as every textbook has it


def test_path_gain_at_one_kilometre_and_a_decade_nearer():
    near, far = path_gain(np.array([100.0, 1000.0]), 128.1, 37.6)
    assert far == pytest.approx(10**-12.81, rel=1e-12, abs=0)
    assert near / far == pytest.approx(10**3.76)


def test_rate_by_hand():
    # p h = B N0 makes a signal as strong as the noise: one bit per second and hertz
    assert shannon_rate(5e6, 1.0, np.array([5e6 * 4e-21]), 4e-21)[0] == pytest.approx(5e6)
    assert shannon_rate(5e6, 1.0, np.array([3 * 5e6 * 4e-21]), 4e-21)[0] == pytest.approx(10e6)


def test_drops_fill_the_square():
    corner = drop_distances(np.random.default_rng(0), 200_000, 500.0, (0.0, 0.0))
    centre = drop_distances(np.random.default_rng(0), 200_000, 500.0, (0.5, 0.5))
    assert corner.max() <= 500 * np.sqrt(2) and centre.max() <= 250 * np.sqrt(2)
    # mean distance to the corner of a unit square: (sqrt 2 + ln(1 + sqrt 2)) / 3
    assert corner.mean() == pytest.approx(500 * (np.sqrt(2) + np.log(1 + np.sqrt(2))) / 3, rel=5e-3)
    assert centre.mean() == pytest.approx(corner.mean() / 2, rel=5e-3)
