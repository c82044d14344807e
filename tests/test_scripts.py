"""What is run by hand says how when it is asked, and does nothing else."""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CHILD = HERE / "faults" / "measure.py"  # started by tests/faults alone
MAIN = re.compile(r"^if __name__ == ", re.MULTILINE)


def test_help_is_printed_and_nothing_done():
    scripts = [path for path in HERE.rglob("*.py") if path.name == "__main__.py" or MAIN.search(path.read_text())]
    assert len(scripts) >= 10
    started = {
        path: subprocess.Popen([sys.executable, path, "--help"], stdout=subprocess.PIPE, text=True)
        for path in scripts
        if path != CHILD
    }
    for path, process in started.items():
        said, _ = process.communicate()
        assert process.returncode == 0, path
        assert said.startswith("usage: ") and "show this help" in said, path
