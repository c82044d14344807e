"""Build the book: execute what changed, stage it beside the prose, render the stage.

The stage mirrors the repository, so page addresses and downloads are those of the committed notebooks.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from mecpapers.companion import elsewhere, provenance
from mecpapers.companion.execute import KERNEL_ENVIRONMENT
from mecpapers.companion.files import write_atomically
from mecpapers.companion.parameters import declared

WORKERS = 2
PROSE = ("book", "_config.yml", "_toc.yml")
RECORD = "executed.json"  # in the stage: notebook -> key and seconds


@dataclass(frozen=True, kw_only=True)
class Job:
    """One notebook to execute."""

    notebook: Path
    output: Path
    parameters: Mapping[str, object] = field(default_factory=dict)


def notebooks(root: Path) -> list[Path]:
    """List the notebooks under ``notebooks/``, relative to `root`, in the order of their execution.

    A paper's later sections, the longer ones, come first; what reads the results of all papers comes last.
    """
    found = (path.relative_to(root) for path in (root / "notebooks").rglob("*.ipynb"))
    shown = (path for path in found if not any(part.startswith((".", "_")) for part in path.parts))
    return sorted(shown, key=lambda path: (len(path.parts) > 2, path), reverse=True)


def sources(root: Path, notebook: Path) -> list[Path]:
    """List the files, besides itself, that a notebook's outputs depend on.

    The shared modules, its own paper's modules and data, and the lock; a notebook outside of a paper's folder depends
    on every paper.
    """
    package = root / "mecpapers"
    paper = package / notebook.parts[1]
    if paper.is_dir():
        shared = (package, package / "companion", package / "ledger")
        found = [*(path for folder in shared for path in folder.glob("*.py")), *paper.rglob("*")]
    else:
        found = list(package.rglob("*"))
    kept = (path for path in found if path.is_file() and "__pycache__" not in path.parts)
    return [*sorted(kept), root / "requirements.txt"]


def key(root: Path, notebook: Path) -> str:
    """Hash all that a notebook's outputs depend on: its cells without their outputs, and its sources."""
    content = json.loads((root / notebook).read_text(encoding="utf-8"))
    cells = [[cell["cell_type"], cell["metadata"], "".join(cell["source"])] for cell in content["cells"]]
    metadata = {name: value for name, value in content["metadata"].items() if name != "language_info"}
    digest = hashlib.sha256(json.dumps([metadata, cells], sort_keys=True).encode())
    _hash_files(digest, root, sources(root, notebook))
    return digest.hexdigest()


def execute(root: Path, stage: Path) -> int:
    """Execute into the stage every notebook whose key changed; return how many that were."""
    record_file = stage / RECORD
    record: dict[str, dict[str, Any]] = json.loads(record_file.read_text()) if record_file.exists() else {}
    keys = {str(notebook): key(root, notebook) for notebook in notebooks(root)}
    stale = [
        name
        for name, wanted in keys.items()
        if record.get(name, {}).get("key") != wanted or not (stage / name).exists()
    ]

    def done(job: Job, seconds: float) -> None:
        name = str(job.notebook.relative_to(root))
        record[name] = {"key": keys[name], "seconds": round(seconds, 1)}
        kept = {name: record[name] for name in sorted(record) if name in keys}
        write_atomically(record_file, json.dumps(kept, indent=1) + "\n")

    for path in (stage / "notebooks").rglob("*.ipynb"):
        if str(path.relative_to(stage)) not in keys:
            path.unlink()
    if stale:
        print(f"== notebooks: {len(stale)} of {len(keys)} to execute", flush=True)
    run_all([Job(notebook=root / name, output=stage / name) for name in stale], done)
    return len(stale)


def smoke(root: Path) -> int:
    """Execute every notebook that has parameters with its small values, ``metadata.mecpapers.smoke``."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for notebook in notebooks(root):
            content = json.loads((root / notebook).read_text(encoding="utf-8"))
            if declared(content):
                values = content["metadata"]["mecpapers"]["smoke"]
                jobs.append(Job(notebook=root / notebook, output=Path(folder) / notebook, parameters=values))
        run_all(jobs)
    return len(jobs)


def run_all(jobs: Iterable[Job], done: Callable[[Job, float], None] = lambda job, seconds: None) -> None:
    """Execute notebooks, two at a time, each in a process of its own.

    Parameters
    ----------
    jobs : iterable of Job
    done : callable
        Called in this thread with a job and its seconds when it succeeds.

    Raises
    ------
    ExceptionGroup
        If notebooks fail, one `RuntimeError` each; the others still run.
    """
    jobs = list(jobs)
    if not jobs:
        return
    from tqdm import tqdm

    running: set[subprocess.Popen[str]] = set()
    lock, stopping = Lock(), False

    def work(job: Job) -> float:
        start = time.perf_counter()
        with lock:
            if stopping:
                return 0.0
            process = _start(job)
            running.add(process)
        _, errors = process.communicate()
        running.discard(process)
        if process.returncode:
            last = errors.strip().splitlines()[-1:] or [f"ended with status {process.returncode}"]
            raise RuntimeError(last[0] if job.notebook.name in last[0] else f"{job.notebook}: {last[0]}")
        return time.perf_counter() - start

    failures: list[RuntimeError] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            futures = {pool.submit(work, job): job for job in jobs}
            silent = bool(os.environ.get("TQDM_DISABLE")) or None  # None: a bar only where a person looks
            for future in tqdm(as_completed(futures), total=len(futures), unit="notebook", disable=silent):
                try:
                    seconds = future.result()
                except RuntimeError as error:
                    failures.append(error)
                    continue
                tqdm.write(f"{seconds:6.1f} s  {'/'.join(futures[future].notebook.parts[-2:])}")
                done(futures[future], seconds)
        except BaseException:
            with lock:
                stopping = True
                for process in running:
                    process.terminate()
            raise
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(jobs)} notebooks failed", failures)


def _start(job: Job) -> subprocess.Popen[str]:
    """Start a notebook in its own session: Ctrl-C reaches it only through its parent, once."""
    environment = {name: value for name, value in os.environ.items() if name not in KERNEL_ENVIRONMENT}
    environment |= {name: value for name, value in KERNEL_ENVIRONMENT.items() if value is not None}
    command = [sys.executable, "-m", "mecpapers.companion", "run", str(job.notebook), str(job.output)]
    return subprocess.Popen(
        [*command, json.dumps(dict(job.parameters))],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def build(root: Path, *, committed: bool = False) -> bool:
    """Bring the site up to date; return whether anything had to run.

    Parameters
    ----------
    root : Path
        The checkout.
    committed : bool
        Take the outputs as committed (site in ``_build/committed/html``), else execute what changed (``_build/html``).
    """
    base = root / "_build" / "committed" if committed else root / "_build"
    stage, site = base / "stage", base / "html"
    executed = 0 if committed else execute(root, stage)
    wanted = _site_key(root, root if committed else stage)
    key_file = base / "html.key"
    if not executed and (site / "index.html").exists() and key_file.exists() and key_file.read_text() == wanted:
        return False
    key_file.unlink(missing_ok=True)
    _copy_prose(root, stage)
    if committed:
        _replace_tree(root / "notebooks", stage / "notebooks")
    render(stage, site)
    write_atomically(key_file, wanted)
    return True


def render(stage: Path, site: Path, builder: str = "html") -> None:
    """Run Jupyter Book on a stage, strictly: a warning is an error.

    Raises
    ------
    RuntimeError
        If Sphinx fails or warns; the site stays as it was.
    """
    print(f"== site: Sphinx, {builder}", flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=site.parent) as folder:
        command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(stage), "--path-output", folder]
        strict = ["--all", "-W", "-n", "--keep-going", "-q", "--builder", builder]
        done = subprocess.run([*command, *strict], stdout=subprocess.PIPE, text=True)  # warnings pass on standard error
        if done.returncode:
            raise RuntimeError(f"{done.stdout}\njupyter-book: status {done.returncode}")
        built = Path(folder) / "_build" / builder
        theme = elsewhere.options(stage)
        for path in built.glob("_sources/**/*.ipynb"):  # to take away: as they are committed
            taken = elsewhere.install_first(without_lines(path.read_text(encoding="utf-8")), theme)
            path.write_text(taken, encoding="utf-8")
        for path in built.glob("_static/scripts/*.map"):  # for who develops the theme: 2 MB
            path.unlink()
        # The page that forwards to the book names no icon; a browser would then ask for one that isn't there.
        landing = (built / "index.html").read_text(encoding="utf-8")
        (built / "index.html").write_text(
            f'<!DOCTYPE html>\n<link rel="icon" href="data:,">\n{landing}', encoding="utf-8"
        )
        _replace_tree(built, site)
    print(f"{time.perf_counter() - start:6.1f} s  {os.path.relpath(site)}", flush=True)


def copy_back(root: Path) -> list[Path]:
    """Execute what changed and copy the outputs over the committed notebooks; return those that differ."""
    stage = root / "_build" / "stage"
    execute(root, stage)
    record = json.loads((stage / RECORD).read_text())
    # A notebook that was edited meanwhile isn't overwritten with its old cells.
    current = [path for path in notebooks(root) if record.get(str(path), {}).get("key") == key(root, path)]
    found = {path: without_lines((stage / path).read_text(encoding="utf-8")) for path in current}
    changed = [path for path in current if (root / path).read_text(encoding="utf-8") != found[path]]
    for path in changed:
        write_atomically(root / path, found[path])
    return changed


def without_lines(notebook: str) -> str:
    """Remove figures as SVG, which the site alone shows: no test compares them, and digits hang on the machine."""
    import nbformat

    content = nbformat.reads(notebook, as_version=4)
    for cell in content.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("image/svg+xml", None)
            output.get("metadata", {}).pop("image/svg+xml", None)
    return nbformat.writes(content) + "\n"


def _copy_prose(root: Path, stage: Path) -> None:
    stage.mkdir(parents=True, exist_ok=True)
    for name in PROSE:
        if (root / name).is_dir():
            _replace_tree(root / name, stage / name)
        else:
            shutil.copyfile(root / name, stage / name)


def _replace_tree(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))


def _site_key(root: Path, origin: Path) -> str:
    """Hash what the site is made of: prose, notebooks with outputs, what the footers say, and what renders them."""
    digest = hashlib.sha256(json.dumps([provenance.commit(root), provenance.machine()]).encode())
    prose = [root / name for name in PROSE[1:]] + [path for path in (root / "book").rglob("*") if path.is_file()]
    package = root / "mecpapers"  # of the papers' files: what numbers are plausible
    renders = [*(package / "companion").glob("*.py"), *package.glob("*/instance.py")]
    _hash_files(digest, root, [*sorted(prose), *sorted(renders)])
    _hash_files(digest, origin, [*(origin / path for path in notebooks(origin)), root / "requirements.txt"])
    return digest.hexdigest()


def _hash_files(digest: "hashlib._Hash", root: Path, paths: Iterable[Path]) -> None:
    for path in paths:
        digest.update(os.path.relpath(path, root).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
