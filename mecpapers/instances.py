"""Read an instance file of any paper: strict JSON, SI units, every error one line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mecpapers.ledger import PAPERS

LARGEST = 256 << 20  # of an instance file [byte]


def read(path: str | Path) -> Any:
    """Read an instance file and return the problem of its paper.

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
    return import_module(f"mecpapers.{paper}.instance").from_dict(document)


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
