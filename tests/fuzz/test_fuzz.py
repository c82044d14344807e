"""Drawn instances, files and command lines: an answer that holds, or one line that says why there is none.

``FUZZ_CASES`` is their number in all, 500 by default; ``python tests/fuzz 10000`` also prints what came out, by paper,
scheme and exit status.
"""

import collections
import copy
import json
import math
import os
import random
import resource
import signal
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mecpapers import cli

sys.path.insert(0, str(Path(__file__).parent))
try:
    import draw
    import judge
finally:
    del sys.path[0]

CASES = int(os.environ.get("FUZZ_CASES", "500"))
SECONDS, MEMORY = 60, 4 << 30  # of one case; the second in byte
PAPERS = tuple(draw.DRAWN)
SCHEMES = {paper: list(import_module(f"mecpapers.{paper}.schemes").SCHEMES) for paper in PAPERS}
SEARCH = {"video": ("exact", "prices", "search-search"), "pose": ("exact",)}  # that promise the optimum
NEAR = {"video": 1e-9, "pose": 1e-5}  # relative gap of what has converged
COUNTS = collections.Counter()
BESIDE = "{beside}"


def cases(share):
    """A part of all cases; a case that is slow is judged by its own clock."""
    return settings(max_examples=max(1, round(CASES * share)), deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck))  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def little_memory():
    """A case that takes more than it may ends in an error, which is no answer."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """Run the command on a document or bytes, in this process and in limited time; status, output and error.

    A spreadsheet has another ``ending``, and what it shares in ``beside``, which the words name as ``BESIDE``.
    """
    folder = tmp_path_factory.mktemp("fuzz")

    def late(*_):
        raise AssertionError(f"longer than {SECONDS} s")

    def run(content, *words, counted=("other", "-"), name="solve", ending="json", beside=None):
        file = folder / f"a.{ending}"
        if beside is not None:
            (folder / "beside.json").write_text(json.dumps(beside))
            words = [word.replace(BESIDE, str(folder / "beside.json")) for word in words]
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        out, err = file.with_name("out"), file.with_name("err")
        before = sys.argv, sys.stdout, sys.stderr, signal.signal(signal.SIGALRM, late)
        with out.open("w") as sys.stdout, err.open("w") as sys.stderr:
            sys.argv = ["mecpapers", name, str(file), *words]
            signal.alarm(SECONDS)
            try:
                cli.main()
            except SystemExit as stop:
                status = stop.code or 0
            finally:
                signal.alarm(0)
                sys.argv, sys.stdout, sys.stderr, handler = before
                signal.signal(signal.SIGALRM, handler)
        said = [line for line in err.read_text().splitlines() if not line.startswith("mecpapers: warning: ")]
        COUNTS[*counted, status] += 1
        return status, out.read_text(), said

    return run


def solved(command, paper, document, scheme, *words):
    """The answer, judged; None where it is refused or infeasible, in one line."""
    status, out, said = command(document, "--scheme", scheme, "--json", *words, counted=(paper, scheme))
    if status in (0, 4):
        answer = json.loads(out)
        assert said == [] and answer["converged"] == (status == 0)
        assert judge.JUDGES[paper](document, answer) == []
        return answer
    assert status in (2, 3), (status, said)
    assert out == "" and len(said) == 1 and said[0].startswith("mecpapers: "), said
    assert (status == 3) == said[0].startswith("mecpapers: infeasible: ")
    return None


def size(paper, answer):
    """What a relative gap is relative to: the answer, or 1 where it may be 0."""
    return max(1.0, abs(answer["objective"])) if paper == "video" else max(abs(answer["objective"]), 1e-300)


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.15 / 3)
@given(data=st.data())
def test_bounds_and_answers_of_all_schemes_are_in_order(command, paper, data):
    """No scheme is better than a bound that any scheme has proved; small instances are also solved by brute force."""
    document = data.draw(draw.DRAWN[paper]())
    answers = {scheme: solved(command, paper, document, scheme) for scheme in SCHEMES[paper]}
    answers = {scheme: answer for scheme, answer in answers.items() if answer}
    name, sign = ("lower_bound", 1) if paper == "video" else ("upper_bound", -1)
    optimum = {"video": judge.video_optimum, "pose": judge.pose_optimum}.get(paper, lambda _: None)(document)
    proved = {s: a for s, a in answers.items() if name in a}
    for scheme, answer in proved.items():
        for other, found in answers.items():
            if comparable(paper, document, other, found):
                excess = sign * (answer[name] - found["objective"])
                assert excess <= 1e-9 * size(paper, found), (scheme, other)
    if optimum is not None:
        assert ("exact" in answers) == math.isfinite(optimum)
        for scheme, answer in answers.items():
            if comparable(paper, document, scheme, answer):
                assert sign * (optimum - answer["objective"]) <= 1e-9 * size(paper, answer), scheme
            if scheme in proved:
                assert sign * (answer[name] - optimum) <= 1e-9 * size(paper, answer), scheme
            if scheme in SEARCH[paper] and answer["converged"]:
                assert abs(answer["objective"] - optimum) <= NEAR[paper] * size(paper, answer), scheme


def comparable(paper, document, scheme, answer):
    """Whether a scheme solves what the bounds are of: under (31) local devices by Theorem 1, scores before all."""
    if paper == "video":
        return document["local_energy"] == "eq7" or scheme != "admm-printed"
    return paper != "pose" or answer["device_inference"]


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.3 / 3)
@given(data=st.data())
def test_extremes(command, paper, data):
    solved(command, paper, data.draw(draw.extreme(paper)), data.draw(st.sampled_from(SCHEMES[paper])))


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.3 / 3)
@given(data=st.data())
def test_broken_files(command, paper, data):
    status, out, said = command(data.draw(draw.broken(paper)), counted=("broken", paper))
    assert status in (0, 2, 3, 4)
    assert (out == "") == (status in (2, 3)) and len(said) == (status in (2, 3)), said


def one_line_or_answer(status, out, said):
    """Whether a refusal is one line, and an answer is there."""
    assert status in (0, 2, 3, 4)
    assert (out == "") == (status in (2, 3)) and len(said) == (status in (2, 3)), said
    assert all(line.startswith("mecpapers: ") for line in said)


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.06 / 3)
@given(data=st.data())
def test_sheets(command, paper, data):
    """A sheet has the answer of its instance; that answer, checked, is feasible."""
    document, rows, shared = data.draw(draw.sheet(paper))
    if len(rows) < 2 or not set(rows[0]) - {"name"}:
        return
    words = ("--shared", BESIDE)
    status, out, said = command(draw.text_of(rows).encode(), *words, "--json", counted=("sheet", paper), ending="csv",
                                beside=shared)  # fmt: skip
    one_line_or_answer(status, out, said)
    first = solved(command, paper, document, next(iter(SCHEMES[paper])))
    assert (status in (0, 4)) == (first is not None), said
    if first is not None:
        answer = json.loads(out)
        assert judge.JUDGES[paper](document, answer) == []
        status, out, said = command(document, BESIDE, name="check", beside=answer, counted=("check", paper))
        assert status == 0 and said == [] and "feasible" in out


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.12 / 3)
@given(data=st.data())
def test_broken_sheets(command, paper, data):
    _, rows, shared = data.draw(draw.sheet(paper))
    content = data.draw(draw.broken_table(rows or [[]]))
    if data.draw(st.integers(0, 3)) == 0:
        shared = data.draw(draw.changed(shared, st.sampled_from(draw.ODD)))
    one_line_or_answer(
        *command(content, "--shared", BESIDE, counted=("broken sheet", paper), ending="csv", beside=shared)
    )


@cases(0.03)
@given(data=st.data())
def test_traces(command, data):
    """A line a slot, each an answer that holds for the devices that are there; broken ones in one line."""
    rows, shared = data.draw(draw.trace())
    status, out, said = command(draw.text_of(rows).encode(), "--shared", BESIDE, counted=("trace", "-"), ending="csv",
                                beside=shared)  # fmt: skip
    assert status in (0, 2, 3, 4) and len(said) == (out == "")
    for row, line in zip(rows[1:], out.splitlines(), strict=bool(out)):
        answer, there = json.loads(line), [k for k, cell in enumerate(row[1:]) if cell]
        if there and "error" not in answer:
            devices = {k: [v[i] for i in there] if isinstance(v, list) else v for k, v in shared["devices"].items()}
            devices["uplink_rate"] = [float(row[1 + k]) for k in there]
            assert judge.video(shared | {"devices": devices}, answer) == []
    content = data.draw(draw.broken_table(rows))
    status, out, said = command(content, "--shared", BESIDE, counted=("broken trace", "-"), ending="csv", beside=shared)
    assert status in (0, 2, 3, 4) and len(said) == (out == "")


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.06 / 3)
@given(data=st.data())
def test_broken_answers(command, paper, data):
    """Feasible, not, or refused in one line."""
    document = data.draw(draw.DRAWN[paper]())
    answer = solved(command, paper, document, next(iter(SCHEMES[paper])))
    if answer is not None:
        variables = import_module(f"mecpapers.{paper}.model").Allocation.__dataclass_fields__
        answer = {name: value for name, value in answer.items() if name in variables}
        beside = data.draw(draw.changed(answer, st.sampled_from((*draw.ODD, *draw.EXTREMES))))
        status, out, said = command(document, BESIDE, name="check", beside=beside, counted=("broken answer", paper))
        assert status in (0, 2, 3) and (out == "") == (status == 2) == (len(said) == 1), said


WORDS = st.sampled_from(
    [
        *("--scheme", "exact", "local", "--seed", "0", "-1", "1e3", "--gap", "0.5", "2", "nan", "--limit", "1"),
        *("--json", "--strict", "-o", "--", "/dev/null", "-h", "--colour", "ü"),
    ]
)


@cases(0.05)
@given(words=st.lists(WORDS | st.text(st.characters(exclude_characters="\0"), max_size=5), max_size=4))
def test_command_lines(command, words, monkeypatch_module):
    document = {"paper": "none"}
    status, _, said = command(document, *words, counted=("words", "-"))
    assert status in (0, 2) and len(said) == (status == 2)


@pytest.fixture(scope="module")
def monkeypatch_module(tmp_path_factory):
    """Words may name files: they lie in a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("words"))
        yield


# Laws: what is done to an instance, and what it does to the answer of a scheme that proves its optimum.


def scaled(document, factor, *names):
    """Some fields, wherever they stand, times a factor."""
    document = copy.deepcopy(document)
    for place in (document, document.get("devices", {}), document.get("weights", {})):
        for name in names:
            if name in place:
                value = place[name]
                place[name] = [v * factor for v in value] if isinstance(value, list) else value * factor
    return document


def reordered(document, order):
    """The devices in another order."""

    def permuted(value):
        return [value[k] for k in order] if isinstance(value, list) and len(value) == len(order) else value

    result = {name: permuted(value) for name, value in document.items()}
    if "devices" in document:
        result["devices"] = {name: permuted(value) for name, value in document["devices"].items()}
    return result


UNITS = {  # what is multiplied by a factor, and what is divided by it: the answer stays
    "video": [
        (("uplink_rate", "frame_bits"), ()),
        (("macs_per_frame", "macs_offset"), ("cycles_per_mac",)),
    ],
    "fhei": [
        (
            ("uplink_rate", "downlink_rate", "input_bytes", "min_feature_bytes", "max_feature_bytes"),
            ("fn_flops_per_byte", "in_flops_per_byte", "quality_per_byte"),
        )
    ],
    "pose": [(("deadline", "device_delay", "server_delay", "transmission_time"), ())],
}
MORE = {
    "video": ("server_frequency", "time_budget"),
    "fhei": ("server_speed", "max_mean_latency"),
    "pose": ("deadline",),
}


@pytest.mark.parametrize("paper", PAPERS)
@cases(0.2 / 3)
@given(data=st.data())
def test_laws(command, paper, data):
    """Devices in another order, other units, the same again: the same optimum. With more of something, no worse."""
    document = data.draw(draw.DRAWN[paper]())
    first = solved(command, paper, document, "exact")
    n = judge.length([*document.values(), *document.get("devices", {}).values()])
    order = random.Random(data.draw(st.integers(0, 9))).sample(range(n), n)
    factor = 2.0 ** data.draw(st.integers(-20, 20))
    laws = UNITS[paper][:1] if document.get("local_energy") == "eq31" else UNITS[paper]  # (31) leaves rho out
    up, down = data.draw(st.sampled_from(laws))
    units = scaled(scaled(document, factor, *up), 1 / factor, *down)
    same = {"order": reordered(document, order), "units": units, "again": document}
    slack = {"video": 1e-9, "fhei": 3e-5, "pose": 2e-5}[paper]
    for law, other in same.items():
        second = solved(command, paper, other, "exact")
        assert (first is None) == (second is None), law
        if first and second and first["converged"] and second["converged"]:
            assert abs(first["objective"] - second["objective"]) <= slack * size(paper, first), law
    richer = solved(command, paper, scaled(document, 2.0, *MORE[paper]), "exact")
    if first:
        sign = 1 if paper == "video" else -1
        assert richer
        assert sign * (richer["objective"] - first["objective"]) <= slack * size(paper, first) + (
            0 if richer["converged"] else richer["gap"]
        )
    seed = ("--seed", "3")
    if "random" in SCHEMES[paper]:
        drawn = [solved(command, paper, document, "random", *seed) for _ in range(2)]
        assert (drawn[0] and drawn[0]["objective"]) == (drawn[1] and drawn[1]["objective"])
