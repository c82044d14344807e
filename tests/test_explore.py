"""What the pages "Quality" and "Two thresholds" are given: computed by Python, at every setting."""

import json
from itertools import product
from pathlib import Path

import pytest

from mecpapers.fhei.evidence import explore
from mecpapers.pose.evidence import explore as thresholds

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


class TestThresholds:
    """The script as stored, and anew."""

    text = (FILE.parent / thresholds.FILE.name).read_text(encoding="utf-8")
    stored = json.loads(text[text.index("{") : text.rindex("}") + 1])

    def test_it_is_what_python_computes(self):
        """To a millimetre in a pose, where rounding may fall either way; the pairs to their digits."""
        found = thresholds.data()
        assert found["levels"] == self.stored["levels"] and found["cameras"] == self.stored["cameras"]
        for one, other in zip(found["pairs"], self.stored["pairs"], strict=True):
            for name, value in other.items():  # one step of the last digit that is shown
                step = 0.1 if name in ("error", "delay") else 0.001
                assert one[name] == pytest.approx(value, rel=0, abs=1.1 * step), name
        for one, other in zip(found["frames"], self.stored["frames"], strict=True):
            assert one["sent"] == other["sent"] and one["used"] == other["used"]
            for k, (a, b) in enumerate(zip(one["at"], other["at"], strict=True)):
                assert one["poses"][a] == pytest.approx(other["poses"][b], abs=1), k

    def test_every_pair_is_there_and_its_shares_add_up(self):
        n = self.stored["levels"] + 1
        assert [(p["lower"], p["upper"]) for p in self.stored["pairs"]] == [
            (a, b) for a in range(n) for b in range(a, n)
        ]
        for p in self.stored["pairs"]:
            assert p["accepted"] + p["offloaded"] + p["discarded"] == pytest.approx(1, abs=2e-3)

    def test_what_the_page_says(self):
        pair = {(p["lower"], p["upper"]): p for p in self.stored["pairs"]}
        assert pair[0, 0]["accepted"] == 1 and pair[0, 10]["offloaded"] == 1
        delays = [pair[0, upper]["delay"] for upper in range(11)]
        assert delays == sorted(delays) and pair[0, 10]["error"] < pair[0, 0]["error"] - 5
        assert pair[1, 4]["delay"] <= pair[0, 4]["delay"] and pair[1, 4]["error"] < pair[0, 4]["error"]
        for frame in self.stored["frames"]:
            no_one = frame["at"][0]
            assert frame["poses"][no_one] == frame["light"]
