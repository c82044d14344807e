"""What the page "Quality" is given: the settings of its sliders, solved by Python."""

import json
from itertools import product
from pathlib import Path

import pytest

from mecpapers.fhei.evidence import explore

FILE = Path(__file__).parents[1] / "book" / "_static" / "explore" / explore.FILE.name
TEXT = FILE.read_text(encoding="utf-8")
DATA = json.loads(TEXT[TEXT.index("{") : TEXT.rindex("}") + 1])
POINTS = dict(zip(product(*explore.SLIDERS.values()), DATA["points"], strict=True))


def test_the_sliders_are_those_of_the_program():
    assert {name: tuple(values) for name, values in DATA["sliders"].items()} == explore.SLIDERS
    assert DATA["default"] == explore.DEFAULT and tuple(explore.DEFAULT.values()) in POINTS


@pytest.mark.parametrize("setting", [*POINTS][::37])
def test_a_point_is_what_the_schemes_answer(setting):
    found, stored = explore.point(explore.problem(*setting)), POINTS[setting]
    if isinstance(stored, str):
        assert found == stored
    else:
        for one, other in zip(found, stored, strict=True):
            for name, value in other.items():
                assert one[name] == pytest.approx(value, rel=2e-3), name


def test_the_optimum_fills_one_user_after_another():
    """As the page says; and the alternating algorithm never ends above it."""
    for best, own in (point for point in POINTS.values() if not isinstance(point, str)):
        low, high = 33.6, 72.0
        assert sum(low + 0.01 < q < high - 0.01 for q in best["quality"]) <= 1
        order = [best["quality"][user] for user in (0, 1, 2, 4, 3)]
        assert order == sorted(order, reverse=True)
        assert own["sum"] <= best["sum"]


def test_the_server_hardly_matters_and_noise_does():
    sums = [POINTS[15.0, 5.0, server, 1.0][0]["sum"] for server in explore.SLIDERS["server"]]
    assert 0 < sums[-1] / sums[0] - 1 < 0.01
    assert POINTS[15.0, 5.0, 20.0, 0.25][0]["sum"] / POINTS[15.0, 5.0, 20.0, 1.0][0]["sum"] > 1.05
