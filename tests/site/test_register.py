"""The ledger's and the errata's tables: filtered, sorted, linked to; and without scripts, as they are."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mecpapers import ledger

pytestmark = pytest.mark.browser

CLAIMS = [(paper, claim) for paper, claims in ledger.load().items() for claim in claims]


def rows(page: Page) -> list[str]:
    """The keys in sight, from the top."""
    page.locator(".register-count").wait_for()
    return page.locator(".register tbody .permalink").all_inner_texts()


def test_an_address_filters(opened: Callable, site: Path) -> None:
    address = (site / "notebooks" / "claims.html").as_uri()
    with opened(f"{address}#paper=Paper%20II&verdict=DIFFERS") as (page, faults):
        wanted = [c.key for paper, c in CLAIMS if paper == "fhei" and c.expected is ledger.Verdict.DIFFERS]
        assert rows(page) == wanted
        assert page.locator(".register-count").inner_text() == f"{len(wanted)} of {len(CLAIMS)} rows"
        page.locator(".register-filters select").nth(0).select_option("Paper I")
        page.locator(".register-filters select").nth(1).select_option("all")
        assert set(rows(page)) == {c.key for paper, c in CLAIMS if paper == "video"}
        assert page.url.endswith("#paper=Paper%20I")
        page.locator(".register-filters input").fill("cccp")
        expect(page.locator("#claim-fig-5-loss-cccp")).to_be_visible()
        assert len(rows(page)) < 12
        page.locator(".register-filters select").nth(2).select_option("Table I, and what was chosen to get it")
        assert rows(page) == []
        assert page.locator("mjx-merror").count() == 0
        assert faults == []


def test_columns_sort(opened: Callable, site: Path) -> None:
    with opened((site / "notebooks" / "claims.html").as_uri()) as (page, _):
        before = rows(page)
        assert before == [c.key for _, c in CLAIMS]
        verdicts = page.locator(".register tbody td[data-name=verdict]")
        page.locator(".register th").nth(3).click()
        page.locator(".register th[aria-sort=ascending]").wait_for()
        shown = [text.strip() for text in verdicts.all_inner_texts()]
        assert shown == sorted(shown)
        assert sorted(rows(page)) == sorted(before)


def test_a_row_has_an_address(opened: Callable, site: Path) -> None:
    key = "fig-3-linear-18-2.8"
    with opened((site / "notebooks" / "claims.html").as_uri() + f"#claim-{key}", width=390) as (page, faults):
        row = page.locator("tr.named")
        expect(row).to_be_in_viewport()
        expect(row.locator("details")).to_have_attribute("open", "")
        erratum = row.get_by_role("link", name="floor-in-4")
        erratum.click()
        page.wait_for_url("**/errata.html#erratum-floor-in-4")
        expect(page.locator("tr.named")).to_be_in_viewport()
        page.goto(page.url.replace("errata.html#erratum-floor-in-4", "claims.html"))
        unfolded = page.locator(".register details[open]")
        expect(unfolded).to_have_count(1)  # as it was left
        assert unfolded.locator("xpath=ancestor::tr").locator(".permalink").inner_text() == key
        assert faults == []


def test_the_table_stands_without_scripts(opened: Callable, site: Path) -> None:
    with opened((site / "notebooks" / "claims.html").as_uri(), java_script_enabled=False) as (page, _):
        assert page.locator(".register tbody tr").count() == len(CLAIMS)


def test_the_first_page_counts_and_leads_to_the_rows(opened: Callable, site: Path) -> None:
    with opened((site / "book" / "index.html").as_uri()) as (page, faults):
        for paper, name in ledger.NAMES.items():
            verdicts = [claim.expected for of, claim in CLAIMS if of == paper]
            parts = page.locator(".verdict-row", has=page.get_by_text(name, exact=True)).locator("a").all_inner_texts()
            assert parts == [str(verdicts.count(v)) for v in ledger.Verdict if v in verdicts]
        page.get_by_label("Paper III, differs").click()
        wanted = [c.key for paper, c in CLAIMS if paper == "pose" and c.expected is ledger.Verdict.DIFFERS]
        assert rows(page) == wanted
        assert faults == []


def test_on_a_phone_a_chapters_rows_are_cards(opened: Callable, site: Path) -> None:
    """Of its part of the ledger and of the errata: no row is wider than the page."""
    with opened((site / "notebooks" / "video" / "07-admm.html").as_uri(), width=390) as (page, faults):
        tables = page.locator(".bd-article .cards table")
        firsts = [text.strip() for text in tables.locator("thead th:first-child").all_text_contents()]
        assert set(firsts) == {"claim", "erratum"}
        assert all(box["width"] <= 390 for box in (row.bounding_box() for row in tables.locator("tbody tr").all()))
        assert faults == []


def test_faults_are_filtered_and_stand_on_pages(opened: Callable, site: Path) -> None:
    with (Path(__file__).parents[2] / "book" / "tables" / "faults.csv").open(encoding="utf-8", newline="") as file:
        kinds = [row["kind"] for row in csv.DictReader(file)]
    address = (site / "book" / "faults.html").as_uri()
    with opened(address, width=390) as (page, faults):
        box = page.locator(".register").first
        keys, count = box.locator("tbody td:first-child"), box.locator(".register-count")
        kind = box.locator("select").first
        expect(count).to_have_text(f"{len(kinds)} rows")
        expect(keys).to_have_count(25)
        assert page.evaluate("document.documentElement.scrollHeight") < 20_000
        first = keys.first.inner_text()
        box.get_by_label("Next").click()
        expect(keys.first).not_to_have_text(first)
        expect(kind).to_be_in_viewport()
        kind.select_option("unit")
        expect(count).to_have_text(f"{kinds.count('unit')} of {len(kinds)} rows")
        expect(keys).to_have_count(kinds.count("unit"))
        assert page.url.endswith("#kind=unit")
        kind.select_option("all")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(keys).to_have_count(len(kinds))
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(keys).to_have_count(25)
        assert faults == []
    with opened(address, java_script_enabled=False) as (page, _):
        assert page.locator(".register").first.locator("tbody tr").count() == len(kinds)
