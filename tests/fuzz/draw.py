"""Instances, sound and broken, as Hypothesis draws them."""

import copy
import csv
import io
import json

from hypothesis import strategies as st

EXTREMES = (0, 0.0, -0.0, 5e-324, 1e-300, 1e-150, 1e-12, 1 - 1e-16, 1 + 1e-12, 1e12, 1e150, 1e300, 1.7e308, -1, -1e-300)
ODD = (
    *(*EXTREMES, 10**400, 2**64, float("nan"), True, None, "", "1", "\ud800", "\x00"),
    *([], {}, [[]], [None], {"a": 1}, [1] * 3),
)


def number(low, high):
    """A number, by the size of its logarithm; simple ones first."""
    return st.sampled_from([low, high]) | st.floats(0, 1).map(lambda u: low * (high / low) ** u)


def numbers(n, low, high, *extra):
    """One number for all, like numbers, or a number for each."""
    one = number(low, high) | st.sampled_from(extra) if extra else number(low, high)
    return one | one.map(lambda v: [v] * n) | st.lists(one, min_size=n, max_size=n)


@st.composite
def video(draw, most_devices=3, most_frames=3):
    """An instance of Paper I; weights, powers and offsets may be 0, rates may fail, devices may be alike."""
    n, frames = draw(st.integers(1, most_devices)), draw(st.integers(1, most_frames))
    devices = {
        "uplink_rate": numbers(n, 1e5, 1e9, 0.0),
        "channel_gain": numbers(n, 1e-14, 1e-8),
        "transmit_power": numbers(n, 1e-3, 5.0, 0.0),
        "frame_bits": numbers(n, 1e5, 1e8),
        "max_frequency": numbers(n, 1e8, 1e10),
        "energy_coefficient": numbers(n, 1e-30, 1e-26, 0.0),
        "macs_per_frame": numbers(n, 1e6, 1e11),
        "macs_offset": numbers(n, 1.0, 1e11, 0.0),
        "accuracy_a0": numbers(n, 1e-2, 2.0, 0.0),
        "accuracy_a1": numbers(n, 1e-2, 5.0, 0.0),
        "accuracy_a2": numbers(n, 0.5, 1.0),
        "min_accuracy": numbers(n, 0.01, 0.5, 0.0),
        "max_frames": st.just(frames),
    }
    document = {
        "paper": "video",
        "local_energy": draw(st.sampled_from(["eq7", "eq31"])),
        "weights": {
            "delay": draw(number(1e-3, 1e3)),
            "energy": draw(number(1e-3, 1e3) | st.just(0.0)),
            "accuracy": draw(number(1e-3, 1e3) | st.just(0.0)),
        },
        "server_frequency": draw(number(1e8, 1e12)),
        "time_budget": draw(number(0.1, 10.0)),
        "cycles_per_mac": draw(number(1e-2, 1.0)),
        "devices": {name: draw(values) for name, values in devices.items()},
    }
    if draw(st.booleans()):
        del document["devices"]["channel_gain"]
    return document


@st.composite
def fhei(draw, most_users=4):
    """An instance of Paper II; limits from out of reach to idle."""
    m = draw(st.integers(1, most_users))
    low = draw(number(1e4, 1e7))
    return {
        "paper": "fhei",
        "uplink_rate": draw(numbers(m, 1e6, 1e9)),
        "downlink_rate": draw(numbers(m, 1e6, 1e9)),
        "device_speed": draw(numbers(m, 1e8, 1e11)),
        "receive_power": draw(numbers(m, 1e-3, 1.0, 0.0)),
        "input_bytes": draw(number(1e3, 1e7)),
        "transmit_power": draw(number(1e-3, 1.0) | st.just(0.0)),
        "server_speed": draw(number(1e11, 1e15)),
        "fn_flops_per_byte": draw(number(1e2, 1e5)),
        "fn_base_flops": draw(number(1e6, 1e11) | st.just(0.0)),
        "in_flops_per_byte": draw(number(1e2, 1e5)),
        "energy_coefficient": draw(number(1e-30, 1e-26)),
        "min_feature_bytes": low,
        "max_feature_bytes": low * draw(number(1.0, 100.0)),
        "max_mean_energy": draw(number(1e-2, 1e3)),
        "max_mean_latency": draw(number(1e-1, 1e3)),
        "quality_per_byte": draw(number(1e-7, 1e-3)),
    }


@st.composite
def pose(draw, most_cameras=3, most_levels=3):
    """An instance of Paper III; slack from none to plenty, accuracies with ties."""
    n, k = draw(st.integers(1, most_cameras)), draw(st.integers(1, most_levels))
    share = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
    rows = st.lists(st.lists(share, min_size=k, max_size=k), min_size=n, max_size=n)
    weights = st.lists(st.integers(1, 8), min_size=k, max_size=k).map(lambda w: [v / sum(w) for v in w])
    delay = draw(number(1e-3, 0.1))
    return {
        "paper": "pose",
        "deadline": delay * draw(st.just(1.0) | number(1.0, 10.0)),
        "device_delay": delay,
        "server_delay": draw(number(1e-4, 0.1) | st.just(0.0)),
        "transmission_time": draw(numbers(n, 1e-4, 0.1, 0.0)),
        "discard_value": draw(share),
        "score_pmf": draw(st.lists(weights, min_size=n, max_size=n)),
        "device_accuracy": draw(rows),
        "server_accuracy": draw(rows),
        "servers": draw(st.integers(1, 3)),
    }


DRAWN = {"video": video, "fhei": fhei, "pose": pose}


def fields(document, above=()):
    """The path of each field, and of the first entry of each list."""
    for name, value in document.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from fields(value, (*above, name))
        elif isinstance(value, list) and value:
            yield (*above, name, 0)


@st.composite
def changed(draw, document, values):
    """A document with one to three of its fields replaced."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(fields(document))))
        place = document
        for name in above:
            place = place[name]
        place[last] = copy.deepcopy(draw(values))  # what is drawn may be changed next
    return document


@st.composite
def extreme(draw, paper):
    """A sound instance with extreme numbers in some of its fields."""
    return draw(changed(draw(DRAWN[paper]()), st.sampled_from(EXTREMES)))


@st.composite
def broken(draw, paper):
    """A text that is nearly an instance: odd values, fields twice or unknown, cut off, or nested deeply."""
    document = draw(changed(draw(DRAWN[paper]()), st.sampled_from(ODD) | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )))  # fmt: skip
    text = json.dumps(document)
    how = draw(st.sampled_from(["", "", "", "twice", "unknown", "cut", "deep", "bom", "bytes"]))
    if how == "twice":
        name = draw(st.sampled_from(list(document)))
        text = f"{{{json.dumps(name)}: {json.dumps(document[name])}, {text[1:]}"
    elif how == "unknown":
        text = json.dumps({draw(st.text(max_size=300)): 1, **document})
    elif how == "cut":
        text = text[: draw(st.integers(0, len(text)))]
    elif how == "deep":
        text = text[:-1] + ', "a": ' + "[" * 100_000
    data = text.encode("utf-8", "surrogatepass")
    return {"bom": b"\xef\xbb\xbf" + data, "bytes": data[:9] + b"\xff\xfe" + data[9:]}.get(how, data)


CELLS = st.sampled_from(
    [
        *(
            "",
            " ",
            "0",
            "-0",
            "-1",
            "1e400",
            "-1e400",
            "1e-400",
            "nan",
            "inf",
            "1_0",
            "1,5",
            "1;5",
            "0x10",
            "1e",
            "--1",
            ".",
        ),
        *(
            "true",
            "name",
            "\u0663",
            "\ud83d\ude00",
            "\x00",
            '"',
            "'",
            "=1+1",
            "1e999999999999",
            "9" * 400,
            "\u00a01",
            "+.5",
        ),
    ]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
HEADERS = (
    st.sampled_from(
        [
            *(
                "name",
                "time",
                "uplink_rate",
                "uplink_rate [Mbit/s]",
                "uplink_rate [MB/s]",
                "max_frames [%]",
                "score_pmf[9]",
            ),
            *(
                "score_pmf[0]",
                "score_pmf",
                "devices",
                "paper",
                "[",
                "]",
                "a[b]",
                "uplink_rate[0]",
                "uplink_rate []",
                "",
            ),
        ]
    )
    | CELLS
)
TABLES = ("score_pmf", "device_accuracy", "server_accuracy")
UNITS = {  # field -> a unit and how many of it an SI unit is
    **{name: ("Mbit/s", 1e-6) for name in ("uplink_rate", "downlink_rate")},
    **{name: ("GHz", 1e-9) for name in ("max_frequency",)},
    **{name: ("GFLOPS", 1e-9) for name in ("device_speed",)},
    **{name: ("mW", 1e3) for name in ("transmit_power", "receive_power")},
    **{name: ("ms", 1e3) for name in ("device_delay", "transmission_time")},
    **{name: ("%", 100.0) for name in TABLES},
}


def text_of(rows, separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue()


@st.composite
def sheet(draw, paper):
    """An instance as a sheet and what is shared: the document, the rows, the shared part."""
    document = draw(DRAWN[paper]())
    shared = copy.deepcopy(document)
    own = shared.get("devices", shared)
    lists = {name: own.pop(name) for name, value in list(own.items()) if isinstance(value, list)}
    columns = {}
    for name, values in lists.items():
        unit, scale = UNITS.get(name, ("", 1.0)) if draw(st.booleans()) else ("", 1.0)
        levels = {name: values}
        if name in TABLES:
            levels = {f"{name}[{k}]": [row[k] for row in values] for k in range(len(values[0]))}
        for title, numbers in levels.items():
            columns[f"{title} [{unit}]" if unit else title] = [repr(v * scale) for v in numbers]
    if draw(st.booleans()) and columns:
        columns["name"] = [draw(st.text(st.characters(exclude_categories=["C"]), max_size=3)) + str(k)
                           for k in range(len(next(iter(columns.values()))))]  # fmt: skip
    return document, [list(columns), *map(list, zip(*columns.values(), strict=True))], shared


@st.composite
def trace(draw):
    """A trace of rates and what is shared; outages and absences among them."""
    document = draw(video())
    n = max([1, *(len(v) for v in document["devices"].values() if isinstance(v, list))])
    del document["devices"]["uplink_rate"]
    if draw(st.integers(0, 9)):  # else lists and the trace may differ in length
        document["devices"] = {
            k: v if (isinstance(v, list) and len(v) == n) or not isinstance(v, list) else v * n
            for k, v in document["devices"].items()
        }
    cell = number(1e5, 1e9).map(repr) | st.sampled_from(["0", "", "0.0"])
    slots = draw(st.lists(st.lists(cell, min_size=n, max_size=n), min_size=1, max_size=4))
    return [["time", *(f"d{k}" for k in range(n))], *([str(t), *row] for t, row in enumerate(slots))], document


@st.composite
def broken_table(draw, rows):
    """Rows that are nearly a table, as bytes: odd cells and headers, ragged, other separators, cut off, or no text."""
    rows = copy.deepcopy(rows)
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(rows))
        if row:
            row[draw(st.integers(0, len(row) - 1))] = draw(HEADERS if row is rows[0] else CELLS)
    how = draw(
        st.sampled_from(["", "", "", "ragged", "blank", "twice", "semicolon", "cut", "bom", "bytes", "mac", "quote"])
    )
    place = draw(st.integers(0, len(rows) - 1))
    if how == "ragged":
        rows[place] = rows[place][:-1] if draw(st.booleans()) else [*rows[place], "1"]
    elif how == "blank":
        rows.insert(place, draw(st.sampled_from([[], [""], [""] * len(rows[0])])))
    elif how == "twice":
        rows = [[*row, *row[:1]] for row in rows]
    text = text_of(rows, ";" if how == "semicolon" else ",")
    if how == "cut":
        text = text[: draw(st.integers(0, len(text)))]
    elif how == "mac":
        text = text.replace("\n", draw(st.sampled_from(["\r", "\r\n", "\n\n"])))
    elif how == "quote":
        text = text.replace("1", draw(st.sampled_from(['"', '"1"', '""1', "'"])), 1)
    data = text.encode("utf-8", "surrogatepass")
    return {"bom": b"\xef\xbb\xbf" + data, "bytes": data[:9] + b"\xff\xfe" + data[9:]}.get(how, data)
