"""A spreadsheet of devices, or a trace of their rates, as instances; and an answer as a spreadsheet.

The standard library's ``csv`` reads them: it keeps every cell as it was written, so that a bad one can be named.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter, warn

from mecpapers import instances, units
from mecpapers.instances import UnitWarning, shown

NAME, TIME = "name", "time"
ANSWER_UNITS: Mapping[str, str] = {
    "edge_frequency": "cycle/s",
    "device_frequency": "cycle/s",
    "edge_speed": "FLOP/s",
    "device_speed": "FLOP/s",
    "feature_bytes": "byte",
    "delay": "s",
    "latency": "s",
    "transmission_time": "s",
    "energy": "J",
    "quality": "mAP",
}
"""What an answer's numbers are in; those that are not here have no unit."""

_OTHER_FORMS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers", ".parquet", ".tsv")
_HEADER = re.compile(r"(\w+)(?:\[(\d{1,6})\])?\s*(?:\[([^\[\]]*)\])?", re.ASCII)
_PLACE = re.compile(r"([\w.]+)\[(\d+)\](?:\[(\d+)\])? = (.*?): (.*)", re.DOTALL)
_MISSING = re.compile(r"([\w.]+) is missing: must be given")


class Field(NamedTuple):
    """What an instance has a number of for each device."""

    place: str  # in the instance file: devices.uplink_rate
    table: bool  # a row of K numbers a device
    unit: str  # SI


class Column(NamedTuple):
    """One column: its name, what it is a level of (None: of no table), and its unit as written."""

    name: str
    level: int | None
    unit: str


class Sheet(NamedTuple):
    """An instance that a spreadsheet describes."""

    problem: Any
    names: list[str] | None  # of the devices, where the sheet has a column of them


class Slot(NamedTuple):
    """One row of a trace: its number, its time [s], and the devices present; no document where there is none."""

    row: int
    time: float
    names: list[str]
    document: Mapping[str, Any] | None


def check_form(path: str) -> None:
    """Refuse what by its name is a spreadsheet in another form than CSV."""
    if path.lower().endswith(_OTHER_FORMS):
        raise ValueError(f"{path}: must be CSV where it is a spreadsheet: in UTF-8, with commas between cells")


def fields(paper: str) -> dict[str, Field]:
    """Return the fields of a paper that a column can hold, by name: those whose schema allows a list."""
    form = import_module(f"mecpapers.{paper}.instance")
    found = {}
    for outer, schema in form.schema().items():
        for name, inner in schema.get("properties", {outer: schema}).items():
            place = name if name == outer else f"{outer}.{name}"
            if lists := inner.get("anyOf"):
                unit = form.PLAUSIBLE[place].unit if place in form.PLAUSIBLE else "1"
                unit = "gain" if name.endswith("_gain") else unit
                found[name] = Field(place, lists[-1]["items"]["type"] == "array", unit)
    return found


def read(
    text: str, where: str, shared: Mapping[str, Any] | None = None, paper: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Sheet:  # fmt: skip
    """Return the instance of a spreadsheet: a row a device, columns named as the fields are, a unit in the header.

    Parameters
    ----------
    text : comma-separated values
    where : what errors call the sheet
    shared : the fields that are not columns, as in an instance file
    paper : whose instance it is, where ``shared`` doesn't say it
    settings : field, with dots -> value; before what ``shared`` says

    Raises
    ------
    ValueError
        naming the row (1 is that of the names), the column, the value and the rule.
    """
    names, rows = _grid(text, where)
    document = _document(shared, paper, settings)
    known = fields(instances.paper_of(document))
    columns = _columns(names, known, also=(NAME,))
    if all(column.name == NAME for column in columns):
        raise ValueError(f"{where}: has no column of a field: must have one of {', '.join(known)}")
    _fill(document, columns, known, rows)
    with _told(columns, known, rows):
        problem = instances.build(document)
    called = next((k for k, column in enumerate(columns) if column.name == NAME), None)
    return Sheet(problem, None if called is None else [row[called] for row in rows])


def slots(
    text: str, where: str, shared: Mapping[str, Any] | None = None, paper: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Slot]:  # fmt: skip
    """Return the slots of a trace: a column of times, then a column of uplink rates for each device.

    A rate of 0 is an outage: the device cannot offload. An empty cell: the device is absent. What is shared carries the
    devices' other fields, a number for all or a list in the order of the columns. Parameters as of ``read``.

    Raises
    ------
    ValueError
        naming the row, the column, the value and the rule.
    """
    header, rows = _grid(text, where)
    document = _document(shared, paper, settings)
    known = fields(instances.paper_of(document))
    rate = known.get("uplink_rate")
    if document["paper"] != "video" or rate is None:
        raise ValueError(f"{where}: is a trace: paper must be video, not {document['paper']}")
    if _given(document, rate.place):
        raise ValueError(f"{rate.place}: is what the trace gives: must be left out of what is shared")
    devices = instances.check_object("devices", document.setdefault("devices", {}))
    _, _, second = _header(header[0], 1)
    _unit(TIME, "s", second)
    names, scales = _devices(header[1:], where)
    for name, value in devices.items():
        if isinstance(value, list) and len(value) != len(names):
            raise ValueError(f"devices.{name} has {len(value)} values: must have as many as the trace has devices")
    idle = {**document, "devices": {**devices, "uplink_rate": [0.0] * len(names)}}
    with catch_warnings(action="ignore", category=UnitWarning):  # the slots say it
        instances.build(idle)  # what is wrong with what is shared is wrong in every slot
    found = []
    for i, row in enumerate(rows, start=2):
        time = _number(row[0], f"row {i}, column {TIME}", "s", second or "s")
        present = [k for k, cell in enumerate(row[1:]) if cell]
        rates = [_rate(row[1 + k], f"row {i}, column {names[k]}", scales[k]) for k in present]
        own = {name: [v[k] for k in present] if isinstance(v, list) else v for name, v in devices.items()}
        there = {**document, "devices": {**own, "uplink_rate": rates}} if present else None
        found.append(Slot(i, time, [names[k] for k in present], there))
    return found


def _devices(header: Sequence[str], where: str) -> tuple[list[str], list[str]]:
    """Names of a trace's devices, and the units of their rates."""
    if not header:
        raise ValueError(f"{where}: has no column of rates: must have one for each device, after {TIME}")
    names, scales = [], []
    for k, text in enumerate(header, start=2):
        found = re.fullmatch(r"(.*?)\s*(?:\[([^\[\]]*)\])?", text, re.DOTALL)
        name, unit = (text, None) if found is None else found.groups()
        if not name:
            raise ValueError(f"row 1, column {k}: is empty: must name a device")
        if name in names:
            raise ValueError(f"column {shown(name)} is given twice: every column must be given once")
        names.append(name)
        scales.append(_unit(shown(name), "bit/s", unit))
    return names, scales


def _rate(cell: str, place: str, unit: str) -> float:
    rate = _number(cell, place, "bit/s", unit)
    if not 0 <= rate < float("inf"):
        raise ValueError(f"{place} = {shown(cell)}: must {'be finite' if rate > 0 else 'not be negative'}")
    return rate


def is_trace(text: str) -> bool:
    """Whether the first column is the time, so that the rows are slots and not devices."""
    first = re.match(r'\s*"?(\w+)', text, re.ASCII)
    return first is not None and first[1] == TIME


def _document(
    shared: Mapping[str, Any] | None, paper: str | None, settings: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is shared, with the settings put in."""
    document = dict(deepcopy(shared or {}))
    for where, given in (("", shared), *((f"{name}.", value) for name, value in document.items())):
        if isinstance(given, Mapping):
            instances.check_fields(where, given, [], given)  # no field twice
    if paper is not None and document.setdefault("paper", paper) != paper:
        raise ValueError(f"paper = {shown(document['paper'])}: must be {paper}, as --paper says")
    known = fields(instances.paper_of(document))
    for name, value in (settings or {}).items():
        _put(document, known[name].place if name in known else name, value)
    return document


def setting(word: str) -> tuple[str, Any]:
    """The field and the value of a setting NAME=VALUE; the value is a number where it reads as one."""
    name, equals, value = word.partition("=")
    if not (name and equals and value):
        raise ValueError(f"--set = {shown(word)}: must be NAME=VALUE")
    try:
        return name, units.to_si(value, "1", "1")
    except ValueError:
        return name, value


def _put(document: dict[str, Any], place: str, value: Any) -> None:
    """Put a value into a field, which is named with dots."""
    *above, last = place.split(".")
    for k, name in enumerate(above, start=1):
        document = instances.check_object(".".join(above[:k]), document.setdefault(name, {}))
    document[last] = value


def _grid(text: str, where: str) -> tuple[list[str], list[list[str]]]:
    """The names in the first row and the rows below, as many cells each; blank rows at the end are left out."""
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise ValueError(f"{where}: is not a table: {error}: must be values separated by commas") from None
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise ValueError(f"{where}: is empty: must hold a row of names and a row for each device or slot")
    header, *body = rows
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        raise ValueError(f"{where}: has one column: must be separated by commas, with a point before decimals")
    if not body:
        raise ValueError(f"{where}: has no row below its names: must hold at least one device or slot")
    for i, row in enumerate(body, start=2):
        if not any(row):
            raise ValueError(f"row {i}: is empty: must hold numbers")
        if len(row) != len(header):
            raise ValueError(f"row {i}: has {len(row)} cells: must have as many as row 1, {len(header)}")
    return header, body


def _header(name: str, number: int) -> tuple[str, int | None, str | None]:
    """A column's name, its level and its unit, as its header says them."""
    if not name:
        raise ValueError(f"row 1, column {number}: is empty: must name a field")
    header = _HEADER.fullmatch(name)
    if header is None:
        raise ValueError(f"column {shown(name)}: must be a name, and a unit in brackets if it has one")
    return header[1], None if header[2] is None else int(header[2]), header[3]


def _columns(names: Sequence[str], known: Mapping[str, Field], also: Sequence[str] = ()) -> list[Column]:
    """The columns, each known and there once; a table's levels are complete."""
    found = []
    for k, header in enumerate(names, start=1):
        name, level, unit = _header(header, k)
        if name not in known and name not in also:
            near = get_close_matches(name, [*known, *also], 1)
            hint = f"did you mean {near[0]}?" if near else f"must be one of {', '.join([*also, *known])}"
            raise ValueError(f"column {shown(name)} is unknown: {hint}")
        field = known.get(name, Field(name, False, "1"))
        if (level is not None) != field.table:
            rule = f"must be {name}[0], {name}[1], ..." if field.table else f"must be {name}"
            raise ValueError(f"column {shown(header)}: {rule}")
        found.append(Column(name, level, _unit(name, field.unit, unit)))
    places = [(column.name, column.level) for column in found]
    for k, (name, level) in enumerate(places):
        if (name, level) in places[:k]:
            raise ValueError(f"column {_called(name, level)} is given twice: every column must be given once")
        if level and (name, level - 1) not in places:
            raise ValueError(f"column {name}[{level - 1}] is missing: must be given, as {name}[{level}] is")
    return found


def _unit(name: str, si: str, unit: str | None) -> str:
    """The unit of a column, SI where its header names none."""
    if unit is None:
        return units.allowed(si)[0]
    if unit.strip() not in units.allowed(si):
        raise ValueError(f"column {name} = [{unit}]: its unit must be one of {', '.join(units.allowed(si))}")
    return unit.strip()


def _called(name: str, level: int | None) -> str:
    return name if level is None else f"{name}[{level}]"


def _number(cell: str, place: str, si: str, unit: str) -> float:
    """The number in a cell, in SI."""
    if not cell:
        raise ValueError(f"{place}: is empty: must be a number")
    try:
        return units.to_si(cell, si, unit)
    except ValueError as error:
        raise ValueError(f"{place} = {shown(cell)}: {error}") from None


def _fill(
    document: dict[str, Any], columns: Sequence[Column], known: Mapping[str, Field], rows: Sequence[Sequence[str]]
) -> None:
    """Put the columns' numbers where an instance file has them."""
    values: dict[str, list[Any]] = {}
    for k, (name, level, unit) in enumerate(columns):
        if name != NAME:
            place = _called(name, level)
            numbers = [
                _number(row[k], f"row {i}, column {place}", known[name].unit, unit) for i, row in enumerate(rows, 2)
            ]
            values.setdefault(name, []).append((level, numbers))
    for name, found in values.items():
        field = known[name]
        if _given(document, field.place):
            raise ValueError(f"column {name}: is a field of what is shared, too: must be given once")
        levels = [numbers for _, numbers in sorted(found, key=lambda pair: pair[0] or 0)]
        _put(document, field.place, list(map(list, zip(*levels, strict=True))) if field.table else levels[0])


def _given(document: Mapping[str, Any], place: str) -> bool:
    *above, last = place.split(".")
    for name in above:
        document = document.get(name, {})
    return isinstance(document, Mapping) and last in document


@contextmanager
def _told(columns: Sequence[Column], known: Mapping[str, Field], rows: Sequence[Sequence[str]]) -> Iterator[None]:
    """Let what is refused or doubted of an instance name the cell that it came from."""
    at = {(known[c.name].place, c.level): k for k, c in enumerate(columns) if c.name != NAME}
    name_of = {field.place: name for name, field in known.items()}

    def told(message: str) -> str:
        if missing := _MISSING.fullmatch(message):
            column = missing[1] in name_of
            how = "as a column or in what is shared" if column else "by --shared or --set"
            return (
                f"{'column ' if column else ''}{name_of.get(missing[1], missing[1])} is missing: must be given, {how}"
            )
        found = _PLACE.fullmatch(message)
        if found is None:
            return message
        place, n, level = found[1], int(found[2]), None if found[3] is None else int(found[3])
        if (place, level) in at and n < len(rows):
            k = at[place, level]
            unit = columns[k].unit
            value = rows[n][k] + (f" {unit}" if unit != "1" else "")
            return f"row {n + 2}, column {_called(columns[k].name, level)} = {value}: {found[5]}"
        if level is None and (place, 0) in at:  # of a table's row
            return f"row {n + 2}, columns {name_of[place]} = {found[4]}: {found[5]}"
        return message

    with catch_warnings(record=True) as doubts:
        simplefilter("always", UnitWarning)
        try:
            yield
        except ValueError as error:
            raise ValueError(told(str(error))) from None
    for doubt in doubts:
        warn(told(str(doubt.message)), UnitWarning, stacklevel=4)


def write(answer: Mapping[str, Any], names: Sequence[str] | None) -> str:
    """Return an answer, as ``solve --json`` has it, as a spreadsheet: a row a device, in SI, units in the header."""
    lists = {name: value for name, value in answer.items() if isinstance(value, list) and name != NAME}
    size = len(next(iter(lists.values())))
    lists |= {name: [value] * size for name, value in answer.items() if name == "device_inference"}
    header = [NAME, *(f"{name} [{ANSWER_UNITS[name]}]" if name in ANSWER_UNITS else name for name in lists)]
    return table(header, zip(names or map(str, range(size)), *lists.values(), strict=True))


def read_answer(text: str, where: str, wanted: Collection[str]) -> dict[str, Any]:
    """Return the columns of an answer that are wanted, and the names; other columns are not looked at.

    ``device_inference`` is one value for all. Raises as ``read`` does.
    """
    header, rows = _grid(text, where)
    answer: dict[str, Any] = {}
    for k, title in enumerate(header):
        found = _HEADER.fullmatch(title)
        name, unit = (found[1], found[3]) if found is not None and found[2] is None else ("", None)
        if name != NAME and name not in wanted:
            continue
        if name in answer:
            raise ValueError(f"column {name} is given twice: every column must be given once")
        cells = [row[k] for row in rows]
        if name != NAME:
            si = ANSWER_UNITS.get(name, "1")
            unit = _unit(name, si, unit)
            places = (f"row {i}, column {name}" for i in range(2, len(rows) + 2))
            answer[name] = [
                cell.lower() == "true" if cell.lower() in ("true", "false") else _number(cell, place, si, unit)
                for cell, place in zip(cells, places, strict=True)
            ]
        else:
            answer[name] = cells
    for name in {"device_inference"} & set(answer):
        if len(set(answer[name])) != 1:
            raise ValueError(f"column {name}: must hold one value in all rows")
        answer[name] = answer[name][0]
    return answer


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as comma-separated values below their names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([str(cell).lower() if isinstance(cell, bool) else cell for cell in row])
    return text.getvalue().removesuffix("\n")
