"""The equation map, and the pages it leads to: every number displayed, every citation shown, every symbol explained."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from mecpapers.companion import pages as book
from mecpapers.companion.equations import MOST, checkout, equation_rows, numbers
from mecpapers.companion.pages import Page
from mecpapers.companion.symbols import symbols
from mecpapers.ledger import PAPERS

ROOT = Path(__file__).parents[1]
WITH_EQUATIONS = [paper for paper in PAPERS if paper != "pose"]  # of which no equation is at hand
# The last number of each paper, and the lettered ones: its constraints.
LAST = {"video": 63, "fhei": 23}
LETTERED = {"video": [*book.spelt("13a", "13g"), "16a", *book.spelt("29a", "29c"), "30a", "33a"], "fhei": []}
SHOWN = PAPERS  # papers whose pages display every equation


def pages(paper: str) -> list[Page]:
    return book.read(ROOT / "notebooks" / paper)


def every(paper: str) -> list[str]:
    return [*map(str, range(1, LAST[paper] + 1)), *LETTERED[paper]]


def page(text: str, file: str = "page.ipynb") -> Page:
    return Page(file, text, "")


@pytest.mark.checkout
@pytest.mark.parametrize("paper", WITH_EQUATIONS)
def test_every_equation_has_a_test_and_a_page(paper):
    for row in equation_rows(paper, ROOT):
        assert row["tests"], f"{row['equation']}: no test names {row['function']}"
        assert row["pages"], f"{row['equation']}: no page shows it"
        for file, said in re.findall(r"`(test_\w+)`: ([\w ]+?)(?=;| and \d+ more|$)", row["tests"]):
            name = said.replace(" ", "_")
            assert f"def test_{name}(" in (ROOT / "tests" / paper / f"{file}.py").read_text(encoding="utf-8")
        for file in re.findall(r"\]\(([^)#]+\.ipynb)", row["pages"]):
            assert (ROOT / "notebooks" / paper / file).exists()
        assert 1 <= len(re.findall(r"`test_", row["tests"])) <= MOST


@pytest.mark.parametrize("paper", WITH_EQUATIONS)
def test_every_number_of_the_paper_has_a_row(paper):
    rows = [number for where in import_module(f"mecpapers.{paper}").EQUATIONS for number in numbers(where)]
    assert sorted(set(every(paper)) - set(rows)) == []
    assert sorted({number for number in rows if rows.count(number) > 1}) == []


@pytest.mark.parametrize("paper", SHOWN)
def test_every_number_is_displayed_at_one_place(paper):
    if paper not in LAST:
        return
    home = book.homes(paper, pages(paper))
    assert [number for number in every(paper) if len(home.get(number, [])) != 1] == []
    assert sorted(set(home) - set(every(paper))) == []


@pytest.mark.parametrize("paper", SHOWN)
def test_the_map_leads_to_where_an_equation_is_displayed(paper):
    if paper not in LAST:
        return
    home = book.homes(paper, pages(paper))
    for row in equation_rows(paper, ROOT):
        for number in numbers(row["equation"])[:1]:
            assert f"]({home[number][0]}#{paper}-{number})" in row["pages"].split(";")[0]


@pytest.mark.parametrize("paper", SHOWN)
def test_no_page_cites_what_it_neither_displays_nor_links(paper):
    home = book.homes(paper, pages(paper)) if paper in LAST else {}
    missing = {p.file: sorted(book.unseen(p, paper, home, PAPERS)) for p in pages(paper)}
    assert {file: numbers for file, numbers in missing.items() if numbers} == {}


def test_the_books_prose_links_what_it_cites():
    for p in book.read(ROOT / "book"):
        linked = {fragment.partition("-")[2] for _, fragment in p.links if fragment.startswith(PAPERS)}
        assert p.cited("", ()) <= linked, p.file


@pytest.mark.parametrize("paper", SHOWN)
def test_every_symbol_of_a_page_is_in_its_table_or_in_notation(paper):
    notation = import_module(f"mecpapers.{paper}.evidence.notation").NOTATION
    known = {symbol for row in notation for symbol in symbols(row.symbol)}
    unknown = {p.file: sorted(p.symbols - p.explained - known) for p in pages(paper)}
    assert {file: names for file, names in unknown.items() if names} == {}


def test_links_to_equations_lead_to_them():
    homes = {paper: book.homes(paper, pages(paper)) for paper in PAPERS}
    for folder in [*(ROOT / "notebooks" / paper for paper in PAPERS), ROOT / "notebooks", ROOT / "book"]:
        for p in book.read(folder):
            for file, fragment in p.links:
                paper, _, number = fragment.partition("-")
                if paper in PAPERS and re.fullmatch(r"\d+[a-z]?", number):
                    assert (file or p.file) in homes[paper].get(number, []), f"{p.file}: {file}#{fragment}"


def test_a_citation_without_display_or_link_is_noticed():
    home = {"27": ["four.ipynb"], "28": ["four.ipynb"]}
    assert book.unseen(page("By (27) it falls."), "video", home, PAPERS) == {"27"}
    assert book.unseen(page("By [(27)](four.ipynb#video-27) it falls, and (27) again."), "video", home, PAPERS) == set()
    assert book.unseen(page("By [(27)](five.ipynb#video-27)."), "video", home, PAPERS) == {"27"}
    assert book.unseen(page("$$x \\tag{27}$$\nBy (27)–(28)."), "video", home, PAPERS) == {"28"}
    assert book.unseen(page("`f(27)` and $g(28)$ and O(29 x) are no citations."), "video", home, PAPERS) == set()
    assert book.unseen(page("Paper II's [(22)](../fhei/03.ipynb#fhei-22)."), "video", home, PAPERS) == set()
    assert book.unseen(page("By (13a)–(13c).\n\n$$x \\tag{13b}$$"), "video", home, PAPERS) == {"13a", "13c"}


def test_text_within_directives_counts_and_code_does_not():
    text = "````{prf:theorem} T\n(video-1)=\n$$a \\tag{1}$$\n````\n\n```python\nf (2)\n```\n\nBy (3).\n"
    text += "```{admonition} Slip\n:class: dropdown\nBy (4).\n```\n"
    assert book.homes("video", [page(text)]) == {"1": ["page.ipynb"]}
    assert page(text).cited("video", PAPERS) == {"3", "4"}


def test_a_target_must_stand_before_its_own_display():
    text = "(video-1)=\n$$a \\tag{1}$$\n\n(video-2)=\nWords.\n\n$$b \\tag{2}$$\n\n(video-3)=\n(video-4)=\n"
    text += "\\begin{align*}a \\tag{3}\\\\ b \\tag{4}\\end{align*}\n"
    assert book.homes("video", [page(text)]) == {n: ["page.ipynb"] for n in ("1", "3", "4")}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\hat{f}_n^{e*} = \ln f_n^e", {r"\hat{f}^e", "f^e"}),
        (r"m_{c,0} M_n^2 + e^{-\hat M_n}", {"m_c,0", "M", r"\hat{M}"}),
        (r"\sum_{i \in \mathcal{N}_1} \sqrt{C(M_i)} \tag{25}", {r"\mathcal{N}_1", "C", "M"}),
        (r"M_n^{min} \le x_{l+1} \text{ for all } n", {"M^min", "x"}),
        (r"e_n + O(N^2) + 13^N \quad \frac{a}{b}", {"e", "N", "a", "b"}),
        (r"\theta^f_n (y_n - \widehat{f}_n)^{i+1}, \Delta T", {r"\theta^f", "y", r"\hat{f}", r"\Delta", "T"}),
    ],
)
def test_symbols_of_a_formula(formula, expected):
    assert symbols(formula) == expected


def test_a_symbol_that_no_table_explains_is_noticed():
    text = "| symbol | meaning |\n| --- | --- |\n| $w_n$, $S$ | load, budget |\n\nShares $s_n = S \\sqrt{w_n}$."
    assert page(text).symbols - page(text).explained == {"s"}


def test_tests_of_the_functions_own_file_come_first():
    rows = {row["equation"]: row for row in equation_rows("video", ROOT)}
    assert rows["(4)"]["tests"].startswith("`test_networks`: ")
    assert rows["(8)"]["tests"].startswith("`test_scenario`: ")
    assert "08-complexity.ipynb" in rows["(3)"]["pages"].split(";")[0]


def test_the_page_of_a_theorem_or_an_algorithm_comes_first():
    rows = {row["equation"]: row["pages"] for row in equation_rows("video", ROOT)}
    for where, file in (("Theorem 1", "03-"), ("Theorem 2", "04-"), ("Algorithm 2", "05-"), ("Algorithm 4", "07-")):
        assert f"]({file}" in rows[where].split(";")[0]


def test_outside_a_checkout_there_is_no_map(tmp_path):
    with pytest.raises(ValueError, match="must be a checkout"):
        equation_rows("video", tmp_path)


@pytest.mark.checkout  # the last folder is found by where the package stands
def test_the_checkout_is_found_from_any_folder(tmp_path, monkeypatch):
    for folder in (ROOT / "notebooks" / "video", ROOT, tmp_path):
        monkeypatch.chdir(folder)
        assert checkout() == ROOT
    monkeypatch.setattr("mecpapers.companion.equations.__file__", str(tmp_path / "mecpapers" / "companion" / "a.py"))
    with pytest.raises(ValueError, match=f"{tmp_path}: the map is made from the tests and pages of a checkout"):
        checkout()


def test_a_range_is_spelt_from_end_to_end():
    assert book.spelt("27", "30") == ["27", "28", "29", "30"]
    assert book.spelt("13a", "13c") == ["13a", "13b", "13c"]
    assert book.spelt("12", "13a") == ["12", "13a"]
