"""What a release says of itself agrees, and a disagreement is told."""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from release import disagreements  # noqa: E402

pytestmark = pytest.mark.checkout
FILES = ("pyproject.toml", "CITATION.cff", "book/changelog.md", "book/cite.md", "book/own.md", "mecpapers/instances.py")


def test_version_changelog_citation_and_contract_agree():
    assert disagreements(ROOT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"', "CITATION.cff: version = 0.1.0: must be 0.2.0"),
        ("CITATION.cff", "version: 0.1.0", "version: 0.1.1", "CITATION.cff: version = 0.1.1: must be 0.1.0"),
        ("book/changelog.md", "## Version 0.1.0", "## Unreleased", "book/changelog.md: newest version = none"),
        ("mecpapers/instances.py", "CONTRACT = 1", "CONTRACT = 2", "book/changelog.md: contract = 1: must be 2"),
    ],
)
def test_a_disagreement_is_told(tmp_path, file, old, new, told):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    assert any(line.startswith(told) for line in disagreements(tmp_path))
