"""P2's corners against CVXPY and KKT conditions: who is at Q_m, powers of zero, one user, ties, no slack at all."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.fhei.computing import latency_price, least_latency, solve_resources
from mecpapers.fhei.evidence import reference, verification
from mecpapers.fhei.model import Allocation, evaluate
from mecpapers.fhei.transmission import downlink_shares, edge_speeds, uplink_shares
from mecpapers.solution import Infeasible
from mecpapers.sweep import drop_generator

GAP = 1e-7  # relative; CVXPY ends within 1e-8 of these optima, a wrong closed form lies 1e-3 away
RESIDUAL = 1e-11


def instance(seed, equal=True, n_users=5):
    problem, sizes = verification.random_instance(drop_generator(seed, 7), n_users, equal)
    return replace(problem, max_mean_latency=1.5 * float(least_latency(problem, sizes))), sizes


def check(problem, sizes):
    """The closed form's energy is CVXPY's and its KKT residual is rounding; return the allocation."""
    a = solve_resources(problem, sizes).allocation
    energy = float(evaluate(problem, a).energy.mean())
    optimum = min(reference.resources(problem, sizes, form)[1] for form in ("dcp", "gp"))
    assert energy == pytest.approx(optimum, rel=GAP)
    assert verification.residual(problem, a) < RESIDUAL
    return a


def latency_at(problem, sizes, speed):
    """The mean latency of (18) and (22) at a common speed v: a limit there makes v the optimum."""
    a = Allocation(
        feature_bytes=sizes,
        uplink_share=uplink_shares(problem),
        downlink_share=downlink_shares(problem, sizes, float(latency_price(problem, speed))),
        edge_speed=edge_speeds(problem, sizes),
        device_speed=np.minimum(speed, problem.users.device_speed),
    )
    return float(evaluate(problem, a).latency.mean())


@pytest.mark.parametrize("seed", range(5))
def test_all_clipped_with_unequal_powers(seed):
    """Between the least latency and that at max Q the air alone is priced; lambda exceeds 2 psi max Q^3."""
    problem, sizes = instance(seed, equal=False)
    problem = replace(problem, users=replace(problem.users, receive_power=problem.users.receive_power * 300))
    least = float(least_latency(problem, sizes))
    most = latency_at(problem, sizes, problem.users.device_speed.max())
    assert most > least * (1 + 1e-6)
    problem = replace(problem, max_mean_latency=(least + most) / 2)
    a = check(problem, sizes)
    np.testing.assert_array_equal(a.device_speed, problem.users.device_speed)
    assert a.latency_price > float(latency_price(problem, problem.users.device_speed.max()))
    assert evaluate(problem, a).latency.mean() == pytest.approx(problem.max_mean_latency, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_all_clipped_with_one_power_only_where_nothing_is_left(seed):
    """With one receive power all are at Q exactly at the least latency; a little above it the fastest is free."""
    problem, sizes = instance(seed)
    least = float(least_latency(problem, sizes))
    assert latency_at(problem, sizes, problem.users.device_speed.max()) == pytest.approx(least, rel=1e-12)
    tight = solve_resources(replace(problem, max_mean_latency=least * (1 + 1e-13)), sizes).allocation
    np.testing.assert_allclose(tight.device_speed, problem.users.device_speed, rtol=1e-9)
    with pytest.raises(Infeasible):
        solve_resources(replace(problem, max_mean_latency=least * (1 - 1e-9)), sizes)
    a = check(replace(problem, max_mean_latency=least * (1 + 1e-4)), sizes)
    assert (a.device_speed < problem.users.device_speed).sum() == 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("equal", [True, False])
def test_the_price_at_the_least_latency_has_a_limit_with_one_power_only(seed, equal):
    """As the limit falls to the least latency, lambda rises to 2 psi max Q^3; with unequal powers beyond all bounds."""
    problem, sizes = instance(seed, equal)
    least, top = float(least_latency(problem, sizes)), float(latency_price(problem, problem.users.device_speed.max()))
    limits = [least * (1 + excess) for excess in (1e-2, 1e-4, 1e-6, 1e-8, 1e-10)]
    prices = [solve_resources(replace(problem, max_mean_latency=x), sizes).allocation.latency_price for x in limits]
    assert prices == sorted(prices)
    if equal:
        assert prices[-1] == pytest.approx(top, rel=1e-6)
        assert prices[-1] <= top
    else:
        assert prices[-1] > 5 * prices[-2] > 5 * top


@pytest.mark.parametrize(("clipped", "equal"), [*((k, True) for k in range(5)), *((k, False) for k in range(6))])
def test_any_number_at_their_limits(clipped, equal):
    """A latency limit is made for a speed v that so many of five users cannot reach; P2 finds v again."""
    problem, sizes = instance(clipped, equal)
    problem = replace(problem, users=replace(problem.users, device_speed=np.linspace(1e9, 5e9, 5)))
    v = (clipped + 0.5) * 1e9
    a = check(replace(problem, max_mean_latency=latency_at(problem, sizes, v)), sizes)
    assert (a.device_speed == problem.users.device_speed).sum() == clipped
    np.testing.assert_allclose(a.device_speed, np.minimum(v, problem.users.device_speed), rtol=1e-9)
    assert a.latency_price == pytest.approx(float(latency_price(problem, v)), rel=1e-7)


@pytest.mark.parametrize(("transmit", "receive"), [(0.0, 0.0), (0.0, 0.01), (0.1, 0.0)])
def test_powers_of_zero(transmit, receive):
    """Air time that costs no energy still costs latency: Proposition 1 does not change."""
    problem, sizes = instance(0)
    free = replace(problem, transmit_power=transmit, users=replace(problem.users, receive_power=np.full(5, receive)))
    a, b = check(free, sizes), solve_resources(problem, sizes).allocation
    for name in ("uplink_share", "downlink_share", "edge_speed", "device_speed"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-12)


def test_one_receiver_that_costs_nothing():
    problem, sizes = instance(1, equal=False)
    power = np.array([0.0, 0.01, 0.1, 1.0, 10.0])
    check(replace(problem, users=replace(problem.users, receive_power=power)), sizes)


def test_one_user_has_everything():
    problem, sizes = instance(2, n_users=1)
    a = check(problem, sizes)
    assert a.uplink_share == pytest.approx([1]) and a.downlink_share == pytest.approx([1])
    assert a.edge_speed == pytest.approx([problem.server_speed])


def test_identical_users_share_alike():
    problem, sizes = instance(3)
    first = {name: getattr(problem.users, name)[0] for name in ("uplink_rate", "downlink_rate", "device_speed")}
    users = replace(problem.users, **{name: np.full(5, value) for name, value in first.items()})
    problem, sizes = replace(problem, users=users), np.full(5, sizes[0])
    problem = replace(problem, max_mean_latency=1.2 * float(least_latency(problem, sizes)))
    a = check(problem, sizes)
    for share in (a.uplink_share, a.downlink_share, a.edge_speed / problem.server_speed):
        np.testing.assert_allclose(share, 0.2, rtol=1e-12)
    assert np.ptp(a.device_speed) == 0


def test_no_base_load():
    problem, sizes = instance(4)
    problem = replace(problem, fn_base_flops=0.0)
    roots = np.sqrt(sizes)
    np.testing.assert_allclose(check(problem, sizes).edge_speed, problem.server_speed * roots / roots.sum(), rtol=1e-12)
