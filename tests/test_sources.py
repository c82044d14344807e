"""The hash of what a stored result depends on: all that computes, and no prose."""

import pytest

from mecpapers import sources


def test_the_digest_covers_shared_modules_and_the_papers_own():
    names = {p.relative_to(sources.PACKAGE).as_posix() for p in sources.files("video")}
    assert {"lemmas.py", "sweep.py", "video/edge.py", "video/evidence/claims/trends.py"} <= names
    assert any(name.startswith("video/measured/data/") for name in names)
    assert not any(n.startswith(("companion/", "ledger/", "fhei/")) for n in names)
    assert not any("figures" in n or n.endswith((".toml", "flips.json")) for n in names)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ('def f(x):\n    """Other prose."""\n    return x + 1  # a reason\n', True),
        ("def f(x): return (x + 1)", True),
        ("def f(x):\n    return x + 2\n", False),
        ("def f(y):\n    return y + 1\n", False),
        ('def f(x):\n    return "x + 1"\n', False),
        ("def f(x):\n    return x - 1\n", False),
    ],
)
def test_prose_does_not_change_the_meaning_of_a_source(changed, same):
    source = 'def f(x):\n    """Prose."""\n    return x + 1\n'
    assert (list(sources.meaning(source)) == list(sources.meaning(changed))) is same


def test_data_and_names_of_files_count_and_another_paper_does_not(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PACKAGE", tmp_path)
    found = []

    def seen(name, content):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        sources.digest.cache_clear()
        found.append(sources.digest("video"))

    for name, content in (
        ("lemmas.py", "x = 1"), ("lemmas.py", "x = 2"), ("video/edge.py", "x = 1"), ("video/other.py", "x = 1"),
        ("video/data/scale.json", "[1]"), ("video/data/scale.json", "[2]"), ("video/data/copy.json", "[2]"),
    ):  # fmt: skip
        seen(name, content)
    assert len(set(found)) == len(found)
    seen("fhei/model.py", "x = 1")
    seen("video/claims.toml", "")
    sources.digest.cache_clear()
    assert found[-1] == found[-2] == found[-3]
