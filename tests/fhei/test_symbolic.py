"""The SymPy formulas are the code's, the proofs of Propositions 1 and 2 go through, and wrong roots break them."""

import numpy as np
import pytest
import sympy as sp

from mecpapers.fhei import computing, transmission
from mecpapers.fhei.evidence import symbolic
from mecpapers.fhei.evidence.symbolic import P_U, F, Q, indexed, lam, loads, psi, q, shares, sigma, v, zeta
from mecpapers.fhei.evidence.verification import random_p1
from mecpapers.fhei.model import BITS, evaluate, feature_flops

PRICES = {"alpha": P_U + lam, "beta": sigma + lam, "f": lam}
BUDGETS = {"alpha": sp.Integer(1), "beta": sp.Integer(1), "f": F}
MULTIPLIERS = {"alpha": symbolic.mu, "beta": symbolic.gamma, "f": symbolic.theta}


def stationary(root):
    """The derivatives of (17) for two users at Proposition 1, the weights' ``root`` in the place of the square root."""
    lagrangian, s = symbolic.lagrangian(2)
    values, multipliers = {}, {}
    for name, weights in loads(s).items():
        total = sum(w**root for w in weights)
        values |= {x: BUDGETS[name] * w**root / total for x, w in zip(s[name], weights, strict=True)}
        sum_of_roots = sum(map(sp.sqrt, weights))
        multipliers[MULTIPLIERS[name]] = PRICES[name] * sum_of_roots**2 / (2 * BUDGETS[name] ** 2)
    numbers = dict(zip(s["U"] + s["D"] + s["d"], (1, 2, 3, 5, 7, 11), strict=True))
    slopes = [sp.diff(lagrangian, x).subs(multipliers).subs(values) for x in values]
    return [sp.simplify(slope.subs(numbers)) for slope in slopes]


def test_proposition_1_is_stationary_in_17():
    assert stationary(sp.Rational(1, 2)) == [0] * 6


def test_cube_roots_are_not():
    assert all(slope != 0 for slope in stationary(sp.Rational(1, 3)))


@pytest.mark.parametrize("name", BUDGETS)
@pytest.mark.parametrize("m", [2, 3, 4])
def test_solving_17_gives_18_and_the_multipliers(m, name):
    """(17) solved for the shares, then their budget for its multiplier: nothing is put in."""
    lagrangian, s = symbolic.lagrangian(m)
    multiplier, price, budget = MULTIPLIERS[name], PRICES[name], BUDGETS[name]
    w = indexed("r", m)  # roots of the loads
    slopes = [symbolic.with_loads_squared(sp.diff(lagrangian, x), s, name) for x in s[name]]
    solved = [sp.solve(slope, x)[0] for slope, x in zip(slopes, s[name], strict=True)]
    stated = [x * sp.sqrt(price / (multiplier * m)) for x in w]  # (18)
    assert all(sp.simplify(a - b) == 0 for a, b in zip(solved, stated, strict=True))
    (found,) = sp.solve(sum(solved) - budget, multiplier)
    assert sp.simplify(found - price * sum(w) ** 2 / (m * budget**2)) == 0
    back = [sp.simplify(x.subs(multiplier, found)) for x in solved]
    assert all(sp.simplify(a - budget * b / sum(w)) == 0 for a, b in zip(back, w, strict=True))


def test_proposition_2_is_stationary_in_19():
    slope = symbolic.speed_condition().subs(zeta, 0)
    assert sp.simplify(slope.subs(q, symbolic.speed())) == 0
    assert sp.simplify(slope.subs(q, sp.sqrt(lam / (2 * symbolic.psi)))) != 0
    assert sp.diff(symbolic.user_cost(), q, 2).is_positive


def test_19_is_the_derivative_of_17():
    lagrangian, s = symbolic.lagrangian(3)
    names = {symbolic.d: s["d"][0], q: s["q"][0], zeta: s["zeta"][0]}
    assert sp.simplify(sp.diff(lagrangian, s["q"][0]) - symbolic.speed_condition(3).subs(names)) == 0


IDENTITIES = {
    **{f"shares {n}": (lambda n=n: symbolic.share_identity(n)) for n in (2, 3, 4)},
    "speed": symbolic.speed_identity,
    "clipped": symbolic.clipped_speed_identity,
    "resources": symbolic.resource_identity,
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_holds_for_general_symbols(name):
    excess, squares = IDENTITIES[name]()
    assert sp.simplify(excess - squares) == 0


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_perturbed_identity_fails(name):
    """A factor of 8 left out, or another exponent: at numbers of no special kind the two sides part."""
    excess, squares = IDENTITIES[name]()
    symbols = sorted(excess.free_symbols | squares.free_symbols, key=str)
    at = dict(zip(symbols, sp.primerange(3, 400), strict=False))
    assert float((excess - squares).subs(at)) == pytest.approx(0, abs=1e-9 * abs(float(excess.subs(at))))
    one = symbols[0]
    wrong = squares.subs(one, one ** sp.Rational(11, 10))
    assert abs(float((excess - wrong).subs(at))) > 1e-3 * abs(float(excess.subs(at)))


def test_no_factor_of_a_certificate_is_negative():
    rng = np.random.default_rng(0)
    for _ in range(30):
        slow, limit, free = np.sort(rng.uniform(0.1, 3, 3))
        at = {q: slow, Q: limit, v: free, psi: 1.0}
        assert float(symbolic.clipped_speed_identity()[1].subs(at)) >= 0
        assert float(symbolic.speed_identity()[1].subs({q: slow, v: limit, psi: 1.0})) >= 0


@pytest.mark.parametrize("seed", range(3))
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
    speed = 0.7 * users.device_speed.min()
    price = float(computing.latency_price(problem, speed))
    at = {lam: price, symbolic.psi: problem.energy_coefficient}
    assert float(symbolic.speed().subs(at)) == pytest.approx(speed, rel=1e-10)
    assert int(symbolic.BITS) == BITS


def test_the_lagrangian_is_the_models():
    """(17) at an allocation, every multiplier but lambda 0: mean energy and lambda times the excess of latency."""
    problem = random_p1(np.random.default_rng(0), 3)
    users = problem.users
    sizes = np.linspace(problem.min_feature_bytes, problem.max_feature_bytes, 3)
    a = computing.allocate(problem, sizes, 0.7 * float(users.device_speed.min()))
    lagrangian, s = symbolic.lagrangian(3)
    vectors = {"U": users.uplink_rate, "D": users.downlink_rate, "d": sizes, "Q": users.device_speed}
    vectors |= {"alpha": a.uplink_share, "beta": a.downlink_share, "f": a.edge_speed, "q": a.device_speed}
    at = {x: y for name, values in vectors.items() for x, y in zip(s[name], values, strict=True)}
    at |= dict.fromkeys((*s["zeta"], symbolic.mu, symbolic.gamma, symbolic.theta), 0)
    at |= {symbolic.raw: problem.input_bytes, P_U: problem.transmit_power, sigma: users.receive_power[0]}
    at |= {F: problem.server_speed, symbolic.L_0: problem.fn_base_flops, symbolic.c_1: problem.fn_flops_per_byte}
    at |= {symbolic.c_2: problem.in_flops_per_byte, psi: problem.energy_coefficient, lam: a.latency_price}
    at |= {symbolic.T_bar: problem.max_mean_latency}
    m = evaluate(problem, a)
    value = m.energy.mean() + a.latency_price * (m.latency.mean() - problem.max_mean_latency)
    assert float(lagrangian.subs(at)) == pytest.approx(float(value), rel=1e-9)
