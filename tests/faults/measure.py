"""A process of its own that measures claims: a JSON line for each, with its verdict.

``measure.py record PAPER`` takes all claims of a paper, and adds the functions that each executes and what it took;
``measure.py judge SECONDS KEY ...`` those named, in order, and begins none after so much time of the processor.
"""

import json
import os
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from mecpapers import ledger, store

PACKAGE = f"{Path(ledger.__file__).parents[1]}{os.sep}"
KEPT = store.kept(len).__code__  # what a call of any kept function runs first


class Recorder:
    """The functions of the package that run, and beneath each kept function those that made its result.

    A claim that reads a kept result rests on them, too, though it runs none of them, and would take their time.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.beneath: dict[str, set[str]] = {}
        self.took: dict[str, float] = {}
        self._open: list[str] = []
        self._since: list[float] = []

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        """Take what ``sys.setprofile`` reports."""
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(PACKAGE):
            return
        if code is KEPT:
            if event == "return":
                name, took = self._open.pop(), time.process_time() - self._since.pop()
                self.took[name] = max(took, self.took.get(name, 0.0))
            else:
                function = frame.f_locals["function"]
                self._since.append(time.process_time())
                self._open.append(f"kept {function.__module__}.{function.__qualname__}")
                self._add(self._open[-1])
        elif event == "call":
            self._add(f"{code.co_filename.removeprefix(PACKAGE)}:{code.co_qualname}")

    def _add(self, name: str) -> None:
        self.seen.add(name)
        for key in self._open:
            self.beneath.setdefault(key, set()).add(name)


def judge(key: str) -> str:
    """The verdict on a claim; an error is one, too."""
    try:
        return ledger.check(keys=[key])[0].verdict.value
    except Exception as error:  # whatever a fault makes of it
        return type(error).__name__


def record(paper: str) -> None:
    """Measure every claim of a paper in a process forked for it, so that nothing it needs is remembered."""
    for claim in ledger.load([paper])[paper]:
        if claim.measure is not None and os.fork() == 0:
            recorder = Recorder()
            sys.setprofile(recorder)
            verdict = judge(claim.key)
            sys.setprofile(None)
            beneath = {key: sorted(names) for key, names in recorder.beneath.items()}
            took = recorder.took | {"all": time.process_time()}
            print(json.dumps([claim.key, verdict, sorted(recorder.seen), beneath, took]), flush=True)
            os._exit(0)
        if claim.measure is not None:
            os.wait()


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record(sys.argv[2])
    else:
        for key in sys.argv[3:]:
            if time.process_time() > float(sys.argv[2]):
                break
            print(json.dumps([key, judge(key)]), flush=True)
