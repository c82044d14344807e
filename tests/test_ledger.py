"""Verdicts follow from numbers, in both directions; rows are data, and a broken row is named."""

import math
import re

import numpy as np
import pytest

from mecpapers import ledger
from mecpapers.ledger import Basis, Claim, Entry, Measured, Relation, Source, Verdict, flips
from mecpapers.ledger.layout import layout
from mecpapers.ledger.plain import rounded
from mecpapers.ledger.reading import parse_claims, parse_errata


def claim(**changes):
    row = {"key": "k", "where": "(1)", "statement": "s", "published": 2.0, "unit": "s", "tolerance": 0.1}
    return Claim(**{**row, **changes})


@pytest.mark.parametrize(
    ("basis", "measured", "verdict"),
    [
        (("given",), 2.05, "REPRODUCED"),
        (("given",), 2.2, "DIFFERS"),
        (("given",), float("nan"), "DIFFERS"),
        (("mended",), 2.0, "CORRECTED"),
        (("fitted",), 1.95, "CALIBRATED"),
        (("chosen", "mended"), 1.95, "CALIBRATED"),
        (("given", "measured elsewhere", "chosen"), 1.95, "RECONSTRUCTED"),
        (("reconstructed", "fitted"), 2.05, "RECONSTRUCTED"),
        (("mended",), 5.0, "DIFFERS"),
        (("given",), None, "UNCHECKABLE"),
    ],
)
def test_the_weakest_basis_wins(basis, measured, verdict):
    assert claim(basis=tuple(map(Basis, basis))).verdict(measured) == verdict


@pytest.mark.parametrize(
    ("relation", "measured", "holds"),
    [
        ("equals", 2.05, True),
        ("equals", 1.5, False),
        ("at-most", 2.05, True),
        ("at-most", 2.2, False),
        ("at-most", -7.0, True),  # better than stated is as good
        ("at-least", 1.95, True),
        ("at-least", 1.5, False),
        ("at-least", 50.0, True),
        ("at-least", float("nan"), False),
    ],
)
def test_a_relation_is_one_sided_where_the_statement_is(relation, measured, holds):
    assert claim(relation=Relation(relation)).holds(Measured(measured)) is holds


def test_a_statement_in_words_holds_in_all_cases_or_within_its_limits():
    words = claim(relation=Relation.HOLDS, published=None, tolerance=None)
    assert words.verdict(1.0) is Verdict.REPRODUCED
    assert words.verdict(0.99) is Verdict.DIFFERS
    limited = claim(relation=Relation.HOLDS, published=None, tolerance=None, fails_above=0.1)
    assert limited.verdict(0.1) is Verdict.REPRODUCED
    assert limited.verdict(0.2) is Verdict.DIFFERS


def test_a_statistical_tolerance_is_two_standard_errors_beside_the_digits():
    row = claim(tolerance_from=(Source.DIGITS, Source.STATISTICAL))
    assert row.holds(Measured(2.25, 0.1))
    assert not row.holds(Measured(2.25, 0.05))
    assert not row.holds(Measured(2.25))


def test_rounding_digits_stay_out_of_tables():
    gap = claim(published=0.0, tolerance=1e-6, tolerance_from=(Source.ROUNDING,), unit="relative gap")
    entry = Entry(paper="video", claim=gap, measured=Measured(3.21e-9), verdict=Verdict.REPRODUCED)
    assert entry.measured_text == "relative gap below 10⁻⁶"
    wide = Entry(paper="video", claim=claim(), measured=Measured(1.9512), verdict=Verdict.REPRODUCED)
    assert wide.measured_text == "1.951 s"


def test_tables_read_in_markdown_and_in_a_terminal():
    table = ledger.Table(("a", "b"), (("1|2", "x"),))
    assert table._repr_markdown_() == "| a | b |\n| --- | --- |\n| 1\\|2 | x |"
    assert repr(table) == "a    b\n1|2  x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"$m_{a,1} \ge 0$", "m_a1 ≥ 0"),
        (r"only $s^*$ supports it", "only s* supports it"),
        (r"$O(2^N \prod_n M_n^\mathrm{opt})$", "O(2^N Π_n M_n^opt)"),
        (r"$\delta = 10^{-5}$, $N = 2 \dots 16$", "δ = 10^-5, N = 2 ... 16"),
        (r"$\sqrt{d_m (\sigma_m + \lambda) / D_m}$", "√(d_m (σ_m + λ) / D_m)"),
        (r"*why* $\hat f$ is `f`", "why f\u0302 is f"),
    ],
)
def test_tex_reads_in_a_terminal(text, shown):
    assert ledger.plain(text) == shown


def test_tex_that_is_not_understood_is_named():
    with pytest.raises(ValueError, match="nonsense"):
        ledger.plain(r"$\nonsense$")
    with pytest.raises(ValueError, match="dollar"):
        ledger.plain("5 $ a device")


def test_an_unknown_key_is_refused():
    with pytest.raises(KeyError, match="nonsense"):
        ledger.check(["video"], ["nonsense"])


ROW = """
[claims.{key}]
where = "(1)"
statement = "s"
published = 2
relation = "equals"
basis = ["given"]
expected = "REPRODUCED"
chapter = "video/01"
"""


def parse(text, measures=None, **known):
    return parse_claims(text, {"a": lambda: 2.0} if measures is None else measures, file="video/claims.toml", **known)


def test_a_row_becomes_a_claim():
    ((row,), _) = parse(ROW.format(key="a"))
    assert (row.key, row.published, row.verdict(row.measure())) == ("a", 2, Verdict.REPRODUCED)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('where = "(1)"', "", "claims.a: must have where"),
        ('where = "(1)"', "where = 1", "claims.a.where = 1: must be of type str"),
        ("published", "publishd", "claims.a: unknown field publishd"),
        ("published = 2", "", "claims.a: must have published"),
        ('"equals"', '"about"', "claims.a.relation: about: must be one of equals"),
        ('["given"]', '["hoped"]', "claims.a.basis: hoped: must be one of given"),
        ('["given"]', "[]", "claims.a: basis must not be empty"),
        ('"REPRODUCED"', '"TRUE"', "claims.a.expected: TRUE: must be one of REPRODUCED"),
        ('"REPRODUCED"', '"CORRECTED"', "its basis allows REPRODUCED or DIFFERS"),
        ('"equals"', '"holds"', "claims.a: holds in words: must have no published"),
        ("[claims.a]", "[claims.b]", "claims.b: must have a measure"),
        ("[claims.a]", "[claim.a]", "claim: must be one of claims, choices"),
        ("chapter", "tolerance_from = ['chosen']\nchapter", "claims.a.tolerance_from: chosen: must be one of printed"),
        ("chapter", "requires = { claims = ['b'] }\nchapter", "claims.a.requires.claims: b"),
        ("chapter", "requires = { equations = ['(99)'] }\nchapter", "claims.a.requires.equations: (99)"),
        ("chapter", "requires = { errata = ['slip'] }\nchapter", "claims.a.requires.errata: slip"),
        ("chapter", "requires = { choices = ['m_a1'] }\nchapter", "claims.a.requires.choices: m_a1"),
        ("chapter", "tolerance = 0.1\nchapter", "claims.a: a tolerance must name its source"),
        ("chapter", "tolerance_from = ['rounding']\nchapter", "only what is statistical may stand without"),
        ("chapter", "fails_above = 3\nchapter", "only what holds in words may have fails_above"),
        ('["given"]\nexpected = "REPRODUCED', '["mended"]\nexpected = "CORRECTED', "must name an erratum"),
        ('["given"]\nexpected = "REPRODUCED', '["fitted"]\nexpected = "CALIBRATED', "must name a choice"),
        (
            'published = 2\nrelation = "equals"',
            'fails_above = 3\nrelation = "holds"',
            "fails_above and fails_below are limits of ours",
        ),
        ("chapter", "requires = { axioms = [] }\nchapter", "claims.a.requires: unknown field axioms"),
        ("chapter", "requires = { claims = ['a'] }\nchapter", "in a circle: a -> a"),
        ("chapter", "varied = ['m_a1']\nchapter", "claims.a.varied: m_a1"),
    ],
)
def test_a_broken_row_is_named(old, new, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        parse(ROW.format(key="a").replace(old, new))
    assert message in str(error.value) and "video/claims.toml" in str(error.value)


def test_a_key_stands_once_and_has_a_row():
    with pytest.raises(ValueError, match=r"video/claims.toml: Cannot declare \('claims', 'a'\) twice"):
        parse(ROW.format(key="a") * 2)
    with pytest.raises(ValueError, match="b is measured but has no row"):
        parse(ROW.format(key="a"), {"a": lambda: 2.0, "b": lambda: 2.0})


def test_a_varied_choice_is_an_argument_of_the_measure():
    text = ROW.format(key="a") + "varied = ['m_a1']\n[choices.m_a1]\nstatement = 'left out'\nchosen = 0\n"
    with pytest.raises(ValueError, match="its measure must take an argument of this name"):
        parse(text)
    ((row,), (choice,)) = parse(text, {"a": lambda m_a1=0: 2.0})
    assert row.varied == (choice.key,)


def test_broken_errata_are_named():
    row = "[errata.slip]\nwhere = '(1)'\nprinted = 'p'\ncorrected = 'c'\nevidence = 'e'\n"
    (read,) = parse_errata(row, {}, [], file="video/errata.toml")
    assert read.key == "slip" and read.shown is None
    with pytest.raises(ValueError, match="gap is shown but has no row"):
        parse_errata(row, {"gap": lambda: True}, [], file="video/errata.toml")
    with pytest.raises(ValueError, match="slip: must have evidence"):
        parse_errata(row.replace("evidence", "#"), {}, [], file="video/errata.toml")
    with pytest.raises(ValueError, match=r"errata.slip.equations: \(9\)"):
        parse_errata(row + "equations = ['(9)']", {}, [], file="video/errata.toml")


class TestFlips:
    TEXT = (
        ROW.format(key="a").replace('"given"', '"chosen"').replace("REPRODUCED", "CALIBRATED")
        + "varied = ['m_a1']\nrequires = { choices = ['m_a1'] }\n"
        + "[choices.m_a1]\nstatement = 'left out'\nchosen = 0.0\nalternatives = [1.0, 2.0]\n"
    )

    @pytest.fixture
    def rows(self):
        def measure(m_a1=0.0, seed=0):
            return 2.0 + (m_a1 > 1) + (seed == 2)

        claims, choices = parse(self.TEXT, {"a": measure})
        return ledger.Ledger(claims, (), choices, ())

    @pytest.fixture
    def written(self, rows, tmp_path, monkeypatch):
        (tmp_path / "video" / "evidence").mkdir(parents=True)
        monkeypatch.setattr(flips, "PACKAGE", tmp_path)
        monkeypatch.setattr(flips, "read", lambda paper: rows)
        monkeypatch.setattr(flips, "digest", lambda paper: "0123")
        monkeypatch.setattr(flips.resources, "files", lambda name: tmp_path / "video" / "evidence")
        return flips.write("video")

    def test_every_alternative_and_three_seeds_are_measured(self, rows):
        asked = list(flips.trials(rows.claims[0], rows.choices))
        assert asked == [("m_a1", 1.0), ("m_a1", 2.0), ("seed", 1), ("seed", 2)]

    def test_the_row_says_what_flips_it(self, rows, written):
        (claim,), trials = rows.claims, flips.stored("video")[1]["a"]
        assert flips.told(claim, trials, True) == (
            "computed: `m_a1` = 2.0 would flip it; `m_a1` = 1.0 would not; another seed flips it"
        )
        entry = ledger.judge("video", claim, trials)
        assert (entry.verdict, entry.seeds) == (Verdict.CALIBRATED, "does not hold")
        assert entry.to_dict()["flips"].startswith("computed: `m_a1` = 2.0 would flip it")

    def test_what_is_stored_goes_stale_with_rows_and_code(self, rows, written, monkeypatch):
        assert flips.faults("video", rows) == []
        other, choices = parse(self.TEXT.replace("2.0]", "3.0]"), {"a": rows.claims[0].measure})
        assert flips.faults("video", ledger.Ledger(other, (), choices, ())) == ["a: not measured as its row asks"]
        assert flips.faults("video", ledger.Ledger((), (), (), ())) == ["a: measured, but its row no longer asks"]
        monkeypatch.setattr(flips, "digest", lambda paper: "4567")
        (message,) = flips.faults("video", rows)
        assert "make flips" in message


def test_what_rests_on_a_claim_that_differs_is_marked():
    def row(key, needs, **changed):
        text = ROW.format(key=key).replace("REPRODUCED", changed.get("expected", "REPRODUCED"))
        return text + (f"requires = {{ claims = ['{needs}'] }}\n" if needs else "")

    text = row("a", "", expected="DIFFERS") + row("b", "a") + row("c", "b") + row("d", "")
    claims, _ = parse(text, dict.fromkeys("abcd", lambda: 2.0))
    rows = ledger.Ledger(claims, (), (), ())
    assert ledger.rests_on_differing(rows) == {"b": ("a",), "c": ("a",)}
    assert ledger.show_graph(rows).rows[0] == ("claim", "`a`", "2", "`b`, `c`")


def test_the_drawing_leaves_out_what_follows_and_boxes_what_is_alike():
    def row(key, needs, expected="REPRODUCED"):
        text = ROW.format(key=key).replace("REPRODUCED", expected)
        return text + f"requires = {{ claims = {needs} }}\n"

    text = row("a", [], "DIFFERS") + row("b", ["a"]) + row("c", ["a", "b"]) + row("d", ["a", "b"]) + row("e", [])
    claims, _ = parse(text, dict.fromkeys("abcde", lambda: 2.0))
    laid = layout(ledger.Ledger(claims, (), (), ()))
    assert [(box.names, box.column, box.differs, box.shaken) for box in laid.boxes] == [
        (("a",), 0, True, False),
        (("b",), 1, False, True),
        (("c", "d"), 2, False, True),
    ]  # e rests on nothing and carries nothing
    assert laid.edges == ((1, 0), (2, 1))  # c and d rest on a through b


@pytest.mark.parametrize("paper", ledger.PAPERS)
def test_the_drawing_of_a_paper_tells_all_that_its_graph_does(paper):
    rows = ledger.read(paper)
    whole, laid = ledger.graph(rows), layout(rows)
    nodes = [[(box.kind, name) for name in box.names] for box in laid.boxes]
    assert sorted(node for names in nodes for node in names) == sorted(whole.nodes)
    drawn = ledger.Graph(whole.nodes, tuple((a, b) for i, j in laid.edges for a in nodes[i] for b in nodes[j]))
    assert all(drawn.beneath(node) == whole.beneath(node) for node in whole.nodes)
    assert all(laid.boxes[i].column > laid.boxes[j].column for i, j in laid.edges)
    differing = {("claims", c.key) for c in rows.claims if c.expected is Verdict.DIFFERS}
    marked = {node for box, names in zip(laid.boxes, nodes, strict=True) if box.differs for node in names}
    assert marked == differing & set(whole.nodes)


def test_what_differs_is_marked_by_more_than_colour():
    from mecpapers.ledger.figures import plot_graph

    laid = layout(ledger.read("fhei"))  # whose names are of one word each
    written = [text.get_text() for text in plot_graph(laid).texts]
    assert len(written) == sum(len(box.names) for box in laid.boxes)
    assert {w for w in written if w.startswith("\u2260 ")} == {
        f"\u2260 {name}" for box in laid.boxes if box.differs for name in box.names
    }


@pytest.mark.parametrize("paper", ledger.PAPERS)
def test_names_stay_in_their_boxes(paper):
    from mecpapers.ledger.figures import plot_graph

    laid = layout(ledger.read(paper))
    ax = plot_graph(laid)
    ax.figure.canvas.draw()
    boxes = [patch.get_window_extent() for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    lines = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == len(laid.boxes)
    for line in lines:
        assert any(b.x0 < line.x0 and line.x1 < b.x1 and b.y0 < line.y0 and line.y1 < b.y1 for b in boxes)


@pytest.mark.parametrize(("value", "digits", "text"), [(54.55, 3, "54.6"), (0.125, 2, "0.13"), (-2.5, 1, "-3")])
def test_a_number_halfway_prints_the_same_whatever_its_last_bits(value, digits, text):
    values = value * (1 + np.spacing(1.0) * np.arange(-4, 5))
    assert {rounded(v, digits) for v in values} == {text}
    assert len({f"{v:.{digits}g}" for v in values}) == 2  # and without a rule it does not


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (11723.6, 4, "11720"),
        (4.7843e8, 4, "4.784 × 10⁸"),
        (-8.05e-5, 3, "-8.05 × 10⁻⁵"),
        (1e-6, 2, "10⁻⁶"),
        (0.0, 2, "0"),
        (9999999.0, 3, "10⁷"),
    ],
)
def test_powers_of_ten_are_written_as_such(value, digits, text):
    assert rounded(value, digits) == text


def test_a_number_that_is_none_says_so():
    assert rounded(math.nan, 3) == "n/a"


def test_no_text_counts_one_of_several() -> None:
    """A row reads "above 1 yr": its number stands before the unit as it is."""
    for claims in ledger.load().values():
        for claim in claims:
            if 1 in (claim.published, claim.fails_above, claim.fails_below):
                assert not re.match(r"[a-z]{3,}s\b", claim.unit), claim.key
