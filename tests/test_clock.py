"""Only the call counts, and growth is found again."""

import pytest

from mecpapers.clock import growth, least_seconds, median_seconds, seconds


def test_preparation_is_not_counted_nor_is_the_first_call(monkeypatch):
    now, calls = [0.0], []
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def prepare():
        now[0] += 100
        return len(calls)

    def call(k):
        calls.append(k)
        now[0] += 1 + k

    assert seconds(call, prepare, 3).tolist() == [2, 3, 4]
    calls.clear()
    assert median_seconds(lambda: call(len(calls)), 3) == 3 and least_seconds(lambda: call(len(calls)), 3) > 4


def test_growth():
    assert growth({n: 3 * n**2.5 for n in (10, 20, 40)}) == pytest.approx(2.5)
    assert growth({n: 3 * 13.0**n for n in (3, 4, 5)}, exponential=True) == pytest.approx(13)
