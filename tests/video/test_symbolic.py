"""The SymPy formulas are the code's, the proofs go through, and a perturbed exponent breaks them."""

import numpy as np
import pytest
import sympy as sp

from mecpapers.video import edge, local, model
from mecpapers.video.evidence import symbolic, verification
from mecpapers.video.evidence.symbolic import (
    M,
    a_0,
    a_1,
    a_2,
    beta_1,
    beta_2,
    beta_3,
    c_0,
    c_1,
    d,
    f,
    indexed,
    kappa,
    p,
    rho,
    t,
)


def numbers(problem, n=0):
    v = problem.devices
    return {
        beta_1: v.weight_delay[n],
        beta_2: v.weight_energy[n],
        beta_3: v.weight_accuracy[n],
        kappa: v.energy_coefficient[n],
        rho: problem.cycles_per_mac,
        c_0: v.macs_per_frame[n],
        c_1: v.macs_offset[n],
        a_0: v.accuracy_a0[n],
        a_1: v.accuracy_a1[n],
        a_2: v.accuracy_a2[n],
        symbolic.R: v.uplink_rate[n],
        d: v.frame_bits[n],
        p: v.transmit_power[n],
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_formulas_are_the_codes(seed):
    problem = verification.random_problem(np.random.default_rng(seed))
    values = numbers(problem)
    frames, speed, share = np.full(problem.devices.size, 7.0), np.full(problem.devices.size, 1.1e9), 0.3
    at = {**values, M: 7, f: 1.1e9, t: share}
    assert float(symbolic.local_cost().subs(at)) == pytest.approx(
        model.local_cost(problem, frames, speed)[0], rel=1e-12
    )
    code = model.edge_cost(problem, frames, speed, np.full(frames.size, share))[0]
    assert float(symbolic.edge_cost().subs(at)) == pytest.approx(code, rel=1e-12)
    free = float(symbolic.local_frequency().subs(values))
    assert local.local_frequency(problem)[0] == pytest.approx(min(free, problem.devices.max_frequency[0]), rel=1e-12)


def test_theorem_1():
    slope = sp.diff(symbolic.local_cost(symbolic.C), f)
    assert sp.simplify(slope.subs(f, symbolic.local_frequency())) == 0
    assert sp.simplify(sp.diff(symbolic.local_cost(), M).subs(M, symbolic.local_frames())) == 0
    inserted = symbolic.local_frames().subs(f, symbolic.local_frequency())
    assert sp.simplify(sp.powdenest(inserted - symbolic.local_frames_combined(), force=True)) == 0


@pytest.mark.parametrize("exponent", [sp.Rational(1, 2), sp.Rational(1, 4), sp.Rational(34, 100)])
def test_a_perturbed_exponent_breaks_theorem_1(exponent):
    slope = sp.diff(symbolic.local_cost(symbolic.C), f)
    assert sp.simplify(slope.subs(f, (beta_1 / (2 * beta_2 * kappa)) ** exponent)) != 0
    slope = sp.diff(symbolic.local_cost(), M)
    assert sp.simplify(slope.subs(M, (symbolic.local_frames() + a_1) ** (2 * exponent + sp.Rational(1, 3)) - a_1)) != 0


@pytest.mark.parametrize("symbol", [rho, kappa, beta_1, beta_2, beta_3, c_0, a_0])
def test_a_perturbed_exponent_breaks_22(symbol):
    inserted = symbolic.local_frames().subs(f, symbolic.local_frequency())
    wrong = (symbolic.local_frames_combined() + a_1) * symbol ** sp.Rational(1, 12) - a_1
    assert sp.simplify(sp.powdenest(inserted - wrong, force=True)) != 0


@pytest.mark.parametrize("n", [1, 2, 4])
def test_theorem_2(n):
    lagrangian, speeds, shares = symbolic.lagrangian(n)
    K, S = indexed("K", n), indexed("S", n)
    prices = symbolic.prices(n)
    assert all(price.is_positive for price in prices.values())  # (57), so that (55) and (56) need (58) and (59)
    best = [*symbolic.square_root_shares(K, symbolic.f_max), *symbolic.square_root_shares(S, sp.Integer(1))]
    optimum = dict(zip(speeds + shares, best, strict=True))
    for variable in optimum:
        assert sp.simplify(sp.diff(lagrangian, variable).subs(prices).subs(optimum)) == 0
        assert sp.diff(lagrangian, variable, 2).is_positive
    for loads, price, shared in (
        ([beta_1 * rho * k for k in K], symbolic.mu_1, speeds),
        ([beta_1 * s for s in S], symbolic.mu_0, shares),
    ):  # (60), (61) are (25), (26)
        taken = symbolic.priced_shares(tuple(loads), prices[price])
        assert [sp.simplify(x - optimum[v]) for x, v in zip(taken, shared, strict=True)] == [0] * n
    value = sum(beta_1 * S[i] / optimum[shares[i]] for i in range(n))
    assert sp.simplify(value - beta_1 * sum(map(sp.sqrt, S)) ** 2) == 0  # the second square of (27)


def test_a_perturbed_exponent_breaks_theorem_2():
    lagrangian, speeds, _ = symbolic.lagrangian(2)
    K = indexed("K", 2)
    wrong = {s: symbolic.f_max * sp.cbrt(k) / sum(map(sp.cbrt, K)) for s, k in zip(speeds, K, strict=True)}
    slopes = [sp.diff(lagrangian, s).subs(wrong) for s in speeds]  # no price mu_1 makes both vanish
    assert sp.simplify(slopes[0] - slopes[1]) != 0


def test_edge_shares_are_the_symbolic_ones():
    problem = verification.random_problem(np.random.default_rng(4))
    n = problem.devices.size
    everyone, frames = np.ones(n, dtype=bool), np.full(n, 5.0)
    loads = indexed("K", n)
    values = dict(zip(loads, problem.devices.weight_delay * model.macs(problem.devices, frames), strict=True))
    symbols = symbolic.square_root_shares(loads, sp.Float(problem.server_frequency))
    speed, _ = edge.edge_shares(problem, everyone, frames)
    np.testing.assert_allclose(speed, [float(s.subs(values)) for s in symbols], rtol=1e-12)


CERTIFICATES = {
    "speed": symbolic.speed_certificate,
    "frames": symbolic.frames_certificate,
    "frames at the edge": symbolic.edge_frames_certificate,
    **{f"{n} shares": lambda n=n: symbolic.share_certificate(n) for n in (2, 3, 4)},
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_is_an_identity(name):
    excess, certificate = CERTIFICATES[name]()
    assert sp.expand(sp.together(excess - certificate).as_numer_denom()[0]) == 0


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_perturbed_certificate_is_none(name):
    excess, certificate = CERTIFICATES[name]()
    names = sorted(certificate.free_symbols, key=str)
    values = {symbol: sp.Rational(13 + 5 * k, 7 + k) for k, symbol in enumerate(names)}
    assert excess.subs(values).equals(certificate.subs(values))
    for symbol in names:  # in any one of its symbols
        wrong = certificate.subs({**values, symbol: sp.Rational(101, 100) * values[symbol]})
        assert abs(sp.N(excess.subs(values) - wrong, 30)) > 1e-9, symbol


def test_the_certificates_vanish_at_the_theorems():
    a, b, pi, g, u, u_0 = sp.symbols("a b pi g u u_0", positive=True)
    _, speed = symbolic.speed_certificate()
    assert sp.simplify(speed.subs(f, symbolic.f_max)) == 0
    assert (
        sp.factor(
            speed.subs(a, 2 * b * symbolic.f_max**3) - b * (f - symbolic.f_max) ** 2 * (f + 2 * symbolic.f_max) / f
        )
        == 0
    )
    _, frames = symbolic.frames_certificate()
    assert sp.simplify(frames.subs(g, pi * u_0**2) - pi * (u - u_0) ** 2 / u) == 0
    _, shares = symbolic.share_certificate(3)
    best = symbolic.square_root_shares(indexed("w", 3), sp.Symbol("S", positive=True))
    assert sp.simplify(shares.subs(dict(zip(indexed("s", 3), best, strict=True)))) == 0
