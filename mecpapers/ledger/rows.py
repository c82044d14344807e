"""What a claim, an erratum and a choice are, and how a verdict follows from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from mecpapers.ledger.plain import rounded

STANDARD_ERRORS = 2.0  # a statistical tolerance is about a 95 % interval
_ROUNDING = 1e-12  # a measured number as small as this is what rounding left of 0


class Verdict(StrEnum):
    """How a claim stands."""

    REPRODUCED = "REPRODUCED"  # holds with what the paper gives
    CORRECTED = "CORRECTED"  # holds once an erratum is mended
    CALIBRATED = "CALIBRATED"  # fits with parameters or readings that were chosen because they fit
    RECONSTRUCTED = "RECONSTRUCTED"  # holds in our reconstruction, or in what we measured ourselves
    DIFFERS = "DIFFERS"
    UNCHECKABLE = "UNCHECKABLE"  # the note gives the reason


class Relation(StrEnum):
    """How the measured number must stand to the published one."""

    EQUALS = "equals"  # within the tolerance
    AT_MOST = "at-most"  # no larger; better is as good
    AT_LEAST = "at-least"  # no smaller; better is as good
    HOLDS = "holds"  # a statement in words; the measure is the share of cases in which it is true, and all must be


class Basis(StrEnum):
    """What a measurement rests on, from the strongest to the weakest."""

    GIVEN = "given"  # by the paper
    MENDED = "mended"  # an erratum is put right
    FITTED = "fitted"  # parameters fitted to the paper's own numbers
    CHOSEN = "chosen"  # a parameter or a reading that the paper leaves open
    MEASURED = "measured elsewhere"  # our networks, our data
    RECONSTRUCTED = "reconstructed"  # formulas of ours, where the paper's are not at hand


class Source(StrEnum):
    """Where a tolerance comes from; a number of our own choice is no source."""

    DIGITS = "printed digits"  # half a unit of the last digit, or the printed range
    STATISTICAL = "statistical"  # two standard errors of the difference, from the measure
    ROUNDING = "rounding"  # the accuracy of floating point and of the numerical oracle


BEST = {
    Basis.GIVEN: Verdict.REPRODUCED,
    Basis.MENDED: Verdict.CORRECTED,
    Basis.FITTED: Verdict.CALIBRATED,
    Basis.CHOSEN: Verdict.CALIBRATED,
    Basis.MEASURED: Verdict.RECONSTRUCTED,
    Basis.RECONSTRUCTED: Verdict.RECONSTRUCTED,
}


@dataclass(frozen=True)
class Measured:
    """A measured number with the standard error of its difference to the published one, 0 if it is no estimate.

    The error counts both sides: where the paper gives none, it is taken to have tried as many drops as we do.
    """

    value: float
    standard_error: float = 0.0


Measure = Callable[..., float | Measured]


@dataclass(frozen=True, kw_only=True)
class Requires:
    """What a row rests on, by key."""

    claims: tuple[str, ...] = ()
    equations: tuple[str, ...] = ()  # numbers of the paper's EQUATIONS
    errata: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Something that a paper leaves open, what we chose, and what else could be chosen.

    Where a measure takes the choice as an argument, ``chosen`` and ``alternatives`` are the values it takes.
    """

    key: str
    statement: str
    chosen: Any
    alternatives: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of a paper, and how to measure it.

    ``measure`` returns the number to hold beside ``published``, or a `Measured` that adds its standard error; None
    where nothing can be measured. ``expected`` is the verdict that the tests hold us to: a claim that begins or
    ceases to hold fails them. ``statement``, ``note``, ``flips`` and ``fails_if`` are Markdown with TeX.
    """

    key: str
    where: str  # as printed: equation, figure, section
    statement: str
    published: float | None = None
    unit: str = ""  # empty for a pure number
    relation: Relation = Relation.EQUALS
    basis: tuple[Basis, ...] = (Basis.GIVEN,)
    tolerance: float | None = None  # absolute, in the unit
    tolerance_from: tuple[Source, ...] = ()
    fails_if: str = ""  # of a statement in words: what would make it false
    fails_above: float | None = None  # the same as a number, where the share of cases says too little
    fails_below: float | None = None
    measure: Measure | None = None
    expected: Verdict = Verdict.REPRODUCED
    note: str = ""
    flips: str = ""  # by reading: which of our choices would change the verdict
    varied: tuple[str, ...] = ()  # choices that ``measure`` takes as arguments, varied every night
    chapter: str = ""  # the notebook that settles it
    requires: Requires = field(default_factory=Requires)

    @property
    def best(self) -> Verdict:
        """The best verdict that the weakest basis allows."""
        return BEST[max(self.basis, key=list(Basis).index)]

    def holds(self, measured: Measured) -> bool:
        """Whether a measured number stands to the published one as the claim says; nan never does."""
        value, published = measured.value, self.published
        if self.relation is Relation.HOLDS:
            if self.fails_above is None and self.fails_below is None:
                return value == 1
            low, high = self.fails_below, self.fails_above
            return (-math.inf if low is None else low) <= value <= (math.inf if high is None else high)
        assert published is not None  # checked where rows are read
        slack = self.tolerance or 0.0
        if Source.STATISTICAL in self.tolerance_from:
            slack += STANDARD_ERRORS * measured.standard_error
        if self.relation is Relation.AT_MOST:
            return value <= published + slack
        if self.relation is Relation.AT_LEAST:
            return value >= published - slack
        return abs(value - published) <= slack

    def verdict(self, measured: Measured | float | None) -> Verdict:
        """Judge a measured number: by the relation whether it holds, by the basis how well."""
        if measured is None:
            return Verdict.UNCHECKABLE
        measured = measured if isinstance(measured, Measured) else Measured(measured)
        return self.best if self.holds(measured) else Verdict.DIFFERS


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """Something printed wrong; its texts are Markdown with TeX.

    ``shown`` computes the evidence and tells whether it stands; None where reading suffices (a slip of the pen).
    """

    key: str
    where: str
    printed: str
    corrected: str
    evidence: str
    equations: tuple[str, ...] = ()  # numbers of the paper's EQUATIONS that it touches
    shown: Callable[[], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A claim of a paper after measuring."""

    paper: str
    claim: Claim
    measured: Measured | None
    verdict: Verdict
    computed: str = ""  # which varied choices flip it, in a sentence
    seeds: str | None = None  # "holds" or "does not hold": the verdict under three seeds; None where none enters
    rests_on_differs: tuple[str, ...] = ()  # claims beneath it that DIFFER

    def to_dict(self) -> dict[str, Any]:
        """The entry as ``mecpapers claims --json`` prints it; the texts are Markdown with TeX."""
        c = self.claim
        in_words = c.relation is Relation.HOLDS and c.fails_above is None and c.fails_below is None
        return {
            "key": c.key,
            "paper": self.paper,
            "where": c.where,
            "statement": c.statement,
            "published": 1.0 if in_words and c.measure else c.published,
            "measured": None if self.measured is None else self.measured.value,
            "unit": c.unit,
            "relation": c.relation.value,
            "basis": [basis.value for basis in c.basis],
            "tolerance": c.tolerance,
            "tolerance_from": [source.value for source in c.tolerance_from],
            "verdict": self.verdict.value,
            "note": c.note,
            "flips": self.flips_text,
            "seeds": self.seeds,
            "requires": asdict(c.requires),
            "rests_on_differs": self.rests_on_differs,
        }

    @property
    def flips_text(self) -> str:
        """Which of our choices would change the verdict: what was computed, then what we know by reading."""
        read = f"by reading: {self.claim.flips}" if self.claim.flips and self.computed else self.claim.flips
        known = "; ".join(filter(None, (self.computed, read)))
        hangs = ", ".join(f"`{key}`" for key in self.claim.requires.choices)
        return known or (f"not varied; it rests on {hangs}" if hangs else "nothing of our choice")

    @property
    def measured_text(self) -> str:
        """The number with its unit; a rounding gap within its bound is named by the bound alone."""
        c = self.claim
        if self.measured is None:
            return "not measured"
        value, error = self.measured.value, self.measured.standard_error
        if c.relation is Relation.HOLDS and c.fails_above is None and c.fails_below is None:
            words = {1.0: "holds", 0.0: "does not hold"}
            return words.get(value, f"holds in {rounded(100 * value, 3)} % of the cases")
        if c.tolerance_from == (Source.ROUNDING,) and c.published == 0 and c.tolerance and abs(value) <= c.tolerance:
            return f"{c.unit} below {_short(c.tolerance)}".strip()
        value = 0.0 if abs(value) < _ROUNDING else value
        spread = f" ± {_short(STANDARD_ERRORS * error)}" if error else ""
        return f"{rounded(value, 4)}{spread} {c.unit}".strip()

    @property
    def published_text(self) -> str:
        """The published number with its relation, its unit and the tolerance."""
        c = self.claim
        if c.relation is Relation.HOLDS and c.measure:
            limits = (("below", c.fails_below), ("above", c.fails_above))
            given = " or ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
            return f"false {given} {c.unit} (our limit)".replace("  ", " ") if given else "in words"
        if c.published is None:
            return "-"
        if not c.published and c.relation is Relation.EQUALS and c.tolerance_from == (Source.ROUNDING,):
            return f"exact, to {_short(c.tolerance or 0.0)}"
        words = {Relation.AT_MOST: "at most ", Relation.AT_LEAST: "at least "}.get(c.relation, "")
        slack = f" ± {_short(c.tolerance)}" if c.tolerance else ""
        return f"{words}{c.published:g}{slack} {c.unit}".strip()


def _short(number: float) -> str:
    return rounded(number, 2)
