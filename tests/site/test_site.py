"""The site as a reader meets it. With MECPAPERS_SHOTS=1 every page is also saved as pictures in _build/shots/."""

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "_build" / "shots"
DESKTOP = {"width": 1280, "height": 844}
PHONE = {"width": 390, "height": 844}
WIDTHS = (390, 768, 1280)
# What is wrong with the two tables of contents: none in sight and no button for it, a button that is covered, or one
# that doesn't show them and hide them again. (A sidebar moves into a dialog and back: places are looked up each time.)
SIDEBARS = """async () => {
  const settle = async () => {
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)));
    document.getAnimations().forEach(animation => animation.finish());
  };
  const seen = element => element.checkVisibility({visibilityProperty: true}) && element.getClientRects().length > 0
    && element.getBoundingClientRect().right > 0 && element.getBoundingClientRect().left < innerWidth;
  const wrong = [];
  for (const [name, selector] of [['primary', 'nav.bd-links a'], ['secondary', 'nav.page-toc a']]) {
    scrollTo(0, 0);
    await settle();
    const link = () => document.querySelector(selector);
    const buttons = [...document.querySelectorAll(`.${name}-toggle`)].filter(seen);
    if (!link()) { if (buttons.length) wrong.push(`${name}: nothing to open`); continue; }
    const shown = seen(link());
    if (buttons.length !== 1 && !(shown && !buttons.length)) wrong.push(`${name}: ${buttons.length} buttons`);
    for (const button of buttons.slice(0, 1)) {
      const box = button.getBoundingClientRect();
      if (!button.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)))
        wrong.push(`${name}: its button is covered`);
      button.click();
      await settle();
      if (seen(link()) === shown) wrong.push(`${name}: its button does nothing`);
      const dialog = document.querySelector('dialog[open]');
      if (dialog) dialog.requestClose?.() ?? dialog.close(); else button.click();
      await settle();
      if (seen(link()) !== shown) wrong.push(`${name}: does not go back`);
    }
  }
  return wrong;
}"""

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
  for (const element of document.querySelectorAll('main :not(mjx-container *, svg *)')) {
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

# What stands in the text and reaches beyond the window, or beyond a box that hides what is too wide for it, and that no
# box scrolls to. A formula's hidden text for screen readers isn't seen.
CUT = """() => {
  const cut = [], known = new Map();
  const shown = box => {  // from where to where a box shows what is in it; nothing, where a reader can scroll to it
    if (box.tagName === 'ARTICLE') return [0, document.documentElement.clientWidth];
    if (known.has(box)) return known.get(box);
    const overflow = getComputedStyle(box).overflowX, edge = box.getBoundingClientRect();
    let range = /auto|scroll/.test(overflow) && box.scrollWidth > box.clientWidth ? null : shown(box.parentElement);
    if (range && /hidden|clip/.test(overflow)) range = [Math.max(range[0], edge.left), Math.min(range[1], edge.right)];
    known.set(box, range);
    return range;
  };
  for (const element of document.querySelectorAll('main article *')) {
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || !element.checkVisibility({visibilityProperty: true})) continue;
    if (element.closest('mjx-assistive-mml, .visually-hidden')) continue;
    const range = shown(element.parentElement);
    if (range && (box.left < range[0] - 1 || box.right > range[1] + 1)) cut.push(element.outerHTML.slice(0, 200));
  }
  return cut;
}"""

# Boxes that scroll and that a keyboard can't reach.
UNREACHED = """() => [...document.querySelectorAll('main article *')].filter(box =>
  /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth && box.checkVisibility()
  && box.tabIndex < 0 && !box.querySelector('[tabindex="0"], a[href]')).map(box => box.outerHTML.slice(0, 200))"""

# A formula keeps its box and loses what is drawn in it: most of a page's elements, in which no button stands.
BLANK = "document.querySelectorAll('mjx-container > svg, mjx-assistive-mml').forEach(box => box.replaceChildren())"

# Visible buttons that, pressed, change nothing: no element, no place in the page, no print-out.
DEAD = """async () => {
  let done = false;
  const frame = () => new Promise(resolve => setTimeout(resolve, 20)), dead = [];
  const watch = new MutationObserver(() => { done = true; });
  watch.observe(document, {attributes: true, characterData: true, childList: true, subtree: true});
  addEventListener('scroll', () => { done = true; }, true);
  window.print = () => { done = true; };
  scrollTo(0, 200);
  await frame();
  for (const button of document.querySelectorAll('button, summary, [role=button], [onclick], label[for]')) {
    if (!button.checkVisibility({visibilityProperty: true})) continue;
    watch.takeRecords();
    done = false;
    button.click();
    if (!watch.takeRecords().length) await frame();
    else done = true;
    if (!done) dead.push(button.outerHTML);
    const dialogs = document.querySelectorAll('dialog[open]');
    dialogs.forEach(dialog => dialog.close());
    if (dialogs.length) await frame();
  }
  return dead;
}"""


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


def check_look(page: Page, page_name: str, theme: str, width: str) -> None:
    """All text stands out from what is behind it, and nothing is wider than the window."""
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(PHONE if width == "phone" else DESKTOP)
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
    if os.environ.get("MECPAPERS_SHOTS"):
        name = page_name.removesuffix(".html").replace("/", "-")
        page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True)
    assert page.evaluate(FAINT) == [], f"faint text, {width}, {theme}"
    assert overflow(page) <= 0, f"wider than the window, {width}, {theme}"


def check_sidebars(page: Page) -> None:
    """At each width both tables of contents are in sight or one button away, and that button also hides them again."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(SIDEBARS) == [], f"at {width} px"


def test_pages_are_those_of_the_contents(site: Path) -> None:
    contents = re.findall(r"^(?:root|      - file): *(\S+)$", (ROOT / "_toc.yml").read_text(encoding="utf-8"), re.M)
    found = {str(page.relative_to(site)) for page in site.rglob("*.html") if "_static" not in page.parts}
    found = {page for page in found if not page.startswith("_modules/")}  # the package's own code
    assert found == {"index.html", "search.html", "genindex.html", *(f"{page}.html" for page in contents)}


def test_page(opened: Callable, site: Path, page_name: str) -> None:
    """From a file, where a browser allows least; the walks open what is served."""
    with opened((site / page_name).as_uri()) as (page, faults):
        check_content(page)
        assert page.locator(".provenance").count() == 1
        check_look(page, page_name, "light", "desktop")
        check_look(page, page_name, "dark", "phone")
        assert page.evaluate(CUT) == []
        page.wait_for_function(f"({UNREACHED})().length === 0")
        if not os.environ.get("MECPAPERS_SHOTS"):
            page.evaluate(BLANK)
        check_sidebars(page)
        check_look(page, page_name, "dark", "desktop")
        assert page.evaluate(DEAD) == []
        assert faults == []


@pytest.fixture(scope="module")
def anchors(site: Path) -> dict[Path, set[str]]:
    """The places that each page of the site offers."""
    return {
        page: set(re.findall(r'\bid="([^"]*)"', page.read_text(encoding="utf-8")))
        for page in sorted(site.rglob("*.html"))
    }


def test_every_reference_is_there(site: Path, page_name: str, anchors: dict[Path, set[str]]) -> None:
    """Scripts, styles, pictures, downloads, pages and the places in them, as a server finds them: case by case."""
    page = site / page_name
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"<a\b[^>]*>(?:(?!</a>).)*<a\b[^>]*>", text, re.DOTALL) == [], "a link in a link"
    for reference in set(re.findall(r'\b(?:href|src)="([^"]*)"', text)):
        url = urlparse(html.unescape(reference))
        if url.scheme or url.netloc:  # http would be a file's name, such as NOTICE.md, taken for a host
            assert url.scheme in ("https", "data", "mailto"), reference
            continue
        target = (page.parent / unquote(url.path)).resolve() if url.path else page
        assert target.is_file() and target.name in os.listdir(target.parent), reference
        if url.fragment and target.suffix == ".html" and "=" not in url.fragment:  # with =, it says what a table shows
            assert unquote(url.fragment) in anchors[target], reference


def test_landing_page_forwards(opened: Callable, origin: str) -> None:
    with opened(f"{origin}/index.html") as (page, faults):
        page.wait_for_url("**/book/index.html")
        assert page.locator("article h1").count() == 1
        assert faults == []


FOUND = {
    "theorem 1": "video/03-theorem-1.html", "equation 43": "video/07-admm.html#video-43", "ledger": "claims.html",
    "fig-8c-delay": "claims.html#claim-fig-8c-delay", "eq31-rho": "errata.html#erratum-eq31-rho", "λ": "notation.html",
}  # fmt: skip


def test_search_finds(opened: Callable, origin: str) -> None:
    with opened(f"{origin}/search.html?q=inference") as (page, faults):
        results = page.locator("#search-results li > a")
        results.first.wait_for()
        check_sidebars(page)
        assert page.evaluate(DEAD) == []
        assert faults == []
        for query, target in FOUND.items():  # each breaks off the summaries that the one before asked for
            page.goto(f"{origin}/search.html?q={query}")
            results.first.wait_for()
            page.wait_for_function("/finished/.test(document.querySelector('.search-summary')?.innerText)")
            first = [link.get_attribute("href").removeprefix("notebooks/") for link in results.all()[:12]]
            assert target in first[: 12 if query == "λ" else 2], (query, first)


def test_notebooks_can_be_downloaded(site: Path) -> None:
    for page in sorted((site / "notebooks").rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        (address,) = set(re.findall(r'href="([^"]+\.ipynb)"[^>]*btn-download-source-button', text))
        cells = json.loads((page.parent / address).read_text(encoding="utf-8"))["cells"]
        assert any(cell.get("outputs") for cell in cells)


@pytest.mark.browser
def test_the_references_are_printed(opened: Callable, site: Path) -> None:
    with opened((site / "book" / "references.html").as_uri()) as (page, faults):
        page.emulate_media(media="print")
        entries = page.locator("div.citation")
        assert entries.count() > 10 and all(entry.is_visible() for entry in entries.all())
        assert not page.locator("details.citation").is_visible()
        assert faults == []
