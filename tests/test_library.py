"""The library: the same instances everywhere, and what is said of them is so."""

import json

import pytest

from mecpapers import instances, library
from mecpapers.cli import main
from mecpapers.library.__main__ import record
from mecpapers.library.recipes import lots

RECORDS = library.records()
SMALL = [name for name, r in RECORDS.items() if r["size"] <= 12]


def splitmix(state):
    """The generator in Python's integers: the next state, and its number."""
    state = (state + 0x9E3779B97F4A7C15) % 2**64
    z = state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return state, z ^ (z >> 31)


def test_the_generator_is_splitmix64():
    assert splitmix(0)[1] == 0xE220A8397B1DCDAF  # the published first number for seed 0
    import hashlib

    state = int.from_bytes(hashlib.sha256(b"name/column").digest()[:8], "big")
    wanted = []
    for _ in range(200):
        state, z = splitmix(state)
        wanted.append(3 + (z >> 32) * 8 // 2**32)
    assert lots("name", "column", 200, 3, 10).tolist() == wanted
    assert set(wanted) == set(range(3, 11))


def test_there_are_sixty_of_all_papers_and_kinds():
    assert set(RECORDS) == set(library.RECIPES) and len(RECORDS) >= 60
    assert {r["paper"] for r in RECORDS.values()} == {"video", "fhei", "pose"}


@pytest.mark.parametrize("name", [name for name, r in RECORDS.items() if r["size"] <= 100_000])
def test_the_numbers_are_those_that_were_solved(name):
    assert library.digest(library.problem(name)) == RECORDS[name]["sha256"]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_consistent(name):
    r = RECORDS[name]
    sign = -1 if r["paper"] == "video" else 1
    assert sign * (r["bound"] - r["best"]) >= 0
    content = {"video": 1e-9, "fhei": 1e-5, "pose": 1e-5}[r["paper"]]
    assert (r["status"] == "proved") == (abs(r["bound"] - r["best"]) <= content * abs(r["best"]))
    assert all(loss is None or loss >= 0 for loss in r["losses"].values())


def check_anew(name):
    known, found = RECORDS[name], record(name)
    sign = -1 if known["paper"] == "video" else 1
    slack = 1e-12 * abs(known["best"])
    assert found["status"] == known["status"]
    assert sign * (known["bound"] - found["best"]) >= -slack and sign * (found["bound"] - known["best"]) >= -slack
    for scheme, loss in known["losses"].items():
        assert (found["losses"][scheme] is None) == (loss is None), scheme
        assert loss is None or found["losses"][scheme] == pytest.approx(loss, rel=0.02, abs=1e-6), scheme


@pytest.mark.parametrize("name", SMALL[::4])
def test_what_is_stored_is_found_anew(name):
    check_anew(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name, r in RECORDS.items() if r["size"] <= 100_000])
def test_all_is_found_anew(name):
    check_anew(name)


def test_the_command_lists_and_solves(capsys, monkeypatch):
    def said(*words):
        monkeypatch.setattr("sys.argv", ["mecpapers", *words])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    code, out, _ = said("library")
    assert code == 0 and len(out.splitlines()) == len(RECORDS) + 1
    assert json.loads(said("library", "--json")[1]) == RECORDS
    code, out, _ = said("solve", "library:pose-mixed-6x10", "--json")
    assert code == 0 and json.loads(out)["objective"] == pytest.approx(RECORDS["pose-mixed-6x10"]["best"], rel=1e-9)
    code, out, err = said("solve", "library:video-mixd-4")
    assert (code, out) == (2, "") and err.endswith("there is no such instance, did you mean video-mixed-4?\n")


@pytest.mark.parametrize("name", [name for name in SMALL if "-kept-" not in name])  # a file has no field for it
def test_an_instance_can_be_written_as_a_file(name, tmp_path):
    problem = library.problem(name)
    instances.write(tmp_path / "a.json", problem)
    again = instances.read(tmp_path / "a.json")
    assert library.digest(again) == library.digest(problem)


def test_a_gap_is_rounded_away_from_the_proof():
    assert [library.outward(g, 1) for g in (1.01e-9, 9.9e-9, 2e-9, 0.0)] == [2e-9, 1e-8, 2e-9, 0.0]
    for name, r in library.records().items():
        assert r["gap"] >= abs(r["best"] - r["bound"]) / abs(r["best"]), name
