"""The solver that runs in the page, against the command's: the same optimum, the same bound, the same refusals."""

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from mecpapers import instances
from mecpapers.solution import Infeasible, TooLarge
from mecpapers.video import SCHEMES, SET_A, Allocation, evaluate, instance, violations

sys.path.insert(0, str(Path(__file__).parent))
try:
    import scenes
finally:
    del sys.path[0]

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SOLVER = ROOT / "book" / "_static" / "explore" / "solve.js"
SOLVE = """documents => documents.map(document => {
  try { return mecpapers.solve(JSON.parse(document)); } catch (error) { return {error: error.message}; }
})"""
POLICY = """documents => documents.map(document =>
  mecpapers.video.channelAware(mecpapers.video.problemOf(JSON.parse(document))).objective)"""


@pytest.fixture(scope="module")
def solver(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(path=SOLVER)
    yield page
    page.close()


def drawn(n: int) -> list[dict[str, Any]]:
    """Instances as a file gives them, of 1 to 40 devices."""
    generators = [np.random.default_rng(seed) for seed in range(n)]
    return [scenes.draw(rng, int(rng.integers(1, 41))) for rng in generators]


def read(document: dict[str, Any]) -> Any:
    return instance.from_dict(json.loads(json.dumps(document), parse_int=float))


def test_a_thousand_scenes_have_the_optimum_and_the_bound_of_the_command(solver: Page) -> None:
    documents = drawn(1000)
    answers = solver.evaluate(SOLVE, [json.dumps(document) for document in documents])
    for document, answer in zip(documents, answers, strict=True):
        problem = read(document)
        exact = SCHEMES["exact"](problem)
        near = 1e-9 * abs(exact.objective)
        assert abs(answer["objective"] - exact.objective) <= near
        assert abs(answer["lower_bound"] - exact.bound) <= near
        # Each bound holds for the other's answer, and what is called a gap is one.
        assert answer["lower_bound"] <= exact.objective and exact.bound <= answer["objective"]
        assert answer["gap"] == answer["objective"] - answer["lower_bound"] >= 0
        assert answer["converged"] is (answer["gap"] <= 1e-9 * abs(answer["objective"]))
        assert answer.keys() == {"scheme": 0, "seconds": 0, **instance.to_dict(problem, exact)}.keys()
        names = ("offload", "frames", "time_share", "edge_frequency", "device_frequency")
        kinds = (bool, float, float, float, float)
        values = {name: np.array(answer[name], kind) for name, kind in zip(names, kinds, strict=True)}
        allocation = Allocation(**values)
        metrics = evaluate(problem, allocation)  # which knows no solver
        assert violations(problem, allocation) == ()
        assert metrics.total == pytest.approx(answer["objective"], rel=1e-12, abs=1e-12)
        for name in ("delay", "energy", "accuracy"):
            np.testing.assert_allclose(answer[name], getattr(metrics, name), rtol=1e-12)


def test_algorithm_3_comes_to_the_cost_that_it_has_in_python(solver: Page) -> None:
    documents = drawn(40)
    costs = solver.evaluate(POLICY, [json.dumps(document) for document in documents])
    for document, cost in zip(documents, costs, strict=True):
        assert cost == pytest.approx(SCHEMES["search-heuristic"](read(document)).objective, rel=1e-9)


def test_thousands_of_devices_too(solver: Page) -> None:
    """Alike, but for their places or in everything; of those all hesitate together."""
    document = json.loads((ROOT / "book" / "instances" / "video.json").read_text(encoding="utf-8"))
    rate = SET_A.draw(np.random.default_rng(0)).devices.uplink_rate
    for rates in (np.full(6000, rate[0]), rate[np.random.default_rng(1).integers(rate.size, size=3000)]):
        document["devices"] |= {"uplink_rate": rates.tolist(), "channel_gain": 1.0}
        (answer,) = solver.evaluate(SOLVE, [json.dumps(document)])
        exact = SCHEMES["exact"](read(document))
        assert answer["objective"] == pytest.approx(exact.objective, rel=1e-9)
        assert answer["converged"] and answer["lower_bound"] <= exact.objective


def test_a_search_that_is_cut_short_still_bounds(solver: Page) -> None:
    documents = drawn(60)
    cut = "documents => documents.map(document => mecpapers.solve(JSON.parse(document), {limit: 3}))"
    answers = solver.evaluate(cut, [json.dumps(document) for document in documents])
    for document, answer in zip(documents, answers, strict=True):
        exact = SCHEMES["exact"](read(document)).objective
        assert answer["lower_bound"] <= exact <= answer["objective"] + 1e-12 * abs(exact)
    assert not all(answer["converged"] for answer in answers)


ODD = (0.0, -1.0, 0.5, 1e300, 1e-300, 10**400, -0.0, 17.0, True, None, "", "1", "café", "it's", [], {}, [[]], [None])
ODD += ([1.0, -2.0], [1.0, 1e400], [1.0] * 3, {"a": 1.25e-7}, ["a long list of words, all of them wrong", 1])


def broken() -> Iterator[dict[str, Any]]:
    """The book's instance with each of its fields odd, missing or unknown."""
    sound = json.loads((ROOT / "book" / "instances" / "video.json").read_text(encoding="utf-8"))
    sound["devices"] |= {"min_frames": 2, "weight_delay": [0.2, 0.3], "weight_accuracy": 0.5}
    yield sound
    sound["about"] = {"name": "four of us", "best_known": -1.25}
    for above in ((), ("weights",), ("devices",), ("about",)):
        for name in (*(sound[above[0]] if above else sound), "more", "no word"):
            for value in (*ODD, "missing"):
                document = copy.deepcopy(sound)
                place = document[above[0]] if above else document
                place[name] = value
                if value == "missing":
                    del place[name]
                yield document


def test_few_options_matter_in_a_square_of_prices(solver: Page) -> None:
    """L is the same without the others, on 40 squares of 200 scenes: small ones and large, some beyond the optimum."""
    gaps = solver.evaluate(
        """documents => documents.flatMap((document, k) => {
          const {problemOf, optionTable, lookFrom, locate, within} = mecpapers.video;
          const table = optionTable(problemOf(JSON.parse(document))), top = locate(table).w;
          return Array.from({length: 40}, (_, i) => {
            const share = (j) => (7 * i + 3 * j + k) % 11 / 10, [u, v] = top.map((x, j) => 2 * share(j) * x);
            const width = 10 ** (i % 5 - 4) * (top[0] + top[1] + 0.1), few = within(table, u, v, width);
            const [p, q] = [u + share(2) * width, v + share(3) * width], all = lookFrom(table, p, q);
            if (few.e.length > table.e.length) return [1, 1];
            const off = (lookFrom(few, p, q).value - all.value) / (all.total + p * p + q * q);
            return [off, few.e.length / table.e.length];
          });
        })""",
        [json.dumps(document) for document in drawn(200)],
    )
    off, kept = np.array(gaps).T
    assert np.abs(off).max() < 1e-14
    assert kept.mean() < 0.6


def refusal(path: Path) -> str | None:
    """What the command says of a file, None where it has an answer, "-" where the machine's memory decides."""
    try:
        SCHEMES["exact"](instances.read(path))
    except Infeasible as error:
        return f"infeasible: {error}"
    except TooLarge:
        return "-"
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.filterwarnings("ignore::mecpapers.instances.UnitWarning", "ignore::RuntimeWarning")
def test_what_the_command_refuses_is_refused_in_its_words(solver: Page, tmp_path: Path) -> None:
    texts = [json.dumps(document).replace("Infinity", "1e400") for document in broken()]
    answers = solver.evaluate(SOLVE, texts)
    said = set()
    for text, answer in zip(texts, answers, strict=True):
        file = tmp_path / "a.json"
        file.write_text(text, encoding="utf-8")
        expected = refusal(file)
        if expected == "-" or (expected or "").startswith(('paper = "fhei"', 'paper = "pose"')):
            continue
        assert answer.get("error") == expected, text
        said.add(expected)
    assert None in said and len(said) > 300
