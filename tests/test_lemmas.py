"""The shared mathematics, against laws and exhaustive search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.lemmas import bisect, cube_root_speed, square_root_shares

positive = st.floats(1e-6, 1e6)
weights = st.lists(positive, min_size=1, max_size=12).map(np.array)


@given(weights, positive)
def test_shares_use_the_budget_and_reach_the_lemmas_value(w, budget):
    s = square_root_shares(w, budget)
    assert s.sum() == pytest.approx(budget, rel=1e-12)
    assert (w / s).sum() == pytest.approx(np.sqrt(w).sum() ** 2 / budget, rel=1e-12)


@given(weights, st.integers(0, 2**32 - 1))
def test_no_other_shares_are_better(w, seed):
    best = np.sqrt(w).sum() ** 2
    others = np.random.default_rng(seed).dirichlet(np.ones(w.size), size=50)
    assert np.all((w / np.maximum(others, 1e-300)).sum(axis=1) >= best * (1 - 1e-12))


def test_cube_root_shares_would_fail():
    w = np.array([1.0, 2.0, 3.0])
    s = np.cbrt(w) / np.cbrt(w).sum()
    assert (w / s).sum() > np.sqrt(w).sum() ** 2 * (1 + 1e-3)


def test_no_devices_no_shares():
    assert square_root_shares(np.array([]), 1.0).size == 0


@given(positive, positive)
def test_speed_is_stationary_and_least_on_a_grid(a, b):
    f = cube_root_speed(np.array([a]), np.array([b]))[0]
    assert -a / f**2 + 2 * b * f == pytest.approx(0, abs=1e-12 * b * f)
    grid = f * np.geomspace(0.1, 10, 201)
    assert a / f + b * f**2 <= (a / grid + b * grid**2).min() * (1 + 1e-15)


def test_free_energy_means_no_limit():
    assert np.isinf(cube_root_speed(np.array([1.0]), np.array([0.0]))[0])


@given(st.floats(-300, 300), st.floats(1.5, 1e3), st.booleans())
def test_bisection_ends_at_the_last_number_that_fits_at_any_scale(exponent, factor, falling):
    root = 10.0**exponent
    ends = (root / factor, 2 * root * factor)
    if falling:
        x = bisect(lambda v: v >= root, ends[1], ends[0])
        assert x >= root > np.nextafter(x, 0)
    else:
        x = bisect(lambda v: v <= root, *ends)
        assert x <= root < np.nextafter(x, np.inf)


def test_bisection_of_several_at_once_asks_no_more_than_their_slowest():
    roots, asked = np.array([[0.0, 1e-200], [3.0, -7.5]]), 0

    def holds(x):
        nonlocal asked
        asked += 1
        return x <= roots

    np.testing.assert_array_equal(bisect(holds, -8.0, 8.0), roots)
    assert asked < 1100  # 0 is approached through every power of 2
    asked = 0
    bisect(lambda x: holds(x)[1, 0], 2.0, 4.0)
    assert asked == 52


def test_bisection_of_nothing_and_of_neighbours():
    assert bisect(lambda x: x > 0, np.zeros(0), np.zeros(0)).shape == (0,)
    assert bisect(lambda x: x <= 1, 1.0, np.nextafter(1.0, 2)) == 1.0
