"""Read an instance file of any paper: strict JSON, SI units, every error one line; and its JSON Schema."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from warnings import warn

import numpy as np

from mecpapers.arrays import schema_of
from mecpapers.ledger import NAMES, PAPERS

LARGEST = 256 << 20  # of an instance file [byte]
CONTRACT = 1
"""Version of the instance files; it grows when a file that was accepted no longer means the same."""


class Plausible(NamedTuple):
    """What a field's numbers are likely to be, if not 0; beyond that, its unit may have been mistaken."""

    unit: str
    low: float
    high: float


class UnitWarning(UserWarning):
    """A number that is allowed, but beyond what is plausible in its unit."""


def read(path: str | Path) -> Any:
    """Read an instance file and return the problem of its paper; warn (`UnitWarning`) of a number beyond plausibility.

    Raises
    ------
    ValueError
        naming the field, the value and the rule; also where the file is missing, unreadable or not JSON.
    """
    document = read_json(path)
    paper = document.get("paper")
    if document.twice is not None:
        check_fields("", document, [], document)
    if paper is None:
        raise ValueError(f"paper is missing: must be one of {', '.join(PAPERS)}")
    if paper not in PAPERS:
        raise ValueError(f"paper = {shown(paper)}: must be one of {', '.join(PAPERS)}")
    form = import_module(f"mecpapers.{paper}.instance")
    problem = form.from_dict(document)
    for name, plausible in form.PLAUSIBLE.items():
        _doubt(name, _at(document, name), plausible)
    return problem


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
    return head | object_schema({"paper": {"const": paper}, **form.schema()}, form.OPTIONAL)


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


def read_json(path: str | Path) -> _Object:
    """Read one JSON object; every number becomes a float, and a field given twice is remembered."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"{path}: must be at most {LARGEST >> 20} MB")
        text = content.decode("utf-8")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: must be JSON in UTF-8") from None
    try:
        # float for every number: an integer of any length, NaN and infinity then meet the rule of their field
        document = json.loads(text, parse_int=float, parse_constant=float, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"{path}: is nested too deeply: must hold objects of numbers and lists of numbers") from None
    if not isinstance(document, _Object):
        raise ValueError(f"{path}: must be a JSON object, not {_kind(document)}")
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
