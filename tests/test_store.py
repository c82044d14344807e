"""Kept results are read again, and forgotten when their code changes."""

import mecpapers.store as store

CALLS = []


def slow(x: int) -> int:
    CALLS.append(x)
    return 2 * x


slow.__module__ = "mecpapers.video.somewhere"


def test_kept_by_argument_and_by_source(tmp_path, monkeypatch):
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
    store._memory.cache_clear()
    CALLS.clear()
    kept = store.kept(slow)
    assert [kept(1), kept(1), kept(2)] == [2, 2, 4]
    assert CALLS == [1, 2]
    monkeypatch.setattr(store, "_digest", lambda paper: "other source")
    store._memory.cache_clear()
    assert kept(1) == 2
    assert CALLS == [1, 2, 1]
    store._memory.cache_clear()


def total(values):
    CALLS.append(values)
    return sum(values)


total.__module__ = "mecpapers.video.somewhere"


def test_a_list_is_kept_as_its_tuple(tmp_path, monkeypatch):
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
    store._memory.cache_clear()
    CALLS.clear()
    kept = store.kept(total)
    assert [kept([1, 2]), kept((1, 2)), kept(values=[1, 2])] == [3, 3, 3]
    assert CALLS == [(1, 2)]
    store._memory.cache_clear()


def test_the_digest_covers_shared_modules_and_the_papers_own():
    names = {p.relative_to(store._PACKAGE).as_posix() for p in store._sources("video")}
    assert {"lemmas.py", "sweep.py", "video/edge.py"} <= names
    assert not any(n.startswith("companion/") for n in names)
