"""The examples that README and book print run as they stand."""

import re
import shutil
from pathlib import Path

import pytest

from mecpapers import ledger
from mecpapers.video.schemes import SCHEMES

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "book/own.md"]


@pytest.mark.parametrize("page", PAGES)
def test_python_examples_run(page, tmp_path, monkeypatch, capsys):
    for name, file in {"video": "FILE.json", "pose": "POSE.json"}.items():
        shutil.copy(ROOT / "book" / "instances" / f"{name}.json", tmp_path / file)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block.replace("n_drops=100", "n_drops=2"), page, "exec"), names)
    printed = capsys.readouterr().out
    assert "scheme,n_devices" in printed
    if page == "book/own.md":
        assert printed.count("scheme,instance") == 2
        assert "half" in names["ax"].figure.legends[0].get_texts()[0].get_text()  # type: ignore[attr-defined]


def test_every_scheme_is_documented():
    from mecpapers.fhei.schemes import SCHEMES as FHEI

    text = (ROOT / "book" / "own.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in (*SCHEMES, *FHEI))


def test_every_field_of_the_instance_is_documented():
    from mecpapers.video import instance

    text = (ROOT / "book" / "own.md").read_text(encoding="utf-8")
    for name in instance._DEVICE_FIELDS + instance._DEVICE_OPTIONS:
        assert name in text or name.removeprefix("accuracy") in text


def test_every_field_of_paper_ii_is_documented():
    from mecpapers.fhei import instance

    text = (ROOT / "book" / "own.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in instance.USER_FIELDS + instance.USER_OPTIONS + instance.SHARED_FIELDS)


@pytest.mark.checkout
def test_links_between_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "book").glob("*.md")]:
        prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_verdicts_are_all_explained():
    text = (ROOT / "notebooks" / "claims.ipynb").read_text(encoding="utf-8")
    assert all(f"**{verdict.value}**" in text for verdict in ledger.Verdict)
