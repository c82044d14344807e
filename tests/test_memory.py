"""The memory that a process has held, told from within."""

import subprocess
import sys

import numpy as np

from mecpapers import memory
from mecpapers.memory import peak_bytes


def test_the_peak_counts_this_process_alone():
    if not sys.platform.startswith("linux"):
        assert peak_bytes() == 0  # not told
        return
    block = np.ones(40_000_000)  # 320 MB, so that the parent's peak is above the child's
    assert peak_bytes() > block.nbytes
    code = "from mecpapers.memory import peak_bytes; print(peak_bytes())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1e6 < int(child.stdout) < block.nbytes


def test_what_the_system_tells_is_in_kibibyte(tmp_path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemTotal:       16 kB\nMemAvailable:       3 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    assert memory._system() == 3072.0
