"""What is remembered lives as long as its record."""

import gc
import weakref

from mecpapers.caching import remembered


class Record:
    pass


def test_computed_once_a_record_and_gone_with_it():
    calls = []

    @remembered
    def answer(record):
        """Say nothing of the record."""
        calls.append(1)
        return set()

    one, two = Record(), Record()
    assert answer(one) is answer(one) is not answer(two)
    assert len(calls) == 2 and answer.__doc__ == "Say nothing of the record." and answer.__name__ == "answer"
    result, gone = weakref.ref(answer(one)), weakref.ref(one)
    del one
    gc.collect()
    assert result() is None and gone() is None
