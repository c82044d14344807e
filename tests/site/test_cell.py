"""The page "The cell", operated as a reader does: by mouse, where it is served; by keyboard and touch, as a file."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from mecpapers import instances
from mecpapers.units import from_dbm
from mecpapers.video import SCHEMES, SET_A
from mecpapers.wireless import path_gain, shannon_rate

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CELL = "book/explore/cell.html"
SHARED = "B5,F22,d0.2,e0.2,a0.6,m0.86,eq7"
SCENES = {
    "no device": f"#cell={SHARED}",
    "one device": f"#cell={SHARED};120,0,18,1,1.8",
    "forty at one point": f"#cell={SHARED}{';200,100,18,1,1.8' * 40}",
    "forty networks at the station": "#cell="
    + SHARED
    + "".join(f";0,0,{(18, 34, 101)[n % 3]},1,1.8" for n in range(40)),
    "no bandwidth": f"#cell={SHARED.replace('B5', 'B0')};120,0,18,1,1.8;0,90,34,1,1.8",
    "no weight but delay": f"#cell={SHARED.replace('e0.2,a0.6', 'e0,a0')};120,0,18,1,1.8;0,90,34,1,1.8",
    "no weight of delay": f"#cell={SHARED.replace('d0.2', 'd0')};120,0,18,1,1.8",
    "no weights": f"#cell={SHARED.replace('d0.2,e0.2,a0.6', 'd0,e0,a0')};120,0,18,1,1.8",
    "accuracy out of reach": f"#cell={SHARED.replace('m0.86', 'm0.95')};120,0,18,1,1.8;80,0,18,1,1.8",
}
SAID = {  # a message instead of numbers
    "no device": "There is no device",
    "no weight of delay": "weights.delay = 0: must be positive",
    "no weights": "weights.delay = 0: must be positive",
    "accuracy out of reach": "infeasible: (13a) device 0 needs an accuracy of 0.95, but 16 frames reach 0.941",
}


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-name='{name}']")


def shown(page: Page, name: str) -> str:
    return page.locator(f"[data-show='{name}']").first.inner_text().replace("−", "-")


def marks(page: Page) -> Any:
    return page.locator("#cell .device")


def at_rest(page: Page) -> dict[str, Any]:
    """Wait until the address holds the scene; return the instance that it stands for."""
    page.locator("#cell[data-settled]").wait_for()
    return page.evaluate("mecpapers.scene.toInstance(mecpapers.scene.decode(location.hash))")


def solved(document: dict[str, Any], tmp_path: Path) -> tuple[Any, Any]:
    """What Python makes of an instance."""
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    problem = instances.read(file)
    return problem, SCHEMES["exact"](problem)


def check_numbers(page: Page, tmp_path: Path) -> None:
    """What the page shows is what Python computes for the scene in its address."""
    problem, exact = solved(at_rest(page), tmp_path)
    assert shown(page, "cost") == f"{exact.objective:.4f}"
    assert shown(page, "sending") == str(exact.allocation.offload.sum())
    sends = marks(page).evaluate_all("marks => marks.map(mark => mark.matches('.edge'))")
    v = problem.devices  # of devices that are alike, others may send
    alike = [*zip(v.uplink_rate, v.macs_offset, v.max_frequency, strict=True)]
    assert sorted(zip(alike, sends, strict=True)) == sorted(zip(alike, exact.allocation.offload, strict=True))
    heuristic = SCHEMES["search-heuristic"](problem).objective
    more = max(0.0, heuristic - exact.objective) / abs(exact.objective)
    assert shown(page, "walk") == f"+{100 * more:.1f}\u00a0%"


def middle(page: Page, n: int) -> tuple[float, float]:
    box = marks(page).locator(".reach").nth(n).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_by_mouse(opened: Callable, origin: str, tmp_path: Path) -> None:
    with opened(f"{origin}/{CELL}") as (page, faults):
        check_numbers(page, tmp_path)
        first, story = page.url, part(page, "story").inner_text()
        x, y = middle(page, 2)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y + 60, steps=8)
        page.mouse.up()
        check_numbers(page, tmp_path)
        moved = page.url
        assert moved != first and part(page, "chosen").inner_text().startswith("Device 2 is")
        assert part(page, "device").input_value() == "2"
        size = marks(page).count()
        box = part(page, "map").bounding_box()
        page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])  # a free place
        expect(marks(page)).to_have_count(size + 1)
        check_numbers(page, tmp_path)
        page.get_by_role("button", name="Remove this one").click()
        expect(marks(page)).to_have_count(size)
        for _ in range(3):
            page.get_by_role("button", name="Undo").click()
        at_rest(page)
        assert page.url == first and part(page, "story").inner_text() == story
        page.get_by_role("button", name="Redo").click()
        at_rest(page)
        assert page.url == moved
        assert faults == []


def test_sliders_networks_and_readings(opened: Callable, site: Path, tmp_path: Path) -> None:
    with opened((site / CELL).as_uri()) as (page, faults):
        for name, value in (("bandwidth", 40), ("server", 9), ("energy", 0.4), ("floor", 0.7), ("power", 30)):
            page.locator(f"[data-slider={name}]").fill(str(value))
        page.get_by_label("-34").check()
        devices = at_rest(page)["devices"]
        assert devices["macs_per_frame"][3] == 7.11e8 and devices["min_accuracy"] == 0.7
        scene = page.evaluate("mecpapers.scene.decode(location.hash)")
        places = np.array([(device["x"], device["y"]) for device in scene["devices"]])
        gain = path_gain(np.hypot(*places.T), *SET_A.path_loss_db)
        np.testing.assert_allclose(devices["channel_gain"], gain, rtol=1e-12)
        noise, bandwidth = from_dbm(SET_A.noise_dbm_per_hz), scene["bandwidth"] * 1e6
        rate = shannon_rate(bandwidth, np.array(devices["transmit_power"]), gain, noise)
        np.testing.assert_allclose(devices["uplink_rate"], rate, rtol=1e-12)
        check_numbers(page, tmp_path)
        part(page, "local").select_option("eq31")
        check_numbers(page, tmp_path)
        for name in ("Twelve alike", "A slow server", "Forty"):
            page.get_by_role("button", name=name, exact=True).click()
            check_numbers(page, tmp_path)
        assert faults == []


def test_by_keyboard_alone(opened: Callable, site: Path, tmp_path: Path) -> None:
    with opened((site / CELL).as_uri()) as (page, faults):
        for _ in range(150):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('#cell .device')"):
                break
        focused = page.locator("#cell .device:focus")
        expect(focused).to_have_attribute("aria-selected", "true")
        before = at_rest(page)["devices"]["uplink_rate"]
        page.keyboard.press("PageDown")
        for key in ("ArrowLeft", "Shift+ArrowDown", "ArrowUp"):
            page.keyboard.press(key)
        after = at_rest(page)["devices"]["uplink_rate"]
        assert [n for n, rate in enumerate(after) if rate != before[n]] == [4]
        expect(focused).to_have_attribute("aria-label", re.compile("^Device 4, "))
        check_numbers(page, tmp_path)
        size = marks(page).count()
        page.keyboard.press("+")
        expect(marks(page)).to_have_count(size + 1)
        page.keyboard.press("Delete")
        expect(marks(page)).to_have_count(size)
        for _ in range(5):
            page.keyboard.press("Control+z")
        assert at_rest(page)["devices"]["uplink_rate"] == before
        for _ in range(size):
            page.keyboard.press("Delete")
        expect(part(page, "add")).to_be_focused()  # no device is left to hold the focus
        page.keyboard.press("Control+z")
        expect(marks(page)).to_have_count(1)
        for _ in range(size - 1):
            page.keyboard.press("Control+z")
        assert at_rest(page)["devices"]["uplink_rate"] == before
        stops = (
            "input[data-slider=server]",
            "[data-name=add]",
            "[data-name=uphill]",
            "#article-own",
            ".own",
            "summary",
        )
        for stop in (s for s in stops if s != "#article-own"):
            assert page.locator(f"article {stop}").first.evaluate("element => element.tabIndex") >= 0, stop
        page.locator(".own").focus()
        story = part(page, "price-story").inner_text()
        page.keyboard.press("Shift+ArrowRight")
        expect(part(page, "price-story")).not_to_have_text(story)
        assert faults == []


def test_by_touch(opened: Callable, site: Path, tmp_path: Path) -> None:
    with opened((site / CELL).as_uri(), 390, has_touch=True, is_mobile=True) as (page, faults):
        part(page, "map").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('#cell .seen').scrollIntoView()")
        at_rest(page)
        scrolled, (x, y) = page.evaluate("scrollY"), middle(page, 9)
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]}
            )

        touch("touchStart", (x, y))
        for i in range(1, 9):
            touch("touchMove", (x - 5 * i, y + 6 * i))
        touch("touchEnd")
        check_numbers(page, tmp_path)
        assert part(page, "chosen").inner_text().startswith("Device 9 is")
        a, b = middle(page, 9)
        assert abs(a - x + 40) < 2 and abs(b - y - 48) < 2
        assert page.evaluate("scrollY") == scrolled  # the device moved, the page did not
        box, size = part(page, "map").bounding_box(), marks(page).count()
        page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
        expect(marks(page)).to_have_count(size + 1)
        for target in (marks(page).locator(".reach").first, part(page, "add"), page.locator("[data-slider=server]")):
            assert target.bounding_box()["height"] >= 43.5
        assert faults == []


def test_scenes_at_the_edge(opened: Callable, site: Path, tmp_path: Path) -> None:
    """One after the other, each by its address."""
    with opened((site / CELL).as_uri()) as (page, faults):
        for scene, address in SCENES.items():
            page.evaluate("address => { location.hash = address; }", address)
            if scene in SAID:
                expect(part(page, "refusal")).to_contain_text(SAID[scene])
                assert shown(page, "cost") == "–" and part(page, "story").inner_text() == ""
                at_rest(page)
                assert SAID[scene] in part(page, "spoken").inner_text()
            else:
                expect(part(page, "refusal")).to_be_empty()
                check_numbers(page, tmp_path)
            assert page.url.endswith(address)
            assert not re.search(r"NaN|undefined|Infinity|null", page.locator("article").inner_text())
            if scene == "no bandwidth":
                expect(part(page, "story")).to_contain_text("nobody can send")
        for button in ("Remove this one", "Remove this one", "Remove this one", "Solve this in Python", "Add a device"):
            page.get_by_role("button", name=button).click()
        expect(part(page, "said-file")).to_contain_text("nothing to solve")
        expect(marks(page)).to_have_count(1)
        assert faults == []


DROPPED = """text => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], 'dropped.json'));
  return transfer;
}"""


def test_a_file_in_and_out(opened: Callable, site: Path, tmp_path: Path) -> None:
    book = ROOT / "book" / "instances" / "video.json"
    odd = json.loads(book.read_text(encoding="utf-8"))
    odd["devices"] |= {"max_frequency": [1.3e9, 0.7e9], "weight_energy": [0.1, 0.3], "min_frames": 2, "frame_bits": 4e5}
    odd |= {"server_frequency": 1.1e10 / 3, "time_budget": 2, "local_energy": "eq31"}
    (tmp_path / "odd.json").write_text(json.dumps(odd), encoding="utf-8")
    with opened((site / CELL).as_uri()) as (page, faults):
        for file in (book, tmp_path / "odd.json"):
            part(page, "file").set_input_files(file)
            expect(part(page, "said-file")).to_contain_text(f"{file.name} is on the map")
            check_numbers(page, tmp_path)
            with page.expect_download() as download:
                page.get_by_role("button", name="Solve this in Python").click()
            download.value.save_as(tmp_path / "cell.json")
            a, b = (SCHEMES["exact"](instances.read(path)) for path in (file, tmp_path / "cell.json"))
            assert a.objective == b.objective
            page.reload()  # the address keeps what the file gave
            check_numbers(page, tmp_path)
            page.locator("[data-slider=power]").fill("50")  # of device 0, whose channel stays the file's
            own, given = at_rest(page)["devices"], json.loads(file.read_text(encoding="utf-8"))["devices"]
            assert own["channel_gain"] == given["channel_gain"] and own["uplink_rate"][1] == given["uplink_rate"][1]
            rate = shannon_rate(5e6, own["transmit_power"][0], own["channel_gain"][0], from_dbm(SET_A.noise_dbm_per_hz))
            assert own["uplink_rate"][0] == pytest.approx(rate, rel=1e-12)
        dropped = page.evaluate_handle(DROPPED, book.read_text(encoding="utf-8"))
        part(page, "map").dispatch_event("drop", {"dataTransfer": dropped})
        expect(part(page, "said")).to_contain_text("dropped.json is on the map")
        check_numbers(page, tmp_path)
        before = page.url
        wrong = {
            "{": "is not JSON",
            json.dumps(odd).replace('"max_frames"', '"min_frames": 3, "max_frames"'): "devices.min_frames is given",
            json.dumps(odd | {"time_budget": -1}): "time_budget = -1: must be positive",
            json.dumps({**odd, "devices": {**odd["devices"], "uplink_rate": [1e7] * 41, "channel_gain": 1e-12,
                                           "max_frequency": 1e9, "weight_energy": 1}}): "must be at most 40",
        }  # fmt: skip
        for text, message in wrong.items():
            (tmp_path / "wrong.json").write_text(text, encoding="utf-8")
            part(page, "file").set_input_files(tmp_path / "wrong.json")
            expect(part(page, "said-file")).to_contain_text(message)
        assert page.url == before and faults == []


def test_a_unit_that_is_not_plausible_is_warned_of_as_by_the_command(
    opened: Callable, site: Path, tmp_path: Path
) -> None:
    book = json.loads((ROOT / "book" / "instances" / "video.json").read_text(encoding="utf-8"))
    file = tmp_path / "odd.json"
    with opened((site / CELL).as_uri()) as (page, faults):
        for place, changes, devices in (
            ("said-file", {"server_frequency": 22}, {}),
            ("said", {"weights": {"delay": 2e7, "energy": 0, "accuracy": 1}}, {"uplink_rate": [3.3e7, 33.5]}),
            ("said-file", {"cycles_per_mac": 120}, {"transmit_power": 1000, "frame_bits": 3, "max_frequency": 1.8}),
        ):
            document = {**book, **changes, "devices": book["devices"] | devices}
            file.write_text(json.dumps(document), encoding="utf-8")
            with pytest.warns(instances.UnitWarning) as found:
                instances.read(file)
            if place == "said":
                dropped = page.evaluate_handle(DROPPED, file.read_text(encoding="utf-8"))
                part(page, "map").dispatch_event("drop", {"dataTransfer": dropped})
            else:
                part(page, "file").set_input_files(file)
            expect(part(page, place)).to_contain_text("Warning: ")
            text = part(page, place).inner_text()
            assert all(f"Warning: {warning.message}" in text for warning in [*found][:3])
            assert text.count("Warning: ") == min(3, len(found))
            assert ("And 1 more such warning" in text) == (len(found) == 4)
            page.locator("[data-slider=server]").focus()
            page.keyboard.press("ArrowRight")  # the scene is another: the warning goes
            expect(part(page, place)).to_be_empty()
        part(page, "file").set_input_files(ROOT / "book" / "instances" / "video.json")
        expect(part(page, "said-file")).to_contain_text("is on the map")
        assert "Warning" not in part(page, "said-file").inner_text()
        assert faults == []


def test_what_a_screen_reader_hears_waits_for_the_hand_to_rest(opened: Callable, site: Path) -> None:
    with opened((site / CELL).as_uri()) as (page, faults):
        at_rest(page)
        page.evaluate("""() => {
            window.told = [];
            const spoken = document.querySelector('[data-name=spoken]');
            new MutationObserver(() => window.told.push(spoken.textContent)).observe(spoken, {childList: true});
        }""")
        page.locator("#cell .device[tabindex='0']").focus()
        page.evaluate("""() => {  // in one go, however busy the machine is
            const press = {key: 'ArrowRight', bubbles: true, cancelable: true};
            for (let k = 0; k < 12; k++) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', press));
        }""")
        at_rest(page)
        told = page.evaluate("window.told")
        assert len(told) == 1 and told[0].startswith(part(page, "story").inner_text())
        assert page.evaluate("document.getAnimations().length") == 0
        assert faults == []


def test_a_frame_writes_only_what_changes(opened: Callable, site: Path) -> None:
    """What is written again, the same as before, is laid out anew: with forty devices no frame would be in time."""
    with opened((site / CELL).as_uri()) as (page, faults):
        page.get_by_role("button", name="Forty", exact=True).click()
        page.locator("#cell .device[tabindex='0']").press("Home")
        at_rest(page)
        page.evaluate("""() => {
            window.written = [];
            const cell = document.querySelector('#cell');
            const drawn = ({target}) => target !== cell && target.closest('.explorer') && !target.closest('.controls');
            new MutationObserver(records =>
                window.written.push(...records.filter(drawn).map(({target}) => target.outerHTML)))
                .observe(cell.closest('article'), {subtree: true, childList: true, attributes: true});
        }""")
        page.locator("#cell .device[tabindex='0']").press("Home")
        at_rest(page)
        assert page.evaluate("window.written") == []
        page.locator("#cell .device[tabindex='0']").press("ArrowRight")
        at_rest(page)
        assert page.evaluate("window.written.length") > 0
        assert faults == []


def test_the_top_of_the_prices_is_reached_uphill(opened: Callable, site: Path) -> None:
    with opened((site / CELL).as_uri()) as (page, faults):
        bounds = []
        for name in [None, *["A step uphill"] * 12, "To the top"]:
            if name:
                page.get_by_role("button", name=name).click()
            said = re.search(r"costs less than (\S+)\. That", part(page, "price-story").inner_text())
            bounds.append(float(said[1].replace("−", "-")))
        assert max(bounds) == bounds[-1] and bounds[-2] > bounds[0]
        assert bounds[-1] <= float(shown(page, "cost"))
        assert faults == []


# In the pictures, whose text test_site leaves out: text and what lies behind it.
CONTRAST = """pairs => {
  const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
  return pairs.map(([text, ground, name]) => {
    const [a, b] = [light(behind(text, 'fill')), light(behind(ground, name))].sort((x, y) => y - x);
    return [text, (a + .05) / (b + .05)];
  }).filter(([, ratio]) => ratio < 4.5);
}"""
PAIRS = [
    (".device.edge .id", ".device.edge .body", "fill"),
    (".device.local .id", ".device.local .body", "fill"),
    (".device .frames", ".field", "fill"),
    (".mark", ".field", "fill"),
    (".hint text", ".hint rect", "fill"),
    (".shares text", ".shares rect", "fill"),
    (".tick", "body", "backgroundColor"),
    (".trail-part .name", "body", "backgroundColor"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_in_the_pictures_is_legible(opened: Callable, site: Path, theme: str) -> None:
    with opened((site / CELL).as_uri()) as (page, faults):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        assert page.evaluate(CONTRAST, PAIRS) == []
        assert faults == []
