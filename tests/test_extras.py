"""What only an extra installs: without it a message says how to get it, or the rest works."""

import sys

import pytest

from mecpapers.companion import register
from mecpapers.companion.landing import glue
from mecpapers.ledger import check
from mecpapers.video import networks
from mecpapers.video.measured import delays, graphs


def test_without_onnx_the_message_says_how_to_get_it(monkeypatch):
    for module in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=r"onnx is not installed: pip install 'mecpapers\[measure\]'"):
        graphs.to_onnx(networks.resnet(18))
    with pytest.raises(ModuleNotFoundError, match=r"onnxruntime is not installed: pip install"):
        delays.measure([18], [1])


def test_the_ledger_shows_without_the_book(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "myst_nb", None)
    glue("a", 1)
    (entry,) = check(["pose"], ["open-multi-person"])
    assert f"[{entry.claim.chapter}]({entry.claim.chapter}.ipynb)" in repr(register.claims([entry], tmp_path).table)
