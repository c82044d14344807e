"""Judged in plain Python, which shares no code with the schemes: bounds, extremes of every field, other units."""

import json
import math
from dataclasses import replace
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from mecpapers.fhei.bounds import solve_classes, solve_exact
from mecpapers.fhei.instance import from_dict
from mecpapers.fhei.model import Problem, Users
from mecpapers.fhei.schemes import SCHEMES
from mecpapers.solution import Infeasible, TooLarge
from mecpapers.sweep import drop_generator

EXAMPLE = json.loads((Path(__file__).parents[2] / "book/instances/fhei.json").read_text(), parse_int=float)
GAINS = {"uplink_gain": [0.5, 1.0], "downlink_gain": [2.0, 1.0]}


def means(p, d, alpha, beta, f, q):
    """Mean latency [s] (8)-(11) and energy [J] (12)-(15), users one after another."""
    late = spent = 0.0
    for m in range(len(d)):
        up = 8 * p.input_bytes / (alpha[m] * float(p.users.uplink_rate[m]))
        down = 8 * d[m] / (beta[m] * float(p.users.downlink_rate[m]))
        load = p.in_flops_per_byte * d[m]
        late += up + down + (p.fn_base_flops + p.fn_flops_per_byte * d[m]) / f[m] + load / q[m]
        spent += (
            p.transmit_power * up + float(p.users.receive_power[m]) * down + p.energy_coefficient * q[m] ** 2 * load
        )
    return late / len(d), spent / len(d)


def shared(weights, total):
    roots = [math.sqrt(w) for w in weights]
    return [total * r / sum(roots) for r in roots]


def given(p, d, price):
    """Latency and energy of the allocation that minimises energy + price * latency."""
    u = p.users
    alpha = shared([1 / float(r) for r in u.uplink_rate], 1)
    received = zip(d, u.downlink_rate, u.receive_power, strict=True)
    beta = shared([x / float(r) * (float(s) + price) for x, r, s in received], 1)
    f = shared([p.fn_base_flops + p.fn_flops_per_byte * x for x in d], p.server_speed)
    v = (price / (2 * p.energy_coefficient)) ** (1 / 3)
    return means(p, d, alpha, beta, f, [min(v, float(limit)) for limit in u.device_speed])


def fits(p, d):
    """Whether some price gives an allocation within both limits, with 1e-12 to spare: what it says is no rounding."""
    low, high = math.log(1e-14), math.log(1e14)
    unit = p.max_mean_energy / p.max_mean_latency
    for _ in range(44):
        middle = (low + high) / 2
        late, spent = given(p, d, unit * math.exp(middle))
        if late > p.max_mean_latency * (1 - 1e-12):
            low = middle
        elif spent > p.max_mean_energy * (1 - 1e-12):
            high = middle
        else:
            return True
    return False


def brute(p):
    """The most that fits with all users but one at a bound and the free one bisected; a sum of sizes [byte]."""
    low, high, best = p.min_feature_bytes, p.max_feature_bytes, 0.0
    n = p.users.size
    for free, ends in product(range(n), product((low, high), repeat=n - 1)):
        if sum(ends) + high <= best or not fits(p, [*ends[:free], low, *ends[free:]]):
            continue
        a, b = low, high
        for _ in range(30):
            c = (a + b) / 2
            a, b = (c, b) if fits(p, [*ends[:free], c, *ends[free:]]) else (a, c)
        best = max(best, sum(ends) + a)
    return best


KINDS = ("any", "latency", "energy", "free", "like", "ties", "powers", "received", "uplink", "roomy")


def drawn(seed, kind, most=3):
    """A small instance: which limit binds, powers of 0, like users, and an uplink that leaves next to none."""
    rng = drop_generator(seed, KINDS.index(kind))
    n = int(rng.integers(1, most + 1))
    up, down, speed, power = (10 ** rng.uniform(*log, n) for log in ((6.5, 8), (7, 9), (9, 10), (-3, 1)))
    if kind == "like":
        up, down, speed, power = (np.full(n, v[0]) for v in (up, down, speed, power))
    if kind == "ties":
        up, down, speed = (np.sort(v) if rng.random() < 0.5 else np.full(n, v[0]) for v in (up, down, speed))
    if kind not in ("powers", "received"):
        power = np.full(n, 0.0 if kind == "free" else power[0])
    if kind == "received":
        power = power * 100 * (rng.random(n) < 0.7)
    low = 10 ** rng.uniform(4, 6.5)
    p = Problem(
        users=Users(uplink_rate=up, downlink_rate=down, device_speed=speed, receive_power=power),
        input_bytes=1e5, transmit_power=0.0 if kind == "free" else 0.1, server_speed=10 ** rng.uniform(12, 14),
        fn_flops_per_byte=10 ** rng.uniform(3, 4.5), fn_base_flops=0.0 if rng.random() < 0.3 else 1.5e10,
        in_flops_per_byte=10 ** rng.uniform(2, 4), energy_coefficient=1e-28, min_feature_bytes=low,
        max_feature_bytes=low * 10 ** rng.uniform(0, 1.5), max_mean_energy=1.0, max_mean_latency=1.0,
        quality_per_byte=1.2e-5,
    )  # fmt: skip
    middle = [p.min_feature_bytes + 0.4 * rng.random() * (p.max_feature_bytes - p.min_feature_bytes)] * n
    late, spent = given(p, middle, 2e-28 * float(speed.mean()) ** 3 * 10 ** rng.uniform(-2, 0.5))
    late, spent = {"latency": (late, 1e3 * spent), "energy": (1e3 * late, spent)}.get(kind, (late, spent))
    if kind == "uplink":  # nearly all of the latency is the uplink's, which leaves a difference of two like numbers
        rest = late - 8e5 * sum(math.sqrt(1 / r) for r in up) ** 2 / n
        up = up * 10 ** rng.uniform(-9, -3)
        late = rest + 8e5 * sum(math.sqrt(1 / r) for r in up) ** 2 / n
        p = replace(p, users=replace(p.users, uplink_rate=up), transmit_power=0.0)
    if kind == "roomy":
        late, spent = 1e3 * late, 1e3 * spent
    return replace(p, max_mean_latency=late, max_mean_energy=spent)


def check_certificate(solution, best):
    """``best`` [mAP] is attained: no bound is below, and no proved objective further below than its gap."""
    assert solution.bound >= best
    assert solution.bound >= solution.objective
    if solution.converged:
        assert solution.bound - solution.objective <= 1e-5 * solution.objective
        assert solution.objective >= best * (1 - 1.001e-5)
    return solution.converged


def certified(kind, seeds):
    """Share of instances with a feasible brute force that end proved; each is checked."""
    proved = []
    for seed in seeds:
        p = drawn(seed, kind)
        best = p.quality_per_byte * brute(p)
        if best > 0:
            proved.append(check_certificate(solve_exact(p), best))
    return np.mean(proved), len(proved)


def certified_classes(kind, seeds):
    """As ``certified``, with three or four sizes to choose from, all tried."""
    proved = []
    for seed in seeds:
        p = drawn(seed, kind, 4)
        levels = np.linspace(p.min_feature_bytes, p.max_feature_bytes, 3 + seed % 2)
        p = replace(p, max_feature_bytes=float(levels[-1]))
        trials = sorted(product(levels.tolist(), repeat=p.users.size), key=sum, reverse=True)
        best = next((sum(d) for d in trials if fits(p, d)), 0.0) * p.quality_per_byte
        if best > 0:
            proved.append(check_certificate(solve_classes(p, levels), best))
    return np.mean(proved), len(proved)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certify", [certified, certified_classes])
def test_no_bound_is_on_the_wrong_side(certify, kind):
    share, count = certify(kind, range(6))
    assert share == 1 and count > 1


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certify", [certified, certified_classes])
def test_no_bound_is_on_the_wrong_side_of_many(certify, kind):
    share, count = certify(kind, range(10_000))
    assert share > 0.999 and count > 3_000


EXTREMES = [5e-324, 1e-310, 1e-300, 1e-200, 1e-100, 1e-49, 1e-30, 1e-12, 0.0, 1e12, 1e30, 1e49, 1e100, 1e300]


def check_answer(p, solution):
    """Within every limit by 1e-9, finite, and worth what it says."""
    a = solution.allocation
    d, *resources = (
        v.tolist() for v in (a.feature_bytes, a.uplink_share, a.downlink_share, a.edge_speed, a.device_speed)
    )
    late, spent = means(p, d, *resources)
    assert late <= p.max_mean_latency * (1 + 1e-9) and spent <= p.max_mean_energy * (1 + 1e-9)
    for share, most in zip(resources[:3], (1, 1, p.server_speed), strict=True):
        assert min(share) > 0 and sum(share) <= most * (1 + 1e-9)
    assert all(0 < q <= limit for q, limit in zip(resources[3], p.users.device_speed.tolist(), strict=True))
    assert all(p.min_feature_bytes * (1 - 1e-9) <= x <= p.max_feature_bytes * (1 + 1e-9) for x in d)
    assert solution.objective == pytest.approx(sum(p.quality_per_byte * x for x in d), rel=1e-12) and sum(d) > 0
    assert solution.bound is None or solution.bound >= solution.objective


@pytest.mark.parametrize("receive_power", [0.01, [0.0, 0.02]], ids=["equal", "unequal"])
@pytest.mark.parametrize("field", [*(name for name in EXAMPLE if name not in ("paper", "receive_power")), *GAINS])
def test_every_extreme_has_an_answer_or_a_reason(field, receive_power):
    """Of every field, for all users and for one; in SI units 1e12 and 1e-12 are instances like any other."""
    answers, refused, impossible = 0, [], []
    for value in EXTREMES:
        own = (EXAMPLE | GAINS)[field]
        for change in [value] if not isinstance(own, list) else [[value, value], [value, own[1]]]:
            try:
                p = from_dict(EXAMPLE | GAINS | {"receive_power": receive_power, field: change})
            except ValueError as error:
                refused.append(str(error))
                continue
            for scheme in SCHEMES.values():
                try:
                    with np.errstate(all="ignore"):  # as the command does
                        check_answer(p, scheme(p))
                    answers += 1
                except (Infeasible, TooLarge) as error:
                    impossible.append(str(error))
    assert answers > 0
    assert all(field in said and "must" in said for said in refused)
    assert all(("max_mean" in said and "nan" not in said) or "(23) would take" in said for said in impossible)


@pytest.mark.parametrize("low", [1e-300, 1e-100, 1e-9, 1.0])
@pytest.mark.parametrize("scheme", ["exact", "mended", "constant"])
def test_next_to_no_least_feature_takes_no_longer(scheme, low):
    """Two users whose optimum is inside: 92.85 mAP from any least size up to 1 byte."""
    p = from_dict(EXAMPLE | {"receive_power": [0.01, 0.02], "min_feature_bytes": low})
    begun = process_time()
    total = SCHEMES[scheme](p).objective
    assert process_time() - begun < 5  # it was 75 s
    assert total == pytest.approx(SCHEMES[scheme](replace(p, min_feature_bytes=1e3)).objective, rel=1e-3)


@pytest.mark.parametrize("scheme", ["exact", "mended", "constant"])
def test_the_ratio_of_the_sizes_may_leave_float64(scheme):
    """Limits that let features be 1e49 byte; the least is 1e-300."""
    p = from_dict(EXAMPLE | {"min_feature_bytes": 1e-300, "max_feature_bytes": 1e49, "in_flops_per_byte": 1e-30}
                  | {"fn_flops_per_byte": 1e-30, "max_mean_energy": 1e49, "max_mean_latency": 1e49})  # fmt: skip
    with np.errstate(all="ignore"):  # as the command does
        solution = SCHEMES[scheme](p)
        check_answer(p, solution)
        less = SCHEMES[scheme](replace(p, min_feature_bytes=1.0))
    assert solution.objective == pytest.approx(less.objective, rel=1e-3)


def test_a_bound_holds_where_the_optimum_is_far_below_what_could_be():
    """Energy goes into receiving alone, which gives the optimum by hand; d_max would be 1e10 times as large."""
    one = {"uplink_rate": 7e6, "downlink_rate": 3e7, "device_speed": 3e9, "receive_power": 0.2}
    p = from_dict(EXAMPLE | one | {"max_feature_bytes": 1e30, "max_mean_latency": 1e15, "max_mean_energy": 25.0})
    for_features = p.max_mean_energy - p.transmit_power * 8 * p.input_bytes / 7e6
    optimum = p.quality_per_byte * for_features / (0.2 * 8 / 3e7)
    with np.errstate(all="ignore"):
        solution = SCHEMES["exact"](p)
    assert solution.bound >= optimum * (1 - 1e-15)  # it was 1e-12 below
    assert solution.objective == pytest.approx(optimum, rel=1e-11) and solution.converged


@pytest.mark.parametrize("scheme", ["alternating", "inversion-rate"])
def test_so_far_the_rounds_of_23_are_refused(scheme):
    p = from_dict(EXAMPLE | GAINS | {"min_feature_bytes": 1e-300, "max_feature_bytes": 1e49})
    p = replace(p, in_flops_per_byte=1e-30, fn_flops_per_byte=1e-30, max_mean_energy=1e49, max_mean_latency=1e49)
    with pytest.raises(TooLarge, match=r"\(23\) would take 8\d{4} rounds"):
        SCHEMES[scheme](p)


@pytest.mark.parametrize("scheme", ["exact", "mended", "constant"])
@pytest.mark.parametrize("field", ["downlink_rate", "fn_flops_per_byte"])
def test_next_to_nothing_to_send_or_to_compute_gets_a_share(scheme, field):
    """The quotient of a size of 1e-300 and a rate, or its product with a load, is 0 in float64; no share may be."""
    extreme = {"downlink_rate": [1e50, 9.6e7], "fn_flops_per_byte": 1e-50}[field]
    changes = {"receive_power": [0.01, 0.02], "min_feature_bytes": 1e-300, "fn_base_flops": 0.0, field: extreme}
    p = from_dict(EXAMPLE | changes)
    with np.errstate(all="ignore"):
        check_answer(p, SCHEMES[scheme](p))


@pytest.mark.parametrize("high", [1e8, 1e20, 1e49])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_largest_feature_out_of_reach_changes_nothing(scheme, high):
    p = from_dict(EXAMPLE | GAINS | {"max_feature_bytes": 5e7})
    assert SCHEMES[scheme](replace(p, max_feature_bytes=high)).objective == pytest.approx(
        SCHEMES[scheme](p).objective, rel=1e-9
    )


@pytest.mark.parametrize("speed", [1e12, 1e20, 1e36, 1e49])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_mobiles_faster_than_the_energy_allows_change_nothing(scheme, speed):
    """With unequal receive powers, whose bisection must find v wherever the mobiles' own limits lie."""
    p = from_dict(EXAMPLE | GAINS | {"receive_power": [0.01, 0.02], "device_speed": speed})
    slower = replace(p, users=replace(p.users, device_speed=np.full(2, 1e11)))
    solution = SCHEMES[scheme](p)
    check_answer(p, solution)
    assert solution.objective == pytest.approx(SCHEMES[scheme](slower).objective, rel=1e-9)
    if scheme == "exact":
        assert solution.objective == pytest.approx(92.6222846, rel=1e-8)


def restated(p, byte=1.0, second=1.0, joule=1.0, flop=1.0):
    """The same instance in other units, each so many of which make up the old one."""
    u = p.users
    return replace(
        p,
        users=Users(
            uplink_rate=u.uplink_rate * byte / second,
            downlink_rate=u.downlink_rate * byte / second,
            device_speed=u.device_speed * flop / second,
            receive_power=u.receive_power * joule / second,
            uplink_gain=u.uplink_rate,
            downlink_gain=u.downlink_rate,
        ),
        input_bytes=p.input_bytes * byte,
        transmit_power=p.transmit_power * joule / second,
        server_speed=p.server_speed * flop / second,
        fn_flops_per_byte=p.fn_flops_per_byte * flop / byte,
        fn_base_flops=p.fn_base_flops * flop,
        in_flops_per_byte=p.in_flops_per_byte * flop / byte,
        energy_coefficient=p.energy_coefficient * joule * second**2 / flop**3,
        min_feature_bytes=p.min_feature_bytes * byte,
        max_feature_bytes=p.max_feature_bytes * byte,
        max_mean_energy=p.max_mean_energy * joule,
        max_mean_latency=p.max_mean_latency * second,
        quality_per_byte=p.quality_per_byte / byte,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_units_are_a_matter_of_taste(kind, seed):
    p = restated(drawn(seed, kind))
    rng = drop_generator(seed, 77)
    powers = 10.0 ** (rng.uniform(-1, 1, 4) + rng.choice([-6, -3, 3, 6], 4))
    other = restated(p, *powers)
    for scheme in SCHEMES.values():
        try:
            expected = scheme(p)
        except (Infeasible, TooLarge) as error:
            with pytest.raises(type(error)):
                scheme(other)
            continue
        found = scheme(other)
        check_answer(other, found)
        assert found.objective == pytest.approx(expected.objective, rel=1e-8) and found.ended == expected.ended
        np.testing.assert_allclose(
            found.allocation.device_speed, expected.allocation.device_speed * powers[3] / powers[1], rtol=1e-4
        )


def alike(n_users, jitter, kinds=1, powers=0.0):
    """Users of one kind or of several, their rates and speeds apart by ``jitter``; band and server grow with them."""
    rng, kind = drop_generator(n_users, 0), np.arange(n_users) % kinds

    def around(value, more=jitter):
        return value * (1 + more * rng.uniform(-1, 1, n_users))

    users = Users(
        uplink_rate=around(2.5e5 * n_users),
        downlink_rate=around(2.5e6 * n_users * (1 + 0.5 * kind)),
        device_speed=around(3e9 * (1 - 0.2 * kind)),
        receive_power=around(np.full(n_users, 0.01), powers),
    )
    small = from_dict(EXAMPLE | {"uplink_rate": 1e7, "downlink_rate": 1e8, "device_speed": 3e9})
    return replace(small, users=users, server_speed=1.25e10 * n_users, max_mean_energy=15.66, max_mean_latency=30.0)


@pytest.mark.parametrize("jitter", [0.0, 1e-3, 0.1])
@pytest.mark.parametrize("n_users", [10, 40, 160])
@pytest.mark.parametrize("kinds", [1, 2])
def test_like_users_are_proved_apart(n_users, jitter, kinds):
    p = alike(n_users, jitter, kinds)
    solution = solve_exact(p)
    check_answer(p, solution)
    assert solution.converged and solution.gap <= 1e-5 * solution.objective
    assert p.min_feature_bytes < solution.allocation.feature_bytes.mean() < p.max_feature_bytes


def test_like_users_with_powers_of_their_own():
    solution = solve_exact(alike(40, 1e-3, powers=1e-3))
    assert solution.converged and solution.gap <= 1e-5 * solution.objective


def test_gap_and_limit_are_the_schemes_keywords():
    p = drawn(5, "any")
    cut, wide = SCHEMES["exact"](p, limit=0), SCHEMES["exact"](p, gap=1e-2)
    assert cut.ended == "resource limit" and cut.gap > 1e-5 * cut.objective
    assert wide.converged and wide.gap <= 1e-2 * wide.objective
    for words in ({"gap": -1.0}, {"gap": math.nan}, {"limit": -1}):
        with pytest.raises(ValueError, match="must not be negative"):
            SCHEMES["exact"](p, **words)
