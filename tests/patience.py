"""Loaded by pytest beside nbval (``-p tests.patience``): on a busy machine its kernels get time, and one more try."""

from typing import Any

from nbval import kernel, plugin

from mecpapers.companion import patience
from mecpapers.companion.execute import MESSAGE, START

_start = kernel.RunningKernel.__init__
_setup = plugin.IPyNbCell.setup


def start(self: Any, kernel_name: str, cwd: Any = None, startup_timeout: float = START) -> None:
    def attempt(seconds: float) -> None:
        self.km = None
        try:
            _start(self, kernel_name, cwd, seconds)
        except RuntimeError:
            if self.km is not None:  # it runs, but sends nothing
                self.km.shutdown_kernel(now=True)
            raise

    patience.twice(attempt, startup_timeout, (RuntimeError,))


def setup(self: Any) -> None:
    _setup(self)
    self.output_timeout = patience.seconds(MESSAGE)


kernel.RunningKernel.__init__ = start
plugin.IPyNbCell.setup = setup
