"""The smooth case's formulas are the code's, and its optimum is proved by identities that a wrong one breaks."""

import numpy as np
import pytest
import sympy as sp

from mecpapers.pose import thresholds as th
from mecpapers.pose.evidence import symbolic
from mecpapers.pose.evidence.symbolic import a, best, c, g, lam, p

IDENTITIES = (symbolic.inner_identity, symbolic.zero_identity, symbolic.one_identity)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_an_identity_holds_for_general_symbols(identity):
    excess, terms = identity()
    assert sp.simplify(excess - terms) == 0


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_perturbed_identity_fails(identity):
    excess, terms = identity()
    assert sp.simplify(excess - terms.subs(a, 2 * a)) != 0


@pytest.mark.parametrize("seed", range(100))
def test_no_term_is_negative_where_its_end_is_the_optimum(seed):
    rng = np.random.default_rng(seed)
    at = {g: rng.uniform(0.1, 1), a: rng.uniform(0.1, 8), p: rng.uniform(0, 1), best: rng.uniform(0, 1), c: 1.0}
    steep, flat = float((g * a).subs(at)), float((g * a * sp.exp(-a)).subs(at))
    assert float(symbolic.inner_identity()[1].subs(at)) >= 0
    assert float(symbolic.zero_identity()[1].subs(at | {lam: steep * rng.uniform(1, 3)})) >= 0
    assert float(symbolic.one_identity()[1].subs(at | {lam: flat * rng.uniform(0, 1)})) >= 0


def test_the_stationary_point_is_the_codes():
    (root,) = sp.solve(sp.diff(symbolic.worth(), p), p)
    assert sp.simplify(sp.expand_log(root - symbolic.smooth_probability(), force=True)) == 0
    gain, rate, cost = np.array([1.0, 0.5]), np.array([2.0, 3.0]), np.array([1.0, 2.0])
    found = th.smooth_probabilities(gain, rate, cost, 0.9)
    price = float((gain * rate * np.exp(-rate * found) / cost)[0])
    for k, x in enumerate(found):
        at = {g: gain[k], a: rate[k], c: cost[k], lam: price}
        assert np.clip(float(symbolic.smooth_probability().subs(at)), 0, 1) == pytest.approx(x, abs=1e-9)
