"""The page "Two thresholds" shows what Python computed, follows the hand, and turns."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mecpapers.pose.evidence import explore

TEXT = explore.FILE.read_text(encoding="utf-8")
DATA = json.loads(TEXT[TEXT.index("{") : TEXT.rindex("}") + 1])
PAIRS = {(p["lower"], p["upper"]): p for p in DATA["pairs"]}


def said(lower: int, upper: int) -> str:
    pair = PAIRS[lower, upper]
    return f"{pair['error']:.1f} mm, {pair['delay']:.0f} ms."


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_it_follows_keyboard_and_hand(opened: Callable, site: Path, width: int) -> None:
    with opened((site / "book" / "explore" / "thresholds.html").as_uri(), width) as (page, faults):
        told = page.locator("[data-name=told]").first
        best = min((p for p in PAIRS.values() if p["delay"] <= 100), key=lambda p: p["error"])
        expect(told).to_contain_text(said(best["lower"], best["upper"]))
        expect(told).to_contain_text("the best common pair")
        page.locator("[data-slider=lower]").focus()
        page.keyboard.press("Home")
        expect(told).to_contain_text(said(0, best["upper"]))
        page.keyboard.press("End")  # upper goes along
        expect(told).to_contain_text(said(10, 10))
        page.locator("[data-slider=upper]").focus()
        page.keyboard.press("Home")
        expect(told).to_contain_text(said(0, 0))
        box = page.locator("svg[data-name=map]").bounding_box()
        assert box is not None
        unit = box["width"] / 560
        page.locator("svg[data-name=map]").click(position={"x": (52 + 6.5 * 38) * unit, "y": (424 - 2.5 * 38) * unit})
        expect(told).to_contain_text(said(2, 6))
        expect(page.locator("svg[data-name=map]")).to_have_attribute("aria-label", re.compile("lower 2, upper 6"))
        pose = page.locator("svg[data-name=pose]")
        before = pose.locator(".bone.pose").get_attribute("d")
        page.locator("[data-slider=view]").focus()
        page.keyboard.press("ArrowRight")
        assert pose.locator(".bone.pose").get_attribute("d") != before
        page.locator("[data-show=heavy]").check()
        expect(pose.locator(".bone.heavy")).to_have_count(1)
        expect(page.locator("[role=status]").first).to_contain_text("In this frame")
        assert faults == []
