"""Every way through the site works: by mouse, touch and keyboard, at three widths, served and as files."""

import itertools
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from mecpapers.companion import patience

pytestmark = pytest.mark.browser

WIDTHS = (390, 768, 1280)
SIDEBARS = {"primary": "nav.bd-links a", "secondary": "nav.page-toc a"}
START, NEXT = "notebooks/pose/02-measured-world.html", "notebooks/pose/03-model.html"
WIDE = "notebooks/video/04-theorem-2.html"
WALKS = [
    *itertools.product(["http"], [390, 768], ["touch", "keyboard"]),
    *itertools.product(["http"], [768, 1280], ["mouse"]),
    ("http", 1280, "keyboard"),
    ("file", 390, "touch"),
    ("file", 768, "keyboard"),
    ("file", 1280, "mouse"),
]


def use(page: Page, target: Locator, pointer: str) -> None:
    """Press a button or follow a link as a reader does; by keyboard, it must be where Tab stops."""
    if pointer == "mouse":
        target.click()
    elif pointer == "touch":
        target.tap()
    else:
        expect(target).to_be_visible()
        assert target.evaluate("element => element.tabIndex") >= 0
        target.press("Enter")


def press_outside(page: Page, dialog: Locator, pointer: str) -> None:
    box = dialog.bounding_box()
    x = box["x"] - 20 if box["x"] > 20 else box["x"] + box["width"] + 20
    (page.touchscreen.tap if pointer == "touch" else page.mouse.click)(x, 400)


@pytest.mark.parametrize(("address", "width", "pointer"), WALKS, indirect=["address"])
def test_walk(opened: Callable, address: str, width: int, pointer: str) -> None:
    touch = {"has_touch": True, "is_mobile": True} if pointer == "touch" else {}
    with opened(f"{address}/{START}", width, **touch) as (page, faults):
        # Colours: on a light system the button's next state is dark, and stays when another page opens.
        use(page, page.locator(".theme-switch-button:visible"), pointer)
        expect(page.locator("html[data-mode=dark][data-theme=dark]")).to_have_count(1)

        # The page's own contents: a button where there is no room for them, and then the place that was chosen.
        place = page.locator(SIDEBARS["secondary"]).nth(2)
        if width < 1200:
            walk_dialog(page, "secondary", pointer)
            use(page, page.locator(".secondary-toggle:visible"), pointer)
        anchor = place.get_attribute("href")
        use(page, place, pointer)
        page.wait_for_url(f"**{anchor}")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.locator(f"{anchor} :is(h2, h3)").first).to_be_in_viewport()

        # The book's contents: another page.
        link = page.locator(SIDEBARS["primary"]).and_(page.locator(f"[href$='{Path(NEXT).name}']"))
        if width < 960:
            walk_dialog(page, "primary", pointer)
            use(page, page.locator(".primary-toggle:visible"), pointer)
        use(page, link, pointer)
        page.wait_for_url(f"**/{NEXT}")
        expect(page.locator("html[data-theme=dark]")).to_have_count(1)
        assert faults == []

        # Search: a word, the results, one of them.
        if pointer == "keyboard":
            page.keyboard.press("Control+k")
        else:
            use(page, page.locator(".search-button__button:visible"), pointer)
        page.keyboard.type("bisection")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=bisection")
        page.wait_for_function("/finished/.test(document.querySelector('.search-summary')?.innerText)")
        page.wait_for_load_state("networkidle")  # until then the results move: each gets its summary
        result = page.locator("#search-results li a").first
        use(page, result, pointer)
        page.wait_for_url(re.compile(r"/(book|notebooks)/.*\.html"))
        expect(page.locator("article h1")).to_be_visible()


def walk_dialog(page: Page, name: str, pointer: str) -> None:
    """Open a sidebar as a dialog and close it in each way; a keyboard's focus comes back to the button."""
    toggle, dialog = page.locator(f".{name}-toggle:visible"), page.locator(f"#pst-{name}-sidebar-modal")
    ways = {
        "button": lambda: use(page, dialog.get_by_role("button", name="Close"), pointer),
        "Escape": lambda: page.keyboard.press("Escape"),
        "outside": lambda: press_outside(page, dialog, pointer),
    }
    for close in ways.values():
        use(page, toggle, pointer)
        expect(dialog).to_be_visible()
        close()
        expect(dialog).to_be_hidden()
        if pointer == "keyboard":
            expect(toggle).to_be_focused()


def test_tab_comes_to_the_contents_early_and_stays_in_them(opened: Callable, address: str) -> None:
    with opened(f"{address}/{START}", WIDTHS[0]) as (page, faults):
        stops = []
        for _ in range(3):
            page.keyboard.press("Tab")
            stops.append(page.evaluate("document.activeElement.className"))
        assert any("primary-toggle" in stop for stop in stops)
        page.locator(".primary-toggle").press("Enter")
        for _ in range(3):
            assert page.evaluate("document.activeElement.closest('dialog') !== null")
            page.keyboard.press("Tab")
        assert faults == []


def press_until_scrolled(page: Page, box: Locator, name: str) -> None:
    """Press the right arrow as a reader does: once more where a busy browser has lost a key."""
    end = time.monotonic() + patience.seconds(10)
    while not box.evaluate("box => box.scrollLeft > 0"):
        assert box.evaluate("box => box.contains(document.activeElement)"), f"{name}: the focus is gone"
        assert time.monotonic() < end, f"{name}: does not scroll"
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)


def test_wide_boxes_scroll_by_keyboard(opened: Callable, address: str) -> None:
    with opened(f"{address}/{WIDE}", WIDTHS[0]) as (page, faults):
        page.evaluate("document.querySelectorAll('.toggle-button-hidden').forEach(button => button.click())")  # folds
        for selector in ("span.math mjx-container", "div.math", ".pst-scrollable-table-container", "div.highlight pre"):
            wide = "boxes => boxes.findIndex(box => box.scrollWidth > box.clientWidth + 40)"
            index = page.locator(selector).evaluate_all(wide)
            assert index >= 0, f"no wide {selector} on this page"
            box = page.locator(selector).nth(index)
            box.evaluate("box => (box.tabIndex < 0 ? box.querySelector('[tabindex=\"0\"]') : box).focus()")
            press_until_scrolled(page, box, selector)
        assert faults == []


def test_copy_button_copies(opened: Callable, address: str) -> None:
    with opened(f"{address}/book/rerun.html", permissions=["clipboard-read", "clipboard-write"]) as (page, faults):
        code = page.locator("div.highlight").first
        code.hover()
        code.locator("button.copybtn").click()
        page.wait_for_function("document.querySelector('button.copybtn').classList.contains('success')")
        assert faults == []


def test_search_quotes_the_text(opened: Callable, origin: str) -> None:
    """Not the buttons and the list of contents that the theme puts before it."""
    with opened(f"{origin}/search.html?q=cite") as (page, faults):
        hit = page.locator("#search-results li").filter(has=page.get_by_role("link", name="How to cite"))
        expect(hit.locator("p.context")).to_contain_text("Cite the paper whose result you use")
        assert faults == []
