"""The injected faults as data, and whether they still fit the sources: ``python tests/faults/check.py``."""

import argparse
import ast
import csv
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
TABLE = ROOT / "book" / "tables" / "faults.csv"
POWER = ROOT / "book" / "tables" / "power.csv"  # which fault flips a claim
POWERLESS = ROOT / "book" / "tables" / "powerless.csv"  # claims that none flips, and why
PAPERS = ("video", "fhei", "pose")
LEAST = 80  # faults
# What kind of mistake, in a word or two.
KINDS = (
    *("sign", "unit", "dropped constraint", "swapped index", "rounding", "off by one", "min for max", "boundary"),
    *("tie", "ignored field", "wide tolerance", "stale result", "seed", "share for whole", "bound without rounding"),
    *("mean for maximum", "wrong order", "missing factor", "strict comparison", "swallowed default", "leak"),
)
UNFIT = (
    "tests/test_claims.py",
    "tests/bits",
    "tests/site",
    "notebooks/",
)  # verdicts, last bits and pages notice anything


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A plausible mistake: a text of the package, what stands in its place, and the tests that must fail then."""

    key: str
    kind: str
    file: str  # below the root
    old: str
    new: str
    notices: tuple[str, ...]  # pytest's node ids, without parameters
    claims: tuple[str, ...] = ()  # of the ledger, whose verdicts are expected to change

    @property
    def papers(self) -> tuple[str, ...]:
        """The papers whose claims it may change."""
        own = Path(self.file).parts[1]
        return (own,) if own in PAPERS else PAPERS

    @property
    def row(self) -> list[str]:
        """What the book's table has of it, before what notices it."""
        place = Path(self.file).relative_to("mecpapers").as_posix()
        return [
            self.key,
            self.kind,
            f"`{place}`",
            *(f"`` {' '.join(text.split())} ``" for text in (self.old, self.new)),
        ]

    def applied(self, source: str) -> str:
        """The source with the mistake."""
        return source.replace(self.old, self.new)


def read() -> list[Fault]:
    """The faults of all files, in order."""
    return [fault for file in sorted(HERE.glob("*.toml")) for fault in parse(file.read_text(encoding="utf-8"))]


def read_power() -> dict[str, tuple[str, str]]:
    """Claim -> the fault that flips it, and from which verdict to which."""
    if not POWER.exists():
        return {}
    with POWER.open(encoding="utf-8", newline="") as file:
        return {key: (fault, verdict) for key, fault, verdict in list(csv.reader(file))[1:]}


def read_powerless() -> dict[str, str]:
    """Claim that no fault flips -> the reason."""
    with POWERLESS.open(encoding="utf-8", newline="") as file:
        return dict(list(csv.reader(file))[1:])


def parse(text: str) -> list[Fault]:
    """The faults of one file; TypeError for a field that is missing or unknown."""
    rows = tomllib.loads(text)["fault"]
    return [
        Fault(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
        for row in rows
    ]


def wrong(fault: Fault) -> Iterator[str]:
    """Say what does not fit the sources."""
    file = ROOT / fault.file
    if fault.kind not in KINDS:
        yield f"kind = {fault.kind}: must be one of {', '.join(KINDS)}"
    if not file.is_file():
        yield f"file = {fault.file}: there is none"
        return
    source = file.read_text(encoding="utf-8")
    if (count := source.count(fault.old)) != 1:
        yield f"old = {fault.old!r}: must occur once in {fault.file}, occurs {count} times"
        return
    try:
        same = ast.dump(ast.parse(fault.applied(source))) == ast.dump(ast.parse(source))
    except SyntaxError as error:
        yield f"new = {fault.new!r}: {error}"
    else:
        if same:
            yield f"new = {fault.new!r}: must change what the code means"
    if not fault.notices:
        yield "notices = []: must name a test"
    for test in fault.notices:
        path, *classes, name = test.split("::")
        if any(part in test for part in UNFIT):
            yield f"notices = {test}: must be none of {', '.join(UNFIT)}"
        elif not (ROOT / path).is_file():
            yield f"notices = {test}: there is no such file"
        elif not all(
            re.search(rf"^ *{what}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
            for what in (*(f"class {word}" for word in classes), f"def {name}")
        ):
            yield f"notices = {test}: there is no such test"


def problems(faults: list[Fault]) -> Iterator[str]:
    """Say what does not fit, each fault and all together."""
    seen: set[str] = set()
    for fault in faults:
        yield from (f"{fault.key}: {text}" for text in wrong(fault))
        if fault.key in seen:
            yield f"{fault.key}: there are two of this key"
        seen.add(fault.key)
    if len(faults) < LEAST:
        yield f"{len(faults)} faults: must be {LEAST} or more"
    with TABLE.open(encoding="utf-8", newline="") as file:
        told = {row[0]: row[:-1] for row in list(csv.reader(file))[1:]}
    yield from (f"{fault.key}: {TABLE.name} has another" for fault in faults if told.pop(fault.key, None) != fault.row)
    yield from (f"{key}: {TABLE.name} alone has it" for key in told)
    yield from (f"no fault of the kind {kind}" for kind in KINDS if kind not in {fault.kind for fault in faults})


def digest() -> str:
    """Hash faults, sources and tests: what the results were made from."""
    seen = hashlib.sha256()
    files = [*HERE.glob("*.toml"), *(p for place in ("mecpapers", "tests") for p in (ROOT / place).rglob("*.py"))]
    for file in sorted(files):
        seen.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return seen.hexdigest()[:16]


def main() -> int:
    """Print what does not fit; return 0 if all does."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    faults = read()
    found = list(problems(faults))
    print(*found, sep="\n", end="\n" * bool(found))
    if RESULTS.exists():
        fresh = json.loads(RESULTS.read_text(encoding="utf-8"))["digest"] == digest()
        print(f"faults: {RESULTS.name} is {'of these sources' if fresh else 'older than these sources'}")
    print(f"faults: {len(faults)}, {f'{len(found)} problems' if found else 'all fit the sources'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
