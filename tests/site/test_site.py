"""The site as a reader meets it. With MECPAPERS_SHOTS=1 every page is also saved as pictures in _build/shots/."""

import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page

from mecpapers.companion import patience

pytestmark = pytest.mark.browser

SHOTS = Path(__file__).parents[2] / "_build" / "shots"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

# Elements with text of their own whose colour is nearer than 4.5:1 (large text: 3:1) to the colour behind them.
FAINT = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour[3] > .9) return colour;
    }
    return [255, 255, 255, 1];
  };
  const faint = [];
  for (const element of document.querySelectorAll('main *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (!own || !box.width || style.visibility === 'hidden' || style.opacity < 1) continue;
    if (element.closest('mjx-container, svg, .visually-hidden')) continue;
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.6 && style.fontWeight >= 700;
    const ratio = (a + .05) / (b + .05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(1)} ${element.tagName} ${element.textContent.trim()}`);
  }
  return faint;
}"""


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """Open a page, typeset; yield it with the list of what went wrong, which fills as it is used."""
    context = browser.new_context(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce")
    context.set_default_timeout(1000 * patience.seconds(30))  # [ms]
    page, faults = context.new_page(), []
    host = urlparse(address).netloc

    def request(request) -> None:
        url = urlparse(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != host:
            faults.append(f"external: {request.url}")

    page.on("request", request)
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("response", lambda response: response.status >= 400 and faults.append(f"{response.status}: {response.url}"))
    page.on("console", lambda message: message.type in ("error", "warning") and faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.wait_for_function("document.readyState === 'complete'")
    page.evaluate("window.MathJax?.startup?.promise")
    yield page, faults
    context.close()


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def check_content(page: Page) -> None:
    """Formulas are typeset without an error; images are there, each with a text that isn't its path."""
    formulas = page.locator(".math")
    assert page.locator(".math mjx-container").count() >= formulas.count()
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    # A formula written with dollars in a place where Sphinx doesn't look for one stays plain text.
    plain = page.evaluate("document.querySelector('main article').innerText")
    assert not re.search(r"\$[^$\n]*\\[a-z]+[^$\n]*\$", plain)
    for image in page.locator("main article img").all():
        text = image.get_attribute("alt") or ""
        assert text.strip(), f"no alt text: {image.get_attribute('src')}"
        assert not re.search(r"_images|\.(png|svg|jpe?g)\b", text), f"alt text is a path: {text}"
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")


def test_pages_exist(site: Path) -> None:
    assert (site / "book" / "index.html").exists()
    assert list((site / "notebooks").rglob("*.html"))


def test_page(browser: Browser, origin: str, page_name: str) -> None:
    with opened(browser, f"{origin}/{page_name}") as (page, faults):
        check_content(page)
        assert page.locator(".provenance").count() == 1
        for theme, width in itertools.product(("light", "dark"), ("desktop", "phone")):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size(PHONE if width == "phone" else DESKTOP)
            page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
            page.evaluate("Promise.allSettled(document.getAnimations().map(animation => animation.finished))")
            if os.environ.get("MECPAPERS_SHOTS"):
                name = page_name.removesuffix(".html").replace("/", "-")
                page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            assert page.evaluate(FAINT) == [], f"faint text, {width}, {theme}"
            assert overflow(page) <= 0, f"wider than the window, {width}, {theme}"
        assert faults == []


def test_page_from_file(browser: Browser, site: Path, page_name: str) -> None:
    with opened(browser, (site / page_name).as_uri()) as (page, faults):
        check_content(page)
        assert faults == []


def test_landing_page_forwards(browser: Browser, origin: str) -> None:
    with opened(browser, f"{origin}/index.html") as (page, faults):
        page.wait_for_url("**/book/index.html")
        assert page.locator("article h1").count() == 1
        assert faults == []


def test_search_finds(browser: Browser, origin: str) -> None:
    with opened(browser, f"{origin}/search.html?q=inference") as (page, faults):
        page.locator("#search-results li a").first.wait_for()
        assert faults == []


def test_notebooks_can_be_downloaded(site: Path) -> None:
    for page in sorted((site / "notebooks").rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        (address,) = set(re.findall(r'href="([^"]+\.ipynb)"[^>]*btn-download-source-button', text))
        cells = json.loads((page.parent / address).read_text(encoding="utf-8"))["cells"]
        assert any(cell.get("outputs") for cell in cells)
