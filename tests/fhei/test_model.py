"""The model by hand, its checks, and what a wrong input is told."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.fhei.evidence.notation import NOTATION
from mecpapers.fhei.model import Allocation, Problem, Users, evaluate, violations

USERS = {"uplink_rate": [1e6, 2e6], "downlink_rate": [8e6, 4e6], "device_speed": [1e9, 2e9], "receive_power": 0.5}
SHARED = {
    "input_bytes": 1e5, "transmit_power": 2.0, "server_speed": 1e10, "fn_flops_per_byte": 100.0, "fn_base_flops": 1e9,
    "in_flops_per_byte": 50.0, "energy_coefficient": 1e-27, "min_feature_bytes": 1e6, "max_feature_bytes": 4e6,
    "max_mean_energy": 100.0, "max_mean_latency": 100.0, "quality_per_byte": 1e-5,
}  # fmt: skip


def problem(**changes):
    users = {**USERS, **{k: v for k, v in changes.items() if k in USERS or k.endswith("_gain")}}
    return Problem(users=Users(**users), **{**SHARED, **{k: v for k, v in changes.items() if k in SHARED}})


ALLOCATION = Allocation(
    feature_bytes=np.array([1e6, 2e6]),
    uplink_share=np.array([0.5, 0.5]),
    downlink_share=np.array([0.5, 0.5]),
    edge_speed=np.array([5e9, 5e9]),
    device_speed=np.array([1e9, 1e9]),
)


def test_latency_and_energy_by_hand():
    """User 1: 8e5 bit at 0.5 Mbit/s 1.6 s; 8e6 at 4 Mbit/s 2 s; 1.1e9 / 5e9 = 0.22 s; 5e7 / 1e9 = 0.05 s."""
    m = evaluate(problem(), ALLOCATION)
    assert m.latency[0] == pytest.approx(1.6 + 2 + 0.22 + 0.05)
    assert m.energy[0] == pytest.approx(2 * 1.6 + 0.5 * 2 + 1e-27 * 1e18 * 5e7)
    assert m.latency[1] == pytest.approx(0.8 + 8 + 0.24 + 0.1)
    assert m.quality == pytest.approx([10, 20]) and m.total == pytest.approx(30)


def test_every_violation_is_named():
    assert violations(problem(), ALLOCATION) == ()
    broken = {
        "uplink": {"uplink_share": np.array([0.6, 0.5])},
        "downlink": {"downlink_share": np.array([0.6, 0.5])},
        "server": {"edge_speed": np.array([6e9, 5e9])},
        "device speed": {"device_speed": np.array([1.1e9, 1e9])},
        "feature size": {"feature_bytes": np.array([0.9e6, 2e6])},
        "sign": {"uplink_share": np.array([-0.1, 0.5])},
    }
    for name, change in broken.items():
        assert name in {v.constraint for v in violations(problem(), replace(ALLOCATION, **change))}
    other_side = (
        ("feature size", {"feature_bytes": np.array([1e6, 4.1e6])}),
        ("sign", {"downlink_share": np.array([0.5, -0.1])}),
        ("sign", {"edge_speed": np.array([5e9, -1e9])}),
        ("device speed", {"device_speed": np.array([1e9, -1e9])}),
    )
    for name, change in other_side:
        assert name in {v.constraint for v in violations(problem(), replace(ALLOCATION, **change))}
    assert {v.constraint for v in violations(problem(max_mean_energy=1.0), ALLOCATION)} == {"mean energy"}
    assert {v.constraint for v in violations(problem(max_mean_latency=6.0), ALLOCATION)} == {"mean latency"}


@pytest.mark.parametrize(("excess", "broken"), [(1e-11, False), (1e-7, True)])
def test_what_the_tolerance_forgives(excess, broken):
    """A rounded sum is no violation; a solver's own tolerance of 1e-8 or so is."""
    latency = evaluate(problem(), ALLOCATION).latency.mean()
    assert bool(violations(problem(max_mean_latency=latency / (1 + excess)), ALLOCATION)) is broken
    for name in ("uplink_share", "downlink_share", "edge_speed"):
        more = replace(ALLOCATION, **{name: (1 + excess) * getattr(ALLOCATION, name)})
        assert bool(violations(problem(), more)) is broken


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"uplink_rate": -1.0}, "uplink_rate = -1: must not be negative"),
        ({"downlink_rate": [1e6, -1.0]}, r"downlink_rate\[1\] = -1: must not be negative"),
        ({"downlink_rate": [1e6, 1e-320]}, r"downlink_rate\[1\] = 9.99988867183e-321: must lie between 1e-50 and 1e"),
        ({"max_feature_bytes": 1e200}, r"max_feature_bytes = 1e\+200: must lie between 1e-50 and 1e\+50"),
        ({"min_feature_bytes": 5e-324}, "min_feature_bytes = 4.94065645841e-324: must lie between 1e-300 and 1e"),
        ({"device_speed": np.nan}, "device_speed = nan: must be finite"),
        ({"min_feature_bytes": 5e6}, "min_feature_bytes = 5000000: must not exceed max_feature_bytes, 4000000"),
        ({"transmit_power": -1.0}, "transmit_power = -1: must not be negative"),
        ({"energy_coefficient": 0.0}, "energy_coefficient = 0: must be positive"),
        ({"max_mean_energy": np.inf}, "max_mean_energy = inf: must be finite"),
        ({"uplink_gain": [1.0, 2.0, 3.0]}, "uplink_gain has 3 values"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        problem(**changes)


def test_fields_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        problem().users.uplink_rate[0] = 1.0


def test_notation_names_what_exists():
    import mecpapers.fhei.model as model

    for symbol in NOTATION:
        assert symbol.name in getattr(model, symbol.home).__dataclass_fields__, symbol
    named = {(s.home, s.name) for s in NOTATION}
    for home in ("Allocation", "Metrics", "Users", "Problem"):
        fields = set(getattr(model, home).__dataclass_fields__) - {"users"}
        assert {(home, f) for f in fields} <= named
