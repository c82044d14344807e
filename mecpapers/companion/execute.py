"""Run one notebook with papermill; replace its output whole or not at all."""

import importlib.util
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from mecpapers.companion import patience
from mecpapers.companion.files import check_writable, on_end, write_atomically

# What a kernel sees: no progress bars in outputs, one thread, this environment's kernel, figures shown inline.
KERNEL_ENVIRONMENT: Mapping[str, str | None] = {
    "TQDM_DISABLE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "MPLBACKEND": None,
}

# The kernel: this environment's Python, whatever a notebook calls its own.
KERNEL = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
# Figures as lines beside the pixels; the same figure gives the same bytes.
VECTOR = (
    "--InlineBackend.figure_formats=png",
    "--InlineBackend.figure_formats=svg",
    "--InlineBackend.rc={'svg.hashsalt': 'mecpapers'}",
    "--InlineBackend.print_figure_kwargs={'bbox_inches': 'tight', 'metadata': {'Date': None}}",
)
MOST_LINES = 250_000  # characters of a figure as SVG; one of more is a cloud of marks, and stays pixels
START = 60.0  # a kernel's time to answer on a machine at rest [s]
MESSAGE = 30.0  # a kernel's time to send what a cell printed [s]

_SPEC = {"debugger": True, "supported_encryption": ["curve"]}  # as ipykernel describes itself


class NotebookError(RuntimeError):
    """A cell failed, or the kernel.

    Attributes
    ----------
    notebook : Path
    cell : int or None
        Its number, as in ``In [cell]``; None where the kernel itself did not start, or died.
    name, message : str
        The exception in the cell.
    """

    def __init__(self, notebook: Path, cell: int | None, name: str, message: str) -> None:
        self.notebook, self.cell, self.name, self.message = notebook, cell, name, message
        first = message.strip().partition("\n")[0]
        if name == "ModuleNotFoundError":  # what a chapter needs beside the package, its extras install
            first += "; it may come with pip install 'mecpapers[book,measure]'"
        super().__init__(f"{notebook}: {'kernel' if cell is None else f'cell {cell}'}: {name}: {first}")


def run(
    notebook: str | Path, output: str | Path, parameters: Mapping[str, object] | None = None, *, vector: bool = False
) -> float:
    """Execute `notebook` in its own folder and write the result to `output`.

    Papermill works in a temporary folder; `output` changes only when every cell ran. What papermill and the clock add
    to the metadata is removed, so that two runs are byte-identical. Execution counts stay.

    Parameters
    ----------
    notebook, output : path
    parameters : mapping, optional
        Values for the notebook's parameters, checked before anything runs. They are injected in a cell of their own.
    vector : bool
        Figures as SVG, too.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If `output` is `notebook`, `notebook` is none or not one of Python's, or a parameter isn't declared or is of
        another type.
    OSError
        If `notebook` can't be read, or `output` can't be written (noticed before anything runs).
    NotebookError
        If a cell fails, or the kernel doesn't start.
    """
    import nbformat

    from mecpapers.companion.parameters import declared, validate

    notebook, output = Path(notebook).resolve(), Path(output).resolve()
    if output == notebook or (output.exists() and output.samefile(notebook)):
        raise ValueError(f"output {output.name}: is the notebook itself")
    check_writable(output)
    values = validate(declared(notebook), parameters or {})
    _check_runnable(notebook)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, _environment(), _terminable():
        result = _executed(notebook, Path(folder), values, VECTOR if vector else ())
        write_atomically(output, nbformat.writes(_stripped(result)) + "\n")
    return time.perf_counter() - start


def _check_runnable(notebook: Path) -> None:
    """Refuse what is no notebook of Python's, or an environment without a kernel, before anything starts."""
    import nbformat

    try:
        with warnings.catch_warnings(action="ignore"):  # of cells without an id, which older notebooks don't have
            content = nbformat.read(notebook, as_version=4)
            nbformat.validate(content)
            metadata = content.metadata
    except Exception:  # whatever nbformat stumbles over
        raise ValueError(f"{notebook}: is not a notebook") from None
    for name, key in (("kernelspec", "language"), ("language_info", "name")):
        language = metadata.get(name, {}).get(key) or "python"
        if str(language).lower() not in ("python", "ipython"):
            raise ValueError(f"{notebook}: metadata.{name}.{key} = {language}: must be python")
    if importlib.util.find_spec("ipykernel_launcher") is None:
        raise ValueError(f"ipykernel is not installed: to run notebooks, {sys.executable} -m pip install ipykernel")


def _executed(notebook: Path, folder: Path, values: Mapping[str, object], options: tuple[str, ...]) -> Any:
    """Run a copy, which papermill can't misread by its path, and turn what goes wrong into a `NotebookError`."""
    import papermill
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # else its errors go to standard error, too
    copy, log = Path(shutil.copyfile(notebook, folder / "notebook.ipynb")), folder / "kernel.log"
    started = False

    def begin(**_: object) -> None:
        nonlocal started
        started = True

    def attempt(seconds: float) -> Any:
        try:
            return papermill.execute_notebook(
                copy,
                folder / "run.ipynb",
                values,
                kernel_name="python3",
                language="python",
                cwd=notebook.parent,
                config=_encrypted(),
                kernel_manager_class=_kernel_manager(log, options),
                start_timeout=max(1, round(seconds)),
                iopub_timeout=round(patience.seconds(MESSAGE)),
                on_cell_execute=begin,
                progress_bar=sys.stderr.isatty(),
            )
        except papermill.PapermillExecutionError as error:
            raise NotebookError(notebook, error.exec_count, error.ename, error.evalue) from None
        except (DeadKernelError, CellControlSignal) as error:
            raise NotebookError(notebook, None, type(error).__name__, str(error)) from None
        except (RuntimeError, TimeoutError) as error:  # what jupyter_client raises where a kernel doesn't answer
            if started:
                raise NotebookError(notebook, None, type(error).__name__, str(error)) from None
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            reason = said[-1] if said and "died" in str(error) else str(error)
            raise StartError(notebook, None, "did not start", reason) from None

    return patience.twice(attempt, START, (StartError,))


class StartError(NotebookError):
    """The kernel did not start: worth one more try."""


def _kernel_manager(log: Path, options: tuple[str, ...]) -> type:
    """Return a manager that starts `KERNEL` with options under any name, so that no kernel needs to be registered.

    What the kernel's process itself says on standard error goes to `log`.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(argv=[*KERNEL, *options], display_name="Python 3", language="python", metadata=_SPEC)

        async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]
            with log.open("w", encoding="utf-8") as file:
                await super().start_kernel(**{**kw, "stderr": file})

    return Manager


def _encrypted() -> Any:
    """Encrypt what passes between papermill and the kernel: without it, the kernel warns on standard error."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport_encryption": "auto"}})


def _stripped(notebook: Any) -> Any:
    """Remove what differs between two runs of the same notebook."""
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    notebook, _ = CoalesceStreamsPreprocessor().preprocess(notebook, {})  # a print or two at once, as it happens
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", ()):
            if len(output.get("data", {}).get("image/svg+xml", "")) > MOST_LINES:
                del output.data["image/svg+xml"]
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if "injected-parameters" in cell.metadata.get("tags", []) and "id" in cell:
            cell.id = "injected-parameters"
    return notebook


@contextmanager
def _environment() -> Iterator[None]:
    import papermill.execute  # noqa: F401  # tqdm reads TQDM_DISABLE once, when it is imported: the caller's

    before = {name: os.environ.get(name) for name in KERNEL_ENVIRONMENT}
    try:
        _set(KERNEL_ENVIRONMENT)
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM or SIGHUP unwind the stack, as Ctrl-C does, so that the kernel and the temporary folder go."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = on_end(leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
