"""`mecpapers check`: every kind of broken constraint is found, and the gap is to what is proved."""

import copy
import json
import math
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import mecpapers
from mecpapers import checking, cli, instances, many
from mecpapers.ledger import PAPERS

BOOK = Path(__file__).parents[1] / "book"
FILES = {paper: BOOK / "instances" / f"{paper}.json" for paper in PAPERS}
PROBLEMS = {paper: instances.read(file) for paper, file in FILES.items()}
BEST = {paper: many.to_answer(p, many.solve(p, many.Options())) for paper, p in PROBLEMS.items()}


@pytest.fixture
def check(printed, monkeypatch, tmp_path):
    """Check an answer with changes, as JSON or as text; status, output and error."""

    def run(paper, changes=None, *words, text=None, ending="json", instance=None):
        answer = {k: v for k, v in {**copy.deepcopy(BEST[paper]), **(changes or {})}.items() if v is not ...}
        file = tmp_path / f"answer.{ending}"
        file.write_text(json.dumps(answer) if text is None else text)
        monkeypatch.setattr(sys, "argv", ["mecpapers", "check", str(instance or FILES[paper]), str(file), *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return (stop.value.code or 0, *printed())

    return run


@pytest.mark.parametrize("paper", PAPERS)
def test_the_optimum_is_feasible_and_has_no_gap(check, paper):
    code, out, err = check(paper, None, "--json")
    report = json.loads(out)
    assert (code, err, report["feasible"], report["violations"]) == (0, "", True, [])
    assert report["objective"] == pytest.approx(BEST[paper]["objective"], rel=1e-12) == report["optimum"]
    assert report["gap"] == pytest.approx(BEST[paper]["gap"], abs=1e-12)


@pytest.mark.parametrize("paper", PAPERS)
def test_another_scheme_is_as_far_as_it_is(check, paper, tmp_path):
    scheme = {"video": "local", "fhei": "constant", "pose": "device"}[paper]
    own = many.to_answer(PROBLEMS[paper], many.solve(PROBLEMS[paper], many.Options(scheme)))
    code, out, _ = check(paper, own, "--json")
    sign = 1 if paper == "video" else -1
    report = json.loads(out)
    assert code == 0 and report["gap"] > 1e-3
    side = "lower_bound" if paper == "video" else "upper_bound"
    assert report["gap"] == pytest.approx(sign * (own["objective"] - BEST[paper][side]))


BROKEN = {  # constraint -> what breaks it in the best answer, where, and by how much
    "video": {
        "(13a)": ({"frames": [6, 3]}, 1, 1),
        "(13b)": ({"frames": [20, 6]}, 0, 0.25),
        "(13b) whole": ({"frames": [6, 6.25]}, 1, 0.25),
        "(13c)": ({"time_share": [0.75, 0.5]}, None, 0.25),
        "(13d)": ({"edge_frequency": [2.2e10, 1.1e10]}, None, 0.5),
        "(13e)": ({"time_share": [-0.5, 0.5]}, 0, 0.5),
        "(13f)": ({"device_frequency": [0, 2.7e9]}, 1, 0.5),
        "delay is finite": ({"time_share": [0, 0.5]}, 0, math.inf),
    },
    "fhei": {
        "uplink": ({"uplink_share": [0.75, 0.5]}, None, 0.25),
        "downlink": ({"downlink_share": [0.75, 0.5]}, None, 0.25),
        "server": ({"edge_speed": [2e13, 1e13]}, None, 0.5),
        "feature size": ({"feature_bytes": [2.8e6, 7.5e6]}, 1, 0.25),
        "device speed": ({"device_speed": [1e9, 3e9]}, 1, 1),
        "sign": ({"edge_speed": [-1e12, 1e12]}, 0, 1e12),
        "mean latency": ({"edge_speed": [1e11, 1e11]}, None, ...),
        "mean energy": ({"device_speed": [3e9, 1.5e9]}, None, ...),
        "latency is finite": ({"downlink_share": [0, 0.5]}, 0, math.inf),
    },
    "pose": {
        "0 <= lower <= upper <= K": ({"lower": [2, 0], "upper": [1, 3]}, 0, 1 / 3),
        "0 <= lower <= upper <= K below": ({"lower": [-1, 0], "upper": [1, 3]}, 0, 1 / 3),
        "0 <= lower <= upper <= K above": ({"lower": [0, 0], "upper": [1, 6]}, 1, 1),
        "a threshold needs a score": ({"lower": [0, 1], "upper": [3, 2], "device_inference": False}, 1, 1),
        "delay <= deadline": ({"lower": [0, 0], "upper": [3, 3], "transmission_time": "no matter"}, None, ...),
    },
}  # fmt: skip


@pytest.mark.parametrize(("paper", "case"), [(paper, case) for paper, cases in BROKEN.items() for case in cases])
def test_each_kind_of_broken_constraint_is_found(check, paper, case, tmp_path):
    changes, device, excess = BROKEN[paper][case]
    words = []
    if paper == "pose" and "deadline" in case:  # both images take 86.8 ms
        document = json.loads(FILES[paper].read_text()) | {"deadline": 0.08}
        (tmp_path / "instance.json").write_text(json.dumps(document))
        words = [tmp_path / "instance.json"]
        excess = 0.0868 / 0.08 - 1
    name = next(n for n in (case, case.rpartition(" ")[0]) if any(n == v for v in KINDS[paper]))
    code, out, err = check(paper, changes, "--json", instance=words[0] if words else None)
    found = [v for v in json.loads(out)["violations"] if v["constraint"] == name and v["device"] == device]
    assert (code, err, len(found)) == (3, "", 1)
    if excess is not ...:
        assert found[0]["excess"] == (None if excess == math.inf else pytest.approx(excess, rel=1e-9))
    code, out, _ = check(paper, changes, instance=words[0] if words else None)
    assert code == 3 and out.startswith("NOT FEASIBLE") and name in out
    assert device is None or f"{name}, device {device}: excess" in out


KINDS = {
    "video": ["(13a)", "(13b)", "(13c)", "(13d)", "(13e)", "(13f)", "delay is finite"],
    "fhei": [
        "uplink", "downlink", "server", "mean energy", "mean latency", "feature size", "device speed", "sign",
        "latency is finite",
    ],
    "pose": ["0 <= lower <= upper <= K", "a threshold needs a score", "delay <= deadline"],
}  # fmt: skip


@pytest.mark.parametrize("paper", PAPERS)
def test_one_number_moved_agrees_with_violations(paper, monkeypatch):
    """1,000 answers in all; ``violations`` is asked about the arrays themselves."""
    known = checking._optimum(PROBLEMS[paper])
    monkeypatch.setattr(checking, "_optimum", lambda problem: known)
    model = import_module(f"mecpapers.{paper}.model")
    fields = [name for name in model.Allocation.__dataclass_fields__ if name in BEST[paper]]
    vectors = [name for name in fields if isinstance(BEST[paper][name], list)]
    rng, count = np.random.default_rng(0), {3: 0, 0: 0}
    dtype = {"offload": bool, "lower": int, "upper": int}
    for _ in range(334):
        name, n = rng.choice(vectors), int(rng.integers(2))
        values = list(BEST[paper][name])
        if dtype.get(name) is bool:
            values[n] = not values[n]
        elif dtype.get(name) is int:
            values[n] = int(rng.integers(-1, 5))
        else:
            values[n] *= float(rng.choice([0, -1, 0.5, 1 - 1e-6, 1 - 1e-12, 1, 1 + 1e-12, 1 + 1e-8, 1.5, 30]))
        moved = {k: BEST[paper][k] for k in fields} | {name: values}
        arrays = {k: np.array(v, dtype=dtype.get(k, float)) if isinstance(v, list) else v for k, v in moved.items()}
        with np.errstate(all="ignore"):
            meant = model.violations(PROBLEMS[paper], model.Allocation(**arrays))
        report = mecpapers.check(PROBLEMS[paper], json.loads(json.dumps(moved), parse_int=float))
        infinite = [v for v in report.violations if v.constraint.endswith("is finite")]
        assert (*(v for v in report.violations if v not in infinite),) == meant
        assert all(v.excess == math.inf for v in infinite)
        if report.feasible:
            assert report.gap >= -1e-9
        count[0 if report.feasible else 3] += 1
    assert min(count.values()) > 20


@pytest.mark.parametrize(
    ("paper", "changes", "words"),
    [
        ("video", {"frames": ...}, "frames is missing: must be given"),
        ("video", {"frames": ..., "frame": [6, 6]}, "frames is missing: must be given, not frame"),
        ("video", {"frames": [6]}, "frames has 1 values: must have as many as the instance has devices, 2"),
        (
            "fhei",
            {"edge_speed": [1e12] * 3},
            "edge_speed has 3 values: must have as many as the instance has devices, 2",
        ),
        ("video", {"frames": 6}, "frames = 6: must be a list, a number a device"),
        ("video", {"frames": [6, "6"]}, 'frames[1] = "6": must be a number, not a string'),
        ("video", {"time_share": [0.5, float("nan")]}, "time_share[1] = nan: must be finite"),
        ("video", {"time_share": [0.5, True]}, "time_share[1] = true: must be a number, not a boolean"),
        ("video", {"offload": [2, 1]}, "offload[0] = 2: must be true or false"),
        ("video", {"offload": ["yes", 1]}, 'offload[0] = "yes": must be true or false'),
        ("video", {"offload": [[1], 1]}, "offload[0] = [1.0]: must be true or false"),
        ("pose", {"lower": [0.5, 0]}, "lower[0] = 0.5: must be a whole number"),
        ("pose", {"lower": [1e300, 0]}, "lower[0] = 1e+300: must be a whole number, at most"),
        ("pose", {"device_inference": "no"}, 'device_inference = "no": must be true or false'),
    ],
)
def test_what_is_no_answer_is_refused_in_one_line(check, paper, changes, words):
    code, out, err = check(paper, changes)
    assert (code, out) == (2, "") and err.count("\n") == 1 and words in err


HEAD = "name,offload,frames,time_share,edge_frequency [GHz],device_frequency\n"
SHEETS = {
    "as it is": (HEAD + "a,true,6,0.5,11,0\nb,TRUE,6,0.5,11,0\n", 0, "feasible: every"),
    "numbers for words": (HEAD + "a,1,6,0.5,11,0\nb,0,5,0,0,1e9\n", 0, "feasible: every"),
    "other columns": ("offload,frames,time_share [%],edge_frequency,device_frequency,my own [x],a[0],?\n"
                      "1,6,50,1e9,0,x,y,z\n1,6,50,1e9,0,,,\n", 0, "feasible: every"),
    "a word": (HEAD + "a,1,6,0.5,11,0\nb,0,five,0,0,1e9\n", 2, 'row 3, column frames = "five": must be a number'),
    "neither": (HEAD + "a,2,6,0.5,11,0\nb,0,5,0,0,1e9\n", 2, "row 2, column offload = 2: must be true or false"),
    "infinite": (HEAD + "a,1,6,1e999,11,0\nb,0,5,0,0,1e9\n", 2, "row 2, column time_share = inf: must be finite"),
    "empty": (HEAD + "a,1,6,,11,0\nb,0,5,0,0,1e9\n", 2, "row 2, column time_share: is empty"),
    "short": (HEAD + "a,1,6,0.5,11,0\n", 2, "offload has 1 values: must have as many as the instance has devices, 2"),
    "missing": ("offload,frame\n1,6\n1,6\n", 2, "frames is missing: must be given"),
    "twice": (HEAD.replace("name", "frames") + "1,1,6,0.5,11,0\n1,0,5,0,0,1\n", 2, "column frames is given twice"),
    "unit": (HEAD.replace("GHz", "GB") + "a,1,6,0.5,11,0\nb,0,5,0,0,1\n", 2, "its unit must be one of cycle/s, Hz"),
    "broken": (HEAD + "a,1,6,0.75,11,0\nb,1,6,0.5,11,0\n", 3, "(13c): excess 0.25"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHEETS)
def test_answers_as_sheets(check, case):
    text, status, words = SHEETS[case]
    code, out, err = check("video", text=text, ending="csv")
    assert code == status and words in out + err
    assert (out == "") == (code == 2) == (err.count("\n") == 1)


@pytest.mark.parametrize("paper", PAPERS)
def test_an_answer_that_solve_wrote_is_judged_the_same(check, paper, tmp_path):
    from mecpapers import sheets

    for scheme in many.schemes_of(paper):
        if scheme != "inversion-gain":  # the instance has no gains
            own = many.to_answer(PROBLEMS[paper], many.solve(PROBLEMS[paper], many.Options(scheme)))
            one = check(paper, own, "--json")
            other = check(paper, text=sheets.write(own, None), ending="csv")
            assert one[0] == other[0] == 0
            assert f"{json.loads(one[1])['objective']:.9g}" in other[1]


def test_rows_in_another_order_are_refused(check, tmp_path):
    sheet = tmp_path / "devices.csv"
    shared = json.loads(FILES["video"].read_text())
    del shared["devices"]["uplink_rate"], shared["devices"]["channel_gain"]
    (tmp_path / "s.json").write_text(json.dumps(shared))
    sheet.write_text("name,uplink_rate\na,3.3e7\nb,3.5e7\n")
    rows = ["a,1,6,0.5,11,0\n", "b,1,6,0.5,11,0\n"]
    words = ("--shared", str(tmp_path / "s.json"))
    code, out, _ = check("video", None, *words, text=HEAD + rows[0] + rows[1], ending="csv", instance=sheet)
    assert code == 0 and "feasible" in out
    code, _, err = check("video", None, *words, text=HEAD + rows[1] + rows[0], ending="csv", instance=sheet)
    assert code == 2 and "its names must be those of the instance, in the same order" in err
    rows[1] = "b,1,3,0.5,11,0\n"
    code, out, _ = check("video", None, *words, text=HEAD + rows[0] + rows[1], ending="csv", instance=sheet)
    assert code == 3 and "(13a), device 1 (b): excess 1\n" in out


def test_an_infeasible_instance_has_no_optimum(check, tmp_path):
    document = json.loads(FILES["video"].read_text())
    document["devices"]["min_accuracy"] = 0.95
    (tmp_path / "instance.json").write_text(json.dumps(document))
    code, out, _ = check("video", instance=tmp_path / "instance.json")
    assert code == 3 and "no proved optimum: infeasible: (13a) device 0" in out
    code, out, _ = check("video", None, "--json", instance=tmp_path / "instance.json")
    assert code == 3 and json.loads(out)["no_optimum"].startswith("infeasible")


@pytest.mark.parametrize("paper", PAPERS)
def test_what_python_holds_is_taken(paper):
    """Whole numbers, arrays, and an allocation itself."""
    meant = mecpapers.check(PROBLEMS[paper], json.loads(json.dumps(BEST[paper]), parse_int=float))
    arrays = {name: np.array(v) if isinstance(v, list) else v for name, v in BEST[paper].items()}
    solution = many.solve(PROBLEMS[paper], many.Options()).solution
    for answer in (BEST[paper], arrays, solution.allocation):
        report = mecpapers.check(PROBLEMS[paper], answer)
        assert report.feasible and report.objective == meant.objective and report.gap == meant.gap


def test_usage(check, tmp_path, monkeypatch, printed):
    for words, said in ((["check", "a.json"], "ANSWER"), (["check", FILES["pose"], "none.json"], "cannot be read")):
        monkeypatch.setattr(sys, "argv", ["mecpapers", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code == 2 and said in printed()[1]
