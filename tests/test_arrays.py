"""Fields are checked, broadcast, copied and locked."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from mecpapers.arrays import (
    BoolArray,
    Count,
    FloatArray,
    Fraction,
    NonNegative,
    Positive,
    PositiveScalar,
    check_choice,
    freeze,
    lock,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    rate: Positive
    loss: NonNegative = 0.0  # type: ignore[assignment]
    share: Fraction = 0.5  # type: ignore[assignment]
    count: Count | None = None
    total: PositiveScalar = 1.0
    free: FloatArray | None = None  # no rule: left alone

    def __post_init__(self) -> None:
        freeze(self)


def test_scalars_stand_for_all():
    record = Record(rate=[1, 2, 3], loss=2)
    assert record.rate.shape == record.loss.shape == record.share.shape == (3,)
    assert Record(rate=5).rate.tolist() == [5.0]
    assert record.count is None


def test_fields_are_copies_and_read_only():
    mine = np.array([1.0, 2.0])
    record = Record(rate=mine)
    mine[0] = 9
    assert record.rate.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        record.rate[0] = 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rate": [1, -2]}, r"rate\[1\] = -2: must be positive"),
        ({"rate": 0}, r"rate = 0: must be positive"),
        ({"rate": [1, np.nan]}, r"rate\[1\] = nan: must be finite"),
        ({"rate": np.inf}, "rate = inf: must be finite"),
        ({"rate": []}, "rate = .*: must hold at least one device"),
        ({"rate": [1, 2], "loss": [1, 2, 3]}, "loss has 3 values: must have as many as rate, 2"),
        ({"rate": 1, "loss": -1e-300}, "loss = -1e-300: must not be negative"),
        ({"rate": 1, "share": 1 + 2**-52}, r"share = 1.0000000000000002: must lie between 0 and 1"),
        ({"rate": 1, "count": [3 - 2**-51]}, r"count\[0\] = 2.9999999999999996: must be a whole number"),
        ({"rate": 1, "share": 1.5}, "share = 1.5: must lie between 0 and 1"),
        ({"rate": 1, "count": 2.5}, "count = 2.5: must be a whole number"),
        ({"rate": 1, "count": 0}, "count = 0: must be a whole number, 1 or more"),
        ({"rate": "1"}, "rate = '1': must be a number"),
        ({"rate": True}, "rate = True: must be a number"),
        ({"rate": [[1.0]]}, "rate = .*: must be a number or a list of numbers"),
        ({"rate": 1, "total": [1.0, 2.0]}, "total = .*: must be one number"),
        ({"rate": 1, "total": 0}, "total = 0: must be positive"),
    ],
)
def test_an_error_names_field_value_and_rule(fields, message):
    with pytest.raises(ValueError, match=message) as error:
        Record(**fields)
    assert "\n" not in str(error.value)


Colour = Literal["red", "green"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    one: Colour = "red"
    several: tuple[Colour, ...] = ()
    either: float | Literal["any"] = 1.0  # not a word alone: left to its own check

    def __post_init__(self) -> None:
        freeze(self)


@pytest.mark.parametrize("wrong", ["blue", "Red", "", None, 1, ["red"], np.array(["red", "green"])])
def test_only_the_words_there_are(wrong):
    Choice(one="green", several=("red", "green"), either="any")
    for fields in ({"one": wrong}, {"several": ("red", wrong)}):
        with pytest.raises(ValueError, match=r"= .*: must be one of red, green") as refusal:
            Choice(**fields)
        assert str(refusal.value).startswith(next(iter(fields)))
    with pytest.raises(ValueError, match=r"colour = .*: must be one of red, green"):
        check_choice("colour", wrong, ("red", "green"))


@dataclass(frozen=True, eq=False)
class Answer:
    chosen: BoolArray
    share: FloatArray
    rank: int = 0

    def __post_init__(self) -> None:
        lock(self)


def test_locked_arrays_are_copies_of_their_own_type():
    chosen, share = np.array([True, False]), np.array([[0.5, 1.0], [np.nan, 2.0]])
    answer = Answer(chosen, share)
    share[0, 0] = 9
    assert answer.chosen.dtype == bool and answer.share[0, 0] == 0.5
    for array in (answer.chosen, answer.share):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(ValueError, match=r"share has shape \(3,\): must begin as that of chosen, \(2,\)"):
        Answer(chosen, np.ones(3))
