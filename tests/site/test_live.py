"""Figures that can be explored: curves to switch, points that tell their numbers, axes to zoom, dots that turn."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mecpapers.style import LOOKS

ROOT = Path(__file__).parents[2]


def test_looks_are_those_of_the_figures() -> None:
    text = (ROOT / "book" / "_static" / "looks.js").read_text(encoding="utf-8")
    found = re.findall(r'"([\w-]+)": {"label": "([^"]+)", "colour": "(#\w+)", "dash": "([^"]+)"}', text)
    assert found == [(name, look.label, look.colour, look.dash) for name, look in LOOKS.items()]


def unfold(page: Page) -> None:
    page.locator("details.live").first.locator("summary").click()
    expect(page.locator("svg.live-picture").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_curves_switch_points_tell_and_axes_zoom(opened: Callable, site: Path, width: int) -> None:
    with opened((site / "notebooks" / "video" / "10-figure-5.html").as_uri(), width) as (page, faults):
        unfold(page)
        box = page.locator("details.live").first
        curves = box.locator("g[aria-label*='arrow keys']")
        before = curves.count()
        box.get_by_role("checkbox", name="Edge").uncheck()
        expect(curves).to_have_count(before - 1)
        curves.first.focus()
        page.keyboard.press("ArrowRight")
        expect(box.locator(".live-told")).to_contain_text("Optimum (certified): average cost of a device −0.")
        expect(box.locator(".live-told")).to_contain_text("± ")
        expect(box.locator(".live-told")).to_contain_text("N = 4 (± two standard errors of 100 drops).")
        box.locator("select").select_option("offloading")
        expect(box.locator("svg.live-picture")).to_contain_text("offloading rate")
        line = box.locator("svg.live-picture g > path").first
        whole = line.get_attribute("d")
        box.get_by_role("button", name="Zoom in").click()
        assert line.get_attribute("d") != whole
        box.get_by_role("button", name="All").click()
        assert line.get_attribute("d") == whole
        picture = box.locator("svg.live-picture")
        picture.scroll_into_view_if_needed()
        frame = picture.bounding_box()
        assert frame is not None
        page.mouse.move(frame["x"] + 0.3 * frame["width"], frame["y"] + 0.3 * frame["height"])
        page.mouse.down()
        page.mouse.move(frame["x"] + 0.7 * frame["width"], frame["y"] + 0.7 * frame["height"], steps=4)
        page.mouse.up()
        assert line.get_attribute("d") != whole
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults == []


@pytest.mark.browser
def test_the_trade_off_turns(opened: Callable, site: Path) -> None:
    with opened((site / "notebooks" / "video" / "14-trade-off.html").as_uri(), 1280) as (page, faults):
        unfold(page)
        dots = page.locator("svg.live-picture .dot")
        expect(dots).to_have_count(45)
        dots.first.focus()
        expect(page.locator(".live-told")).to_contain_text(
            re.compile(r"^average delay 0\.\d+ s; average energy .*; β₁ 0")
        )
        before = dots.first.get_attribute("cx")
        page.get_by_role("slider", name="Turn").fill("90")
        assert dots.first.get_attribute("cx") != before
        page.locator("svg.live-picture").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("svg.live-picture")).to_have_attribute("aria-label", re.compile("from 95 degrees"))
        assert faults == []


@pytest.mark.browser
def test_a_table_with_a_column_a_curve(opened: Callable, site: Path) -> None:
    with opened((site / "notebooks" / "fhei" / "05-results.html").as_uri(), 768) as (page, faults):
        unfold(page)
        page.locator("g[aria-label*='Constant quality']").focus()
        expect(page.locator(".live-told")).to_contain_text("sum of quality 89.11 mAP at number of mobiles M = 2.")
        assert faults == []


@pytest.mark.browser
@pytest.mark.parametrize("chapter", ["10-figure-5", "13-delay-energy-accuracy", "14-trade-off"])
def test_what_is_written_on_a_picture_is_seen_whole(opened: Callable, site: Path, chapter: str) -> None:
    with opened((site / "notebooks" / "video" / f"{chapter}.html").as_uri(), 390) as (page, faults):
        unfold(page)
        turn = page.get_by_role("slider", name="Turn")
        for view in ("0", "35", "120", "275") if turn.count() else ("",):
            if view:
                turn.first.fill(view)
            cut = page.locator("svg.live-picture").first.evaluate(
                """picture => [...picture.querySelectorAll("text")].filter(text => {
                    const [all, own] = [picture.getBoundingClientRect(), text.getBoundingClientRect()];
                    return own.left < all.left || own.right > all.right || own.top < all.top || own.bottom > all.bottom;
                }).map(text => text.textContent)"""
            )
            assert cut == [], f"seen from {view}"
        assert faults == []


@pytest.mark.browser
def test_two_fingers_zoom_about_their_middle(opened: Callable, site: Path) -> None:
    address = (site / "notebooks" / "video" / "10-figure-5.html").as_uri()
    with opened(address, 390, has_touch=True, is_mobile=True) as (page, faults):
        unfold(page)
        picture = page.locator("svg.live-picture").first
        picture.scroll_into_view_if_needed()
        frame = picture.bounding_box()
        assert frame is not None
        x, y = frame["x"] + 0.5 * frame["width"], frame["y"] + 0.5 * frame["height"]
        screen = page.context.new_cdp_session(page)
        along = picture.locator("g > path").first
        points = "path => [...path.getAttribute('d').matchAll(/[ML]([^ML ]+)/g)].map(found => Number(found[1]))"

        def touch(kind: str, apart: float | None = None) -> None:
            ends = [] if apart is None else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": ends})

        before, scrolled = along.evaluate(points), page.evaluate("scrollY")
        touch("touchStart", 30)
        for apart in (40, 50, 60):
            touch("touchMove", apart)
        touch("touchEnd")
        after = along.evaluate(points)
        assert (after[1] - after[0]) / (before[1] - before[0]) == pytest.approx(2, rel=0.02)
        assert page.evaluate("scrollY") == scrolled
        assert faults == []


@pytest.mark.browser
@pytest.mark.parametrize("chapter", ["13-delay-energy-accuracy", "14-trade-off"])
def test_a_finger_beside_a_mark_is_told_its_numbers(opened: Callable, site: Path, chapter: str) -> None:
    address = (site / "notebooks" / "video" / f"{chapter}.html").as_uri()
    with opened(address, 390, has_touch=True, is_mobile=True) as (page, faults):
        unfold(page)
        picture = page.locator("svg.live-picture").first
        picture.scroll_into_view_if_needed()
        mark = picture.locator(".dot, g[tabindex] path[stroke-width='2']").last.bounding_box()
        assert mark is not None
        before = page.locator(".live-told").first.inner_text()
        page.touchscreen.tap(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2 + 14)
        expect(page.locator(".live-told").first).not_to_have_text(before)
        colours = picture.locator("g > path[fill=none]").evaluate_all(
            "paths => paths.map(path => path.getAttribute('stroke'))"
        )
        assert len(colours) == len(set(colours))
        assert faults == []
