"""The rows as data: ``claims.toml`` and ``errata.toml`` of each paper, read and checked.

Beside each file stands a module of the same name with the functions that measure, by key: ``MEASURES`` and ``SHOWN``.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from importlib import import_module, resources
from typing import Any, TypeVar

from mecpapers.ledger.rows import Basis, Choice, Claim, Erratum, Measure, Relation, Requires, Source, Verdict

PAPERS = ("video", "fhei", "pose")
NAMES = {"video": "Paper I", "fhei": "Paper II", "pose": "Paper III"}

Word = TypeVar("Word", bound=StrEnum)
_TEXT, _NUMBER, _TEXTS, _TABLE = (str,), (int, float), (list,), (dict,)
_CLAIM = {
    "where": _TEXT,
    "statement": _TEXT,
    "published": _NUMBER,
    "unit": _TEXT,
    "relation": _TEXT,
    "basis": _TEXTS,
    "tolerance": _NUMBER,
    "tolerance_from": _TEXTS,
    "fails_if": _TEXT,
    "fails_above": _NUMBER,
    "fails_below": _NUMBER,
    "expected": _TEXT,
    "note": _TEXT,
    "flips": _TEXT,
    "varied": _TEXTS,
    "chapter": _TEXT,
    "requires": _TABLE,
}
_ERRATUM = {name: _TEXT for name in ("where", "printed", "corrected", "evidence")} | {"equations": _TEXTS}
_CHOICE = {"statement": _TEXT, "chosen": (str, int, float), "alternatives": _TEXTS}
_REQUIRES = {name: _TEXTS for name in ("claims", "equations", "errata", "choices")}


@dataclass(frozen=True)
class Ledger:
    """The rows of one paper."""

    claims: tuple[Claim, ...]
    errata: tuple[Erratum, ...]
    choices: tuple[Choice, ...]
    equations: tuple[str, ...]  # numbers that a row may name


def read(paper: str) -> Ledger:
    """Read the rows of one paper and the functions that measure them.

    Raises
    ------
    ValueError
        if a row breaks a rule; the message names file, row and field.
    """
    folder = resources.files(f"mecpapers.{paper}.evidence")
    texts = {name: (folder / f"{name}.toml").read_text(encoding="utf-8") for name in ("claims", "errata")}
    modules = {name: import_module(f"mecpapers.{paper}.evidence.{name}") for name in texts}
    equations = tuple(getattr(import_module(f"mecpapers.{paper}"), "EQUATIONS", ()))
    errata = parse_errata(texts["errata"], modules["errata"].SHOWN, equations, file=f"{paper}/errata.toml")
    claims, choices = parse_claims(
        texts["claims"],
        modules["claims"].MEASURES,
        equations=equations,
        errata=[row.key for row in errata],
        file=f"{paper}/claims.toml",
    )
    return Ledger(claims, errata, choices, equations)


def parse_claims(
    text: str, measures: Mapping[str, Measure], *, equations: Iterable[str] = (), errata: Iterable[str] = (), file: str
) -> tuple[tuple[Claim, ...], tuple[Choice, ...]]:
    """Check the text of a ``claims.toml`` and join its rows to the functions that measure them."""
    tables = _tables(text, file, ("claims", "choices"))
    choices = tuple(
        Choice(key=key, **_fields(row, _CHOICE, ("statement", "chosen"), f"{file}: choices.{key}"))
        for key, row in tables["choices"].items()
    )
    claims = tuple(
        _claim(key, row, measures.get(key), f"{file}: claims.{key}") for key, row in tables["claims"].items()
    )
    for key in measures:
        if key not in tables["claims"]:
            raise ValueError(f"{file}: {key} is measured but has no row")
    known = {"claims": tables["claims"], "equations": equations, "errata": errata, "choices": tables["choices"]}
    for claim in claims:
        for kind, allowed in known.items():
            for name in getattr(claim.requires, kind):
                _known(name, allowed, f"{file}: claims.{claim.key}.requires.{kind}")
        _check_varied(claim, tables["choices"], f"{file}: claims.{claim.key}.varied")
    try:
        TopologicalSorter({c.key: c.requires.claims for c in claims}).prepare()
    except CycleError as error:
        raise ValueError(f"{file}: claims require each other in a circle: {' -> '.join(error.args[1])}") from None
    return claims, choices


def parse_errata(
    text: str, shown: Mapping[str, Callable[[], bool]], equations: Iterable[str], *, file: str
) -> tuple[Erratum, ...]:
    """Check the text of an ``errata.toml`` and join its rows to the computations that show them."""
    rows = _tables(text, file, ("errata",))["errata"]
    for key in shown:
        if key not in rows:
            raise ValueError(f"{file}: {key} is shown but has no row")
    needed = ("where", "printed", "corrected", "evidence")
    errata = tuple(
        Erratum(key=key, **_fields(row, _ERRATUM, needed, f"{file}: errata.{key}"), shown=shown.get(key))
        for key, row in rows.items()
    )
    for row in errata:
        for name in row.equations:
            _known(name, equations, f"{file}: errata.{row.key}.equations")
    return errata


def _tables(text: str, file: str, names: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # a duplicate key among others, which it names
        raise ValueError(f"{file}: {error}") from None
    for name in tables:
        _known(name, names, file)
    return {name: tables.get(name, {}) for name in names}


def _claim(key: str, row: dict[str, Any], measure: Measure | None, place: str) -> Claim:
    fields = _fields(row, _CLAIM, ("where", "statement", "relation", "basis", "expected", "chapter"), place)
    fields["relation"] = _word(Relation, fields["relation"], f"{place}.relation")
    fields["expected"] = _word(Verdict, fields["expected"], f"{place}.expected")
    for name, words in (("basis", Basis), ("tolerance_from", Source)):
        fields[name] = tuple(_word(words, word, f"{place}.{name}") for word in fields.get(name, ()))
    fields["requires"] = Requires(**_fields(fields.get("requires", {}), _REQUIRES, (), f"{place}.requires"))
    claim = Claim(key=key, measure=measure, **fields)
    for rule, kept in _rules(claim):
        if not kept:
            raise ValueError(f"{place}: {rule}")
    return claim


def _rules(claim: Claim) -> Iterable[tuple[str, bool]]:
    uncheckable, in_words = claim.expected is Verdict.UNCHECKABLE, claim.relation is Relation.HOLDS
    limits = claim.fails_above is not None or claim.fails_below is not None
    yield "must have a measure, or be expected to be UNCHECKABLE", (claim.measure is None) == uncheckable
    yield "must say in its note why it is UNCHECKABLE", not uncheckable or bool(claim.note)
    yield "must have published, unless it holds in words", claim.published is not None or in_words or uncheckable
    yield (
        "holds in words: must have no published and no tolerance",
        not in_words or (claim.published is None and claim.tolerance is None),
    )
    yield "only what holds in words may have fails_above or fails_below", in_words or not limits
    yield "basis must not be empty", bool(claim.basis)
    weak = claim.best in (Verdict.CALIBRATED, Verdict.RECONSTRUCTED)
    yield "fails_above and fails_below are limits of ours: its basis must be chosen or weaker", weak or not limits
    sourced = claim.tolerance is None or bool(claim.tolerance_from)
    yield "a tolerance must name its source in tolerance_from", sourced
    alone = claim.tolerance_from in ((), (Source.STATISTICAL,))
    yield "tolerance_from: only what is statistical may stand without a tolerance", alone or claim.tolerance is not None
    mended, open_ended = Basis.MENDED in claim.basis, set(claim.basis) - {Basis.GIVEN, Basis.MENDED}
    yield "what is mended must name an erratum in requires", not mended or bool(claim.requires.errata)
    named = uncheckable or not open_ended or bool(claim.requires.choices)
    yield f"basis = {', '.join(claim.basis)}: must name a choice in requires", named
    allowed = (claim.best, Verdict.DIFFERS, Verdict.UNCHECKABLE)
    yield f"expected = {claim.expected}: its basis allows {claim.best} or DIFFERS", claim.expected in allowed


def _check_varied(claim: Claim, choices: Mapping[str, Any], place: str) -> None:
    takes = inspect.signature(claim.measure).parameters if claim.measure else {}
    for name in claim.varied:
        _known(name, choices, place)
        if name not in takes:
            raise ValueError(f"{place} = {name}: its measure must take an argument of this name")


def _fields(row: Any, kinds: Mapping[str, tuple[type, ...]], needed: Sequence[str], place: str) -> dict[str, Any]:
    """The fields of a row, texts on one line and lists as tuples."""
    if not isinstance(row, dict):
        raise ValueError(f"{place} = {row!r}: must be a table")
    for name in needed:
        if name not in row:
            raise ValueError(f"{place}: must have {name}")
    for name, value in row.items():
        _known(name, kinds, place, what="field")
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise ValueError(f"{place}.{name} = {value!r}: must be of type {kinds[name][-1].__name__}")
    return {
        name: tuple(value) if isinstance(value, list) else " ".join(value.split()) if isinstance(value, str) else value
        for name, value in row.items()
    }


def _word(words: type[Word], value: Any, place: str) -> Word:
    _known(value, [word.value for word in words], place)
    return words(value)


def _known(name: Any, allowed: Iterable[str], place: str, what: str = "") -> None:
    allowed = list(allowed)
    if name not in allowed:
        hint = f"must be one of {', '.join(allowed)}" if len(allowed) < 20 else "there is no such key"
        raise ValueError(f"{place}: {f'unknown {what} ' if what else ''}{name}: {hint}")
