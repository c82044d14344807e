"""Spreadsheets and traces: the instance that they mean, or one line that names the cell."""

import copy
import csv
import io
import json
import sys
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from mecpapers import cli, instances, sheets, units
from mecpapers.ledger import PAPERS

BOOK = Path(__file__).parents[1] / "book"
TABLES = ("score_pmf", "device_accuracy", "server_accuracy")


def example(paper):
    return json.loads((BOOK / "instances" / f"{paper}.json").read_text())


def apart(document):
    """The fields of a device each, and what is left of the document."""
    shared = copy.deepcopy(document)
    own = shared.get("devices", shared)
    lists = {name: own.pop(name) for name, value in list(own.items()) if isinstance(value, list)}
    return lists, shared


def text_of(lists, **more):
    """The sheet of these lists, a table's levels in columns of their own."""
    columns = {}
    for name, values in lists.items():
        if name in TABLES:
            columns |= {f"{name}[{k}]": [row[k] for row in values] for k in range(len(values[0]))}
        else:
            columns[name] = values
    columns |= more
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def same(one, other):
    """Whether two problems hold the same numbers."""
    for name, value in vars(one).items():
        if hasattr(value, "__dataclass_fields__"):
            same(value, getattr(other, name))
        elif isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(other, name)), name
        else:
            assert value == getattr(other, name), name


@pytest.fixture
def solve(printed, monkeypatch, tmp_path):
    """Run `mecpapers solve` in a folder with these files; status, output and error."""
    monkeypatch.chdir(tmp_path)

    def run(*words, stdin=None, **files):
        for name, text in files.items():
            content = text if isinstance(text, bytes) else text.encode() if isinstance(text, str) else json.dumps(text)
            path = tmp_path / (f"{name}.json" if isinstance(content, str) else f"{name}.csv")
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="latin-1"))
        monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = printed()
        return stop.value.code or 0, out, err

    return run


def refused(result, *words, status=2):
    code, out, err = result
    assert (code, out) == (status, "") and err.count("\n") == 1 and err.startswith("mecpapers: ")
    for word in words:
        assert word in err


@pytest.mark.parametrize("paper", PAPERS)
def test_a_sheet_means_what_its_instance_file_means(paper, tmp_path):
    lists, shared = apart(example(paper))
    variants = {
        "plain": text_of(lists).encode(),
        "windows": b"\xef\xbb\xbf" + text_of(lists).replace("\n", "\r\n").encode(),
        "blank rows at the end": text_of(lists).encode() + b",,\r\n\n\n",
        "named": text_of(lists, name=["a", "b"]).encode(),
        "spaces": text_of(lists).replace(",", " , ").encode(),
        "quoted": "\n".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) for line in text_of(lists).splitlines()
        ).encode(),
    }
    cells = [line.split(",")[::-1] for line in text_of(lists).splitlines()]
    variants["columns in another order"] = sheets.table(cells[0], cells[1:]).encode()
    meant = instances.read(BOOK / "instances" / f"{paper}.json")
    for content in variants.values():
        (tmp_path / "a.csv").write_bytes(content)
        same(instances.read_csv(tmp_path / "a.csv", shared=shared), meant)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_field_of_a_device_can_be_a_column(paper):
    """Those whose rule allows a list are columns, and no other."""
    problem = instances.read(BOOK / "instances" / f"{paper}.json")
    records = [value for value in vars(problem).values() if hasattr(value, "__dataclass_fields__")] or [problem]
    vectors = {n for record in records for n, v in vars(record).items() if isinstance(v, np.ndarray)}
    options = {"channel_gain", "min_frames", "uplink_gain", "downlink_gain"}
    assert set(sheets.fields(paper)) - options == vectors - options


UNITS = [
    ("uplink_rate", "kbit/s", 1e-3), ("uplink_rate", "Mbit/s", 1e-6), ("uplink_rate", "Gbit/s", 1e-9),
    ("frame_bits", "kbit", 1e-3), ("frame_bits", "Mbit", 1e-6), ("max_frequency", "MHz", 1e-6),
    ("max_frequency", "GHz", 1e-9), ("max_frequency", "Hz", 1), ("macs_offset", "GMAC", 1e-9),
    ("transmit_power", "mW", 1e3), ("min_accuracy", "%", 100), ("accuracy_a1", "1", 1),
    ("energy_coefficient", "J s^2/cycle^3", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "unit", "scale"), UNITS)
def test_units_in_the_header(name, unit, scale, tmp_path):
    lists, shared = apart(example("video"))
    shared["devices"].pop(name, None)
    values = [0.25 * scale, 0.75 * scale] if name in ("min_accuracy", "transmit_power") else [3e7 * scale, 4e7 * scale]
    text = text_of({**lists, f"{name} [{unit}]": values} if name not in lists else
                   {**{k: v for k, v in lists.items() if k != name}, f"{name} [{unit}]": values})  # fmt: skip
    (tmp_path / "a.csv").write_text(text)
    with warnings.catch_warnings(action="ignore"):
        found = getattr(instances.read_csv(tmp_path / "a.csv", shared=shared).devices, name)
    assert found == pytest.approx(np.array(values) / scale, rel=1e-15)


def test_levels_in_the_header(tmp_path):
    (tmp_path / "a.csv").write_text("uplink_rate,transmit_power [dBm],channel_gain [dB]\n3e7,30,-120\n3e7,-10,-117\n")
    _, shared = apart(example("video"))
    del shared["devices"]["transmit_power"]
    devices = instances.read_csv(tmp_path / "a.csv", shared=shared).devices
    assert devices.transmit_power == pytest.approx([1.0, 1e-4])
    assert devices.channel_gain == pytest.approx([1e-12, 1.99526231e-12])


def test_a_power_of_ten_is_rounded_once():
    """0.1 Mbit/s is 1e5 bit/s, and 33.3 Mbit/s the float nearest to 33300000."""
    for k in range(1000):
        assert units.to_si(f"{k / 10}", "bit/s", "Mbit/s") == float(f"{k}e5")
    assert units.to_si("1e400", "W", "dBm") == float("inf") == units.to_si("9e999", "W", "W")


BAD = {
    "word": ("uplink_rate,channel_gain\n3e7,1e-12\n3x,1e-12\n", 'row 3, column uplink_rate = "3x": must be a number'),
    "decimal comma": ('uplink_rate,channel_gain\n"3,5",1e-12\n', 'row 2, column uplink_rate = "3,5": must be a number'),
    "thousands": ('uplink_rate,channel_gain\n1_000_000,1e-12\n', 'column uplink_rate = "1_000_000"'),
    "digits": ("uplink_rate,channel_gain\n٣,1e-12\n", "row 2, column uplink_rate"),
    "nan": ("uplink_rate,channel_gain\nnan,1e-12\n", 'row 2, column uplink_rate = "nan": must be a number'),
    "inf": ("uplink_rate,channel_gain\n1e999,1e-12\n", "row 2, column uplink_rate = 1e999 bit/s: must be finite"),
    "negative": ("uplink_rate,channel_gain\n1e7,1e-12\n-2,1e-12\n",
                 "row 3, column uplink_rate = -2 bit/s: must not be negative"),
    "in its unit": ("uplink_rate [Mbit/s],channel_gain\n-2,1\n",
                    "row 2, column uplink_rate = -2 Mbit/s: must not be negative"),
    "zero": ("uplink_rate,channel_gain\n1e7,0\n", "row 2, column channel_gain = 0: must be positive"),
    "between fields": ("uplink_rate,min_frames\n1e7,3\n1e7,17\n",
                       "row 3, column min_frames = 17: must not exceed max_frames"),
    "empty cell": ("uplink_rate,channel_gain\n1e7,\n", "row 2, column channel_gain: is empty: must be a number"),
    "empty row": ("uplink_rate,channel_gain\n1e7,1\n,\n1e7,1\n", "row 3: is empty"),
    "short row": ("uplink_rate,channel_gain\n1e7,1\n1e7\n", "row 3: has 1 cells: must have as many as row 1, 2"),
    "long row": ("uplink_rate,channel_gain\n1e7,1,5\n", "row 2: has 3 cells"),
    "twice": ("uplink_rate,uplink_rate\n1e7,1e7\n", "column uplink_rate is given twice"),
    "twice in another unit": ("uplink_rate,uplink_rate [Mbit/s]\n1e7,1e7\n", "column uplink_rate is given twice"),
    "unknown": ("uplink_rat,channel_gain\n1e7,1\n", 'column "uplink_rat" is unknown: did you mean uplink_rate?'),
    "unlike any": ("colour,uplink_rate\n1,1\n", 'column "colour" is unknown: must be one of name, uplink_rate'),
    "unit": ("uplink_rate [MB/s]\n1\n",
             "column uplink_rate = [MB/s]: its unit must be one of bit/s, kbit/s, Mbit/s, Gbit/s"),
    "unit of another": ("transmit_power [dB],uplink_rate\n1,1\n", "its unit must be one of W, mW, dBm"),
    "no name": ("uplink_rate,\n1,1\n", "row 1, column 2: is empty: must name a field"),
    "missing": ("channel_gain\n1\n", "column uplink_rate is missing: must be given, as a column or in what is shared"),
    "only names": ("name\nglasses\n", "has no column of a field: must have one of uplink_rate"),
    "no rows": ("uplink_rate,channel_gain\n", "a.csv: has no row below its names"),
    "empty": ("", "a.csv: is empty"),
    "blank": ("\n\n , \n", "a.csv: is empty"),
    "semicolons": ("uplink_rate;channel_gain\n3e7;1e-12\n",
                   "a.csv: has one column: must be separated by commas, with a point before decimals"),
    "tabs": ("uplink_rate\tchannel_gain\n3e7\t1e-12\n", "must be separated by commas"),
    "quotes": ('uplink_rate,channel_gain\n"3e7"x,1\n', "a.csv: is not a table"),
    "open quote": ('uplink_rate,channel_gain\n"3e7,1\n', "a.csv: is not a table"),
    "a long cell": (f"uplink_rate\n{'1' * 200_000}\n", "a.csv: is not a table"),
    "a level of no table": ("uplink_rate[0]\n1\n", 'column "uplink_rate[0]": must be uplink_rate'),
    "also shared": ("uplink_rate,max_frames\n1e7,3\n", "column max_frames: is a field of what is shared, too"),
    "bytes": (b"uplink_rate\n\xff\xfe\n", "a.csv: must be text in UTF-8"),
    "shared by all": ("uplink_rate,server_frequency\n1,1\n", 'column "server_frequency" is unknown'),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_sheet_is_refused_in_one_line(solve, case):
    text, words = BAD[case]
    _, shared = apart(example("video"))
    refused(solve("a.csv", "--shared", "shared.json", a=text, shared=shared), words)


def test_bad_rows_of_tables_are_named(solve):
    lists, shared = apart(example("pose"))
    lists["score_pmf"] = [[0.2, 0.3, 0.5], [0.1, 0.6, 0.2]]
    refused(solve("a.csv", "--shared", "shared.json", a=text_of(lists), shared=shared),
            "row 3, columns score_pmf = a sum of 0.9: must add up to 1")  # fmt: skip
    lists["score_pmf"] = [[0.2, 0.3, 0.5], [0.1, 1.6, 0.2]]
    refused(solve("a.csv", "--shared", "shared.json", a=text_of(lists)),
            "row 3, column score_pmf[1] = 1.6: must lie between 0 and 1")  # fmt: skip
    text = text_of(lists).replace("score_pmf[1]", "score_pmf[3]")
    refused(solve("a.csv", "--shared", "shared.json", a=text), "column score_pmf[1] is missing")
    text = text_of(lists).replace("score_pmf[1]", "score_pmf")
    refused(solve("a.csv", "--shared", "shared.json", a=text), "must be score_pmf[0], score_pmf[1], ...")


def test_what_is_shared_may_be_set_on_the_command_line(solve):
    lists, shared = apart(example("video"))
    words = ["--paper=video", "--set", "local_energy=eq7"]
    for prefix, fields in (("", shared), ("weights.", shared["weights"]), ("", shared["devices"])):
        for name, value in fields.items():
            if name not in ("paper", "local_energy", "weights", "devices"):
                words += ["--set", f"{prefix}{name}={value}"]
    code, out, err = solve("a.csv", *words, "--json", a=text_of(lists))
    assert (code, err) == (0, "") and json.loads(out)["frames"] == [6, 6]
    code, out, _ = solve("a.csv", "--shared", "s.json", "--set", "weights.accuracy=60", "--json", s=shared)
    assert code == 0 and min(json.loads(out)["frames"]) > 6  # what is set goes before what is shared


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "paper is missing: must be one of video, fhei, pose"),
        (["--paper=audio"], "--paper = audio: must be one of"),
        (["--shared=s.json", "--paper=fhei"], 'paper = "video": must be fhei, as --paper says'),
        (["--shared=none.json"], "none.json: cannot be read"),
        (["--paper=video", "--set", "server_frequency"], '--set = "server_frequency": must be NAME=VALUE'),
        (["--shared=s.json", "--set", "colour=1"], "colour is unknown"),
        (["--shared=s.json", "--set=time_budget=1", "--set=time_budget=2"], "must give every field once"),
        (["--shared=s.json", "--set", "time_budget.x=1"], "time_budget = 1: must be an object"),
        (["--shared=s.json", "--set", "weights.delay.x=1"], "weights.delay = 0.2: must be an object"),
        (["--shared=s.json", "--set", "server_frequency=fast"], 'server_frequency = "fast": must be a number'),
        (["--paper=video"], "local_energy is missing: must be given, by --shared or --set"),
        (["--shared=s.json", "--jobs=2"], "--jobs: must be left out of a single instance"),
        (["--shared=s.json", "--resume"], "--resume: must be left out of a single instance"),
        (["--shared=a.csv"], "a.csv: is not JSON"),
    ],
)
def test_options_of_a_sheet_are_refused_in_one_line(solve, words, message):
    lists, shared = apart(example("video"))
    refused(solve("a.csv", *words, a=text_of(lists), s=shared), message)


def test_an_instance_file_takes_no_options_of_a_sheet(solve):
    for word in ("--shared=a.json", "--set=time_budget=2", "--paper=video"):
        refused(solve("a.json", word, a=example("video")), word.split("=")[0], "it belongs to a spreadsheet")


def test_a_field_shared_twice_is_refused(solve, tmp_path):
    lists, shared = apart(example("video"))
    for text in (json.dumps(shared)[:-1] + ', "time_budget": 2}',
                 json.dumps(shared).replace('"max_frames": 16', '"max_frames": 16, "max_frames": 16')):  # fmt: skip
        (tmp_path / "s.json").write_text(text)
        refused(solve("a.csv", "--shared", "s.json", a=text_of(lists)), "is given twice")


def test_standard_input_is_json_if_it_begins_with_a_brace(solve):
    lists, shared = apart(example("video"))
    sheet = solve("-", "--shared", "s.json", "--json", "--scheme=edge", stdin=text_of(lists).encode(), s=shared)
    document = solve("-", "--json", "--scheme=edge", stdin=b"\n " + json.dumps(example("video")).encode())
    assert sheet[0] == document[0] == 0
    assert json.loads(sheet[1])["objective"] == json.loads(document[1])["objective"]
    refused(solve("-", "--shared", "s.json", stdin=b"uplink_rate\nx\n"), "row 2, column uplink_rate")
    refused(solve("-", stdin=b""), "-: is empty")


def test_doubts_name_the_cell(solve, monkeypatch, capsys):
    lists, shared = apart(example("video"))
    text = text_of(lists).replace("uplink_rate", "uplink_rate [kbit/s]").replace("33000000.0", "3.3")
    words = "row 2, column uplink_rate = 3.3 kbit/s: is outside 10000 to 1e+11 bit/s: is the unit right?"
    refused(solve("a.csv", "--shared", "s.json", "--strict", a=text, s=shared), words)
    monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", "a.csv", "--shared", "s.json"])
    with pytest.raises(SystemExit):
        cli.main()
    assert f"mecpapers: warning: {words}\n" in capsys.readouterr().err


@pytest.mark.parametrize("paper", PAPERS)
def test_the_answer_as_a_sheet_holds_what_the_json_holds(solve, tmp_path, paper):
    lists, shared = apart(example(paper))
    words = ("a.csv", "--shared", "s.json")
    assert solve(*words, "-o", "out.csv", a=text_of(lists, name=["Zoë, 1", "b"]), s=shared) == (0, "", "")
    answer = json.loads(solve(*words, "--json")[1])
    (header, *rows) = csv.reader((tmp_path / "out.csv").read_text().splitlines())
    assert answer["name"] == [row[0] for row in rows] == ["Zoë, 1", "b"] and header[0] == "name"
    for k, title in enumerate(header[1:], start=1):
        name, _, unit = title.partition(" ")
        assert bool(unit) == (name in sheets.ANSWER_UNITS)
        found = [json.loads(row[k]) for row in rows]
        assert found == (answer[name] if isinstance(answer[name], list) else [answer[name]] * 2)
    allocation = import_module(f"mecpapers.{paper}.model").Allocation.__dataclass_fields__
    assert set(allocation) - {"latency_price"} <= {title.partition(" ")[0] for title in header}


def test_a_thousand_devices_in_mbit(solve, tmp_path):
    """The sheet in Mbit/s has the very answer of the instance in bit/s."""
    tenths = np.random.default_rng(0).integers(0, 1000, 1000)
    _, shared = apart(example("video"))
    text = text_of({"uplink_rate [Mbit/s]": [f"{k / 10}" for k in tenths]})
    code, _, err = solve("a.csv", "--shared", "s.json", "-o", "out.json", a=text, s=shared)
    assert (code, err) == (0, "")
    shared["devices"]["uplink_rate"] = [float(f"{k}e5") for k in tenths]
    assert solve("b.json", "-o", "b.out.json", b=shared)[0] == 0
    one, other = (json.loads((tmp_path / name).read_text()) for name in ("out.json", "b.out.json"))
    assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert not any(x for x, k in zip(one["offload"], tenths, strict=True) if k == 0)


@pytest.mark.parametrize("row", [2, 500, 1001])
def test_one_bad_cell_in_a_thousand(solve, row):
    _, shared = apart(example("video"))
    rates = ["3e7"] * 1000
    rates[row - 2] = "-3e7"
    refused(solve("a.csv", "--shared", "s.json", a=text_of({"uplink_rate": rates}), s=shared),
            f"row {row}, column uplink_rate = -3e7 bit/s: must not be negative")  # fmt: skip


# Traces


def trace_shared(n):
    _, shared = apart(example("video"))
    shared["devices"]["max_frequency"] = [1.8e9 + 1e6 * k for k in range(n)]
    return shared


def trace(rates, names=None):
    header = ["time", *(names or [f"d{k} [Mbit/s]" for k in range(rates.shape[1])])]
    rows = [[t, *("" if np.isnan(r) else r for r in row)] for t, row in enumerate(rates)]
    return sheets.table(header, rows) + "\n"


def test_a_trace_of_500_slots_a_third_zero(solve, tmp_path):
    """A slot's answer is that of the instance of the devices present in it; with any --jobs the same bytes."""
    rng, n = np.random.default_rng(0), 6
    rates = np.round(rng.uniform(1, 60, (500, n)), 1)
    rates[rng.random(rates.shape) < 1 / 3] = 0
    rates[rng.random(rates.shape) < 1 / 20] = np.nan
    rates[7] = np.nan
    shared = trace_shared(n)
    words = ("a.csv", "--shared", "s.json", "-o")
    assert solve(*words, "one.jsonl", a=trace(rates), s=shared) == (0, "", "")
    answers = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text().splitlines()]
    assert [a["time"] for a in answers] == list(range(500))
    assert answers[7] == {"time": 7.0, "name": [], "scheme": "exact", "objective": 0.0, "converged": True}
    for t, a in enumerate(answers):
        present = np.flatnonzero(~np.isnan(rates[t]))
        assert a["name"] == [f"d{k}" for k in present] and "seconds" not in a
        for k, x in zip(present, a.get("offload", ()), strict=True):
            assert not (x and rates[t, k] == 0)
    for t in range(0, 500, 50):
        present = np.flatnonzero(~np.isnan(rates[t]))
        own = copy.deepcopy(shared)
        own["devices"]["max_frequency"] = [shared["devices"]["max_frequency"][k] for k in present]
        own["devices"]["uplink_rate"] = [float(f"{rates[t, k]}e6") for k in present]
        alone = json.loads(solve("b.json", "--json", b=own)[1])
        assert {k: v for k, v in alone.items() if k != "seconds"}.items() <= answers[t].items()
    assert solve(*words, "two.jsonl", "--jobs", 2)[0] == 0
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


BAD_TRACES = {
    "negative": ("time,a\n0,1e7\n1,-1\n", 'row 3, column a = "-1": must not be negative'),
    "word": ("time,a [Mbit/s]\n0,x\n", 'row 2, column a = "x": must be a number'),
    "infinite": ("time,a\n0,1e999\n", 'row 2, column a = "1e999": must be finite'),
    "no time": ("time,a\n,1e7\n", "row 2, column time: is empty"),
    "twice": ("time,a,a\n0,1,1\n", 'column "a" is given twice'),
    "no devices": ("time\n0\n", "has no column of rates"),
    "no name": ("time,\n0,1\n", "row 1, column 2: is empty: must name a device"),
    "unit": ("time,a [MB/s]\n0,1\n", "its unit must be one of bit/s"),
    "unit of time": ("time [h],a\n0,1\n", "column time = [h]: its unit must be one of s, ms, us"),
    "ragged": ("time,a\n0,1,2\n", "row 2: has 3 cells"),
    "too few": ("time,a,b,c\n0,1,2,3\n", "devices.max_frequency has 1 values: must have as many as the trace has"),
}


@pytest.mark.parametrize("case", BAD_TRACES)
def test_a_bad_trace_is_refused_in_one_line(solve, case):
    text, words = BAD_TRACES[case]
    refused(solve("a.csv", "--shared", "s.json", a=text, s=trace_shared(1)), words)


def test_what_is_wrong_in_every_slot_is_refused_once(solve):
    shared = trace_shared(1)
    words = ("a.csv", "--shared", "s.json")
    refused(solve(*words, "--set", "time_budget=-1", a="time,a\n0,1e7\n", s=shared), "time_budget = -1")
    refused(solve(*words, "--scheme", "best"), "--scheme = best: must be one of")
    refused(solve(*words, "--set", "uplink_rate=1"), "devices.uplink_rate: is what the trace gives")
    shared = apart(example("fhei"))[1]
    refused(solve(*words, s=shared), "paper must be video, not fhei")
    assert solve(*words, "--scheme", "edge", a="time,a\n0,0\n1,1e7\n", s=trace_shared(1))[0] == 3  # a slot alone fails


def test_doubts_of_a_trace_are_told_once(solve, monkeypatch, capsys):
    words = ("a.csv", "--shared", "s.json", "--set", "frame_bits=3")
    code, out, err = solve(*words, a="time,a\n0,1e7\n1,2e7\n2,33\n", s=trace_shared(1))
    assert (code, err) == (0, "") and len(out.splitlines()) == 3
    monkeypatch.setattr(sys, "argv", ["mecpapers", "solve", *words])
    with pytest.raises(SystemExit):
        cli.main()
    warned = [line for line in capsys.readouterr().err.splitlines() if line]
    assert len(warned) == 2 and all(line.startswith("mecpapers: warning: row ") for line in warned)
    assert "row 2: devices.frame_bits = 3" in warned[0] and "row 4: devices.uplink_rate[0] = 33" in warned[1]
    code, out, _ = solve(*words, "--strict")
    assert code == 2 and [json.loads(line)["status"] for line in out.splitlines()] == [2] * 3
