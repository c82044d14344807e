"""Read an instance file of any paper: strict JSON, SI units, every error one line; and its JSON Schema."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from warnings import warn

import numpy as np

from mecpapers.arrays import schema_of
from mecpapers.companion.files import write_atomically
from mecpapers.ledger import NAMES, PAPERS
from mecpapers.memory import check_memory
from mecpapers.solution import TooLarge

LARGEST = 256 << 20  # of an instance file [byte]
_MOST = {"{": (1_000_000, "objects"), "[": (10_000_000, "lists")}  # of one; "{}," takes a hundred times its 3 bytes
_WORDS = 4096  # whole numbers that are kept once: short ones are many in a large file, and few differ
CONTRACT = 1
"""Version of the instance files; it grows when a file that was accepted no longer means the same."""


class Plausible(NamedTuple):
    """What a field's numbers are likely to be, if not 0; beyond that, its unit may have been mistaken."""

    unit: str
    low: float
    high: float


ABOUT: Mapping[str, Mapping[str, str]] = {
    "name": {"type": "string"},
    "source": {"type": "string"},
    "licence": {"type": "string"},
    "note": {"type": "string"},
    "best_known": {"type": "number"},
}
"""What ``about`` may say of an instance of any paper: JSON Schema of each field, none of which must be given."""


class UnitWarning(UserWarning):
    """A number that is allowed, but beyond what is plausible in its unit."""


def read(path: str | Path) -> Any:
    """Read an instance file and return the problem of its paper; warn (`UnitWarning`) of a number beyond plausibility.

    A path such as ``library:video-mixed-25`` names an instance of the library.

    Raises
    ------
    ValueError
        naming the field, the value and the rule; also where the file is missing, unreadable or not JSON.
    """
    if str(path).startswith("library:"):
        from mecpapers import library

        return library.problem(str(path).removeprefix("library:"))
    return build(parse(read_text(path), path))


def build(document: Mapping[str, Any]) -> Any:
    """Return the problem that an instance file describes, once it is parsed; warn and raise as ``read`` does."""
    if isinstance(document, _Object) and document.twice is not None:
        check_fields("", document, [], document)
    form = import_module(f"mecpapers.{paper_of(document)}.instance")
    check_about(document.get("about", {}))
    problem = form.from_dict({name: value for name, value in document.items() if name != "about"})
    for name, plausible in form.PLAUSIBLE.items():
        _doubt(name, _at(document, name), plausible)
    return problem


def check_about(about: Any) -> dict[str, Any]:
    """Refuse what an instance may not say about itself."""
    given = check_object("about", about)
    check_fields("about.", given, [], ABOUT)
    for name, value in given.items():
        if ABOUT[name]["type"] == "number":
            check_number(f"about.{name}", value)
            if not np.isfinite(value):
                raise ValueError(f"about.{name} = {value}: must be finite")
        elif not isinstance(value, str):
            raise ValueError(f"about.{name} = {shown(value)}: must be a string, not {_kind(value)}")
    return given


def write(path: str | Path, problem: Any, about: Mapping[str, Any] | None = None) -> None:
    """Write a problem of any paper as an instance file; ``read`` returns the same, rows of probabilities to rounding.

    Parameters
    ----------
    about : any of ``ABOUT``: name, source, licence, note, best_known

    Raises
    ------
    ValueError
        for what an instance file has no field for.
    """
    paper = type(problem).__module__.split(".")[1]
    schema = import_module(f"mecpapers.{paper}.instance").schema()
    records = (problem, *(value for value in vars(problem).values() if is_dataclass(value)))

    def value(name: str) -> Any:
        found = next((getattr(record, name) for record in records if hasattr(record, name)), None)
        return found.tolist() if isinstance(found, np.ndarray) else found

    document: dict[str, Any] = {"paper": paper}
    for name, inner in schema.items():
        if name == "weights":  # each device has its own, which the file may hold beside these
            document[name] = {key: value(f"weight_{key}")[0] for key in inner["properties"]}
        elif "properties" in inner:
            document[name] = {key: value(key) for key in inner["properties"] if value(key) is not None}
        elif value(name) is not None:
            document[name] = value(name)
    if about:
        document["about"] = dict(about)
    text = json.dumps(document, indent=1, allow_nan=False)
    again = build(parse(text, path))
    for field in fields(problem):
        if isinstance(getattr(problem, field.name), str) and getattr(again, field.name) != getattr(problem, field.name):
            raise ValueError(f"{field.name} = {getattr(problem, field.name)}: no instance file can say it")
    write_atomically(Path(path), text + "\n")


def read_csv(
    path: str | Path, shared: str | Path | Mapping[str, Any] | None = None, paper: str | None = None, **settings: Any
) -> Any:
    """Read a spreadsheet, a row a device, and return the problem of its paper; see ``sheets.read``.

    Parameters
    ----------
    shared : the fields that are not columns: an instance file without the devices' fields, or its content
    paper : where ``shared`` doesn't say it
    settings : further fields, such as ``server_frequency=2.2e10``
    """
    from mecpapers import sheets

    if not isinstance(shared, Mapping | None):
        shared = parse(read_text(shared), shared)
    given = [None if v is None else parse(json.dumps(v), "what is shared") for v in (shared, settings)]
    return sheets.read(read_text(path), str(path), given[0], paper, given[1]).problem


def paper_of(document: Mapping[str, Any]) -> str:
    """Return the paper that an instance names, or refuse it."""
    paper = document.get("paper")
    if paper is None:
        raise ValueError(f"paper is missing: must be one of {', '.join(PAPERS)}")
    if paper not in PAPERS:
        raise ValueError(f"paper = {shown(paper)}: must be one of {', '.join(PAPERS)}")
    return str(paper)


def schema(paper: str) -> dict[str, Any]:
    """JSON Schema of a paper's instance file, from the rules of its fields. Rules between fields are not in it.

    Raises
    ------
    KeyError
        if ``paper`` has no instance file.
    """
    if paper not in PAPERS:
        raise KeyError(paper)
    form = import_module(f"mecpapers.{paper}.instance")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:mecpapers:instance:{paper}:{CONTRACT}",
        "title": f"Instance of {NAMES[paper]}",
    }
    about = object_schema(ABOUT, ABOUT)
    return head | object_schema({"paper": {"const": paper}, **form.schema(), "about": about}, (*form.OPTIONAL, "about"))


def object_schema(properties: Mapping[str, Any], optional: Collection[str] = ()) -> dict[str, Any]:
    """JSON Schema of an object that holds these fields and no other."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}


def field_schema(cls: type, field: str, plausible: Plausible | None = None) -> dict[str, Any]:
    """JSON Schema of a field of a dataclass, with its unit and what is plausible."""
    if plausible is None:
        return schema_of(cls, field)
    text = f"[{plausible.unit}], plausible: {plausible.low:g} to {plausible.high:g}"
    return {"description": text, **schema_of(cls, field)}


def _at(document: Mapping[str, Any], name: str) -> Any:
    """A field by its name with dots, None where it is not given."""
    value: Any = document
    for part in name.split("."):
        value = value.get(part)
        if value is None:
            return None
    return value


def _doubt(name: str, value: Any, plausible: Plausible) -> None:
    """Warn of the first number, other than 0, that is beyond what is plausible."""
    numbers = np.abs(np.asarray([] if value is None else value, dtype=np.float64))
    odd = np.argwhere((numbers != 0) & ~((numbers >= plausible.low) & (numbers <= plausible.high)))
    if len(odd):
        place = tuple(odd[0])
        where = f"{name}{''.join(f'[{i}]' for i in place)} = {np.asarray(value)[place]:.12g}"
        warn(
            f"{where}: is outside {plausible.low:g} to {plausible.high:g} {plausible.unit}: is the unit right?",
            UnitWarning,
            stacklevel=3,
        )


def read_text(path: str | Path) -> str:
    """Return the text of a file, or of standard input where ``path`` is ``-``; a byte-order mark is left out."""
    try:
        if str(path) != "-":
            with Path(path).open("rb") as file:
                content = file.read(LARGEST + 1)
        elif sys.stdin is None:
            raise ValueError("standard input is closed: must be open to read the instance")
        else:
            content = sys.stdin.buffer.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"{path}: must be at most {LARGEST >> 20} MB")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: must be text in UTF-8") from None


def parse(text: str, where: str | Path) -> _Object:
    """Return one JSON object; every number becomes a float, and a field given twice is remembered."""
    for sign, (most, what) in _MOST.items():
        if (many := text.count(sign)) > most:
            raise ValueError(f"{where}: has {many} {what}: must have {most} at most")
    numbers = text.count(",")
    check_memory(f"{where}: its {numbers} numbers", 40.0 * numbers)  # a float, its place in a list, and more places
    try:
        # float for every number: an integer of any length, NaN and infinity then meet the rule of their field
        whole = lru_cache(_WORDS)(float)
        document = json.loads(text, parse_int=whole, parse_constant=float, object_pairs_hook=_Object)
    except MemoryError:
        raise TooLarge(f"{where}: its {numbers} numbers need more memory than there is") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"{where}: is nested too deeply: must hold objects of numbers and lists of numbers") from None
    if not isinstance(document, _Object):
        raise ValueError(f"{where}: must be a JSON object, not {_kind(document)}")
    return document


def check_fields(where: str, given: Mapping[str, Any], required: Collection[str], optional: Collection[str]) -> None:
    """Refuse a missing or an unknown field; ``where`` is the prefix of its name."""
    if isinstance(given, _Object) and given.twice is not None:
        raise ValueError(f"{where}{_name(given.twice)} is given twice: every field must be given once")
    for name in required:
        if name not in given:
            raise ValueError(f"{where}{name} is missing: must be given")
    for name in given:
        if name not in required and name not in optional:
            raise ValueError(f"{where}{_name(name)} is unknown: must be one of {', '.join([*required, *optional])}")


def check_object(where: str, value: Any) -> dict[str, Any]:
    """Refuse what is not an object."""
    if not isinstance(value, dict):
        raise ValueError(f"{where} = {shown(value)}: must be an object, not {_kind(value)}")
    return value


def check_numbers(where: str, value: Any) -> Any:
    """Refuse what is not a number or a flat list of numbers; a boolean or a string is none."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            check_number(f"{where}[{i}]", item)
        return value
    return check_number(where, value)


def check_number(where: str, value: Any) -> Any:
    """Refuse what is not one number."""
    if not isinstance(value, float):
        raise ValueError(f"{where} = {shown(value)}: must be a number, not {_kind(value)}")
    return value


def within(where: str, build: Callable[[], Any]) -> Any:
    """Build a record whose own errors name a field, and put ``where`` before that name."""
    try:
        return build()
    except ValueError as error:
        raise ValueError(f"{where}{error}") from None


def one_line(message: str) -> str:
    """A message in one line; where a value makes it too long to read, its middle is left out."""
    line = " ".join(message.split())
    return line if len(line) <= 1_000 else f"{line[:500]} ... {line[-300:]}"


def shown(value: Any) -> str:
    """A value as an error shows it: its JSON, at most 40 characters of it."""
    try:
        text = f"{value:.12g}" if isinstance(value, float) else json.dumps(value)
    except (RecursionError, ValueError):
        text = _kind(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _kind(value: Any) -> str:
    names = {bool: "a boolean", str: "a string", list: "a list", dict: "an object", type(None): "null"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")


def _name(field: str) -> str:
    """A field's name as an error shows it; quoted unless it is a plain word."""
    return field if field.isidentifier() and len(field) <= 40 else shown(field)


class _Object(dict[str, Any]):
    """A JSON object that remembers a field given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(self) < len(pairs) else Counter()
        self.twice = next((name for name, count in counts.items() if count > 1), None)
