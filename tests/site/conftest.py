"""A built site, served on the loopback interface and opened in Chromium."""

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from mecpapers.companion import chromium, patience

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("MECPAPERS_SITE", ROOT / "_build" / "html"))


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
