"""Install the wheel into empty environments and use it there: what ``make platforms`` calls.

For each Python that is found, with the newest versions and with the lowest that pyproject.toml allows: build the
wheel, install it outside the checkout, run the command, run the unit tests against what was installed.
``platforms.py PYTHON ...`` takes those named; one that cannot run is an error. ``--quick`` leaves out the unit tests.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
MINORS = ("3.11", "3.12", "3.13")
RESOLUTIONS = ("highest", "lowest-direct")
CORE = re.compile(r"^(?:numpy|scipy|cvxpy|click|papermill|nbconvert)==\S+", re.MULTILINE)


class StepError(RuntimeError):
    """A step failed; its output was printed."""


def main() -> int:
    """Try every Python with every resolution; return 0 if all are well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON", help="those that are found, if none is named")
    parser.add_argument("--quick", action="store_true", help="leave out the unit tests")
    options = parser.parse_args()
    named: list[str] = options.pythons
    pythons = {version(name): name for name in named} if named else found()
    rows = [] if named else [(minor, "", "-", 0.0, "not found") for minor in MINORS if not is_in(minor, pythons)]
    with tempfile.TemporaryDirectory() as folder:
        (wheel,) = build(Path(folder))
        for number, python in pythons.items():
            for resolution in RESOLUTIONS:
                start = time.monotonic()
                print(f"== Python {number}, {resolution}", flush=True)
                place = Path(folder) / f"{number}-{resolution}"
                try:
                    said = check(python, number, resolution, wheel, place, quick=options.quick)
                    status = "ok"
                except StepError as error:
                    said, status = str(error), "FAILED"
                rows.append((number, resolution, status, time.monotonic() - start, said))
                print(f"{status}, {time.monotonic() - start:.0f} s: {said}", flush=True)
                shutil.rmtree(place, ignore_errors=True)
    print("== summary")
    for number, resolution, status, seconds, said in rows:
        print(f"{number:8}{resolution:15}{status:8}{seconds:6.0f} s  {said}")
    return 1 if not pythons or any(status == "FAILED" for *_, status, _, _ in rows) else 0


def is_in(minor: str, pythons: dict[str, str]) -> bool:
    return any(number.startswith(f"{minor}.") for number in pythons)


def found() -> dict[str, str]:
    """Map version to path: on the PATH, pyenv's, and those that uv knows."""
    pythons = {}
    for minor in MINORS:
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python{minor}"))
        known = subprocess.run([UV, "python", "find", "--no-project", minor], capture_output=True, text=True)
        for path in [shutil.which(f"python{minor}"), *map(str, reversed(pyenv)), known.stdout.strip()]:
            if path and (number := answer(path)).startswith(f"{minor}."):
                pythons[number] = path
                break
    return pythons


def version(python: str) -> str:
    if number := answer(python):
        return number
    raise SystemExit(f"{python}: does not run")


def answer(python: str) -> str:
    """Return the version that an interpreter tells, else nothing."""
    try:
        command = [python, "-c", "import platform; print(platform.python_version())"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def build(folder: Path) -> list[Path]:
    """Build the wheel from a copy, so that the checkout stays as it is."""
    source = folder / "source"
    keep = ("mecpapers", "pyproject.toml", "README.md", "LICENSE")
    source.mkdir()
    for name in keep:
        copy(ROOT / name, source / name)
    step([UV, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", source], folder)
    shutil.rmtree(source)
    return list((folder / "dist").glob("*.whl"))


def check(python: str, number: str, resolution: str, wheel: Path, place: Path, *, quick: bool) -> str:
    """Install the wheel into an environment of its own, use it; return the versions that it got."""
    place.mkdir()
    own = place / "env" / "bin" / "python"
    lowest = place / "core.txt"
    step([UV, "venv", "--quiet", "--python", python, place / "env"], place)
    resolve = [UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    resolve += ["--resolution", resolution, "--python-version", number, "--output-file", lowest]
    step([*resolve, ROOT / "pyproject.toml"], place)
    install = [UV, "pip", "install", "--quiet", "--python", own, "--constraints", lowest]
    step([*install, wheel], place)
    command(place, place / "env" / "bin" / "mecpapers")
    versions = ", ".join(CORE.findall(lowest.read_text(encoding="utf-8")))
    return versions if quick else f"{versions}; {unit_tests(place, own, install, wheel)}"


def command(place: Path, mecpapers: Path) -> None:
    """Use the command in a folder elsewhere, on copies of an instance and a notebook."""
    work = place / "work"
    work.mkdir()
    notebook = copy(ROOT / "notebooks" / "video" / "04-theorem-2.ipynb", work / "theorem.ipynb")
    instances = [copy(path, work / path.name) for path in sorted((ROOT / "book" / "instances").glob("*.json"))]
    for words in (["--help"], ["schemes"], *(["solve", path.name] for path in instances)):
        step([mecpapers, *words], work)
    step([mecpapers, "run", notebook.name, "-p", "n_drops=3", "--html"], work)
    for name in ("theorem+n_drops=3.ipynb", "theorem+n_drops=3.html"):
        if not (work / "_build" / "runs" / name).is_file():
            raise StepError(f"run: wrote no {name}")


def unit_tests(place: Path, own: Path, install: list[object], wheel: Path) -> str:
    """Run the unit tests on what is installed: a copy of the checkout without the package.

    A library's use of what another has deprecated since is no error of ours: the lowest SymPy calls the newest mpmath.
    """
    step([*install, f"{wheel}[book,test]"], place)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if not name.startswith("mecpapers/") and (ROOT / name).is_file():
            copy(ROOT / name, place / "checkout" / name)
    tests = ["-m", "pytest", "tests", "--ignore=tests/site", "-q", "-n", "2", "-m", "not nightly and not checkout"]
    tests += ["-W", "default::DeprecationWarning"]
    said = step([own, *tests], place / "checkout", MECPAPERS_STORE=str(place / "store"))
    return next((line for line in reversed(said.splitlines()) if " passed" in line), "no tests ran").strip("= ")


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        return Path(shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__")))
    return Path(shutil.copyfile(source, target))


def step(words: list[object], folder: Path, **more: str) -> str:
    """Run a command in a folder with nothing of this environment's; print what it says where it fails."""
    aside = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MECPAPERS_STORE", "MECPAPERS_SITE", "MAKEFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in aside} | more
    done = subprocess.run(
        list(map(str, words)), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        print(done.stdout, flush=True)
        named = " ".join(str(word).rpartition("/")[2] for word in words[:6])
        raise StepError(f"{named}: status {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
