"""A figure that is pressed fills the window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
def test_a_figure_fills_the_window(opened: Callable, site: Path, width: int) -> None:
    with opened((site / "notebooks" / "video" / "10-figure-5.html").as_uri(), width) as (page, faults):
        figure, dialog = page.locator(".can-enlarge").first, page.locator("dialog.enlarged")
        small = figure.bounding_box()["width"]
        hint = page.locator("figcaption").first.evaluate("caption => getComputedStyle(caption, '::after').content")
        assert ("enlarge" in hint) == (width == 390)  # a mouse has its pointer
        figure.click()
        large = dialog.locator("img").bounding_box()
        assert large["width"] >= max(1.5 * small, 900)
        assert dialog.locator("img").get_attribute("alt") == figure.get_attribute("alt")
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()
        figure.press("Enter")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(figure).to_be_focused()
        assert faults == []
