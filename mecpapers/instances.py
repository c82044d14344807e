"""Read an instance file of any paper: strict JSON, SI units, every error one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mecpapers.ledger import PAPERS


def read(path: str | Path) -> Any:
    """Read an instance file and return the problem of its paper.

    Raises
    ------
    ValueError
        naming the field, the value and the rule; also where the file is missing, unreadable or not JSON.
    """
    document = read_json(path)
    paper = document.get("paper")
    if paper is None:
        raise ValueError(f"paper is missing: must be one of {', '.join(PAPERS)}")
    if paper not in PAPERS:
        raise ValueError(f"paper = {shown(paper)}: must be one of {', '.join(PAPERS)}")
    return import_module(f"mecpapers.{paper}.instance").from_dict(document)


def read_json(path: str | Path) -> dict[str, Any]:
    """Read one JSON object; refuse NaN, infinity, duplicate keys and deep nesting."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: must be JSON in UTF-8") from None
    try:
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"{path}: is nested too deeply: must hold objects of numbers and lists of numbers") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path}: must be a JSON object, not {_kind(document)}")
    return document


def check_fields(where: str, given: Mapping[str, Any], required: Collection[str], optional: Collection[str]) -> None:
    """Refuse a missing or an unknown field; ``where`` is the prefix of its name."""
    for name in required:
        if name not in given:
            raise ValueError(f"{where}{name} is missing: must be given")
    for name in given:
        if name not in required and name not in optional:
            raise ValueError(f"{where}{name} is unknown: must be one of {', '.join([*required, *optional])}")


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
    """Refuse what is not one number within the range of float64."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where} = {shown(value)}: must be a number, not {_kind(value)}")
    try:
        float(value)
    except OverflowError:
        raise ValueError(f"{where} = {shown(value)}: must be finite") from None
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
        text = json.dumps(value)
    except (RecursionError, ValueError):
        text = _kind(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _kind(value: Any) -> str:
    names = {bool: "a boolean", str: "a string", list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), "a number")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed: every number must be finite")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name} is given twice: every field must be given once")
        found[name] = value
    return found
