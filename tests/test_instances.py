"""The instance files' schemas, and the units that are doubted."""

import json
import warnings
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from mecpapers import cli, instances, memory
from mecpapers.ledger import PAPERS
from mecpapers.solution import TooLarge

BOOK = Path(__file__).parents[1] / "book"


def example(paper):
    return json.loads((BOOK / "instances" / f"{paper}.json").read_text())


def places(document, above=()):
    """Every field of a document, by its path."""
    for name, value in document.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from places(value, (*above, name))


def put(document, place, value):
    """The document with another value in a field; ... takes it away."""
    *above, last = place
    inner = document
    for name in above:
        inner = inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return document


def refusal(file):
    """What the reader refuses it for; nothing if it takes it."""
    with warnings.catch_warnings(action="ignore", category=instances.UnitWarning):
        try:
            instances.read(file)
        except ValueError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("paper", PAPERS)
def test_the_book_offers_the_schema(paper):
    assert json.loads((BOOK / "schemas" / f"{paper}.json").read_text()) == instances.schema(paper)
    jsonschema.Draft202012Validator.check_schema(instances.schema(paper))


@pytest.mark.parametrize("paper", PAPERS)
def test_schema_and_reader_refuse_the_same(paper, tmp_path):
    """Each field is taken away, or given a value of each kind; what only rules between fields refuse is left out."""
    validator = jsonschema.Draft202012Validator(instances.schema(paper))
    file = tmp_path / "a.json"
    between = (
        "must be at least",
        "must not exceed",
        "must have as many",
        "must leave C(M)",
        "must add up",
        "must hold",
    )
    seen = {True: 0, False: 0}
    for place in places(example(paper)):
        for value in (..., 0, 1, -1, 0.5, 2.5, "1", True, None, [], {}, [1, "1"], [[1]], [0.5, -1], [0.25, 0.75]):
            document = put(example(paper), place, value)
            file.write_text(json.dumps(document))
            said = refusal(file)
            if not any(words in said for words in between):
                assert validator.is_valid(document) == (said == ""), (place, value, said)
                seen[said == ""] += 1
    assert min(seen.values()) > 10


MISTAKEN = [
    ("video", "devices.uplink_rate", [33, 35], "devices.uplink_rate[0] = 33: is outside 10000 to 1e+11 bit/s"),
    ("video", "devices.frame_bits", 301056 // 8, "devices.frame_bits = 37632"),
    ("video", "devices.transmit_power", 30, "devices.transmit_power = 30: is outside 0.0001 to 5 W"),
    ("video", "devices.max_frequency", 1.8, "devices.max_frequency = 1.8"),
    ("video", "server_frequency", 22, "server_frequency = 22: is outside 1e+08 to 1e+14 cycle/s"),
    ("fhei", "transmit_power", 20, "transmit_power = 20"),
    ("fhei", "device_speed", [3, 1.5], "device_speed[0] = 3"),
    ("fhei", "input_bytes", 0.1, "input_bytes = 0.1"),
    ("pose", "deadline", 100, "deadline = 100: is outside 0.0001 to 10 s"),
    ("pose", "transmission_time", [0.01, 10.4], "transmission_time[1] = 10.4"),
]


@pytest.mark.parametrize(("paper", "name", "value", "words"), MISTAKEN)
def test_a_mistaken_unit_is_doubted_or_refused(paper, name, value, words, tmp_path, monkeypatch, capsys):
    document = put(example(paper), name.split("."), value)
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document))

    def solve(*words):
        monkeypatch.setattr("sys.argv", ["mecpapers", "solve", str(file), *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return (stop.value.code or 0, *capsys.readouterr())

    code, _, err = solve()
    assert code in (0, 3, 4) and err.startswith("mecpapers: warning: ") and words in err
    assert "is the unit right?" in err
    code, out, err = solve("--strict")
    assert (code, out) == (2, "") and err.startswith(f"mecpapers: {words}")


def drawn():
    from mecpapers.fhei import scenario as fhei
    from mecpapers.video import scenario as video

    for module in (video, fhei):
        for name, value in vars(module).items():
            if name.isupper() and hasattr(value, "draw"):
                yield pytest.param(module.__name__.split(".")[1], value.draw(np.random.default_rng(0)), id=name)


@pytest.mark.parametrize(("paper", "problem"), list(drawn()))
def test_what_the_papers_use_is_plausible(paper, problem):
    from importlib import import_module

    for name, (_, low, high) in import_module(f"mecpapers.{paper}.instance").PLAUSIBLE.items():
        for record in (problem, getattr(problem, "devices", None), getattr(problem, "users", None)):
            field = name.removeprefix("devices.").replace("weights.", "weight_")
            values = np.abs(
                np.atleast_1d(getattr(record, field, None) if getattr(record, field, None) is not None else 0)
            )
            assert np.all((values == 0) | ((values >= low) & (values <= high))), name


@pytest.mark.parametrize("paper", PAPERS)
def test_the_books_own_instance_is_plausible(paper):
    instances.read(BOOK / "instances" / f"{paper}.json")  # a warning is an error here


def test_what_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(instances, "LARGEST", 1 << 20)
    (tmp_path / "a.json").write_text(" " * (1 << 20) + "{}")
    with pytest.raises(ValueError, match="must be at most 1 MB"):
        instances.read(tmp_path / "a.json")


def test_a_text_that_would_take_too_much_memory_is_refused_before_it_is_read(monkeypatch):
    """A short number takes 16 times its bytes, an empty object a hundred times."""
    for what, one in (("objects", "{}"), ("lists", "[]")):
        monkeypatch.setattr(instances, "_MOST", {"{": (50, "objects"), "[": (50, "lists")})
        with pytest.raises(ValueError, match=rf"^a.json: has \d+ {what}: must have 50 at most$"):
            instances.parse('{"a": [' + ", ".join([one] * 60) + "]}", "a.json")
    monkeypatch.setattr(memory, "free_bytes", lambda: 1e7)
    with pytest.raises(TooLarge, match=r"^a.json: its 499999 numbers need 0.02 GB of memory: must be at most"):
        instances.parse('{"a": [' + ",".join(["1"] * 500_000) + "]}", "a.json")


def test_short_whole_numbers_are_kept_once():
    values = instances.parse('{"a": [' + ",".join(["7", "8"] * 1000) + "]}", "a.json")["a"]
    assert values[:2] == [7.0, 8.0] and len(set(map(id, values))) == 2
