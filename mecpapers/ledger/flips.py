"""Which choices flip a verdict, and whether it holds under other seeds: measured every night, stored, and read here.

A claim's ``varied`` names choices that its measure takes as arguments; each alternative is measured. A measure with an
argument ``seed`` is measured under ``SEEDS``. What is stored are numbers; the row as it stands judges them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mecpapers.ledger.reading import Ledger, read
from mecpapers.ledger.rows import Choice, Claim, Measured
from mecpapers.sources import PACKAGE, digest

SEEDS = (0, 1, 2)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A claim measured with one argument changed."""

    argument: str  # a choice's key, or "seed"
    value: Any
    measured: Measured

    def to_list(self) -> list[Any]:
        """The trial as stored; ten digits, since the last ones differ between machines."""
        numbers = (self.measured.value, self.measured.standard_error)
        return [self.argument, self.value, *(float(f"{x:.10g}") for x in numbers)]


def trials(claim: Claim, choices: Sequence[Choice]) -> Iterator[tuple[str, Any]]:
    """The arguments and values under which a claim is measured beside its own."""
    if claim.measure is None:
        return
    own = inspect.signature(claim.measure).parameters
    by_key = {choice.key: choice for choice in choices}
    for name in claim.varied:
        choice = by_key[name]
        yield from ((name, v) for v in (choice.chosen, *choice.alternatives) if v != own[name].default)
    if "seed" in own:
        yield from (("seed", seed) for seed in SEEDS if seed != own["seed"].default)


def measure(paper: str) -> dict[str, Any]:
    """Measure every trial of one paper; what `write` stores."""
    rows = read(paper)
    asked = [(c, name, value) for c in rows.claims for name, value in trials(c, rows.choices)]
    stored: dict[str, list[list[Any]]] = {}
    for claim, name, value in tqdm(asked, desc=f"flips of {paper}", unit="trial", disable=None):
        assert claim.measure is not None  # else there are no trials
        found = claim.measure(**{name: value})
        found = found if isinstance(found, Measured) else Measured(float(found))
        stored.setdefault(claim.key, []).append(Trial(argument=name, value=value, measured=found).to_list())
    return {"sources": digest(paper), "trials": stored}


def write(paper: str) -> Path:
    """Measure one paper's trials and store them."""
    path = PACKAGE / paper / "evidence" / "flips.json"
    content = measure(paper)
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in content["trials"].items())
    path.write_text(f'{{"sources": "{content["sources"]}", "trials": {{\n{lines}\n}}}}\n', encoding="utf-8")
    return path


def stored(paper: str) -> tuple[str, Mapping[str, tuple[Trial, ...]]]:
    """Read what is stored: the hash of the sources it was measured with, and the trials by claim."""
    file = resources.files(f"mecpapers.{paper}.evidence") / "flips.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    found = {
        key: tuple(Trial(argument=a, value=v, measured=Measured(x, se)) for a, v, x, se in rows)
        for key, rows in content["trials"].items()
    }
    return content["sources"], found


def faults(paper: str, rows: Ledger | None = None) -> list[str]:
    """Why the stored trials of a paper are stale; empty where they are not."""
    rows = rows or read(paper)
    sources, found = stored(paper)
    wanted = {c.key: list(trials(c, rows.choices)) for c in rows.claims}
    wanted = {key: asked for key, asked in wanted.items() if asked}
    have = {key: [(t.argument, t.value) for t in kept] for key, kept in found.items()}
    messages = [f"{key}: not measured as its row asks" for key in wanted if have.get(key) != wanted[key]]
    messages += [f"{key}: measured, but its row no longer asks" for key in have if key not in wanted]
    if sources != digest(paper):
        messages.append(f"the code of {paper} has changed since: run `make flips`")
    return messages


def told(claim: Claim, found: Sequence[Trial], measured_holds: bool) -> str:
    """What the trials say of a claim, in a sentence or two; empty where none was made."""
    choices = [t for t in found if t.argument != "seed"]
    seeds = [t for t in found if t.argument == "seed"]
    flip = [f"`{t.argument}` = {t.value}" for t in choices if claim.holds(t.measured) != measured_holds]
    keep = [f"`{t.argument}` = {t.value}" for t in choices if claim.holds(t.measured) == measured_holds]
    said = []
    if flip:
        said.append(f"computed: {', '.join(flip)} would flip it")
    if keep:
        said.append(f"{', '.join(keep)} would not" if flip else f"computed: {', '.join(keep)} would not flip it")
    if seeds:
        said.append("three seeds agree" if agrees(claim, found, measured_holds) else "another seed flips it")
    return "; ".join(said)


def agrees(claim: Claim, found: Sequence[Trial], measured_holds: bool) -> bool | None:
    """Whether the verdict is the same under all of ``SEEDS``; None where no seed enters."""
    seeds = [t for t in found if t.argument == "seed"]
    return all(claim.holds(t.measured) == measured_holds for t in seeds) if seeds else None
