"""``make release``: wheel, sdist, site, PDF and their checksums in _build/release; the wheel is tried on its own.

Refuses where version, changelog, citation and contract do not agree.
"""

import argparse
import hashlib
import re
import shutil
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

import platforms
from platforms import ROOT, UV, StepError, copy, step

OUT = ROOT / "_build" / "release"
PARTS = ("mecpapers", "pyproject.toml", "README.md", "LICENSE")


def disagreements(root: Path = ROOT) -> list[str]:
    """What of version, changelog, citation and contract does not agree, a line each."""
    read = {name: (root / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "CITATION.cff")}
    pages = {name: (root / "book" / f"{name}.md").read_text(encoding="utf-8") for name in ("changelog", "cite", "own")}
    version = tomllib.loads(read["pyproject.toml"])["project"]["version"]
    contract = re.search(r"^CONTRACT = (\d+)$", (root / "mecpapers" / "instances.py").read_text(encoding="utf-8"), re.M)
    newest = re.search(r"^## Version (\S+)$", pages["changelog"], re.M)
    said = {
        "CITATION.cff: version": (re.search(r"^version: (\S+)$", read["CITATION.cff"], re.M), version),
        "book/changelog.md: newest version": (newest, version),
        "book/cite.md: version": (re.search(r"[vV]ersion (\d[\w.]*\w)", pages["cite"]), version),
        "book/changelog.md: contract": (
            re.search(r"version (\d+)\.$", pages["changelog"], re.M),
            contract and contract[1],
        ),
    }
    return [
        f"{name} = {found[1] if found else 'none'}: must be {wanted}"
        for name, (found, wanted) in said.items()
        if not found or found[1] != wanted
    ]


def main() -> int:
    """Make the release; return 0 if all is well."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if wrong := disagreements():
        print("\n".join(wrong))
        return 1
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            for name in PARTS:
                copy(ROOT / name, source / name)
            print("== release: wheel and sdist", flush=True)
            step([UV, "build", "--quiet", "--out-dir", OUT, source], Path(folder))
            (wheel,) = OUT.glob("*.whl")
            print("== release: the wheel in an empty environment", flush=True)
            number = platforms.version(sys.executable)
            place = Path(folder) / "place"
            print(platforms.check(sys.executable, number, "highest", wheel, place, quick=True), flush=True)
        print("== release: site and PDF", flush=True)
        for target in ("book", "pdf"):
            step([sys.executable, "-m", "mecpapers.companion", target], ROOT)
    except StepError as error:
        print(error)
        return 1
    with tarfile.open(OUT / "site.tar.gz", "w:gz") as archive:
        archive.add(ROOT / "_build" / "html", arcname="site")
    copy(ROOT / "_build" / "mecpapers.pdf", OUT / "mecpapers.pdf")
    files = sorted(path for path in OUT.iterdir() if path.suffix in (".whl", ".gz", ".pdf"))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in files]
    (OUT / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")
    print("\n".join(sums))
    return 0


if __name__ == "__main__":
    sys.exit(main())
