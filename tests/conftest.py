"""Property tests draw the same examples in every run; the nightly run draws more."""

import json
import os

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("quick", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("nightly", deadline=None, derandomize=True, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def tested(request, record_property):
    """Hold gaps to a bound, and put them down: ``tests/oracles.py`` lays out what is tested against what."""

    def hold(what, against, gaps, below, instances=None):
        gaps = np.abs(np.atleast_1d(gaps))
        instances = instances or gaps.shape[0]  # given where the gap is already the worst of them
        paper = {"video": "I", "fhei": "II", "pose": "III"}.get(request.path.parent.name, "")
        record_property("tested", json.dumps([paper, what, against, instances, float(gaps.max()), below]))
        assert gaps.max() < below

    return hold


@pytest.fixture
def printed(capsys):
    """Take standard output, and standard error less what is told of implausible numbers."""

    def take():
        out, err = capsys.readouterr()
        return out, "".join(line for line in err.splitlines(True) if not line.startswith("mecpapers: warning: "))

    return take
