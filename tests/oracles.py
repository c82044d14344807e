"""What is tested against what: laid out from the unit tests' report, and compared with the book's table.

``python tests/oracles.py`` reads ``_build/unit.xml``, prints the table, and ends with 1 if ``book/tables/oracles.csv``
has other rows or numbers of instances; ``--write`` writes that file. The worst gaps are the machine's own.
"""

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
REPORT, TABLE = ROOT / "_build" / "unit.xml", ROOT / "book" / "tables" / "oracles.csv"
HEADER = ("paper", "what", "against", "instances", "worst gap", "held below")


def rows(report: Path) -> list[tuple[str, ...]]:
    """One row for each pair of what and against; instances of several tests add up."""
    found: dict[tuple[str, str, str], tuple[int, float, float]] = {}
    for entry in ElementTree.parse(report).iter("property"):
        if entry.get("name") == "tested":
            paper, what, against, count, worst, below = json.loads(entry.get("value", ""))
            before = found.get((paper, what, against), (0, 0.0, 0.0))
            found[paper, what, against] = (before[0] + count, max(before[1], worst), max(before[2], below))
    return [
        (*key, str(n), f"{worst:.0e}" if worst else "0", f"{below:.0e}")
        for key, (n, worst, below) in sorted(found.items())
    ]


def main() -> int:
    """Print the table; compare it, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.relative_to(ROOT)}")
    options = parser.parse_args()
    table = rows(REPORT)
    for row in (HEADER, *table):
        print("{:6}{:55}{:40}{:>10}{:>12}{:>12}".format(*row))
    if options.write:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADER, *table])
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(text.getvalue(), encoding="utf-8")
    with TABLE.open(encoding="utf-8", newline="") as file:
        stored = {row[:4] for row in map(tuple, list(csv.reader(file))[1:])}
    ran = {row[:4] for row in table}
    for word, other in (("only in the table", stored - ran), ("only in this run", ran - stored)):
        for row in sorted(other):
            print(f"{word}: {', '.join(row)}")
    if stored != ran:
        print(f"{TABLE.relative_to(ROOT)} has other rows: {Path(sys.executable).name} tests/oracles.py --write")
    return 0 if stored == ran else 1


if __name__ == "__main__":
    sys.exit(main())
