"""The model against numbers worked by hand and against laws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.solution import Infeasible
from mecpapers.video.evidence.verification import random_problem
from mecpapers.video.model import (
    Allocation,
    Devices,
    Problem,
    accuracy,
    computing_delay,
    computing_energy,
    edge_cost,
    evaluate,
    fewest_frames,
    local_cost,
    macs,
    restate_eq31,
    transmission_delay,
    transmission_delay_in_radio_frames,
    transmission_energy,
    violations,
)
from mecpapers.video.scenario import MIXED, SET_A

seeds = st.integers(0, 2**32 - 1)


def one_device(**changes) -> Problem:
    fields = {
        "uplink_rate": 2e6, "channel_gain": 1e-10, "transmit_power": 0.5, "frame_bits": 1e5, "max_frequency": 2e9,
        "energy_coefficient": 1e-27, "macs_per_frame": 1e9, "macs_offset": 2e9, "accuracy_a0": 0.5, "accuracy_a1": 0.0,
        "accuracy_a2": 1.0, "min_accuracy": 0.8, "max_frames": 10, "weight_delay": 1.0, "weight_energy": 2.0,
        "weight_accuracy": 3.0,
    }  # fmt: skip
    return Problem(devices=Devices(**{**fields, **changes}), server_frequency=1e10, cycles_per_mac=0.1)


def test_every_formula_by_hand():
    p, m = one_device(), np.array([4.0])
    assert macs(p.devices, m)[0] == 6e9  # (14)
    assert accuracy(p.devices, m)[0] == 0.875  # (15)
    assert accuracy(one_device(accuracy_a1=1.0).devices, m)[0] == 0.9
    assert computing_delay(p, m, np.array([1e9]))[0] == pytest.approx(0.6)  # (5): 6e8 cycles at 1 GHz
    assert computing_energy(p, m, np.array([1e9]))[0] == pytest.approx(0.6)  # (7): 1e-27 * 6e8 * 1e18
    assert transmission_delay(p, m, np.array([0.25]))[0] == pytest.approx(0.8)  # (9): 4e5 bit at 0.5 Mbit/s
    assert transmission_energy(p, m)[0] == pytest.approx(0.1)  # (10): 0.2 s at 0.5 W
    assert local_cost(p, m, np.array([1e9]))[0] == pytest.approx(0.6 + 2 * 0.6 - 3 * 0.875)  # (17)
    share = np.array([0.25])
    assert edge_cost(p, m, np.array([2e9]), share)[0] == pytest.approx(0.3 + 0.8 + 2 * 0.1 - 3 * 0.875)  # (18)


def test_without_rho_the_local_energy_is_larger_by_one_over_rho():
    p, m, f = one_device(), np.array([4.0]), np.array([1e9])
    without = replace(p, local_energy="eq31")
    assert computing_energy(without, m, f) == pytest.approx(computing_energy(p, m, f) / 0.1)
    assert computing_delay(without, m, f) == computing_delay(p, m, f)
    assert computing_energy(restate_eq31(without), m, f) == pytest.approx(computing_energy(without, m, f))


@given(seeds)
def test_p1_equals_p2_device_by_device(seed):
    rng = np.random.default_rng(seed)
    p = random_problem(rng)
    a = random_allocation(p, rng)
    edge = edge_cost(p, a.frames, a.edge_frequency, a.time_share)
    local = local_cost(p, a.frames, a.device_frequency)
    np.testing.assert_allclose(evaluate(p, a).cost, np.where(a.offload, edge, local), rtol=1e-12)


@given(seeds)
def test_metrics_belong_to_the_place_that_computes(seed):
    rng = np.random.default_rng(seed)
    p = random_problem(rng)
    a = random_allocation(p, rng)
    m = evaluate(p, a)
    x = a.offload
    np.testing.assert_allclose(m.energy[x], transmission_energy(p, a.frames)[x])
    np.testing.assert_allclose(m.delay[~x], computing_delay(p, a.frames, a.device_frequency)[~x])
    assert m.total == pytest.approx(m.cost.sum())


def test_a_share_of_nothing_takes_for_ever():
    p, zero = one_device(), np.zeros(1)
    a = Allocation(
        offload=np.array([True]), frames=np.array([4.0]), time_share=zero, edge_frequency=zero, device_frequency=zero
    )
    assert np.isinf(evaluate(p, a).delay[0])
    assert np.isinf(evaluate(p, replace(a, offload=np.array([False]))).delay[0])


@given(st.floats(0.01, 1), st.floats(1e-4, 0.1))
def test_radio_frames_add_less_than_one(share, length):
    p, m, t = one_device(), np.array([4.0]), np.array([share])
    added = (transmission_delay_in_radio_frames(p, m, t, length) - transmission_delay(p, m, t))[0]
    assert -1e-12 <= added < length


@pytest.mark.parametrize(
    ("alpha", "frames"), [(0.0, 1), (0.5, 1), (0.75, 2), (0.8, 3), (0.875, 4), (0.8751, 5), (0.95, 10)]
)
def test_fewest_frames(alpha, frames):
    """Phi(M) = 1 - 1/(2M) reaches 3/4 at M = 2 and 7/8 at M = 4, exactly."""
    assert fewest_frames(one_device(min_accuracy=alpha).devices)[0] == frames


@given(seeds)
def test_fewest_frames_equal_a_search(seed):
    v = random_problem(np.random.default_rng(seed)).devices
    for n, found in enumerate(fewest_frames(v)):
        phi = v.accuracy_a2[n] - v.accuracy_a0[n] / (np.arange(1, 100) + v.accuracy_a1[n])
        assert found == 1 + np.argmax(phi >= v.min_accuracy[n])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"min_accuracy": 0.96}, "device 0 needs an accuracy of 0.96, but 10 frames reach 0.95: 0.01 short"),
        ({"min_accuracy": 1.0}, "device 0"),
        ({"accuracy_a0": 0.0, "accuracy_a2": 0.7}, "reach 0.7: 0.1 short"),
        ({"min_accuracy": [0.8, 0.97, 0.98]}, r"device 1 .* \(and 1 more devices\)"),
    ],
)
def test_an_accuracy_out_of_reach_says_which_and_by_how_much(changes, words):
    with pytest.raises(Infeasible, match=words):
        fewest_frames(one_device(**changes).devices)


def test_min_frames_replace_the_accuracy_floor():
    assert fewest_frames(one_device(min_frames=2, min_accuracy=0.99).devices)[0] == 2
    a = random_allocation(one_device(min_frames=2), np.random.default_rng(0), frames=2.0)
    assert violations(one_device(min_frames=2), a) == ()
    assert [v.constraint for v in violations(one_device(), a)] == ["(13a)"]


def test_an_accuracy_that_does_not_depend_on_frames():
    assert fewest_frames(one_device(accuracy_a0=0.0).devices)[0] == 1
    assert fewest_frames(one_device(accuracy_a0=0.0, accuracy_a2=0.8).devices)[0] == 1  # just what is needed


@pytest.mark.parametrize(
    ("changes", "constraint", "device"),
    [
        ({"frames": [1.0, 4.0]}, "(13a)", 0),
        ({"frames": [4.0, 17.0]}, "(13b)", 1),
        ({"frames": [4.5, 5.0]}, "(13b)", 0),
        ({"frames": [4.0, np.nan]}, "(13a)", 1),
        ({"time_share": [0.6, 0.6]}, "(13c)", None),
        ({"edge_frequency": [2e10, 0.5e10]}, "(13d)", None),
        ({"time_share": [-0.1, 0.5]}, "(13e)", 0),
        ({"edge_frequency": [1e10, -1e9]}, "(13e)", 1),
        ({"device_frequency": [0.0, 2e9]}, "(13f)", 1),
        ({"device_frequency": [-1e6, 0.0]}, "(13f)", 0),
    ],
)
def test_every_broken_constraint_is_named(changes, constraint, device):
    p = replace(SET_A, n_devices=2).draw(np.random.default_rng(0))
    good = Allocation(
        offload=np.ones(2, dtype=bool), frames=np.array([4.0, 5.0]), time_share=np.array([0.5, 0.5]),
        edge_frequency=np.array([1e10, 1.2e10]), device_frequency=np.zeros(2),
    )  # fmt: skip
    assert violations(p, good) == ()
    bad = replace(good, **{name: np.array(value) for name, value in changes.items()})
    assert (constraint, device) in [(v.constraint, v.device) for v in violations(p, bad)]


def test_constraints_count_edge_devices_alone():
    p = replace(SET_A, n_devices=2).draw(np.random.default_rng(0))
    a = Allocation(
        offload=np.array([True, False]), frames=np.array([4.0, 4.0]), time_share=np.array([1.0, 0.9]),
        edge_frequency=np.array([2.2e10, 2e10]), device_frequency=np.array([0.0, 1e9]),
    )  # fmt: skip
    assert violations(p, a) == ()


def test_constraints_are_relative_to_the_budgets():
    p = replace(replace(SET_A, n_devices=2).draw(np.random.default_rng(0)), time_budget=2.0)
    half = p.server_frequency / 2
    a = Allocation(
        offload=np.ones(2, dtype=bool), frames=np.array([4.0, 4.0]), time_share=np.array([1.0, 1.0]),
        edge_frequency=np.array([half, half]), device_frequency=np.zeros(2),
    )  # fmt: skip
    assert violations(p, a) == ()
    (more,) = violations(p, replace(a, time_share=1.1 * a.time_share))
    assert more.constraint == "(13c)" and more.excess == pytest.approx(0.1)
    (more,) = violations(p, replace(a, edge_frequency=1.1 * a.edge_frequency))
    assert more.constraint == "(13d)" and more.excess == pytest.approx(0.1)


@pytest.mark.parametrize(("excess", "broken"), [(1e-11, False), (1e-7, True)])
def test_what_the_tolerance_forgives(excess, broken):
    """A rounded sum is no violation; a solver's own tolerance of 1e-8 or so is."""
    p = replace(SET_A, n_devices=2).draw(np.random.default_rng(0))
    a = Allocation(
        offload=np.ones(2, dtype=bool), frames=np.array([4.0, 4.0]), time_share=np.array([0.5, 0.5]),
        edge_frequency=np.array([1.1e10, 1.1e10]), device_frequency=np.zeros(2),
    )  # fmt: skip
    for name in ("time_share", "edge_frequency"):
        assert bool(violations(p, replace(a, **{name: (1 + excess) * getattr(a, name)}))) is broken


@pytest.mark.parametrize(("a_0", "a_1", "a_2"), [(0.4, 0.0, 0.966), (0.5, 0.7, 1.0), (0.3, -0.5, 0.9)])
def test_an_accuracy_that_whole_frames_meet_exactly_costs_no_frame_more(a_0, a_1, a_2):
    """Whatever rounding makes of a_0 / (a_2 - alpha)."""
    for frames in range(1, 60):
        alpha = a_2 - a_0 / (frames + a_1)
        if alpha >= 0:
            v = one_device(accuracy_a0=a_0, accuracy_a1=a_1, accuracy_a2=a_2, min_accuracy=alpha, max_frames=99).devices
            assert fewest_frames(v)[0] == frames


def test_complexity_must_be_positive_where_it_is_used():
    with pytest.raises(ValueError, match=r"macs_offset\[0\] = -3000000000: must leave"):
        one_device(macs_offset=-3e9)
    assert one_device(macs_offset=-2.9e9).devices.size == 1  # C(3) = 1e8


def test_the_reading_is_checked():
    with pytest.raises(ValueError, match="local_energy = 'eq8': must be one of eq7, eq31"):
        replace(one_device(), local_energy="eq8")


def random_allocation(p: Problem, rng: np.random.Generator, frames: float | None = None) -> Allocation:
    n = p.devices.size
    x = rng.random(n) < 0.5
    low, high = fewest_frames(p.devices), p.devices.max_frames
    m = np.floor(low + rng.random(n) * (high - low + 1)) if frames is None else np.full(n, frames)
    return Allocation(
        offload=x, frames=m, time_share=rng.dirichlet(np.ones(n)) * p.time_budget,
        edge_frequency=rng.dirichlet(np.ones(n)) * p.server_frequency,
        device_frequency=rng.uniform(0.1, 1, n) * p.devices.max_frequency,
    )  # fmt: skip


def test_mixed_devices_differ():
    v = MIXED.draw(np.random.default_rng(0)).devices
    for field in ("transmit_power", "frame_bits", "max_frequency", "macs_per_frame", "accuracy_a0", "weight_delay"):
        assert np.ptp(getattr(v, field)) > 0


def test_an_allocation_cannot_be_written_to_nor_have_two_lengths():
    x, m, zero = np.array([True, False]), np.array([4.0, 5.0]), np.zeros(2)
    allocation = Allocation(offload=x, frames=m, time_share=zero, edge_frequency=zero, device_frequency=zero)
    m[0] = 9.0
    assert allocation.frames[0] == 4.0
    for name, array in vars(allocation).items():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
        with pytest.raises(ValueError, match=r"\w+ has shape \([12],\): must begin as that of offload"):
            replace(allocation, **{name: array[:1]})
