"""Kept results are read again, and forgotten when their code changes."""

import platformdirs
import pytest

import mecpapers.store as store
from mecpapers.ledger import PAPERS

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
    assert {"lemmas.py", "sweep.py", "video/edge.py", "video/evidence/experiments/trends.py"} <= names
    assert not any(n.startswith("companion/") for n in names)


@pytest.mark.parametrize("paper", PAPERS)
def test_no_note_is_in_the_key_and_no_kept_result_in_a_note(paper):
    for file in (store._PACKAGE / paper).rglob("*"):
        if file.suffix == ".py" and file not in store._sources(paper):
            assert "@kept" not in file.read_text(encoding="utf-8"), file
    prose = {p.stem for p in (store._PACKAGE / paper / "evidence").iterdir()} & store.PROSE
    assert {"claims", "errata", "figures", "notation"} <= prose
    assert not any(store.PROSE & set(p.parts) or p.stem in store.PROSE for p in store._sources(paper))


def test_outside_a_checkout_the_users_cache_folder_keeps_results(tmp_path, monkeypatch):
    assert store._default_store() == store._PACKAGE.parent / "_build" / "store"
    monkeypatch.setattr(store, "_PACKAGE", tmp_path / "site-packages" / "mecpapers")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store._default_store() == platformdirs.user_cache_path("mecpapers")
