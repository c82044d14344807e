"""The instance file and the command line for this paper."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mecpapers import cli, instances
from mecpapers.pose.instance import NUMBERS, TABLES, VECTORS
from mecpapers.pose.schemes import SCHEMES

ROOT = Path(__file__).parents[2]
EXAMPLE = json.loads((ROOT / "book" / "instances" / "pose.json").read_text())
CONTRACT = (
    "exact",
    "cooperative",
    "device",
    "device-discard",
    "server-all",
    "server-fit",
    "random",
    "single-threshold",
)


@pytest.fixture
def solve(tmp_path, printed, monkeypatch):
    def run(changes=None, *words, drop=()):
        file = tmp_path / "instance.json"
        document = {k: v for k, v in {**EXAMPLE, **(changes or {})}.items() if k not in drop}
        file.write_text(json.dumps(document))
        monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", str(file), *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = printed()
        return stop.value.code or 0, out, err

    return run


def test_the_schemes_are_those_of_the_contract():
    assert tuple(SCHEMES) == CONTRACT


@pytest.mark.parametrize("scheme", CONTRACT)
def test_every_scheme_answers(solve, scheme):
    code, out, err = solve(None, "--scheme", scheme, "--json")
    answer = json.loads(out)
    assert (code, err, answer["scheme"]) == (0, "", scheme)
    assert {
        "objective",
        "converged",
        "seconds",
        "lower",
        "upper",
        "offload_probability",
        "transmission_time",
        "delay",
    } <= set(answer)
    problem = instances.read(ROOT / "book" / "instances" / "pose.json")
    p = [problem.score_pmf[n, answer["lower"][n] : answer["upper"][n]].sum() for n in range(2)]
    assert answer["offload_probability"] == pytest.approx(p)
    assert answer["transmission_time"] == pytest.approx(np.array(p) * 0.0104)
    alone = 0.04 if answer["device_inference"] else 0.0
    assert answer["delay"] == pytest.approx(alone + 0.0234 * sum(p))
    assert answer["delay"] <= 0.1
    if scheme in ("exact", "cooperative"):
        assert answer["gap"] == pytest.approx(abs(answer["upper_bound"] - answer["objective"]))
        assert answer["bound_assumes"]
    else:
        assert "upper_bound" not in answer


def test_the_default_is_exact_and_the_table_has_units(solve):
    code, out, _ = solve()
    assert code == 0 and "scheme exact" in out and "on air, ms" in out and "of 100: devices 40" in out


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"deadline": 0.03}, 3, "infeasible: deadline = 0.03 s, but the light network of device 0 alone takes 0.04 s"),
        (
            {"device_delay": [0.05, 0.2]},
            3,
            "device 1 alone takes 0.2 s: 0.1 s short; the least attainable delay is 0.2 s",
        ),
        ({"score_pmf": [[0.2, 0.3, 0.4], [0.1, 0.6, 0.3]]}, 2, "score_pmf[0] = a sum of 0.9: must add up to 1"),
        (
            {"device_accuracy": [[0.2, 0.3, 1.4], [0.1, 0.6, 0.3]]},
            2,
            "device_accuracy[0][2] = 1.4: must lie between 0 and 1",
        ),
        (
            {"server_accuracy": [[0.2, 0.3], [0.1, 0.6]]},
            2,
            "server_accuracy has 2 levels: must have as many as score_pmf, 3",
        ),
        ({"server_accuracy": [[0.2, 0.3, 0.3], [0.1, 0.6]]}, 2, "server_accuracy = rows of unequal length: must"),
        ({"server_accuracy": [[0.2, True, 0.3], [0.1, 0.6, 0.3]]}, 2, "server_accuracy[0][1] = true: must be a number"),
        ({"score_pmf": "even"}, 2, 'score_pmf = "even": must be a number, not a string'),
        ({"deadline": None}, 2, "deadline = null: must be a number"),
        ({"deadline": 1e999}, 2, "deadline = inf: must be finite"),
        ({"servers": 0}, 2, "servers = 0: must be a whole number, 1 or more"),
        ({"frames": 3}, 2, "frames is unknown: must be one of"),
    ],
)
def test_bad_files_are_refused_in_one_line(solve, changes, status, words):
    code, out, err = solve(changes)
    assert (code, out) == (status, "")
    assert err.startswith("mecpapers: ") and err.count("\n") == 1 and words in err


@pytest.mark.parametrize("field", [*NUMBERS[:3], *VECTORS, *TABLES])
def test_a_missing_field_is_named(solve, field):
    code, _, err = solve(None, drop=(field,))
    assert code == 2 and f"{field} is missing: must be given" in err


def test_the_infeasible_scheme_is_named(solve):
    code, _, err = solve({"deadline": 0.042}, "--scheme", "server-all")
    assert code == 3 and "infeasible: server-all: all 2 images take 0.0468 s" in err


def test_servers_are_optional_and_count(solve):
    one, two = (json.loads(solve({"servers": m}, "--json", "--scheme", "single-threshold")[1]) for m in (1, 2))
    assert two["delay"] < one["delay"]


def test_the_page_documents_every_field_and_scheme():
    text = (ROOT / "book" / "own.md").read_text(encoding="utf-8")
    for name in (*NUMBERS, *VECTORS, *TABLES, *SCHEMES):
        assert f"`{name}`" in text, name


def test_tiny_costs_without_slack_are_answered():
    """The tolerance is of the instance's own scale: all costs lie below 1e-12 s, and there is nothing to spend."""
    problem = instances.read(ROOT / "book" / "instances" / "pose.json")
    tiny = replace(problem, deadline=1.0, device_delay=1.0, server_delay=0.0, transmission_time=1e-13)
    for scheme in ("exact", "cooperative"):
        assert SCHEMES[scheme](tiny).objective == pytest.approx(SCHEMES["device-discard"](tiny).objective, abs=1e-12)
