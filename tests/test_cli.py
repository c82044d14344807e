"""The command line's contract: answers, tables, one-line refusals, exit status, nothing half written."""

import copy
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mecpapers import cli
from mecpapers.video.schemes import SCHEMES

ROOT = Path(__file__).parents[1]
EXAMPLE = json.loads((ROOT / "book" / "instances" / "video.json").read_text())


@pytest.fixture
def command(printed, monkeypatch):
    """Run the command in this process; return its exit status, standard output and standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["mecpapers", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = printed()
        return stop.value.code or 0, out, err

    return run


@pytest.fixture
def instance(tmp_path):
    """Write an instance file, changed by {"devices.uplink_rate": value}; ... removes a field."""

    def write(changes=None, text=None):
        document = copy.deepcopy(EXAMPLE)
        for path, value in (changes or {}).items():
            *parents, last = path.split(".")
            place = document
            for parent in parents:
                place = place[parent]
            if value is ...:
                del place[last]
            else:
                place[last] = value
        file = tmp_path / "instance.json"
        file.write_text(json.dumps(document) if text is None else text, encoding="utf-8")
        return file

    return write


def refused(result, status, *words):
    code, out, err = result
    assert code == status, err
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("mecpapers: ")
    for word in words:
        assert word in err
    return err


@pytest.mark.parametrize("scheme", ["local", "edge"])
def test_json_has_the_contracts_fields(command, instance, scheme):
    code, out, err = command("solve", instance(), "--scheme", scheme, "--json")
    answer = json.loads(out)
    assert code == 0 and err == ""
    assert set(answer) >= {
        "scheme", "objective", "converged", "seconds", "offload", "frames", "time_share", "edge_frequency",
        "device_frequency", "delay", "energy", "accuracy",
    }  # fmt: skip
    assert answer["scheme"] == scheme and answer["converged"] is True
    edge = scheme == "edge"
    assert answer["offload"] == [edge, edge]
    assert all(isinstance(m, int) for m in answer["frames"])
    assert sum(answer["time_share"]) == pytest.approx(float(edge))
    assert sum(answer["edge_frequency"]) == pytest.approx(2.2e10 * edge)
    assert (max(answer["device_frequency"]) == 0) == edge
    weighed = zip(answer["delay"], answer["energy"], answer["accuracy"], strict=True)
    assert answer["objective"] == pytest.approx(sum(0.2 * d + 0.2 * e - 0.6 * a for d, e, a in weighed), rel=1e-12)


def test_the_answer_by_hand(command, instance):
    """Local by Theorem 1: f = (0.5 / 1e-28)^(1/3), five frames, C = 3.2606e9 MAC."""
    _, out, _ = command("solve", instance(), "--scheme", "local", "--json")
    answer = json.loads(out)
    assert answer["device_frequency"][0] == pytest.approx(0.5 ** (1 / 3) * 1e28 ** (1 / 3))
    assert answer["frames"] == [5, 5]
    assert answer["delay"][0] == pytest.approx(0.12 * 3.2606e9 / 1.709976e9, rel=1e-6)
    assert answer["energy"][0] == pytest.approx(0.5 * answer["delay"][0])


def test_the_table_has_units_and_a_line_a_device(command, instance):
    code, out, _ = command("solve", instance(), "--scheme", "edge")
    lines = out.splitlines()
    assert code == 0
    assert all(word in lines[0] for word in ("delay, s", "energy, J", "GHz", "accuracy"))
    assert [line.split()[:2] for line in lines[1:3]] == [["0", "edge"], ["1", "edge"]]
    assert "objective -0.99908533" in out


def test_output_goes_to_a_file_whole(command, instance, tmp_path):
    target = tmp_path / "answer.json"
    code, out, _ = command("solve", instance(), "--scheme", "edge", "-o", target)
    assert code == 0 and out == ""
    assert json.loads(target.read_text())["scheme"] == "edge"
    before = target.read_text()
    refused(command("solve", instance({"time_budget": -1}), "--scheme", "edge", "-o", target), 2, "time_budget")
    assert target.read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answer.json", "instance.json"]


@pytest.mark.parametrize("out", ["missing/answer.json", ".", "instance.json", "pipe"])
def test_an_output_that_cannot_be_written_is_refused(command, instance, tmp_path, out):
    os.mkfifo(tmp_path / "pipe")
    refused(command("solve", instance(), "--scheme", "edge", "-o", tmp_path / out), 2, "--output")
    assert json.loads((tmp_path / "instance.json").read_text()) == EXAMPLE
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_is_followed_not_replaced(command, instance, tmp_path):
    (tmp_path / "real.json").write_text("before")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert command("solve", instance(), "--scheme", "edge", "-o", tmp_path / "link.json")[0] == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["scheme"] == "edge"


EXTREME = {
    "rate": {"devices.uplink_rate": 5e-324},
    "fast": {"devices.uplink_rate": 1e300},
    "server": {"server_frequency": 1e-300},
    "rho": {"cycles_per_mac": 1e300},
    "weight": {"weights.delay": 1e300},
    "clock": {"devices.max_frequency": 1e-300},
    "negative zero": {"weights.energy": -0.0, "devices.transmit_power": -0.0},
    "many frames": {"devices.min_frames": 2.0**65, "devices.max_frames": 2.0**66},
    "kappa": {"devices.energy_coefficient": 1e300},
    "frames": {"devices.max_frames": 1e5, "weights.accuracy": 1e12},
    "free": {"weights.energy": 0, "weights.accuracy": 0},
    "pinned": {"devices.min_frames": 16},
    "offset": {"devices.macs_offset": -4e8},
    "no offset": {"devices.macs_offset": 0},
    "one": {"devices.uplink_rate": [3e7], "devices.channel_gain": 1e-12},
    "hundred": {"devices.uplink_rate": [3e7] * 100, "devices.channel_gain": 1e-12},
}


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name != "search-search"])
@pytest.mark.parametrize("case", EXTREME)
def test_extremes_give_an_answer_or_one_line(command, instance, case, scheme):
    code, out, err = command("solve", instance(EXTREME[case]), "--scheme", scheme, "--json")
    if code in (0, 4):
        assert err == ""
        assert math.isfinite(json.loads(out)["objective"])
    else:
        refused((code, out, err), 2, "must be")


BAD = {
    "missing top": ({"server_frequency": ...}, "server_frequency is missing"),
    "missing device": ({"devices.uplink_rate": ...}, "devices.uplink_rate is missing"),
    "missing weight": ({"weights.energy": ...}, "weights.energy is missing"),
    "unknown top": ({"colour": 1}, "colour is unknown"),
    "unknown device": ({"devices.colour": 1}, "devices.colour is unknown"),
    "unknown weight": ({"weights.colour": 1}, "weights.colour is unknown"),
    "no paper": ({"paper": ...}, "paper is missing"),
    "other paper": ({"paper": "audio"}, 'paper = "audio"'),
    "paper a list": ({"paper": ["video"]}, "paper ="),
    "negative rate": ({"devices.uplink_rate": [3e7, -1.0]}, "devices.uplink_rate[1] = -1: must not be negative"),
    "zero gain": ({"devices.channel_gain": 0}, "devices.channel_gain = 0: must be positive"),
    "unequal": ({"devices.channel_gain": [1e-12, 1e-12, 1e-12]}, "devices.channel_gain has 3 values"),
    "empty": ({"devices.uplink_rate": []}, "devices.uplink_rate = []: must hold at least one device"),
    "fraction of a frame": ({"devices.max_frames": 16.5}, "devices.max_frames = 16.5: must be a whole number"),
    "no frames": ({"devices.max_frames": 0}, "devices.max_frames = 0"),
    "min above max": ({"devices.min_frames": [2, 17]}, "devices.min_frames[1] = 17: must not exceed max_frames"),
    "string": ({"devices.transmit_power": "1"}, 'devices.transmit_power = "1": must be a number, not a string'),
    "string in list": ({"devices.uplink_rate": [1e7, "2"]}, 'devices.uplink_rate[1] = "2": must be a number'),
    "boolean": ({"devices.transmit_power": True}, "devices.transmit_power = true: must be a number, not a boolean"),
    "boolean in list": ({"devices.uplink_rate": [1e7, False]}, "devices.uplink_rate[1] = false"),
    "null": ({"devices.transmit_power": None}, "devices.transmit_power = null"),
    "nested": ({"devices.uplink_rate": [[1e7]]}, "devices.uplink_rate[0] = [10000000.0]: must be a number, not a list"),
    "object": ({"devices.uplink_rate": {"a": 1}}, "devices.uplink_rate ="),
    "devices a list": ({"devices": [1]}, "devices = [1.0]: must be an object"),
    "weights a number": ({"weights": 1}, "weights = 1: must be an object"),
    "list for a scalar": (
        {"server_frequency": [1e9, 1e9]},
        "server_frequency = [1000000000.0, 1000000000.0]: must be a number",
    ),
    "reading": ({"local_energy": "eq8"}, "local_energy = 'eq8': must be one of eq7, eq31"),
    "reading a number": ({"local_energy": 7}, "local_energy = 7: must be a string"),
    "weight zero": ({"weights.delay": 0}, "weights.delay = 0: must be positive"),
    "weight negative": ({"weights.accuracy": -0.1}, "weights.accuracy = -0.1: must not be negative"),
    "accuracy above one": ({"devices.min_accuracy": 1.2}, "devices.min_accuracy = 1.2: must lie between 0 and 1"),
    "huge integer": ({"devices.uplink_rate": 10**400}, "devices.uplink_rate ="),
    "no complexity": ({"devices.macs_offset": -4e9}, "devices.macs_offset[0] = -4000000000"),
    "no budget": ({"time_budget": 0}, "time_budget = 0: must be positive"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_line(command, instance, tmp_path, case):
    changes, words = BAD[case]
    target = tmp_path / "out.json"
    refused(command("solve", instance(changes), "--scheme", "edge", "--json", "-o", target), 2, words)
    assert not target.exists()


LONG = {
    "a word": ({"local_energy": "x" * 5_000}, (), "must be one of eq7, eq31"),
    "words": ({"local_energy": "x " * 5_000}, (), "must be one of eq7, eq31"),
    "digits": ({}, ("--limit", "1" * 5_000), "--limit"),
    "a scheme": ({}, ("--scheme", "y" * 5_000), "must be one of"),
    "an option": ({}, ("--" + "z" * 5_000,), "No such option"),
    "paths": ({}, ("--output", "/a" * 5_000), "too long"),
}


@pytest.mark.parametrize("case", LONG)
def test_a_value_of_any_length_leaves_the_line_readable(command, instance, case):
    changes, options, words = LONG[case]
    assert len(refused(command("solve", instance(changes), *options), 2, words)) < 1_100


TEXTS = {
    "NaN": (json.dumps(EXAMPLE).replace("22000000000.0", "NaN"), "server_frequency = nan: must be finite"),
    "infinity": (json.dumps(EXAMPLE).replace("22000000000.0", "Infinity"), "server_frequency = inf: must be finite"),
    "too large": (json.dumps(EXAMPLE).replace("22000000000.0", "1e999"), "server_frequency = inf: must be finite"),
    "duplicate": (json.dumps(EXAMPLE)[:-1] + ', "time_budget": 1.0}', "time_budget is given twice"),
    "not JSON": ("devices: 3", "is not JSON"),
    "cut off": (json.dumps(EXAMPLE)[:-20], "is not JSON"),
    "not an object": ("[1, 2]", "must be a JSON object, not a list"),
    "empty": ("", "is not JSON"),
    "duplicate device field": (
        json.dumps(EXAMPLE).replace('"max_frames": 16', '"max_frames": 16, "max_frames": 16'),
        "devices.max_frames is given twice",
    ),
    "empty name": (json.dumps(EXAMPLE)[:-1] + ', "": 1}', '"" is unknown'),
    "deep": ('{"paper":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "deep list": ('{"paper": "video", "devices": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    "digits": ('{"paper": ' + "1" * 5000 + "}", "paper"),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_a_broken_file_is_refused_in_one_line(command, instance, case):
    text, words = TEXTS[case]
    assert "22000000000.0" in json.dumps(EXAMPLE)
    refused(command("solve", instance(text=text), "--scheme", "edge"), 2, words)


def test_a_file_that_is_not_there(command, tmp_path):
    refused(command("solve", tmp_path / "nowhere.json", "--scheme", "edge"), 2, "nowhere.json: cannot be read")
    refused(command("solve", tmp_path, "--scheme", "edge"), 2, "cannot be read")


def test_binary_is_not_json(command, tmp_path):
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    refused(command("solve", tmp_path / "b.json", "--scheme", "edge"), 2, "UTF-8")


def test_an_accuracy_out_of_reach_is_infeasible(command, instance, tmp_path):
    target = tmp_path / "out.json"
    changes = {"devices.min_accuracy": [0.86, 0.95]}
    result = command("solve", instance(changes), "--scheme", "local", "-o", target)
    refused(result, 3, "(13a)", "device 1", "0.95", "0.941")
    assert not target.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "a command is missing"),
        (("sole",), "sole"),
        (("solve",), "FILE.json"),
        (("solve", "x.json", "--shceme", "edge"), "--shceme"),
        (("schemes", "audio"), "PAPER = audio: must be one of video"),
        (("claims", "--paper", "audio"), "--paper = audio"),
    ],
)
def test_usage_is_refused_in_one_line(command, words, message):
    refused(command(*words), 2, message)


@pytest.mark.parametrize(
    ("paper", "words", "message"),
    [
        (
            "video",
            ["--scheme", "admm", "--limit", "5"],
            "--limit = 5: must be left out for admm; exact, prices have it",
        ),
        ("pose", ["--gap", "0.1", "--scheme", "device"], "--gap = 0.1: must be left out for device; exact have it"),
        ("video", ["--gap", "nan"], "--gap = nan: must be a number"),
        ("fhei", ["--gap", "nan"], "--gap = nan: must be a number"),
        ("fhei", ["--gap", "2"], "'--gap'"),
        ("video", ["--limit", "0"], "'--limit'"),
    ],
)
def test_gap_and_limit_are_refused_in_one_line(command, paper, words, message):
    refused(command("solve", ROOT / "book" / "instances" / f"{paper}.json", *words), 2, message)


@pytest.mark.parametrize("paper", ["video", "fhei", "pose"])
def test_a_limit_may_be_any_whole_number(command, paper):
    code, out, err = command("solve", ROOT / "book" / "instances" / f"{paper}.json", "--limit", 10**30, "--json")
    assert (code, err) == (0, "") and json.loads(out)["converged"]


def test_an_unknown_scheme_names_the_known(command, instance):
    refused(command("solve", instance(), "--scheme", ""), 2, "--scheme = : must be one of exact")
    refused(command("solve", instance(), "--scheme", "best"), 2, "--scheme = best", "local", "edge")
    refused(command("solve", instance(), "--scheme", "edge", "--seed", "-1"), 2, "seed")


def test_not_converged_is_marked_and_printed(command, instance, monkeypatch):
    from dataclasses import replace

    from mecpapers.video import schemes

    def capped(problem, *, rng=None):
        return replace(schemes.edge(problem), ended="cap")

    monkeypatch.setattr(schemes, "SCHEMES", {"capped": capped})
    code, out, _ = command("solve", instance(), "--scheme", "capped", "--json")
    assert code == 4 and json.loads(out)["converged"] is False
    code, out, _ = command("solve", instance(), "--scheme", "capped")
    assert code == 4 and "NOT CONVERGED" in out


def test_schemes_are_listed_a_line_each(command):
    code, out, _ = command("schemes", "video")
    assert code == 0
    assert {line.split()[1] for line in out.splitlines()} >= {"local", "edge"}
    assert all(len(line.split()) > 4 for line in out.splitlines())


def test_claims_as_json(command):
    code, out, _ = command("claims", "radio-frame", "gp-convex", "--paper", "video", "--json")
    rows = json.loads(out)
    assert code == 0 and [row["key"] for row in rows] == ["radio-frame", "gp-convex"]
    for row in rows:
        assert set(row) >= {"key", "paper", "where", "published", "measured", "tolerance", "verdict", "note"}
        assert row["relation"] and row["basis"]
    assert [(row["verdict"], row["measured"]) for row in rows[:1]] == [("UNCHECKABLE", None)]
    assert math.isfinite(rows[1]["measured"])
    code, out, _ = command("claims", "radio-frame")
    assert code == 0 and "radio-frame" in out and "$" not in out and "gp-convex" not in out


def test_an_unknown_claim_is_refused_before_anything_is_measured(command):
    refused(command("claims", "radio-frame", "nonsense"), 2, "KEY = nonsense")
    refused(command("claims", "radio-frame", "--paper", "fhei"), 2, "must be the key of a claim of fhei;")
    refused(command("claims", "loads", "--paper", "video"), 2, "KEY = loads")


def test_the_version_is_printed(command):
    code, out, _ = command("--version")
    assert code == 0 and re.fullmatch(r"mecpapers \d+(\.\d+)+", out.strip())


def test_the_installed_command_runs(tmp_path):
    done = subprocess.run(
        [Path(sys.executable).with_name("mecpapers"), "solve", ROOT / "book/instances/video.json",
         "--scheme=edge", "--json"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads(done.stdout)["frames"] == [6, 6]


def test_run_refuses_before_running(command, tmp_path, monkeypatch):
    import papermill

    monkeypatch.setattr(papermill, "execute_notebook", lambda *_, **__: pytest.fail("ran"))
    notebook = ROOT / "notebooks/video/04-theorem-2.ipynb"
    refused(command("run", notebook, "-p", "n_device=4"), 2, "n_device", "n_devices")
    refused(command("run", notebook, "-p", "n_devices=four"), 2, "n_devices", "four")
    refused(command("run", notebook, "-p", "n_devices=4.5"), 2, "n_devices")
    refused(command("run", notebook, "-p", "n_devices"), 2, "n_devices")
    refused(command("run", tmp_path / "no.ipynb"), 2, "no.ipynb")
    refused(command("run", notebook, "-o", notebook), 2, "input itself")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def executed(monkeypatch, tmp_path):
    """Put the kernel aside: a run copies its notebook, or fails with what the test sets."""
    from mecpapers.companion import execute

    failure = []

    def run(source, target, values):
        if failure:
            raise failure[0]
        target.write_text(f"{json.loads(source.read_text())['cells'][1]['source']} {values}")

    monkeypatch.setattr(execute, "run", run)
    monkeypatch.chdir(tmp_path)
    return failure


def test_runs_of_two_notebooks_or_parameters_never_meet(command, executed, tmp_path):
    fhei, pose = (ROOT / f"notebooks/{paper}/05-results.ipynb" for paper in ("fhei", "pose"))
    (name,) = [n for n in ("n_drops",) if f"{n}: int" in fhei.read_text()]
    runs = [(fhei,), (pose,), (fhei, "-p", f"{name}=3"), (fhei, "-p", f"{name}=4")]
    written = [command("run", *words)[1].strip() for words in runs]
    assert written == [
        "_build/runs/fhei/05-results.ipynb",
        "_build/runs/pose/05-results.ipynb",
        "_build/runs/fhei/05-results+n_drops=3.ipynb",
        "_build/runs/fhei/05-results+n_drops=4.ipynb",
    ]
    assert len({(tmp_path / path).read_text() for path in written}) == 4
    for folder in ("notebooks/mine", "yours", "notebooks"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "a.ipynb").write_text(fhei.read_text())
    outputs = [command("run", f"{folder}/a.ipynb")[1].strip() for folder in ("notebooks/mine", "yours", "notebooks")]
    assert outputs == ["_build/runs/mine/a.ipynb", "_build/runs/yours/a.ipynb", "_build/runs/a.ipynb"]


@pytest.mark.parametrize("form", ["xlsx", "ODS", "parquet", "tsv"])
def test_a_spreadsheet_in_another_form_is_told_to_be_csv(command, tmp_path, monkeypatch, form):
    """Not that its options belong to a spreadsheet, nor a text table under a workbook's name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"a.{form}").write_bytes(b"PK\x03\x04")
    video = ROOT / "book/instances/video.json"
    for words in (
        ("solve", f"a.{form}"),
        ("solve", f"a.{form}", "--shared", video),
        ("solve", video, "-o", f"a.{form}"),
        ("check", video, f"a.{form}"),
    ):
        refused(command(*words), 2, f"a.{form}: must be CSV where it is a spreadsheet")
    assert (tmp_path / f"a.{form}").read_bytes() == b"PK\x03\x04"


def test_a_page_never_replaces_its_run_and_its_place_is_tried_before(command, executed, tmp_path, monkeypatch):
    from mecpapers.companion import execute

    monkeypatch.setattr(execute, "run", lambda *_: pytest.fail("ran"))
    notebook = ROOT / "notebooks/video/10-figure-5.ipynb"
    refused(command("run", notebook, "-o", "a.html", "--html"), 2, "--output = a.html")
    (tmp_path / "b.html").mkdir()
    refused(command("run", notebook, "-o", "b.ipynb", "--html"), 2, "--output = b.html: must be a plain file")
    refused(command("run", notebook, "-o", ""), 2, "--output = .: must be a plain file")


def test_the_page_of_many_runs_has_a_name_that_a_disk_takes(command, executed, tmp_path, monkeypatch):
    from mecpapers.companion import rerun

    monkeypatch.setattr(rerun, "to_html", lambda runs, page, sets: page.touch())
    values = [word for k in range(1, 31) for word in ("-p", f"n_drops={k}")]
    code, out, _ = command("run", ROOT / "notebooks/video/10-figure-5.ipynb", *values, "--html")
    *runs, page = out.split()
    assert code == 0 and len(runs) == 30 and len(Path(page).name) < 150 and (tmp_path / page).exists()


@pytest.mark.parametrize(
    ("name", "words", "status"),
    [
        ("ValueError", ["-p", "n_drops=3"], 2),
        ("Infeasible", ["-p", "n_drops=3"], 3),
        ("KeyError", ["-p", "n_drops=3"], 1),
        ("ValueError", [], 1),  # nobody gave a value: the notebook failed by itself
        ("Infeasible", [], 1),
    ],
)
def test_status_of_a_failing_notebook(command, executed, name, words, status):
    from mecpapers.companion.execute import NotebookError

    notebook = ROOT / "notebooks/fhei/05-results.ipynb"
    executed.append(NotebookError(notebook, 3, name, "first\nsecond"))
    refused(command("run", notebook, *words), status, "05-results.ipynb: cell 3", "first")


def test_any_failure_of_a_run_is_one_line(command, executed):
    notebook = ROOT / "notebooks/fhei/05-results.ipynb"
    executed.append(AttributeError("of another library\nin two lines"))
    refused(command("run", notebook), 1, "05-results.ipynb", "AttributeError", "of another library")
    executed[0] = KeyboardInterrupt()
    refused(command("run", notebook), 130, "interrupted")
