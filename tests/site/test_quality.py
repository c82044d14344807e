"""The page "Quality" shows what Python computed, and nothing between."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mecpapers.fhei.evidence import explore

TEXT = explore.FILE.read_text(encoding="utf-8")
DATA = json.loads(TEXT[TEXT.index("{") : TEXT.rindex("}") + 1])
POINTS = dict(zip(product(*DATA["sliders"].values()), DATA["points"], strict=True))


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_it_follows_its_sliders(opened: Callable, site: Path, width: int) -> None:
    with opened((site / "book" / "explore" / "quality.html").as_uri(), width) as (page, faults):
        told = page.locator("[data-name=told]")
        best = POINTS[tuple(DATA["default"].values())][0]["sum"]
        expect(told).to_contain_text(f"Certified: {best:.1f} mAP")
        page.locator("[data-slider=energy]").focus()
        page.keyboard.press("ArrowRight")
        best = POINTS[15.0, 7.5, 20.0, 1.0][0]
        expect(told).to_contain_text(f"Certified: {best['sum']:.1f} mAP")
        label = page.locator("svg[data-row=quality]").get_attribute("aria-label")
        assert label is not None and f"{best['quality'][0]:.1f}" in label
        page.keyboard.press("Home")
        expect(told).to_contain_text("No allocation keeps the limit on energy")
        expect(page.locator("[role=status]")).to_contain_text("No allocation")
        page.get_by_role("button", name="As in the book").click()
        expect(page.locator("[data-slider=energy]")).to_have_attribute("aria-valuetext", "5 J")
        assert faults == []
