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
from mecpapers.solution import Infeasible, TooLarge

TABLE = Path(__file__).parents[2] / "book" / "tables" / "library.csv"  # of a checkout
OWN = {"video": "gp-heuristic", "fhei": "alternating", "pose": "cooperative"}  # the papers' own schemes
RECORDS = Path(__file__).parent / "data" / "records.json"
MOST = {"video": 1000, "fhei": 200, "pose": 200}  # devices up to which other schemes are tried


def record(name: str) -> dict[str, Any]:
    """Solve an instance by the paper's schemes, the certified one first."""
    recipe = library.RECIPES[name]
    problem = recipe.make()
    schemes = import_module(f"mecpapers.{recipe.paper}.schemes").SCHEMES
    solution = schemes["exact"](problem)
    best, sign = solution.objective, -1 if recipe.paper == "video" else 1
    losses: dict[str, float | None] = {}
    for other, scheme in schemes.items():
        if other == "exact" or recipe.size > MOST[recipe.paper]:
            continue
        try:
            found = scheme(problem, rng=np.random.default_rng(0)).objective
            losses[other] = float(f"{max(0.0, sign * (best - found) / abs(best)):.2e}")
        except (Infeasible, TooLarge, ValueError):
            losses[other] = None
    gap = solution.gap / abs(best)
    return {
        "paper": recipe.paper,
        "kind": recipe.kind,
        "size": recipe.size,
        "sha256": library.digest(problem),
        "best": best,
        "bound": solution.bound,
        "gap": float(f"{gap:.1e}"),
        "status": "proved" if solution.converged else "open",
        "proved_by": "exact" if solution.converged else None,
        "losses": losses,
    }


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
    below = "below 1e-9" if r["paper"] == "video" and r["status"] == "proved" else f"{r['gap']:.0e}"
    return [name, str(r["size"]), f"{r['best']:.9g}", below, r["status"], "" if loss is None else f"{100 * loss:.2g} %"]


if __name__ == "__main__":
    main(sys.argv[1:])
