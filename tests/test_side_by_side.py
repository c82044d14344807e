"""Every scheme side by side, and the answer as a picture."""

import json
import sys
from pathlib import Path

import pytest

from mecpapers import cli, many
from mecpapers.ledger import PAPERS

BOOK = Path(__file__).parents[1] / "book"
FILES = {paper: BOOK / "instances" / f"{paper}.json" for paper in PAPERS}


@pytest.fixture
def solve(printed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return (stop.value.code or 0, *printed())

    return run


@pytest.mark.parametrize("paper", PAPERS)
def test_every_scheme_has_a_row_as_it_has_alone(solve, paper):
    code, out, err = solve(FILES[paper], "--scheme", "all", "--json")
    rows = json.loads(out)["schemes"]
    assert (code, err) == (0, "") and [row["scheme"] for row in rows] == list(many.schemes_of(paper))
    side, sign = ("lower_bound", 1) if paper == "video" else ("upper_bound", -1)
    bounds = [row[side] for row in rows if side in row]
    for row in rows:
        status, alone, said = solve(FILES[paper], "--scheme", row["scheme"], "--json")
        if "error" in row:
            assert (row["status"], f"mecpapers: {row['error']}\n") == (status, said)
            continue
        assert row["gap"] == pytest.approx(sign * (row["objective"] - (max if sign > 0 else min)(bounds)), abs=1e-12)
        differing = {"seconds", "gap", "means"}
        assert {k: v for k, v in row.items() if k not in differing} == {
            k: v for k, v in json.loads(alone).items() if k not in differing
        }
    code, table, _ = solve(FILES[paper], "--scheme", "all")
    assert code == 0 and [line.split()[0] for line in table.splitlines()[1 : len(rows) + 1]] == [
        row["scheme"] for row in rows
    ]
    assert all(row["error"] in table for row in rows if "error" in row) and "seconds" in table.splitlines()[0]


def test_means_are_those_of_the_devices(solve):
    rows = json.loads(solve(FILES["video"], "--scheme", "all", "--json")[1])["schemes"]
    for row in rows:
        for name in ("delay", "energy", "accuracy"):
            assert row["means"][name] == pytest.approx(sum(row[name]) / 2)
        assert row["means"]["cost"] == pytest.approx(row["objective"] / 2)


def test_the_status_where_none_answers(solve, tmp_path):
    document = json.loads(FILES["video"].read_text())
    document["devices"]["min_accuracy"] = 0.95
    (tmp_path / "a.json").write_text(json.dumps(document))
    code, out, err = solve("a.json", "--scheme", "all")
    assert (code, err) == (3, "") and out.count("infeasible: (13a) device 0 needs") == len(many.schemes_of("video"))
    document = json.loads(FILES["fhei"].read_text()) | {"max_mean_latency": 0.1}
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert solve("a.json", "--scheme", "all")[0] == 2  # inversion-gain lacks its gains: the least status


@pytest.mark.parametrize(("paper", "bounds", "best"), [("video", [-3, -1, -2], -1), ("pose", [5, 3, 4], 3)])
def test_the_gap_is_to_the_best_bound(solve, monkeypatch, paper, bounds, best):
    from dataclasses import replace
    from importlib import import_module

    schemes = import_module(f"mecpapers.{paper}.schemes")
    first = next(iter(schemes.SCHEMES.values()))
    made = {f"s{b}": lambda problem, rng=None, b=b: replace(first(problem), bound=float(b)) for b in bounds}
    monkeypatch.setattr(
        schemes, "SCHEMES", made | {"free": lambda problem, rng=None: replace(first(problem), bound=None)}
    )
    rows = json.loads(solve(FILES[paper], "--scheme", "all", "--json")[1])["schemes"]
    assert [row["gap"] for row in rows] == pytest.approx([abs(rows[0]["objective"] - best)] * 4)


def test_search_goes_to_those_that_have_it(solve):
    code, out, _ = solve(FILES["fhei"], "--scheme", "all", "--limit", "1", "--gap", "0.5", "--json")
    assert code == 0 and json.loads(out)["schemes"][0]["converged"]
    code, out, _ = solve(FILES["pose"], "--scheme", "all", "--limit", "1", "--gap", "0.5", "--json")
    assert code == 0 and json.loads(out)["schemes"][0]["scheme"] == "exact"


def test_all_is_for_one_instance_and_no_sheet(solve, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(json.loads(FILES["pose"].read_text())))
    (tmp_path / "t.csv").write_text("time,phone\n0,3e7\n")
    shared = json.loads(FILES["video"].read_text())
    del shared["devices"]["uplink_rate"], shared["devices"]["channel_gain"]
    (tmp_path / "s.json").write_text(json.dumps(shared))
    code, out, err = solve("t.csv", "--shared", "s.json", "--scheme", "all")
    assert (code, out, err) == (2, "", "mecpapers: --scheme = all: must be left out of many instances\n")
    for words in (["a.jsonl", "--scheme", "all"], [FILES["pose"], "--scheme", "all", "-o", "a.csv"],
                  [FILES["pose"], "--scheme", "all", "--plot", "a.svg"], ["a.jsonl", "--plot", "a.svg"]):  # fmt: skip
        code, out, err = solve(*words)
        assert (code, out) == (2, "") and err.count("\n") == 1 and ("--scheme = all" in err or "--plot" in err)
    assert solve(FILES["pose"], "--scheme", "all", "-o", "b.json")[0] == 0
    assert len(json.loads((tmp_path / "b.json").read_text())["schemes"]) == 8


@pytest.mark.parametrize("paper", PAPERS)
def test_a_picture_is_the_same_each_time(solve, tmp_path, paper):
    for name in ("one.svg", "two.svg"):
        code, out, err = solve(FILES[paper], "--plot", name)
        assert (code, err) == (0, "") and "scheme exact" in out
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert b"<svg" in (tmp_path / "one.svg").read_bytes()


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.SVG", b"<?xml")])
def test_pictures_of_each_kind(solve, tmp_path, name, begins):
    assert solve(FILES["video"], "--plot", name, "-o", "a.json") == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_what_a_picture_shows():
    from mecpapers import figures
    from mecpapers.style import BLUE, ORANGE

    answer = {"offload": [True, False], "frames": [6, 5], "delay": [0.25, 0.5], "objective": 1.0, "name": ["a", "b"]}
    figure = figures.draw(answer, ["$x$", "n" * 50])
    assert [ax.get_ylabel() for ax in figure.axes] == ["frames", "delay\n[s]"]
    assert [[bar.get_height() for bar in ax.patches] for ax in figure.axes] == [[6, 5], [0.25, 0.5]]
    assert [text.get_text() for text in figure.axes[-1].get_xticklabels()] == ["$x$", "n" * 17 + "..."]
    from matplotlib.colors import to_hex

    assert [to_hex(bar.get_facecolor()).upper() for bar in figure.axes[0].patches] == [BLUE, ORANGE]
    assert figures.rendered(figure, "svg").startswith(b"<?xml")
    many_devices = {"offload": [True] * 1000, "frames": [6] * 1000, "delay": [0.0] * 1000}
    assert figures.rendered(figures.draw(many_devices), "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("plot", ["a.txt", "a", ".svg", "missing/a.svg", "a.json.svg", ""])
def test_a_picture_that_cannot_be_is_refused_before_any_work(solve, tmp_path, monkeypatch, plot):
    monkeypatch.setattr(many, "solve", lambda *_: pytest.fail("solved"))
    (tmp_path / "a.json.svg").write_text("{}")
    source = "a.json.svg" if plot == "a.json.svg" else FILES["video"]
    code, out, err = solve(source, "--plot", plot)
    assert (code, out) == (2, "") and err.count("\n") == 1 and "--plot" in err
    code, out, err = solve(FILES["video"], "--plot", "b.svg", "-o", "b.svg")
    assert code == 2 and "--plot" in err and "must not be --output itself" in err
