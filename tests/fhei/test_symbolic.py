"""The SymPy formulas are the code's, the proofs of Propositions 1 and 2 go through, and wrong roots break them."""

import numpy as np
import pytest
import sympy as sp

from mecpapers.fhei import computing, transmission
from mecpapers.fhei.evidence import symbolic
from mecpapers.fhei.evidence.symbolic import L_0, P_U, F, c_1, indexed, lam, q, raw, shares, sigma, zeta
from mecpapers.fhei.evidence.verification import random_p1
from mecpapers.fhei.model import BITS, feature_flops


def stationary(root):
    """The derivatives of (17) for two users at Proposition 1, the weights' ``root`` in the place of the square root."""
    lagrangian, s = symbolic.lagrangian(2)
    weights = {
        "alpha": [raw / u for u in s["U"]],
        "beta": [d / rate for d, rate in zip(s["d"], s["D"], strict=True)],
        "f": [L_0 + c_1 * d for d in s["d"]],
    }
    budgets, prices = {"alpha": 1, "beta": 1, "f": F}, {"alpha": P_U + lam, "beta": sigma + lam, "f": lam}
    values, multipliers = {}, {}
    for name, multiplier in (("alpha", symbolic.mu), ("beta", symbolic.gamma), ("f", symbolic.theta)):
        total = sum(w**root for w in weights[name])
        values |= {v: budgets[name] * w**root / total for v, w in zip(s[name], weights[name], strict=True)}
        sum_of_roots = sum(sp.sqrt(w) for w in weights[name])
        multipliers[multiplier] = prices[name] * sum_of_roots**2 / (2 * sp.sympify(budgets[name]) ** 2)
    numbers = dict(zip(s["U"] + s["D"] + s["d"], (1, 2, 3, 5, 7, 11), strict=True))
    slopes = [sp.diff(lagrangian, v).subs(multipliers).subs(values) for v in values]
    return [sp.simplify(slope.subs(numbers)) for slope in slopes]


def test_proposition_1_is_stationary_in_17():
    assert stationary(sp.Rational(1, 2)) == [0] * 6


def test_cube_roots_are_not():
    assert all(slope != 0 for slope in stationary(sp.Rational(1, 3)))


def test_proposition_2_is_stationary_in_19():
    slope = symbolic.speed_condition().subs(zeta, 0)
    assert sp.simplify(slope.subs(q, symbolic.speed())) == 0
    assert sp.simplify(slope.subs(q, sp.sqrt(lam / (2 * symbolic.psi)))) != 0
    assert sp.diff(symbolic.user_cost(), q, 2).is_positive


@pytest.mark.parametrize("seed", range(5))
def test_the_formulas_are_the_codes(seed):
    problem = random_p1(np.random.default_rng(seed), 5)
    users, m = problem.users, problem.users.size
    sizes = np.linspace(problem.min_feature_bytes, problem.max_feature_bytes, m)
    weights = indexed("w", m)
    for code, weight, budget in (
        (transmission.uplink_shares(problem), 1 / users.uplink_rate, 1.0),
        (transmission.edge_speeds(problem, sizes), feature_flops(problem, sizes), problem.server_speed),
    ):
        at = dict(zip(weights, weight, strict=True))
        formula = [float(share.subs(at)) for share in shares(weights, sp.Float(budget))]
        np.testing.assert_allclose(code, formula, rtol=1e-10)
    v = 0.7 * users.device_speed.min()
    price = float(computing.latency_price(problem, v))
    at = {lam: price, symbolic.psi: problem.energy_coefficient}
    assert float(symbolic.speed().subs(at)) == pytest.approx(v, rel=1e-10)
    assert BITS == 8
