"""Many instances in a file: a line each, whatever becomes of the others; the same with more jobs, or in two runs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mecpapers
from mecpapers import cli, instances, many
from mecpapers.ledger import PAPERS

BOOK = Path(__file__).parents[1] / "book"
EXAMPLES = {paper: json.loads((BOOK / "instances" / f"{paper}.json").read_text()) for paper in PAPERS}
LATE = {**EXAMPLES["fhei"], "max_mean_latency": 0.1}


@pytest.fixture
def command(printed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["mecpapers", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return (stop.value.code or 0, *printed())

    return run


def video(k):
    """An instance of Paper I, another for each k."""
    devices = {**EXAMPLES["video"]["devices"], "uplink_rate": [3e7 + 1e4 * k, 3.5e7]}
    return {**EXAMPLES["video"], "devices": devices, "about": {"name": f"no. {k}"}}


def write(path, documents):
    path.write_text("".join((d if isinstance(d, str) else json.dumps(d)) + "\n" for d in documents))


def test_a_line_each_in_order_with_its_status(command, tmp_path):
    write(tmp_path / "a.jsonl", [EXAMPLES["video"], "{", EXAMPLES["fhei"], LATE, "", EXAMPLES["pose"], "[1]"])
    code, out, err = command("solve", "a.jsonl")
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (2, "")
    assert [a.get("status", 0) for a in answers] == [0, 2, 0, 3, 2, 0, 2]
    assert "line 2: is not JSON" in answers[1]["error"] and "line 5: is not JSON" in answers[4]["error"]
    assert answers[3]["error"].startswith("infeasible: max_mean_latency = 0.1 s")
    for paper, answer in zip(("video", "fhei", "pose"), (answers[0], answers[2], answers[5]), strict=True):
        alone = json.loads(command("solve", BOOK / "instances" / f"{paper}.json", "--json")[1])
        assert "seconds" not in answer and alone | {"seconds": 0} == answer | {"seconds": 0}


@pytest.mark.parametrize(
    ("documents", "status"),
    [([EXAMPLES["fhei"]], 0), ([EXAMPLES["fhei"], LATE], 3), ([LATE, {}], 2), ([{}, EXAMPLES["pose"]], 2)],
)
def test_the_status_is_the_least_of_the_lines(command, tmp_path, documents, status):
    write(tmp_path / "a.jsonl", documents)
    assert command("solve", "a.jsonl", "-o", "b.jsonl") == (status, "", "")
    assert len((tmp_path / "b.jsonl").read_text().splitlines()) == len(documents)


def test_what_has_not_converged_counts_as_4(command, tmp_path, monkeypatch):
    from dataclasses import replace

    from mecpapers.video import schemes

    monkeypatch.setattr(schemes, "SCHEMES", {"capped": lambda p, rng=None: replace(schemes.edge(p), ended="cap")})
    write(tmp_path / "a.jsonl", [EXAMPLES["video"]])
    code, out, _ = command("solve", "a.jsonl")
    assert code == 4 and json.loads(out)["converged"] is False


def test_a_fault_of_ours_is_one_line_too(command, tmp_path, monkeypatch):
    from mecpapers.video import schemes

    monkeypatch.setattr(schemes, "SCHEMES", {"broken": lambda p, rng=None: 1 // 0})
    write(tmp_path / "a.jsonl", [EXAMPLES["video"], EXAMPLES["pose"]])
    code, out, _ = command("solve", "a.jsonl")
    assert code == 1 and json.loads(out.splitlines()[0])["error"].startswith("ZeroDivisionError")
    assert json.loads(out.splitlines()[1])["converged"]


def test_a_thousand_instances_one_broken(command, tmp_path):
    documents = [video(k) for k in range(1000)]
    documents[617]["devices"]["uplink_rate"][1] = -1
    write(tmp_path / "a.jsonl", documents)
    assert command("solve", "a.jsonl", "-o", "one.jsonl") == (2, "", "")
    answers = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text().splitlines()]
    assert [k for k, a in enumerate(answers) if "error" in a] == [617]
    assert answers[617] == {"error": "devices.uplink_rate[1] = -1: must not be negative", "status": 2}
    assert [a["name"] for k, a in enumerate(answers) if k != 617] == [f"no. {k}" for k in range(1000) if k != 617]
    assert command("solve", "a.jsonl", "-o", "two.jsonl", "--jobs", 2)[0] == 2
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.jsonl", "one.jsonl", "two.jsonl"]


@pytest.mark.parametrize(("cut", "block"), [(0, 1), (1, 1), (7, 1), (6, 3)])
def test_resumed_it_writes_the_same(command, tmp_path, monkeypatch, cut, block):
    """Stopped after some lines, and in the middle of one; solved one by one, or some side by side."""
    monkeypatch.setattr(many, "_SIDE_BY_SIDE", block)
    write(tmp_path / "a.jsonl", [*(video(k) for k in range(10)), {}])
    words = ("solve", "a.jsonl", "-o", "b.jsonl")
    assert command(*words)[0] == 2
    whole = (tmp_path / "b.jsonl").read_bytes()
    (tmp_path / "b.jsonl").write_text("old\n")
    ask, seen = many.answered, []

    def stopping(tasks, options):
        if len(seen) == cut:
            raise KeyboardInterrupt
        seen.extend(tasks)
        return ask(tasks, options)

    monkeypatch.setattr(many, "answered", stopping)
    code, out, err = command(*words)
    (partial,) = tmp_path.glob("*.partial")
    assert (code, out) == (130, "") and str(partial) in err and (tmp_path / "b.jsonl").read_text() == "old\n"
    assert partial.read_bytes() == b"".join(whole.splitlines(True)[:cut])
    with partial.open("ab") as file:
        file.write(b'{"scheme": "exa')  # as a kill leaves it
    again = []
    monkeypatch.setattr(many, "answered", lambda tasks, options: (again.extend(tasks), ask(tasks, options))[1])
    assert command(*words, "--resume") == (2, "", "")
    assert len(again) == 11 - cut
    assert (tmp_path / "b.jsonl").read_bytes() == whole and not list(tmp_path.glob("*.partial"))


def test_a_partial_file_of_other_input_is_refused(command, tmp_path, monkeypatch):
    write(tmp_path / "a.jsonl", [video(0)])
    assert command("solve", "a.jsonl", "-o", "b.jsonl", "--resume")[0] == 0  # nothing to go on with: from the start
    (tmp_path / "b.jsonl.0123456789ab.partial").write_text("")
    code, out, err = command("solve", "a.jsonl", "-o", "b.jsonl", "--resume")
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert "b.jsonl.0123456789ab.partial is of another input or other options" in err
    tasks = many.lines_of((tmp_path / "a.jsonl").read_text())
    paths = {many.Partial(tmp_path / "b.jsonl", tasks, many.Options(*o)).path
             for o in [(), ("local",), (None, 1), (None, 0, {"gap": 0.1}), (None, 0, {}, True)]}  # fmt: skip
    assert len(paths) == 5 and many.Partial(tmp_path / "b.jsonl", tasks * 2, many.Options()).path not in paths


def test_a_scheme_that_runs_out_of_memory_is_refused(command, tmp_path, monkeypatch):
    from mecpapers.video import schemes

    def greedy(problem, *, rng=None):
        raise MemoryError("Unable to allocate 298. GiB")

    monkeypatch.setitem(schemes.SCHEMES, "cccp", greedy)
    write(tmp_path / "a.json", [EXAMPLES["video"]])
    code, out, err = command("solve", "a.json", "--scheme", "cccp")
    assert (
        (code, out) == (2, "") and err.startswith("mecpapers: --scheme = cccp: must be") and err.endswith("298. GiB\n")
    )
    assert command("solve", "a.json", "--scheme", "all")[0] == 0
    (tmp_path / "a.json").rename(tmp_path / "a.jsonl")
    assert json.loads(command("solve", "a.jsonl", "--scheme", "cccp")[1])["status"] == 2


def test_more_jobs_than_instances_or_cores_start_no_more_processes(command, tmp_path, monkeypatch):
    write(tmp_path / "a.jsonl", [video(k) for k in range(3)])
    asked = []

    class Parallel(many.Parallel):
        def __init__(self, n_jobs, **options):
            asked.append(n_jobs)
            super().__init__(1, **options)

    monkeypatch.setattr(many, "Parallel", Parallel)
    assert len(mecpapers.solve_many([EXAMPLES["video"]] * 2, jobs=10**9)) == 2
    assert command("solve", "a.jsonl", "--jobs", 10**21)[0] == 0
    assert len(mecpapers.solve_many([EXAMPLES["video"]] * 2, jobs=-1)) == 2  # joblib's word for all cores
    assert asked == [2, min(3, os.cpu_count()), -1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume"], "--resume: must come with --output"),
        (["--shared", "s.json"], "--shared: must be left out of a file of instances"),
        (["--jobs", "0"], "--jobs"),
        (["-o", "a.jsonl"], "must not be the input itself"),
    ],
)
def test_options_of_many_are_refused_in_one_line(command, tmp_path, words, message):
    write(tmp_path / "a.jsonl", [video(0)])
    code, out, err = command("solve", "a.jsonl", *words)
    assert (code, out) == (2, "") and err.count("\n") == 1 and message in err


def test_doubts_are_told_once_a_field_and_refused_by_strict(command, tmp_path, monkeypatch, capsys):
    odd = {**EXAMPLES["fhei"], "transmit_power": 20}
    write(tmp_path / "a.jsonl", [EXAMPLES["fhei"], odd, odd])
    command("solve", "a.jsonl", "--strict", "-o", "b.jsonl")
    assert [json.loads(line).get("status", 0) for line in (tmp_path / "b.jsonl").read_text().splitlines()] == [0, 2, 2]
    monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", "a.jsonl", "-o", "b.jsonl"])
    with pytest.raises(SystemExit):
        cli.main()
    err = capsys.readouterr().err
    assert err.count("mecpapers: warning: line 2: transmit_power = 20") == 1 == err.count("warning")


def size_of_partial(folder):
    """Bytes of the partial file; 0 where there is none, or where it has just been put in place."""
    try:
        return sum(path.stat().st_size for path in folder.glob("*.partial"))
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize(
    ("number", "jobs"), [(signal.SIGINT, 1), (signal.SIGKILL, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 2)]
)
def test_stopped_and_resumed(number, jobs, tmp_path):
    """As a process: what was answered before the stop is kept, and the end is the same."""
    words = [sys.executable, "-m", "mecpapers", "solve", "a.jsonl", "-o", "b.jsonl", f"--jobs={jobs}"]
    for size in (500, 4_000, 32_000):  # more, where a busy machine lets all be answered before it lets us stop that
        write(tmp_path / "a.jsonl", [video(k) for k in range(size)])
        process = subprocess.Popen(
            words, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
            # a shell's background ignores the one, nohup the other
            preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGHUP)],
        )  # fmt: skip
        while process.poll() is None and size_of_partial(tmp_path) < 2000:
            time.sleep(0.005)
        process.send_signal(number)
        said = process.communicate()[1]
        if not (tmp_path / "b.jsonl").exists():
            break
        (tmp_path / "b.jsonl").unlink()
    assert process.returncode in (-number, 128 + number)
    assert said.count("\n") == (number != signal.SIGKILL) and not (tmp_path / "b.jsonl").exists()
    assert subprocess.run([*words[:-1], "--resume"], cwd=tmp_path, check=False).returncode == 0
    names = [json.loads(line)["name"] for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    assert names == [f"no. {k}" for k in range(size)] and sorted(os.listdir(tmp_path)) == ["a.jsonl", "b.jsonl"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_reader_who_leaves_hears_nothing(tmp_path, jobs):
    write(tmp_path / "a.jsonl", [video(k) for k in range(400)])
    words = [sys.executable, "-m", "mecpapers", "solve", "a.jsonl", f"--jobs={jobs}"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["name"] == "no. 0"
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 1)
    process.stderr.close()


def test_in_python():
    answers = mecpapers.solve_many([EXAMPLES["pose"], LATE, {"paper": "audio"}], seed=1)
    assert [a.get("status", 0) for a in answers] == [0, 3, 2] and "seconds" not in answers[0]
    assert mecpapers.solve_many([EXAMPLES["video"]], "edge", jobs=2)[0]["frames"] == [6, 6]
    assert mecpapers.solve_many([EXAMPLES["pose"]], "device", gap=0.1)[0]["error"].startswith(
        "--gap = 0.1: must be left out"
    )


# What an instance says about itself, and files that are written.


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"name": "a", "source": "b", "licence": "c", "note": "d", "best_known": -1.5}, ""),
        ({}, ""),
        ({"author": "x"}, "about.author is unknown: must be one of name, source, licence, note, best_known"),
        ({"name": 3}, "about.name = 3: must be a string, not a number"),
        ({"best_known": "3"}, 'about.best_known = "3": must be a number, not a string'),
        ({"best_known": float("inf")}, "about.best_known = inf: must be finite"),
        (None, "about = null: must be an object, not null"),
        ("me", 'about = "me": must be an object'),
    ],
)
def test_about(command, tmp_path, paper, about, words):
    import jsonschema

    document = {**EXAMPLES[paper], "about": about}
    (tmp_path / "a.json").write_text(json.dumps(document))
    code, _, err = command("solve", "a.json")
    assert code == (2 if words else 0) and words in err
    if about != {"best_known": float("inf")}:  # no JSON
        assert jsonschema.Draft202012Validator(instances.schema(paper)).is_valid(document) == (not words)


def test_about_given_twice(command, tmp_path):
    text = json.dumps(EXAMPLES["video"])[:-1] + ', "about": {"name": "a", "name": "b"}}'
    (tmp_path / "a.json").write_text(text)
    assert "about.name is given twice" in command("solve", "a.json")[2]


@pytest.mark.parametrize("paper", PAPERS)
def test_written_and_read_again(paper, tmp_path):
    import numpy as np

    def numbers(record):
        for name, value in vars(record).items():
            yield from numbers(value) if hasattr(value, "__dataclass_fields__") else [(name, value)]

    problem = instances.read(BOOK / "instances" / f"{paper}.json")
    instances.write(tmp_path / "a.json", problem, {"name": "mine"})
    for (name, one), (_, other) in zip(numbers(problem), numbers(instances.read(tmp_path / "a.json")), strict=True):
        assert (one is other is None) or one == other if not isinstance(one, np.ndarray) else (
            np.allclose(one, other, rtol=1e-15, atol=0) if name == "score_pmf" else np.array_equal(one, other)
        ), name  # fmt: skip
    assert json.loads((tmp_path / "a.json").read_text())["about"] == {"name": "mine"}
    with pytest.raises(ValueError, match=r"about\.author is unknown"):
        instances.write(tmp_path / "b.json", problem, {"author": "me"})
    assert not (tmp_path / "b.json").exists()


def test_what_no_file_can_say_is_not_written(tmp_path):
    from dataclasses import replace

    problem = replace(instances.read(BOOK / "instances" / "pose.json"), filtered="kept")
    with pytest.raises(ValueError, match="filtered = kept: no instance file can say it"):
        instances.write(tmp_path / "a.json", problem)
    assert not list(tmp_path.iterdir())


def test_weights_of_a_device_are_written(tmp_path):
    document = {**EXAMPLES["video"], "devices": {**EXAMPLES["video"]["devices"], "weight_delay": [0.1, 0.7]}}
    problem = instances.build(instances.parse(json.dumps(document), "-"))
    instances.write(tmp_path / "a.json", problem)
    assert instances.read(tmp_path / "a.json").devices.weight_delay.tolist() == [0.1, 0.7]


def test_small_instances_are_shared_out_among_the_jobs():
    tasks = [many.Task(f"instance {k}", {}, json.dumps(video(k))) for k in range(120)]
    sizes = {jobs: [len(block) for block in many._blocks(tasks, jobs)] for jobs in (1, 4, 500)}
    assert sizes == {1: [50, 50, 20], 4: [30, 30, 30, 30], 500: [1] * 120}
    tasks[3] = many.Task("instance 3", {}, "{}")  # whatever it is, it stands alone
    assert [len(block) for block in many._blocks(tasks[:6], 1)] == [3, 1, 2]
    assert [task for block in many._blocks(tasks, 4) for task in block] == tasks
