import copy
import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mecpapers.companion import book, elsewhere, execute, patience, pdf, provenance
from mecpapers.companion.display import csv_link
from mecpapers.companion.execute import NotebookError, run
from mecpapers.companion.files import check_writable, write_atomically
from mecpapers.companion.parameters import declared, parse, suffix, validate
from mecpapers.companion.rerun import to_html

SOURCE = """\
n_devices: int = 25  # N
bandwidth: float = 4e6  # B [Hz]
fading: bool = True
scheme: str = "exact"
axis: list[float] = [1.0, 2]  # values of "µ" # twice
"""


def notebook(parameters: str = SOURCE, *cells: str, **metadata: object) -> nbformat.NotebookNode:
    tagged = nbformat.v4.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]})
    others = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(cells)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[tagged, *others], metadata={"kernelspec": kernel, **metadata})


def saved(path: Path, *cells: str, parameters: str = SOURCE, **metadata: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(parameters, *cells, **metadata), path)
    return path


def places(value: object, above: tuple = ()) -> Iterator[tuple]:
    """Where the parts of a JSON value are."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*above, key)
        yield from places(part, (*above, key))


def changed(whole: object, place: tuple, value: object) -> object:
    """A copy with another value in a place, or none: `...`."""
    result = copy.deepcopy(whole)
    *above, last = place
    part = functools.reduce(lambda part, key: part[key], above, result)
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return result


class TestParameters:
    def test_declared(self) -> None:
        found = declared(notebook())
        assert [(p.name, p.type, p.default, p.comment) for p in found.values()] == [
            ("n_devices", "int", 25, "N"),
            ("bandwidth", "float", 4e6, "B [Hz]"),
            ("fading", "bool", True, ""),
            ("scheme", "str", "exact", ""),
            ("axis", "list[float]", [1.0, 2], 'values of "µ" # twice'),
        ]

    def test_none_declared(self) -> None:
        assert declared(nbformat.v4.new_notebook()) == {}

    @pytest.mark.parametrize(
        ("source", "rule"),
        [
            ("n = 25", "line 1: a line reads name: type = value"),
            ("n: int", "line 1: a line reads name: type = value"),
            ("import os", "line 1: a line reads name: type = value"),
            ("\nn: complex = 1", "line 2: type complex is none of"),
            ("n: int = 5 * 5", "the value of n must be a literal"),
            ("n: int = 2.5", "parameter n: '2.5' is not of type int"),
            ("n: int = = 1", "line 1: invalid syntax"),
        ],
    )
    def test_bad_cell(self, source: str, rule: str) -> None:
        with pytest.raises(ValueError, match=r"^[^\n]+$") as error:
            declared(notebook(source))
        assert rule in str(error.value)

    @pytest.mark.parametrize(
        ("line", "good", "bad"),
        [
            ("n: int = 25  # N; 1 to 200", ["1", "200"], ["0", "201", "-1", "1e3"]),
            ("b: float = 4e6  # B [Hz]; above 0 to 1e9", ["1e-300", "1e9"], ["0", "-0.0", "1.1e9"]),
            ("x: float = 0.0  # -1.5 to 0", ["-1.5", "0", "-0.0"], ["-1.6", "1e-9"]),
            ("clip: float = 2.0  # one of 2, 4", ["2", "4.0"], ["3", "[2]"]),
            ("axis: list[int] = [2, 4]  # N, cameras; 1 to 6", ["[1]", "[6, 1]"], ["[]", "[0]", "[1, 7]", "2", "1,2"]),
            ("n: int = 25  # 1 to 3, as in the text", ["0", "200"], []),
        ],
    )
    def test_a_rule_is_checked_and_told(self, line: str, good: list[str], bad: list[str]) -> None:
        known = declared(notebook(line))
        (name,) = known
        for text in good:
            assert parse(known, [f"{name}={text}"])
        for text in bad:
            with pytest.raises(ValueError, match=rf"^parameter {name}: '[^\n]*' is [^\n]+$"):
                parse(known, [f"{name}={text}"])

    def test_half_a_surrogate_pair_is_refused(self) -> None:
        with pytest.raises(ValueError, match="is not text in UTF-8"):
            parse(declared(notebook('s: str = ""')), ["s=\udced"])

    def test_a_list_without_brackets_is_told_how_to_write_it(self) -> None:
        with pytest.raises(ValueError, match=r"write it as '\[1, 2\]'"):
            parse(declared(notebook("n: list[int] = [1, 2]")), ["n=0,1"])

    def test_no_malformed_notebook_ends_in_a_traceback(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every part of a notebook is left out, or replaced by a value of each other kind."""
        ran = 0

        def executed(*_: object) -> nbformat.NotebookNode:
            nonlocal ran
            ran += 1
            return notebook()

        monkeypatch.setattr(execute, "_executed", executed)
        whole = json.loads(nbformat.writes(notebook()))
        path, refused = tmp_path / "a.ipynb", []
        for place in places(whole):
            for value in (None, 5, True, "x", [], {}, [[]], [{}], ...):
                path.write_text(json.dumps(changed(whole, place, value)))
                try:
                    run(path, tmp_path / "b.ipynb", parse(declared(path), ["n_devices=4"]))
                except ValueError as error:
                    refused.append(str(error))
        assert ran > 5 and not [message for message in refused if "\n" in message]

    def test_two_cells(self) -> None:
        twice = notebook()
        twice.cells *= 2
        with pytest.raises(ValueError, match="one is the rule"):
            declared(twice)

    def test_parse(self) -> None:
        texts = ["n_devices=40", "bandwidth=8", "fading=false", "scheme=a=b", "axis=[8, 1e1]"]
        values = parse(declared(notebook()), texts)
        assert values == {"n_devices": 40, "bandwidth": 8.0, "fading": False, "scheme": "a=b", "axis": [8.0, 10.0]}
        assert isinstance(values["bandwidth"], float)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("n_devices", "parameter 'n_devices': write it as NAME=VALUE"),
            ("n_device=3", "parameter 'n_device': not one of n_devices, bandwidth, fading, scheme, axis, did you mean"),
            ("n_devices=3.0", "parameter n_devices: '3.0' is not of type int"),
            ("n_devices=true", "parameter n_devices: 'true' is not of type int"),
            ("n_devices=three", "parameter n_devices: 'three' is not of type int"),
            ("n_devices=", "parameter n_devices: '' is not of type int"),
            ("bandwidth=NaN", "parameter bandwidth: 'NaN' is not finite"),
            ("bandwidth=1e999", "parameter bandwidth: '1e999' is not finite"),
            ("bandwidth=true", "parameter bandwidth: 'true' is not of type float"),
            ("bandwidth=1\n2", r"parameter bandwidth: '1\n2' is not of type float"),
            ("fading=1", "parameter fading: '1' is not of type bool"),
            ("axis=3", "parameter axis: '3' is not of type list[float]"),
            ("axis=[1, true]", "parameter axis: '[1, true]' is not of type list[float]"),
            ("axis=" + "[" * 100_000, "is not of type list[float]"),
            ("bandwidth=1" + "0" * 400, "is not finite"),
            ("n_devices=1" + "0" * 5000, "is not of type int"),
        ],
    )
    def test_refused(self, text: str, message: str) -> None:
        with pytest.raises(ValueError, match=r"^[^\n]{1,200}$") as error:
            parse(declared(notebook()), [text])
        assert message in str(error.value)

    def test_given_twice(self) -> None:
        with pytest.raises(ValueError, match="second value"):
            parse(declared(notebook()), ["n_devices=1", "n_devices=2"])

    @given(st.text())
    def test_any_text_is_parsed_or_refused_in_one_line(self, text: str) -> None:
        for name, parameter in declared(notebook()).items():
            try:
                values = parse({name: parameter}, [f"{name}={text}"])
            except ValueError as refused:
                message = str(refused)
            else:
                message = f"{validate({name: parameter}, values)}"
            assert len(message.splitlines()) == 1


class TestSuffix:
    @pytest.mark.parametrize(
        ("texts", "name"),
        [
            ([], ""),
            (["n_devices=25"], ""),  # the default
            (["scheme=edge", "n_devices=40"], "+n_devices=40+scheme=edge"),  # in the order of the lines
            (["axis=[8, 1e1]", "bandwidth=1e-3"], "+bandwidth=0.001+axis=8.0,10.0"),
        ],
    )
    def test_readable(self, texts: list[str], name: str) -> None:
        known = declared(notebook())
        assert suffix(known, parse(known, texts)) == name

    def test_whatever_the_values_files_can_be_named_and_told_apart(self) -> None:
        known = declared(notebook())
        texts = ["", "a/b", "../x", "a b", "a,b", "*", "µ", "x" * 300, "x" * 301, "a+b", ".."]
        names = [suffix(known, {"scheme": text}) for text in texts]
        names += [suffix(known, {"axis": value}) for value in ([], list(range(100)), list(range(101)), [1.0, 3.0])]
        assert len(set(names)) == len(names)
        assert all(len(name) <= 100 and not set("/ *\n\\") & set(name) for name in names)


class TestFiles:
    def test_replaced_whole(self, tmp_path: Path) -> None:
        write_atomically(tmp_path / "new" / "file", "one")
        write_atomically(tmp_path / "new" / "file", "two")
        assert (tmp_path / "new" / "file").read_text() == "two"
        assert os.listdir(tmp_path / "new") == ["file"]

    def test_nothing_left_on_failure(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        (tmp_path / "file").write_text("old")
        monkeypatch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(tmp_path / "file", "new")
        assert (tmp_path / "file").read_text() == "old"
        assert os.listdir(tmp_path) == ["file"]

    def test_a_failure_names_the_file_that_was_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        for path in (tmp_path / ("x" * 300), tmp_path / "folder"):
            with pytest.raises(OSError, match=re.escape(str(path))):
                write_atomically(path, "new")
        assert os.listdir(tmp_path) == ["folder"]

    def test_unwritable(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(IsADirectoryError):
            check_writable(tmp_path)
        with pytest.raises(NotADirectoryError):
            check_writable(tmp_path / "file" / "below")
        check_writable(tmp_path / "a" / "b" / "c")


class TestRun:
    def test_two_runs_are_identical(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "in" / "a.ipynb", "import pathlib\nprint(n_devices, pathlib.Path.cwd().name)")
        seconds = run(source, tmp_path / "out" / "a.ipynb")
        run(source, tmp_path / "out" / "b.ipynb")
        first, second = ((tmp_path / "out" / name).read_bytes() for name in ("a.ipynb", "b.ipynb"))
        assert first == second
        assert b"papermill" not in first
        cells = json.loads(first)["cells"]
        assert cells[1]["outputs"][0]["text"] == ["25 in\n"]
        assert [cell["execution_count"] for cell in cells] == [1, 2]
        assert 0 < seconds < patience.seconds(120)
        assert sorted(os.listdir(tmp_path / "out")) == ["a.ipynb", "b.ipynb"]

    def test_figures_as_lines_are_the_same_twice(self, tmp_path: Path) -> None:
        plot = "import matplotlib.pyplot as plt\nplt.plot([1, n_devices])\nplt.show()"
        source = saved(tmp_path / "a.ipynb", plot)
        for name in ("b", "c"):
            run(source, tmp_path / f"{name}.ipynb", vector=True)
        written = (tmp_path / "b.ipynb").read_text()
        assert written == (tmp_path / "c.ipynb").read_text()
        (output,) = json.loads(written)["cells"][1]["outputs"]
        assert {"image/png", "image/svg+xml"} < set(output["data"]) and "dc:date" not in written
        run(source, tmp_path / "d.ipynb")
        assert book.without_lines(written) == (tmp_path / "d.ipynb").read_text()

    def test_a_cloud_of_marks_stays_pixels(self, tmp_path: Path) -> None:
        plot = "import matplotlib.pyplot as plt\nplt.scatter(range(9000), range(9000))\nplt.show()"
        run(saved(tmp_path / "a.ipynb", plot), tmp_path / "b.ipynb", vector=True)
        (output,) = json.loads((tmp_path / "b.ipynb").read_text())["cells"][1]["outputs"]
        assert "image/png" in output["data"] and "image/svg+xml" not in output["data"]

    def test_what_is_printed_in_two_goes_is_one_output(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.ipynb", "import time\nprint(n_devices, flush=True)\ntime.sleep(0.5)\nprint(2)")
        run(source, tmp_path / "b.ipynb")
        (output,) = json.loads((tmp_path / "b.ipynb").read_text())["cells"][1]["outputs"]
        assert output["text"] == ["25\n", "2\n"]

    def test_parameters_reach_the_kernel(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.ipynb", "import sys\nprint(n_devices, bandwidth, axis, sys.prefix)")
        run(source, tmp_path / "b.ipynb", {"n_devices": 3, "bandwidth": 2})
        cells = json.loads((tmp_path / "b.ipynb").read_text())["cells"]
        assert cells[1]["metadata"]["tags"] == ["injected-parameters"]
        assert cells[2]["outputs"][0]["text"] == [f"3 2.0 [1.0, 2] {sys.prefix}\n"]

    def test_refused_before_running(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.ipynb", "raise SystemError")
        with pytest.raises(ValueError, match="did you mean n_devices"):
            run(source, tmp_path / "b.ipynb", {"n_device": 3})
        with pytest.raises(ValueError, match="is the notebook itself"):
            run(source, tmp_path / "." / "a.ipynb")
        (tmp_path / "link.ipynb").hardlink_to(source)
        with pytest.raises(ValueError, match="is the notebook itself"):
            run(source, tmp_path / "link.ipynb")
        with pytest.raises(OSError, match="is not a folder"):
            run(source, source / "b.ipynb")

    def test_failing_cell(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.ipynb", "print(1)", "raise KeyError('lost')")
        (tmp_path / "b.ipynb").write_text("old")
        with pytest.raises(NotebookError) as error:
            run(source, tmp_path / "b.ipynb")
        assert (error.value.cell, error.value.name, error.value.message) == (3, "KeyError", "'lost'")
        assert str(error.value).endswith("a.ipynb: cell 3: KeyError: 'lost'")
        assert (tmp_path / "b.ipynb").read_text() == "old"
        assert sorted(os.listdir(tmp_path)) == ["a.ipynb", "b.ipynb"]

    def test_dead_kernel(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.ipynb", "import os\nos._exit(1)")
        with pytest.raises(NotebookError, match="kernel: DeadKernelError"):
            run(source, tmp_path / "b.ipynb")

    @pytest.mark.parametrize(
        "kernelspec",
        [
            {"name": "conda-env-mine-py", "display_name": "Python [conda env:mine]", "language": "python"},
            {"name": ".venv", "display_name": ".venv (3.12.1)"},
            None,
        ],
        ids=["conda", "editor", "none"],
    )
    def test_any_kernel_name_runs_here(self, tmp_path: Path, kernelspec: dict[str, str] | None) -> None:
        content = notebook(SOURCE, "import sys\nprint(n_devices, sys.prefix)")
        content.metadata.pop("kernelspec")
        content.metadata |= {} if kernelspec is None else {"kernelspec": kernelspec}
        nbformat.write(content, tmp_path / "a.ipynb")
        run(tmp_path / "a.ipynb", tmp_path / "b.ipynb", {"n_devices": 3})
        executed = json.loads((tmp_path / "b.ipynb").read_text())
        assert executed["cells"][2]["outputs"][0]["text"] == [f"3 {sys.prefix}\n"]
        assert executed["metadata"].get("kernelspec") == kernelspec

    def test_no_registered_kernel_is_needed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

        def none(_: object, name: str) -> None:
            raise NoSuchKernel(name)

        monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", none)
        run(saved(tmp_path / "a.ipynb", "1 + 1"), tmp_path / "b.ipynb")

    def test_other_languages_and_no_kernel_are_refused_in_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = saved(tmp_path / "a.ipynb", "1", kernelspec={"name": "ir", "language": "R", "display_name": "R"})
        with pytest.raises(ValueError, match=r"metadata\.kernelspec\.language = R: must be python$"):
            run(source, tmp_path / "b.ipynb")
        (tmp_path / "c.ipynb").write_text('{"cells": [{"metadata": {}}]}')
        with pytest.raises(ValueError, match=r"c\.ipynb: is not a notebook$"):
            run(tmp_path / "c.ipynb", tmp_path / "b.ipynb")
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(ValueError, match=r"^[^\n]*-m pip install ipykernel$"):
            run(saved(tmp_path / "a.ipynb", "1"), tmp_path / "b.ipynb")

    def test_a_path_with_braces(self, tmp_path: Path) -> None:
        run(saved(tmp_path / "{n}" / "{m}.ipynb", "print(n_devices)"), tmp_path / "{o}.ipynb", {"n_devices": 3})
        assert (tmp_path / "{o}.ipynb").exists()

    @pytest.mark.parametrize("slow", [1, 2])
    def test_a_slow_kernel_gets_one_more_try(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], slow: int
    ) -> None:
        tries = tmp_path / "tries"
        fake = f"""if True:
            import pathlib, runpy, time
            tries = pathlib.Path({str(tries)!r})
            tries.write_text((tries.read_text() if tries.exists() else "") + "x")
            if len(tries.read_text()) <= {slow}:
                time.sleep(600)
            runpy.run_module("ipykernel_launcher", run_name="__main__")"""
        source, *rest = execute.KERNEL[3:]
        monkeypatch.setattr(execute, "KERNEL", (sys.executable, "-c", fake, source, *rest))
        waits = iter([2, 2] if slow == 2 else [2, 120])  # [s]
        monkeypatch.setattr(patience, "seconds", lambda at_rest: next(waits) if at_rest == execute.START else 60)
        notebook = saved(tmp_path / "work" / "a.ipynb", "print(n_devices)")
        if slow == 1:
            run(notebook, tmp_path / "work" / "b.ipynb")
        else:
            with pytest.raises(NotebookError, match=r"^[^\n]*a\.ipynb: kernel: did not start: [^\n]+$"):
                run(notebook, tmp_path / "work" / "b.ipynb")
        assert tries.read_text() == "xx"
        assert sorted(os.listdir(tmp_path / "work")) == (["a.ipynb", "b.ipynb"] if slow == 1 else ["a.ipynb"])
        assert capfd.readouterr().err == ""

    def test_why_a_kernel_died_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fake = ("-c", "import sys; print('line one', file=sys.stderr); raise ImportError('no zmq')")
        monkeypatch.setattr(execute, "KERNEL", (sys.executable, *fake, "{connection_file}"))
        with pytest.raises(NotebookError, match=r"a\.ipynb: kernel: did not start: ImportError: no zmq$"):
            run(saved(tmp_path / "a.ipynb", "1"), tmp_path / "b.ipynb")

    def test_nbval_gives_one_more_try(self, tmp_path: Path) -> None:
        fake = f"""if True:
            import os, pathlib, runpy, sys
            tries = pathlib.Path({str(tmp_path / "tries")!r})
            tries.write_text((tries.read_text() if tries.exists() else "") + "x")
            if tries.read_text() == "x":
                os._exit(1)
            sys.path.remove({str(tmp_path / "fake")!r})
            runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)"""
        write_atomically(tmp_path / "fake" / "ipykernel_launcher.py", fake)
        run(saved(tmp_path / "a.ipynb", "print(n_devices)"), tmp_path / "work" / "a.ipynb")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.patience",
            "--nbval",
            "--nbval-current-env",
            "-W=default",
        ]
        done = subprocess.run(
            [*command, str(tmp_path / "work" / "a.ipynb")],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "fake")},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
        )
        assert (tmp_path / "tries").read_text() == "xx", done.stdout
        assert "2 passed" in done.stdout

    def test_the_wait_grows_with_the_load(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        monkeypatch.setattr(os, "getloadavg", lambda: (6.0, 0.0, 0.0))
        assert patience.seconds(60) == 240
        monkeypatch.delattr(os, "getloadavg")
        assert patience.seconds(60) == 60

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_interrupted(self, tmp_path: Path, number: signal.Signals) -> None:
        work, temporary = tmp_path / "work", tmp_path / "temporary"
        temporary.mkdir()
        kernel = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"
        source = saved(work / "a.ipynb", kernel)
        process = subprocess.Popen(
            [sys.executable, "-m", "mecpapers.companion", "run", str(source), str(work / "b.ipynb")],
            env={**os.environ, "TMPDIR": str(temporary)},
            cwd=Path(__file__).parents[1],
            stderr=subprocess.DEVNULL,
            # a shell's background ignores the one, nohup the other
            preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGHUP)],
        )
        pid = waited_for(work / "pid")
        process.send_signal(number)
        assert process.wait(patience.seconds(30)) == 128 + number
        assert sorted(os.listdir(work)) == ["a.ipynb", "pid"]
        assert os.listdir(temporary) == []
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_html_requests_nothing(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.ipynb", "1 + 1")
        run(source, tmp_path / "b.ipynb")
        to_html([tmp_path / "b.ipynb"], tmp_path / "b.html")
        text = (tmp_path / "b.html").read_text()
        assert "<script src" not in text
        assert "cdnjs" not in text
        assert text.count("</script>") == text.count("<script")


def waited_for(path: Path) -> int:
    end = time.monotonic() + patience.seconds(60)
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.1)
    raise TimeoutError(path)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (
        "lemmas.py",
        "video/model.py",
        "video/measured/data/table.csv",
        "fhei/model.py",
        "companion/execute.py",
    ):
        write_atomically(tmp_path / "mecpapers" / name, name)
    write_atomically(tmp_path / "requirements.txt", "numpy==1")
    for name in ("video/01-model", "fhei/01-model", "claims"):
        saved(tmp_path / "notebooks" / f"{name}.ipynb", "1 + 1", mecpapers={"smoke": {"n_devices": 2}})
    return tmp_path


class TestKeys:
    VIDEO, FHEI, CLAIMS = (
        Path("notebooks") / name for name in ("video/01-model.ipynb", "fhei/01-model.ipynb", "claims.ipynb")
    )

    @pytest.mark.parametrize(
        ("changed", "stale"),
        [
            ("mecpapers/lemmas.py", {VIDEO, FHEI, CLAIMS}),
            ("mecpapers/companion/execute.py", {VIDEO, FHEI, CLAIMS}),
            ("requirements.txt", {VIDEO, FHEI, CLAIMS}),
            ("mecpapers/video/model.py", {VIDEO, CLAIMS}),
            ("mecpapers/video/measured/data/table.csv", {VIDEO, CLAIMS}),
            ("mecpapers/fhei/model.py", {FHEI, CLAIMS}),
            ("mecpapers/video/__pycache__/model.pyc", set()),
            ("README.md", set()),
        ],
    )
    def test_sources(self, checkout: Path, changed: str, stale: set[Path]) -> None:
        before = {path: book.key(checkout, path) for path in book.notebooks(checkout)}
        write_atomically(checkout / changed, "changed")
        assert {path for path in before if book.key(checkout, path) != before[path]} == stale

    def test_the_ledger_counts_for_every_notebook(self, checkout: Path) -> None:
        before = {path: book.key(checkout, path) for path in book.notebooks(checkout)}
        write_atomically(checkout / "mecpapers" / "ledger" / "rows.py", "changed")
        assert all(book.key(checkout, path) != before[path] for path in before)

    def test_cells_count_and_outputs_do_not(self, checkout: Path) -> None:
        before, path = book.key(checkout, self.VIDEO), checkout / self.VIDEO
        content = json.loads(path.read_text())
        content["cells"][1]["execution_count"] = 7
        content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["2"]}]
        path.write_text(json.dumps(content))
        assert book.key(checkout, self.VIDEO) == before
        content["cells"][1]["metadata"]["tags"] = ["hide-input"]
        path.write_text(json.dumps(content))
        assert book.key(checkout, self.VIDEO) != before

    def test_an_execution_copied_back_is_no_change(self, checkout: Path) -> None:
        before = book.key(checkout, self.VIDEO)
        run(checkout / self.VIDEO, checkout / "executed.ipynb")
        (checkout / "executed.ipynb").replace(checkout / self.VIDEO)
        assert book.key(checkout, self.VIDEO) == before

    def test_checkpoints_are_no_notebooks(self, checkout: Path) -> None:
        saved(checkout / "notebooks" / ".ipynb_checkpoints" / "claims.ipynb")
        assert book.notebooks(checkout) == [self.VIDEO, self.FHEI, self.CLAIMS]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy notebooks in place of running them, as if each cell drew a figure; fail where one would fail."""
    code = """if True:
        import json, pathlib, sys
        source, output = map(pathlib.Path, sys.argv[1:])
        if "raise" in source.read_text():
            sys.exit(f"{source}: cell 2: KeyError: 'lost'")
        output.parent.mkdir(parents=True, exist_ok=True)
        notebook = json.loads(source.read_text())
        data = {"image/png": "iVBORw0K", "image/svg+xml": "<svg/>", "text/plain": "a figure"}
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
        output.write_text(json.dumps(notebook))"""

    def start(job: book.Job) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, str(job.notebook), str(job.output)]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    monkeypatch.setattr(book, "_start", start)


class TestExecute:
    @pytest.mark.usefixtures("quick")
    def test_only_what_changed_runs(self, checkout: Path) -> None:
        stage = checkout / "_build" / "stage"
        saved(stage / "notebooks" / "video" / "00-gone.ipynb")
        assert book.execute(checkout, stage) == 3
        assert not (stage / "notebooks" / "video" / "00-gone.ipynb").exists()
        assert book.execute(checkout, stage) == 0
        write_atomically(checkout / "mecpapers" / "video" / "model.py", "changed")
        (stage / "notebooks" / "fhei" / "01-model.ipynb").unlink()
        assert book.execute(checkout, stage) == 3
        assert set(json.loads((stage / book.RECORD).read_text())) == {str(path) for path in book.notebooks(checkout)}

    @pytest.mark.usefixtures("quick")
    def test_failures_are_all_named_and_the_rest_is_kept(self, checkout: Path) -> None:
        stage = checkout / "_build" / "stage"
        saved(checkout / "notebooks" / "claims.ipynb", "raise KeyError('lost')")
        with pytest.raises(ExceptionGroup) as error:
            book.execute(checkout, stage)
        assert [str(failure).rpartition("/")[2] for failure in error.value.exceptions] == [
            "claims.ipynb: cell 2: KeyError: 'lost'"
        ]
        assert not (stage / "notebooks" / "claims.ipynb").exists()
        saved(checkout / "notebooks" / "claims.ipynb", "1")
        assert book.execute(checkout, stage) == 1

    @pytest.mark.usefixtures("quick")
    def test_copy_back(self, checkout: Path) -> None:
        assert book.copy_back(checkout) == book.notebooks(checkout)
        for path in book.notebooks(checkout):
            committed, staged = ((folder / path).read_text() for folder in (checkout, checkout / "_build" / "stage"))
            assert "image/png" in committed and "image/svg+xml" in staged
            assert "svg" not in committed

    def test_smoke(self, checkout: Path) -> None:
        for path in ("video", "fhei"):
            (checkout / "notebooks" / path / "01-model.ipynb").unlink()
        saved(checkout / "notebooks" / "claims.ipynb", "assert n_devices == 2", mecpapers={"smoke": {"n_devices": 2}})
        before = sorted(checkout.rglob("*"))
        assert book.smoke(checkout) == 1
        assert sorted(checkout.rglob("*")) == before


class TestProvenance:
    def test_footer(self, tmp_path: Path) -> None:
        saved(tmp_path / "notebooks" / "a.ipynb")
        assert "outputs as committed" in provenance.footer(tmp_path, "notebooks/a")
        write_atomically(tmp_path / "executed.json", '{"notebooks/a.ipynb": {"key": "k", "seconds": 1.5}}')
        assert "executed in 1.5 s on" in provenance.footer(tmp_path, "notebooks/a")
        assert "numpy" not in provenance.footer(tmp_path, "book/index")

    def test_commit(self, tmp_path: Path) -> None:
        def git(*words: str) -> None:
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True)

        git("init", "-q")
        assert provenance.commit(tmp_path) == ""
        git("commit", "-q", "--allow-empty", "-m", "first")
        first = provenance.commit(tmp_path)
        assert first.isalnum()
        (tmp_path / "new").touch()
        assert provenance.commit(tmp_path) == f"{first}+changes"


class TestCsv:
    def test_what_rounding_left_of_nothing_is_0_and_what_is_small_stays(self) -> None:
        rows = [{"gap": 2.0, "name": "a"}, {"gap": -3e-12, "name": "b"}, {"gap": 1e-14, "name": "c"}]
        assert csv_link(rows, "gap.csv").text == "gap,name\n2,a\n-3e-12,b\n0,c\n"
        assert csv_link([{"gap": 1e-14}], "gap.csv").text == "gap\n1e-14\n"  # small beside nothing


@pytest.mark.parametrize(("address", "offered"), [("", False), ("https://github.com/someone/mecpapers", True)])
def test_no_button_leads_elsewhere_before_the_address_is_known(address: str, offered: bool) -> None:
    from mecpapers.companion.extension import _offer_elsewhere

    config = types.SimpleNamespace(html_theme_options={"repository_url": address})
    _offer_elsewhere(None, config)
    assert ("launch_buttons" in config.html_theme_options) is offered
    assert config.html_theme_options.get("use_repository_button", False) is offered


THEME = {"repository_url": "https://github.com/someone/mecpapers", "repository_branch": "main"}


class TestElsewhere:
    def test_a_notebook_from_the_site_installs_the_package_where_it_is_missing(self, tmp_path: Path) -> None:
        given = nbformat.writes(notebook(SOURCE, "import mecpapers")) + "\n"
        taken = elsewhere.install_first(given, THEME)
        first, *others = nbformat.reads(taken, as_version=4).cells
        assert "git+https://github.com/someone/mecpapers@main" in first.source
        assert others == nbformat.reads(given, as_version=4).cells
        assert "onnx" not in first.source
        more = elsewhere.install_first(nbformat.writes(notebook(SOURCE, "graphs.to_onnx(rows)")), THEME)
        assert nbformat.reads(more, as_version=4).cells[0].source.endswith("@main onnx")
        (tmp_path / "a.ipynb").write_text(taken)
        run(tmp_path / "a.ipynb", tmp_path / "b.ipynb")  # here it is there
        ran = nbformat.read(tmp_path / "b.ipynb", as_version=4)
        assert ran.cells[0].execution_count == 1 and ran.cells[0].outputs == []
        nbformat.validate(nbformat.reads(taken, as_version=4))

    def test_without_an_address_it_stays_as_it_is(self) -> None:
        given = nbformat.writes(notebook())
        assert elsewhere.install_first(given, {"repository_url": ""}) == given
        options = elsewhere.options(Path(__file__).parents[1])
        assert options["repository_branch"] == "main"

    def test_colab_is_led_to_what_installs_the_package(self) -> None:
        from mecpapers.companion import extension

        app = types.SimpleNamespace(config=types.SimpleNamespace(html_theme_options=THEME))
        place = "someone/mecpapers/blob/main/notebooks/fhei/02-model.ipynb"
        buttons = [{"text": name, "url": f"https://{name}/{place}"} for name in ("Binder", "Colab")]
        context = {"header_buttons": [{"type": "link"}, {"type": "group", "buttons": buttons}]}
        extension._lead_colab_to_what_installs(app, "", "", context, None)
        binder, colab = (button["url"] for button in buttons)
        assert binder.endswith(place) and colab == f"https://Colab/{place.replace('/main/', '/notebooks/', 1)}"


def test_an_outline_names_a_heading_once() -> None:
    plain, twice = b"<</Title (How to cite) /Dest 1>>", b"<</Title (How to citeHow to cite) /Dest 1>>"
    assert pdf.said_once(plain) == plain
    assert pdf.said_once(twice) == b"<</Title (How to cite)" + b" " * len("How to cite") + b" /Dest 1>>"
    assert pdf.said_once(b"/Title <FEFF20192019>") == b"/Title <FEFF2019>    "
    assert pdf.said_once(b"/Title (Mama)") == b"/Title (Mama)"


def test_a_link_of_the_pdf_stays_in_it_or_is_a_name():
    text = (
        '<img src="../_images/a.png"><a class="x" href="book/index.html#erratum-a">a</a><a href="#b">b</a>'
        '<a href="https://arxiv.org/abs/1">c</a><a href="../notebooks/claims.html#verdict=DIFFERS">d</a>'
        '<a class="y" href="_downloads/1/video.json" download="">e</a><a href="data:text/csv;base64,eA==">f</a>'
    )
    assert pdf.inside(text) == (
        '<img src="_images/a.png"><a class="x" href="#erratum-a">a</a><a href="#b">b</a>'
        '<a href="https://arxiv.org/abs/1">c</a><a>d</a><a class="y" download="">e</a><a>f</a>'
    )
