"""Where a page comes from: commit, versions, seconds, machine. Said in its footer, never in a cell's output."""

import datetime
import html
import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path

PACKAGES = ("numpy", "scipy", "cvxpy", "matplotlib", "sympy")


def commit(root: Path) -> str:
    """Return the short commit, with ``+changes`` where files differ from it; empty outside of a git checkout."""
    try:
        head = _git(root, "rev-parse", "--short", "HEAD")
        changed = _git(root, "status", "--porcelain", ":/")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{head}+changes" if changed else head


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    return {"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}


def machine() -> str:
    """Name the processor and count its cores."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores"


def citation(title: str, cite: str) -> str:
    """How to cite a page, as HTML, folded.

    Parameters
    ----------
    title : of the page, as HTML
    cite : the address of the page that says how to cite the book
    """
    version, year = importlib.metadata.version("mecpapers"), datetime.date.today().year
    book = f"<i>Inference at the mobile edge, checked</i>, version {version}, {year}"
    said = f"The mecpapers contributors, “{title}”, in {book}."
    return f'<details class="citation"><summary>Cite this page</summary>{said} <a href="{cite}">BibTeX</a></details>'


def footer(root: Path, page: str) -> str:
    """Return a page's footer as HTML.

    Parameters
    ----------
    root : Path
        The folder that was rendered; the executor leaves its record there.
    page : str
        The page's name, such as ``notebooks/video/01-model``.
    """
    record_file = root / "executed.json"
    record = json.loads(record_file.read_text(encoding="utf-8")) if record_file.exists() else {}
    parts = []
    if known := commit(root):
        parts.append(f"commit {known}")
    if (root / f"{page}.ipynb").exists():
        seconds = record.get(f"{page}.ipynb", {}).get("seconds")
        parts.append("outputs as committed" if seconds is None else f"executed in {seconds:g} s on {machine()}")
        parts.append(", ".join(f"{name} {version}" for name, version in versions().items()))
    parts.append(f"built on {datetime.date.today().isoformat()}")
    return f'<p class="provenance">{html.escape(" · ".join(parts))}</p>'


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
