"""A built site, served on the loopback interface and opened in Chromium."""

import functools
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mecpapers.companion import chromium, patience

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("MECPAPERS_SITE", ROOT / "_build" / "html"))

# Of the boxes: how many scroll, those that do and don't show it, and those whose covers are not of the ground's colour.
SHADES = """boxes => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), known = new Map();
  const parts = colour => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(colour);
  };
  const ground = element => {
    const [r, g, b, a] = parts(getComputedStyle(element).backgroundColor);
    if (a === 255) return [r, g, b];
    const above = element.parentElement ? ground(element.parentElement) : [255, 255, 255];
    return [r, g, b].map((value, i) => (value * a + above[i] * (255 - a)) / 255);
  };
  const image = box => getComputedStyle(box).backgroundImage;
  const cover = box => parts(image(box).match(/(?:rgba?|color)[(][^)]*[)]/)[0]);
  const shaded = boxes.filter(box => image(box) !== 'none');
  const wide = boxes.filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth);
  const plain = wide.filter(box => !shaded.includes(box));
  const off = shaded.filter(box => ground(box).some((value, i) => Math.abs(value - cover(box)[i]) > 2));
  return [wide.length, ...[plain, off].map(found => found.map(box => box.textContent.slice(0, 80)))];
}"""


def pages() -> list[str]:
    """Every page of the table of contents, relative to the site."""
    found = (SITE / folder for folder in ("book", "notebooks"))
    return sorted(str(page.relative_to(SITE)) for folder in found for page in folder.rglob("*.html"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", pages())


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        pass  # a browser that leaves a page breaks its connections off


@pytest.fixture
def shades() -> str:
    return SHADES


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").exists():
        if "MECPAPERS_SITE" in os.environ:
            pytest.fail(f"no site in {SITE}")
        pytest.skip("no site is built: make book")
    return SITE


@pytest.fixture(scope="session")
def origin(site: Path) -> Iterator[str]:
    handler = functools.partial(Handler, directory=str(site))
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser(site: Path) -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Chromium or Chrome is installed")
    with sync_playwright() as playwright:
        timeout = 1000 * patience.seconds(60)  # [ms]
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS), timeout=timeout)
        yield browser
        browser.close()


@pytest.fixture(params=["http", "file"])
def address(request: pytest.FixtureRequest, site: Path) -> str:
    """The site's address, served and as a folder of files."""
    return site.as_uri() if request.param == "file" else request.getfixturevalue("origin")


@pytest.fixture(scope="session")
def opened(browser: Browser) -> Callable[..., AbstractContextManager[tuple[Page, list[str]]]]:
    """A context manager: opens a page, typeset; yields it and the list of what goes wrong."""

    @contextmanager
    def opened(address: str, width: int = 1280, **options: object) -> Iterator[tuple[Page, list[str]]]:
        size = {"width": width, "height": 844}
        context = browser.new_context(viewport=size, color_scheme="light", reduced_motion="reduce", **options)
        context.set_default_timeout(1000 * patience.seconds(10))  # [ms]
        page, faults = context.new_page(), []
        host = urlparse(address).netloc

        def request(request) -> None:
            url = urlparse(request.url)
            if url.scheme not in ("data", "blob") and url.netloc != host:
                faults.append(f"external: {request.url}")

        def response(response) -> None:
            if response.status >= 400:
                faults.append(f"{response.status}: {response.url}")

        page.on("request", request)
        page.on("response", response)
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.on("console", lambda message: message.type in ("error", "warning") and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        page.wait_for_function("document.readyState === 'complete'")
        page.evaluate("window.MathJax?.startup?.promise")
        try:
            yield page, faults
        finally:
            context.close()

    return opened
