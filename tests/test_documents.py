"""The examples that README and book print run as they stand."""

import io
import re
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from mecpapers import cli, instances, ledger, units
from mecpapers.video.schemes import SCHEMES

ROOT = Path(__file__).parents[1]
MAX_COLUMNS = 88  # of a code line: what a page shows without scrolling
PAGES = {  # and what its examples print
    "README.md": ["scheme,n_devices"],
    "book/own.md": [],
    "book/scheme.md": ["scheme,n_devices", "scheme,n_users", "scheme,instance", "above the best known", "(13c): 100 %"],
    "book/library.md": ["scheme,instance"],
    "book/scale.md": ["20000 devices, ", "passes; part 3: [", "-"],
}


@pytest.mark.parametrize("page", PAGES)
def test_python_examples_run(page, tmp_path, monkeypatch, capsys):
    for name, file in {"video": "FILE.json", "pose": "POSE.json"}.items():
        shutil.copy(ROOT / "book" / "instances" / f"{name}.json", tmp_path / file)
    shutil.copytree(ROOT / "book" / "sheets", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    warned = pytest.warns(UserWarning, match="greedy: 3 of 3") if "def greedy" in "".join(blocks) else nullcontext()
    with warned as told:
        for block in blocks:
            exec(compile(block.replace("n_drops=100", "n_drops=2"), page, "exec"), names)
    printed = capsys.readouterr().out
    assert [text for text in PAGES[page] if text not in printed] == []
    if told is not None:
        assert f"UserWarning: {told[0].message} " in " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert "half" in names["ax"].figure.legends[0].get_texts()[0].get_text()  # type: ignore[attr-defined]


def test_every_command_of_the_page_of_spreadsheets_runs(tmp_path, monkeypatch, printed):
    """In one folder with the page's files, in their order, by the words and the input as they stand."""
    shutil.copytree(ROOT / "book" / "sheets", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "book" / "spreadsheets.md").read_text(encoding="utf-8").replace("\\\n", "")
    commands = re.findall(r"^mecpapers (.*)$", text, re.MULTILINE)
    assert len(commands) > 10
    statuses = {"solve many.jsonl": 3, "check devices.csv mine.csv": 3}  # what the page says of them
    for line in commands:
        words, _, source = line.partition(" < ")
        if source:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tmp_path / source).read_bytes())))
        monkeypatch.setattr(sys, "argv", ["mecpapers", *words.split()])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = printed()
        assert (stop.value.code or 0) == next((v for k, v in statuses.items() if words.startswith(k)), 0), (line, err)
        assert err == "" and (out == "") == (" -o " in line), line
    exec(compile(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], "page", "exec"), names := {})
    assert names["report"].feasible and abs(names["report"].gap) < 1e-9
    (row,) = re.findall(r"^mecpapers: (row 3, .*)$", text, re.MULTILINE)
    (tmp_path / "bad.csv").write_text((tmp_path / "devices.csv").read_text().replace("phone,35", "phone,-35"))
    with pytest.raises(ValueError, match=re.escape(row)):
        instances.read_csv("bad.csv", shared="shared.json")


def test_the_page_lists_the_units_that_are_allowed():
    text = (ROOT / "book" / "spreadsheets.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\S+) \| ([^|]*) \|$", text, re.MULTILINE))
    for si in units.POWERS:
        if si not in ("gain", "FLOP"):
            assert {si, *re.split(r", ", rows[si])} == {*units.allowed(si)} or si == "1", si
    assert rows["1"] == "%; of a gain dB" and {*units.allowed("1"), *units.allowed("gain")} == {"1", "%", "dB"}


def test_code_fits_the_page():
    for path in (ROOT / "book").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(r"^```(.*)\n((?s:.*?))^```$", text, flags=re.MULTILINE)
        code = [body for kind, body in blocks if kind in ("python", "text", "")]
        assert [line for body in code for line in body.splitlines() if len(line) > MAX_COLUMNS] == [], path.name


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
