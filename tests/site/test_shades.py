"""What is wider than its box has a shadow at the edge, and covers in the colour of the ground where it ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BOXES = ".bd-article :is(div.math, span.math mjx-container)"
CODE = ".bd-article div.highlight pre"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["pose/03-model", "video/04-theorem-2"])
def test_what_scrolls_shows_it(opened: Callable, site: Path, name: str, theme: str, shades: str) -> None:
    with opened((site / "notebooks" / f"{name}.html").as_uri(), width=390) as (page, _):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
        inline, *wrong = page.locator("span.math mjx-container").evaluate_all(shades)
        assert inline >= 2
        assert wrong[0] == []
        assert page.locator(BOXES).evaluate_all(shades)[2] == []
        code, *wrong = page.locator(CODE).evaluate_all(shades)
        assert code >= 2
        assert wrong == [[], []]
