"""The page "The cell" in Chromium: a frame of a drag at 40 devices, beside what Python takes to solve the same cell."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from timing import median_seconds, report

from mecpapers import instances
from mecpapers.companion import chromium
from mecpapers.video.schemes import SCHEMES

BOOK = Path(__file__).parents[2] / "book"
# A device is dragged for some frames; what each takes to solve and to draw, and the time from one to the next [ms].
DRAG = """async frames => {
  const cell = document.querySelector('#cell'), mark = document.querySelectorAll('#cell .device')[3];
  const box = mark.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
  const fire = (kind, target, i) => target.dispatchEvent(new MouseEvent(kind,
    {bubbles: true, cancelable: true, view: window, clientX: x + 60 * Math.sin(i / 20), clientY: y + i / 2}));
  const next = () => new Promise(requestAnimationFrame), own = [], between = [];
  fire('mousedown', mark, 0);
  for (let i = 0, last = await next(); i < frames; i++) {
    fire('mousemove', window, i);
    const now = await next();
    between.push(now - last);
    own.push(Number(cell.dataset.milliseconds));
    last = now;
  }
  fire('mouseup', window, frames);
  return [own, between];
}"""


def page() -> str:
    """The page as the book has it, but for its prose."""
    blocks = re.findall(
        r"```\{raw\} html\n(.*?)```", (BOOK / "explore" / "cell.md").read_text("utf-8"), flags=re.DOTALL
    )
    return f"<!DOCTYPE html><article>{''.join(blocks)}</article>".replace("../../_static", (BOOK / "_static").as_uri())


def main(frames: int = 120) -> None:
    """Print the frame at the median and at the 95th percentile, and how many came late."""
    path = chromium.find()
    if path is None:
        print("explore: not run, no Chromium or Chrome is installed")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "cell.html"
        file.write_text(page(), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(file.as_uri())
        tab.get_by_role("button", name="Forty", exact=True).click()
        tab.evaluate(DRAG, 60)  # compiles
        own, between = (np.array(values) for values in tab.evaluate(DRAG, frames))
        tab.locator("#cell[data-settled]").wait_for()
        document = tab.evaluate("mecpapers.scene.toInstance(mecpapers.scene.decode(location.hash))")
        cost = tab.evaluate("document => mecpapers.solve(document).objective", document)
        browser.close()
        (Path(folder) / "cell.json").write_text(json.dumps(document), encoding="utf-8")
        problem = instances.read(Path(folder) / "cell.json")
    exact, heuristic = SCHEMES["exact"], SCHEMES["search-heuristic"]
    python = median_seconds(lambda: (exact(problem), heuristic(problem)), 5)
    equal = abs(cost / exact(problem).objective - 1)
    what = f"optimum, Algorithm 3 and pictures | Python, solved alone | N = {problem.devices.size}"
    report(what, float(np.median(own)) / 1e3, python, equal)
    late = int((between > 25).sum())  # of 60 a second, one was left out
    print(f"a frame: {np.percentile(own, 95):.1f} ms at the 95th percentile; {late} of {frames} came late")
