"""Kept results are read again, and forgotten when their code changes."""

import ast
import errno
import os
import sys

import platformdirs
import pytest

import mecpapers.store as store
from mecpapers import sources
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


@pytest.mark.parametrize("damage", [b"", b"hello", b"\x80\x05\xff" * 9, b"\xff\xfe"])
def test_what_is_damaged_is_computed_anew_without_a_word(damage, tmp_path, monkeypatch, capfd, caplog):
    """Results, their metadata and the code beside them, cut off or overwritten."""
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
    store._memory.cache_clear()

    def twice():  # another function each time, as in another process: joblib then reads the code again
        def double(x: int) -> int:
            return 2 * x

        double.__module__ = "mecpapers.video.somewhere"
        return store.kept(double)(1)

    twice()
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != ".gitignore"]
    assert {"output.pkl", "func_code.py"} <= {file.name for file in files}
    for file in files:
        before = file.read_bytes()
        file.write_bytes(damage)
        assert twice() == 2
        file.write_bytes(before)
    assert capfd.readouterr() == ("", "") and not caplog.records
    store._memory.cache_clear()


@pytest.mark.parametrize("call", ["open", "os.replace"])
def test_nothing_is_kept_where_the_disk_is_full(call, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
    store._memory.cache_clear()
    CALLS.clear()

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as m:
        m.setattr(f"joblib._store_backends.{call}", full, raising=False)
        assert store.kept(slow)(1) == 2
    assert capfd.readouterr() == ("", "") and CALLS == [1]
    store._memory.cache_clear()


def test_what_a_function_raises_itself_is_raised(tmp_path, monkeypatch):
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
    store._memory.cache_clear()

    def gone(name: str) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file", name)

    gone.__module__ = "mecpapers.video.somewhere"
    with pytest.raises(FileNotFoundError, match="recordings"):
        store.kept(gone)("recordings")
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


@pytest.mark.parametrize("library", ["numpy", "scipy", "cvxpy", "clarabel", "sympy"])
def test_another_version_of_a_library_is_another_key(library, monkeypatch):
    before = store._digest("video")
    known = store.version
    monkeypatch.setattr(store, "version", lambda name: "0.1" if name == library else known(name))
    assert store._digest("video") != before


def test_another_python_is_another_key(monkeypatch):
    before = store._digest("video")
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert store._digest("video") != before


def test_every_library_that_the_papers_import_is_in_the_key():
    names = {"PIL": "pillow", "sklearn": "scikit-learn", "ai_edge_litert": "ai-edge-litert"}
    aside = {"mecpapers", "tqdm", "joblib", "click", *sys.stdlib_module_names}  # no result depends on these
    for file in [f for paper in PAPERS for f in sources.files(paper, store.JUDGES)]:
        if file.suffix == ".py" and file.name not in ("cli.py", "store.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found = [n.names[0].name for n in ast.walk(tree) if isinstance(n, ast.Import)]
            found += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
            for library in {name.split(".")[0] for name in found} - aside:
                assert names.get(library, library) in store.LIBRARIES, file


@pytest.mark.parametrize("refuse", ["mkdir", "access"])
def test_nothing_is_kept_where_nothing_can_be_written(refuse, tmp_path, monkeypatch):
    if refuse == "mkdir":
        (tmp_path / "file").touch()
        monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path / "file"))
    else:
        monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
        monkeypatch.setattr("os.access", lambda *_: False)
    store._memory.cache_clear()
    CALLS.clear()
    kept = store.kept(slow)
    assert [kept(1), kept(1)] == [2, 2]
    assert CALLS == [1, 1]
    store._memory.cache_clear()


@pytest.mark.parametrize("paper", PAPERS)
def test_no_judge_is_in_the_key_and_no_kept_result_in_a_judge(paper):
    counted = sources.files(paper, store.JUDGES)
    for file in (sources.PACKAGE / paper).rglob("*.py"):
        if file not in counted:
            assert "@kept" not in file.read_text(encoding="utf-8"), file
    assert {"claims", "errata"} <= {p.stem for p in (sources.PACKAGE / paper / "evidence").iterdir()}
    assert not any({"claims", "errata"} & {*p.parts, p.stem} for p in counted)


@pytest.mark.checkout
def test_outside_a_checkout_the_users_cache_folder_keeps_results(tmp_path, monkeypatch):
    assert store._default_store() == store._PACKAGE.parent / "_build" / "store"
    monkeypatch.setattr(store, "_PACKAGE", tmp_path / "site-packages" / "mecpapers")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store._default_store() == platformdirs.user_cache_path("mecpapers")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
@pytest.mark.parametrize("inner", [False, True])
def test_a_store_that_others_can_write_to_is_refused(mode, inner, tmp_path, monkeypatch):
    """What it keeps is pickled: reading a stranger's would run it."""
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path))
    store._memory.cache_clear()
    folder = tmp_path / f"video-{store._digest('video')}" if inner else tmp_path
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)
    with pytest.raises(ValueError, match=r"^store = .*: must be yours and writable by nobody else"):
        store.kept(slow)(1)
    folder.chmod(0o755)
    assert store.kept(slow)(1) == 2
    store._memory.cache_clear()


def test_a_new_store_is_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.setenv("MECPAPERS_STORE", str(tmp_path / "new"))
    store._memory.cache_clear()
    before = os.umask(0)
    try:
        store.kept(slow)(1)
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    store._memory.cache_clear()
