"""Property tests draw the same examples in every run; the nightly run draws more."""

import os

import pytest
from hypothesis import settings

settings.register_profile("quick", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("nightly", deadline=None, derandomize=True, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def printed(capsys):
    """Take standard output, and standard error less what is told of implausible numbers."""

    def take():
        out, err = capsys.readouterr()
        return out, "".join(line for line in err.splitlines(True) if not line.startswith("mecpapers: warning: "))

    return take
