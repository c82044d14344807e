"""Files that are replaced whole or not at all."""

import os
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

written: list[Path] = []
"""What this process has put in place so far."""
leaving: list[int] = []
"""The status with which it was told to end, and has said so: nothing is put in place any more."""
ENDS = tuple(number for number in signal.Signals if number.name in ("SIGTERM", "SIGHUP"))
"""What tells a process to end: SIGTERM and, where there is one, the hang-up of a terminal."""
_STOPS = (signal.SIGINT, *ENDS)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to a temporary file beside `path`, then move it there.

    Readers see the old file or the new one; on failure (or Ctrl-C) the old one stays and nothing else is left.

    Raises
    ------
    OSError
        If the folder can't be made or written; it names ``path``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        put_in_place(beside, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        beside.unlink(missing_ok=True)


def put_in_place(made: Path, path: Path) -> None:
    """Move a file that is whole to its name, and note that; not once this process has said that it ends."""
    if leaving:  # a library has swallowed the exit, as some do while they are imported
        sys.exit(leaving[0])
    with _unbroken():
        os.replace(made, path)
        written[:] = [*(one for one in written if one != made), path]


def on_end(leave: Callable[[int, FrameType | None], object]) -> dict[signal.Signals, Any]:
    """Let this handle what tells the process to end, but for what it was started to ignore, as by nohup.

    Returns
    -------
    the handlers before, to be put back
    """
    heard = [number for number in ENDS if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, leave) for number in heard}


@contextmanager
def _unbroken() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP wait, so that what is done and what is said of it agree."""
    if threading.current_thread() is not threading.main_thread():  # to which alone Python hands signals
        yield
        return
    late: list[int] = []
    before = {number: signal.signal(number, lambda found, _: late.append(found)) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        for found in late:
            signal.raise_signal(found)


def check_writable(path: Path) -> None:
    """Refuse a path that can't be written, before work is spent on what goes there.

    Raises
    ------
    OSError
        If `path` is a folder, or the nearest folder above it that exists can't be written.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise NotADirectoryError(f"{above}: is not a folder")
    if not os.access(above, os.W_OK):
        raise PermissionError(f"{above}: can't be written")
