"""Fields are checked, broadcast, copied and locked."""

from dataclasses import dataclass

import numpy as np
import pytest

from mecpapers.arrays import Count, FloatArray, Fraction, NonNegative, Positive, PositiveScalar, freeze


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
