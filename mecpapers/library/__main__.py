"""``python -m mecpapers.library [NAME ...]``: solve every instance anew, or those named, and write what is found."""

from __future__ import annotations

import csv
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mecpapers import library
from mecpapers.library.optimum import prove
from mecpapers.solution import Infeasible, TooLarge

TABLE = Path(__file__).parents[2] / "book" / "tables" / "library.csv"  # of a checkout
OWN = {"video": "gp-heuristic", "fhei": "alternating", "pose": "cooperative"}  # the papers' own schemes
RECORDS = Path(__file__).parent / "data" / "records.json"
MOST = {"video": 1000, "fhei": 200, "pose": 200}  # devices up to which other schemes are tried


def record(name: str) -> dict[str, Any]:
    """Prove an instance's optimum, and measure what every scheme of the paper loses on it.

    Raises
    ------
    AssertionError
        if an answer breaks a constraint, or is better than a bound allows: then something here is wrong.
    """
    recipe = library.RECIPES[name]
    problem = recipe.make()
    model = import_module(f"mecpapers.{recipe.paper}.model")
    schemes = import_module(f"mecpapers.{recipe.paper}.schemes").SCHEMES
    proved = prove(problem)
    sign = 1 if recipe.paper == "video" else -1
    found: dict[str, float | None] = {}
    for scheme in schemes if recipe.size <= MOST[recipe.paper] else ["exact"]:
        try:
            solution = schemes[scheme](problem, rng=np.random.default_rng(0))
        except (Infeasible, TooLarge):
            found[scheme] = None
        except ValueError as error:  # inversion-gain: no gains are given
            if "_gain is missing" not in str(error):
                raise
            found[scheme] = None
        else:
            found[scheme] = _judged(name, scheme, model, problem, solution)
    own = _judged(name, "the proof", model, problem, proved)
    best = sign * min(sign * value for value in (own, *found.values()) if value is not None)
    bound = proved.bound
    assert bound is not None
    assert sign * (best - bound) >= 0, f"{name}: {best} is beyond the bound {bound}"
    gap = abs(best - bound) / abs(best)
    return {
        "paper": recipe.paper,
        "kind": recipe.kind,
        "size": recipe.size,
        "sha256": library.digest(problem),
        "best": best,
        "bound": bound,
        "gap": library.outward(gap, 2),
        "ended": proved.ended,
        "status": "proved" if proved.converged else "open",
        "proved_by": _prover(problem) if proved.converged else None,
        "losses": {scheme: _loss(sign, value, best, gap) for scheme, value in found.items()},
    }


def _judged(name: str, scheme: str, model: Any, problem: Any, solution: Any) -> float:
    """The objective by the model, which knows no solver; every constraint must hold."""
    broken = model.violations(problem, solution.allocation)
    assert not broken, f"{name}: {scheme} breaks {broken[0]}"
    return float(model.evaluate(problem, solution.allocation).total)


def _loss(sign: int, value: float | None, best: float, gap: float) -> float | None:
    """Relative to the best; 0 within what is proved."""
    if value is None:
        return None
    loss = sign * (value - best) / abs(best)
    return 0.0 if loss <= max(gap, 1e-12) else float(f"{loss:.2e}")


def _prover(problem: Any) -> str:
    """What proved it, and beyond which condition of ``exact`` it went."""
    if getattr(problem, "local_energy", None) == "eq31":
        return "exact, restated with the energy that is charged"
    if hasattr(problem, "discard_value"):
        return "exact, with and without scores"
    return "exact"


def main(names: list[str]) -> None:
    """Solve and write; the others' records stay."""
    known = json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.exists() else {}
    for name in tqdm(names or library.RECIPES, desc="library", unit="instance", disable=None):
        known[name] = record(name)
    RECORDS.parent.mkdir(exist_ok=True)
    kept = {name: known[name] for name in library.RECIPES if name in known}
    RECORDS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if TABLE.parent.is_dir():
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["name", "N", "best", "gap", "status", "the paper's own scheme loses"])
            table.writerows(_row(name, r) for name, r in kept.items())


def _row(name: str, r: dict[str, Any]) -> list[str]:
    loss = r["losses"].get(OWN[r["paper"]])
    below = "below 1e-9" if r["paper"] == "video" and r["status"] == "proved" else f"{library.outward(r['gap'], 1):.0e}"
    return [name, str(r["size"]), f"{r['best']:.9g}", below, r["status"], "" if loss is None else f"{100 * loss:.2g} %"]


if __name__ == "__main__":
    main(sys.argv[1:])
