"""Vector types: float64 fields that are checked, broadcast and made read-only at construction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]  # places in another array
AnyArray = TypeVar("AnyArray", bound=NDArray[Any])


@dataclass(frozen=True)
class Rule:
    """What a field must satisfy: a predicate, the words an error shows, and the keywords of JSON Schema."""

    text: str
    holds: Callable[[FloatArray], BoolArray]
    schema: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Columns:
    """Marks a field of shape (N, K), a row a device, and what its K columns are called."""

    name: str


_POSITIVE = Rule("must be positive", lambda v: v > 0, {"exclusiveMinimum": 0})
_NON_NEGATIVE = Rule("must not be negative", lambda v: v >= 0, {"minimum": 0})
_FINITE = Rule("must be finite", np.isfinite, {})
_COUNT = Rule(
    "must be a whole number, 1 or more", lambda v: (v >= 1) & (v == np.rint(v)), {"type": "integer", "minimum": 1}
)
_FRACTION = Rule("must lie between 0 and 1", lambda v: (v >= 0) & (v <= 1), {"minimum": 0, "maximum": 1})
_ABOVE_MINUS_ONE = Rule("must be above -1", lambda v: v > -1, {"exclusiveMinimum": -1})

Positive = Annotated[FloatArray, _POSITIVE]
NonNegative = Annotated[FloatArray, _NON_NEGATIVE]
Finite = Annotated[FloatArray, _FINITE]
Count = Annotated[FloatArray, _COUNT]
Fraction = Annotated[FloatArray, _FRACTION]
AboveMinusOne = Annotated[FloatArray, _ABOVE_MINUS_ONE]
PositiveScalar = Annotated[float, _POSITIVE]
NonNegativeScalar = Annotated[float, _NON_NEGATIVE]
FractionScalar = Annotated[float, _FRACTION]
CountScalar = Annotated[float, _COUNT]


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


Record = TypeVar("Record", bound=_Dataclass)


def freeze(record: _Dataclass) -> None:
    """Check, broadcast and lock the ruled fields of a frozen dataclass; call it in ``__post_init__``.

    A scalar stands for all devices, and one row of K numbers for all rows of a table (a field marked ``Columns``);
    vectors and tables must agree on N (N = 1 if none is longer), tables on K. A field whose type is a ``Literal`` of
    words, or a tuple of them, holds no other word.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """
    for name, words in _choices(type(record)).items():
        value = getattr(record, name)
        for word in value if isinstance(value, tuple) else (value,):
            check_choice(name, word, words)
    rules = {name: ruled for name, ruled in _rules(type(record)).items() if getattr(record, name) is not None}
    values = {name: checked(name, getattr(record, name), f.rule, f.columns is not None) for name, f in rules.items()}
    for name, ruled in rules.items():
        if values[name].ndim and ruled.scalar:
            raise ValueError(f"{name} = {getattr(record, name)!r}: must be one number")
    tables = {name: ruled.columns for name, ruled in rules.items() if ruled.columns}
    several = {k: len(v) for k, v in values.items() if v.ndim and (k not in tables or len(v) > 1)}
    _check_equal(several, "values")
    _check_equal({name: values[name].shape[1] for name in tables}, next(iter(tables.values()), ""))
    n = next(iter(several.values()), 1)
    for name, value in values.items():
        shape = (n, *value.shape[1:])  # what is checked is a copy already
        full = (
            float(value) if rules[name].scalar else locked(value) if value.shape == shape else read_only(value, shape)
        )
        object.__setattr__(record, name, full)


def _check_equal(sizes: Mapping[str, int], what: str) -> None:
    first = next(iter(sizes), "")
    for name, size in sizes.items():
        if size != sizes[first]:
            raise ValueError(f"{name} has {size} {what}: must have as many as {first}, {sizes[first]}")


def rows_of(record: Record, chosen: Any) -> Record:
    """The same frozen dataclass for some of its devices, a slice or shape (J,); they were checked once."""
    some = object.__new__(type(record))
    for name in record.__dataclass_fields__:
        value = getattr(record, name)
        object.__setattr__(some, name, locked(value[chosen]) if isinstance(value, np.ndarray) else value)
    return some


def lock(record: _Dataclass, *, aligned: bool = True) -> None:
    """Copy the arrays of a frozen dataclass, and let nobody write to the copies; call it in ``__post_init__``.

    Values are not judged: that is for whoever evaluates them.

    Raises
    ------
    ValueError
        if they should be ``aligned``, unless all arrays have the same length along their first axis, naming the field
        and the rule.
    """
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    first = next(iter(arrays), "")
    for name, value in arrays.items():
        if aligned and value.shape[:1] != arrays[first].shape[:1]:
            raise ValueError(f"{name} has shape {value.shape}: must begin as that of {first}, {arrays[first].shape}")
        object.__setattr__(record, name, locked(value.copy()))


def locked(array: AnyArray) -> AnyArray:
    """Return the array itself, of any shape, made read-only: for what a cache hands to several callers."""
    array.flags.writeable = False
    return array


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Refuse a value that is not one of some words.

    Raises
    ------
    ValueError
        naming the field, the value and the words.
    """
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} = {value!r}: must be one of {', '.join(choices)}")


def checked(name: str, value: ArrayLike, rule: Rule, table: bool = False) -> FloatArray:
    """Return ``value`` as float64, every entry finite and within ``rule``; a scalar or (N,), or a table (N, K)."""
    try:
        raw = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} = rows of unequal length: must all hold K numbers") from None
    if raw.dtype.kind not in "iuf" or raw.ndim not in ((1, 2) if table else (0, 1)) or (table and not raw.size):
        shown = f"an array of shape {' x '.join(map(str, raw.shape))}" if table and raw.ndim else f"{value!r}"
        must = "rows of K numbers, one a device" if table else "a number or a list of numbers"
        raise ValueError(f"{name} = {shown}: must be {must}")
    if raw.size == 0:
        raise ValueError(f"{name} = []: must hold at least one device")
    array = np.asarray(np.array(raw, dtype=np.float64, ndmin=2 if table else 0) + 0.0)  # -0.0 becomes 0
    for law in (_FINITE, rule):
        wrong = np.argwhere(~law.holds(array))
        if len(wrong):
            place = tuple(wrong[0])
            shown = f"{array[place]:.12g}"
            if law.holds(np.asarray(float(shown))):  # what is wrong comes after these digits
                shown = f"{array[place]!s}"
            raise ValueError(f"{name}{''.join(f'[{i}]' for i in place)} = {shown}: {law.text}")
    return array


def rule_of(cls: type, field: str) -> Rule:
    """Return the rule of one field of a dataclass."""
    return _rules(cls)[field].rule


def schema_of(cls: type, field: str) -> dict[str, Any]:
    """JSON Schema of one field of a dataclass: a number; or one for all devices or a list of them; or a table."""
    ruled = _rules(cls)[field]
    number = {"type": "number", **ruled.rule.schema}
    if ruled.scalar:
        return number
    numbers = {"type": "array", "items": number, "minItems": 1}
    return {
        "anyOf": [numbers, {"type": "array", "items": numbers, "minItems": 1}] if ruled.columns else [number, numbers]
    }


def read_only(value: ArrayLike, shape: int | tuple[int, ...]) -> FloatArray:
    """Return a read-only copy of ``value`` with this shape; what is repeated takes no room."""
    return np.broadcast_to(locked(np.array(value, dtype=np.float64)), shape)


class _Ruled(NamedTuple):
    rule: Rule
    scalar: bool
    columns: str | None  # of a table


@cache
def _rules(cls: type) -> dict[str, _Ruled]:
    """Map each ruled field to its rule and its shape."""
    found: dict[str, _Ruled] = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        for part in (hint, *get_args(hint)):  # an optional field is a union with None
            if get_origin(part) is Annotated:
                rule, *marks = part.__metadata__
                columns = next((mark.name for mark in marks if isinstance(mark, Columns)), None)
                found[name] = _Ruled(rule, part.__origin__ is float, columns)
    return found


@cache
def _choices(cls: type) -> dict[str, tuple[str, ...]]:
    """Map each field that is a word, or a tuple of words, to the words it may be."""
    found: dict[str, tuple[str, ...]] = {}
    for name, hint in get_type_hints(cls).items():
        word = get_args(hint)[0] if get_origin(hint) is tuple else hint
        if get_origin(word) is Literal and get_origin(hint) is not ClassVar:
            found[name] = get_args(word)
    return found
