"""Vector types: float64 fields that are checked, broadcast and made read-only at construction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]  # places in another array
AnyArray = TypeVar("AnyArray", bound=NDArray[Any])


@dataclass(frozen=True)
class Rule:
    """What a field must satisfy: a predicate, and the words an error shows."""

    text: str
    holds: Callable[[FloatArray], BoolArray]


_POSITIVE = Rule("must be positive", lambda v: v > 0)
_NON_NEGATIVE = Rule("must not be negative", lambda v: v >= 0)
_FINITE = Rule("must be finite", np.isfinite)
_COUNT = Rule("must be a whole number, 1 or more", lambda v: (v >= 1) & (v == np.rint(v)))

Positive = Annotated[FloatArray, _POSITIVE]
NonNegative = Annotated[FloatArray, _NON_NEGATIVE]
Finite = Annotated[FloatArray, _FINITE]
Count = Annotated[FloatArray, _COUNT]
Fraction = Annotated[FloatArray, Rule("must lie between 0 and 1", lambda v: (v >= 0) & (v <= 1))]
AboveMinusOne = Annotated[FloatArray, Rule("must be above -1", lambda v: v > -1)]
PositiveScalar = Annotated[float, _POSITIVE]
NonNegativeScalar = Annotated[float, _NON_NEGATIVE]


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


def freeze(record: _Dataclass) -> None:
    """Check, broadcast and lock the ruled fields of a frozen dataclass; call it in ``__post_init__``.

    A scalar stands for all devices; the vectors must agree on their length N (N = 1 if all are scalars). A field whose
    type is a ``Literal`` of words, or a tuple of them, holds no other word.

    Raises
    ------
    ValueError
        naming the field, the value and the rule.
    """
    for name, words in _choices(type(record)).items():
        value = getattr(record, name)
        for word in value if isinstance(value, tuple) else (value,):
            check_choice(name, word, words)
    rules = {name: rule for name, rule in _rules(type(record)).items() if getattr(record, name) is not None}
    values = {name: checked(name, getattr(record, name), rule) for name, (rule, _) in rules.items()}
    for name, (_, is_vector) in rules.items():
        if values[name].ndim and not is_vector:
            raise ValueError(f"{name} = {getattr(record, name)!r}: must be one number")
    vectors = [name for name, (_, is_vector) in rules.items() if is_vector]
    sizes = {name: values[name].size for name in vectors if values[name].ndim}
    for name, size in sizes.items():
        first = next(iter(sizes))
        if size != sizes[first]:
            raise ValueError(f"{name} has {size} values: must have as many as {first}, {sizes[first]}")
    n = next(iter(sizes.values()), 1)
    for name, value in values.items():
        object.__setattr__(record, name, read_only(value, n) if name in vectors else float(value))


def lock(record: _Dataclass) -> None:
    """Copy the arrays of a frozen dataclass, and let nobody write to the copies; call it in ``__post_init__``.

    Values are not judged: that is for whoever evaluates them.

    Raises
    ------
    ValueError
        unless all arrays have the same length along their first axis, naming the field and the rule.
    """
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    first = next(iter(arrays), "")
    for name, value in arrays.items():
        if value.shape[:1] != arrays[first].shape[:1]:
            raise ValueError(f"{name} has shape {value.shape}: must begin as that of {first}, {arrays[first].shape}")
        object.__setattr__(record, name, locked(value.copy()))


def locked(array: AnyArray) -> AnyArray:
    """Return the array itself, made read-only: for what a cache hands to several callers."""
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


def checked(name: str, value: ArrayLike, rule: Rule) -> FloatArray:
    """Return ``value`` as float64, a scalar or a vector, every entry finite and within ``rule``."""
    raw = np.asarray(value)
    if raw.dtype.kind not in "iuf" or raw.ndim > 1:
        raise ValueError(f"{name} = {value!r}: must be a number or a list of numbers")
    if raw.size == 0:
        raise ValueError(f"{name} = []: must hold at least one device")
    array = raw.astype(np.float64)
    for law in (_FINITE, rule):
        wrong = np.flatnonzero(~law.holds(array))
        if wrong.size:
            where = f"{name}[{wrong[0]}]" if array.ndim else name
            raise ValueError(f"{where} = {array.flat[wrong[0]]:.12g}: {law.text}")
    return array


def rule_of(cls: type, field: str) -> Rule:
    """Return the rule of one field of a dataclass."""
    return _rules(cls)[field][0]


def read_only(value: ArrayLike, size: int) -> FloatArray:
    """Return a read-only copy of ``value`` with shape (size,)."""
    return locked(np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (size,))))


@cache
def _rules(cls: type) -> dict[str, tuple[Rule, bool]]:
    """Map each ruled field to its rule and whether it is a vector."""
    found: dict[str, tuple[Rule, bool]] = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        for part in (hint, *get_args(hint)):  # an optional field is a union with None
            if get_origin(part) is Annotated:
                found[name] = (part.__metadata__[0], part.__origin__ is not float)
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
