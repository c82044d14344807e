"""The tests that a map names, as pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

PAGES = ["notebooks/video/17-equation-map", "notebooks/fhei/08-equation-map", "book/api/video"]


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_test_leads_to_its_source(opened: Callable, site: Path, name: str) -> None:
    with opened((site / f"{name}.html").as_uri()) as (page, faults):
        links = page.locator("article a[href*='_modules/tests/']")
        found = links.evaluate_all("links => links.map(link => link.href)")
        assert len(found) > 20
        for address in sorted(set(found)):
            file, _, test = address.partition("#")
            source = Path(file.removeprefix("file://")).read_text(encoding="utf-8")
            assert re.search(f'<span id="{test}"></span>.*?<span class="nf">{test}</span>', source, re.DOTALL), address
        links.first.click()
        expect(page.locator(":target")).to_have_count(1)
        assert faults == []
