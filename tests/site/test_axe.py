"""Accessibility by axe-core: no finding on our pages but for those listed, which are the theme's or Markdown's."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

AXE = Path(__file__).parent / "axe" / "axe.min.js"
LISTED = {
    "region",  # the theme's sidebar begins outside its landmarks
    "empty-table-header",  # a Markdown table has a head row, though two columns of words need none
}
KINDS = [
    ("book/index.html", 1280, "light"),
    ("notebooks/errata.html", 390, "dark"),
    ("notebooks/video/10-figure-5.html", 1280, "dark"),
    ("book/explore/cell.html", 390, "light"),
    ("book/explore/thresholds.html", 1280, "dark"),
    ("book/explore/quality.html", 390, "light"),
    ("book/references.html", 1280, "light"),
]


def findings(page, theme: str) -> list[str]:
    page.evaluate("theme => Object.assign(document.documentElement.dataset, { theme, mode: theme })", theme)
    for box in page.locator("details.live > summary").all():
        box.click()
    page.wait_for_timeout(200)  # colours fade
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return [f"{v['id']}: {n['html'][:120]}" for v in found if v["id"] not in LISTED for n in v["nodes"]]


@pytest.mark.browser
@pytest.mark.parametrize(("place", "width", "theme"), KINDS)
def test_pages_of_each_kind(opened: Callable, site: Path, place: str, width: int, theme: str) -> None:
    with opened((site / place).as_uri(), width) as (page, _):
        assert findings(page, theme) == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["cell", "quality", "thresholds"])
def test_sliders_have_names(opened: Callable, site: Path, name: str) -> None:
    """A label names its first field alone: axe takes its text for any field in it, browsers do not."""
    with opened((site / "book" / "explore" / f"{name}.html").as_uri()) as (page, _):
        sliders = page.locator("article input[type=range]").all()
        assert len(sliders) >= 4
        for slider in sliders:
            expect(slider).to_have_accessible_name(re.compile(r"^\w"))


@pytest.mark.browser
@pytest.mark.nightly
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_page(opened: Callable, site: Path, width: int, theme: str) -> None:
    names = [
        p
        for p in sorted(site.rglob("*.html"))
        if "_static" not in p.parts and "http-equiv" not in p.read_text(encoding="utf-8")[:600]
    ]
    found = {}
    for name in names:
        with opened(name.as_uri(), width) as (page, _):
            found[name.name] = findings(page, theme)
    assert {name: told for name, told in found.items() if told} == {}
