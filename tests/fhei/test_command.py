"""The command on this paper's instance files: answers, refusals, infeasible limits."""

import copy
import json
import sys
from pathlib import Path

import pytest

from mecpapers import cli
from mecpapers.fhei.schemes import SCHEMES

EXAMPLE = json.loads((Path(__file__).parents[2] / "book/instances/fhei.json").read_text())
WITH_GAINS = {"uplink_gain": [0.5, 1.0], "downlink_gain": [2.0, 1.0]}


@pytest.fixture
def solve(printed, monkeypatch, tmp_path):
    """Run `mecpapers solve` on the example with changes; ... removes a field."""

    def run(changes=None, *words):
        document = copy.deepcopy(EXAMPLE) | (changes or {})
        document = {k: v for k, v in document.items() if v is not ...}
        file = tmp_path / "instance.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", str(file), *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = printed()
        return stop.value.code or 0, out, err

    return run


@pytest.mark.parametrize("scheme", SCHEMES)
def test_json_has_the_contracts_fields(solve, scheme):
    code, out, err = solve(WITH_GAINS, "--scheme", scheme, "--json")
    answer = json.loads(out)
    assert code == 0 and err == ""
    assert set(answer) >= {
        "scheme", "objective", "converged", "seconds", "feature_bytes", "uplink_share", "downlink_share", "edge_speed",
        "device_speed", "latency", "energy", "quality", "latency_price",
    }  # fmt: skip
    assert answer["objective"] == pytest.approx(sum(answer["quality"]), rel=1e-12)
    assert answer["quality"] == pytest.approx([1.2e-5 * d for d in answer["feature_bytes"]])
    if scheme == "exact":
        assert answer["upper_bound"] >= answer["objective"]
        assert answer["gap"] == pytest.approx(answer["upper_bound"] - answer["objective"], abs=1e-9)


def test_the_default_is_exact_and_the_table_has_units(solve):
    code, out, _ = solve()
    assert code == 0
    assert all(word in out for word in ("MB", "GFLOPS", "latency, s", "energy, J", "scheme exact", "proved bound"))


BAD = {
    "negative rate": ({"downlink_rate": -1}, "downlink_rate = -1: must not be negative"),
    "no unit explains it": ({"in_flops_per_byte": 1e-320}, "in_flops_per_byte = 9.99988867183e-321: must lie between"),
    "dmin above dmax": ({"min_feature_bytes": 7e6}, "min_feature_bytes = 7000000: must not exceed max_feature_bytes"),
    "NaN": ({"server_speed": float("nan")}, "server_speed = nan: must be finite"),
    "unknown": ({"colour": 1}, "colour is unknown"),
    "missing": ({"input_bytes": ...}, "input_bytes is missing"),
    "list": ({"transmit_power": [1, 2]}, "transmit_power = [1.0, 2.0]: must be a number"),
    "boolean": ({"uplink_rate": True}, "uplink_rate = true: must be a number, not a boolean"),
    "unequal": ({"device_speed": [1e9, 1e9, 1e9]}, "device_speed has 3 values"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(solve, case):
    changes, words = BAD[case]
    code, out, err = solve(changes, "--json")
    assert code == 2 and out == "" and words in err and err.count("\n") == 1


def test_inversion_of_the_gain_needs_gains(solve):
    code, out, err = solve(None, "--scheme", "inversion-gain")
    assert code == 2 and out == "" and "uplink_gain is missing" in err


@pytest.mark.parametrize("scheme", SCHEMES)
def test_limits_out_of_reach_are_infeasible(solve, scheme):
    code, out, err = solve(WITH_GAINS | {"max_mean_latency": 0.1}, "--scheme", scheme)
    assert code == 3 and out == "" and err.count("\n") == 1
    assert "max_mean_latency = 0.1 s: the least attainable is" in err
    code, out, err = solve(WITH_GAINS | {"max_mean_energy": 1e-3}, "--scheme", scheme)
    assert code == 3 and out == "" and "max_mean_energy = 0.001 J: the least attainable" in err


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_rate_of_zero_is_infeasible(solve, scheme):
    code, out, err = solve(WITH_GAINS | {"uplink_rate": [1.1e7, 0]}, "--scheme", scheme)
    assert code == 3 and out == "" and err.count("\n") == 1 and "user 1 has uplink_rate[1] = 0" in err
    code, out, err = solve(WITH_GAINS | {"downlink_rate": 0}, "--scheme", scheme)
    assert code == 3 and out == "" and "user 0 has downlink_rate[0] = 0" in err


def test_one_user_and_two_hundred(solve):
    one = {"uplink_rate": 1.1e7, "downlink_rate": 1e8, "device_speed": 3e9}
    code, out, _ = solve(one, "--json")
    assert code == 0 and len(json.loads(out)["quality"]) == 1
    many = {"uplink_rate": [3e8] * 200, "downlink_rate": [5e9] * 200, "device_speed": 3e9, "server_speed": 1e15}
    code, out, _ = solve(many, "--json")
    assert code in (0, 4) and len(json.loads(out)["quality"]) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"uplink_rate": 5e-324}, {"downlink_rate": 1e300}, {"energy_coefficient": 1e-300}, {"server_speed": 1e300},
        {"receive_power": [0, 5]}, {"transmit_power": 0, "receive_power": 0}, {"fn_base_flops": 0},
        {"min_feature_bytes": 6e6}, {"max_mean_latency": 1e300}, {"max_mean_energy": 1e300},
        {"quality_per_byte": 1e300},
        {"input_bytes": 1e-300}, {"device_speed": 1e300}, {"device_speed": [1e-300, 1e9]},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("scheme", SCHEMES)
def test_extremes_give_an_answer_or_one_line(solve, scheme, changes):
    code, out, err = solve(WITH_GAINS | changes, "--scheme", scheme, "--json")
    assert code in (0, 2, 3, 4)
    if code in (0, 4):
        assert err == "" and json.loads(out)["objective"] > 0
    else:
        assert out == "" and err.count("\n") == 1
