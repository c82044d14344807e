"""The command ``mecpapers``: solve, schemes, run, claims.

Exit status: 0 an answer; 1 a fault of ours, or a notebook that failed by itself; 2 bad input or usage; 3 infeasible;
4 not converged; 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import inspect
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
import numpy as np

from mecpapers import instances, ledger
from mecpapers.companion import files
from mecpapers.companion.files import write_atomically
from mecpapers.solution import Infeasible, Solution

FAULT, BAD_INPUT, INFEASIBLE, NOT_CONVERGED = 1, 2, 3, 4


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Take Ctrl-C before click does, which answers with an empty line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mecpapers", message="mecpapers %(version)s")
def cli() -> None:
    """Allocate, check and rerun: three papers on inference at the mobile edge."""


@cli.command()
@click.argument("file", metavar="FILE.json")
@click.option("--scheme", metavar="NAME", help="One of `mecpapers schemes`; the first is the default.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="For schemes that draw lots.")
@click.option("--gap", metavar="R", type=click.FloatRange(0, 1), help="Relative gap at which a proof is good enough.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="The most nodes or states a proof may look at.")
@click.option("--strict", is_flag=True, help="Refuse a number beyond what is plausible in its unit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("-o", "--output", metavar="OUT", help="Write the answer here instead of printing it.")
def solve(
    file: str,
    scheme: str | None,
    seed: int,
    gap: float | None,
    limit: int | None,
    strict: bool,
    as_json: bool,
    output: str | None,
) -> int:
    """Solve one instance file."""
    search = {name: value for name, value in (("gap", gap), ("limit", limit)) if value is not None}
    with np.errstate(all="ignore"):  # what leaves the range of float64 shows in the answer, and is refused there
        return _solve(file, scheme, seed, search, strict, as_json, output)


def _solve(
    file: str,
    scheme: str | None,
    seed: int,
    search: Mapping[str, Any],
    strict: bool,
    as_json: bool,
    output: str | None,
) -> int:
    _check_output(output, Path(file))
    problem = _read(file, strict)
    paper = type(problem).__module__.split(".")[1]
    schemes = _schemes(paper)
    if scheme is None:
        scheme = next(iter(schemes))
    if scheme not in schemes:
        raise ValueError(f"--scheme = {scheme}: must be one of {', '.join(schemes)}")
    for name, value in search.items():
        able = [key for key, function in schemes.items() if name in inspect.signature(function).parameters]
        if scheme not in able:
            others = f"{', '.join(able)} have it" if able else f"no scheme of {paper} has it"
            raise ValueError(f"--{name} = {value}: must be left out for {scheme}; {others}")
        if np.isnan(value):
            raise ValueError(f"--{name} = nan: must be a number")
    start = time.perf_counter()
    solution: Solution[Any] = schemes[scheme](problem, rng=np.random.default_rng(seed), **search)
    seconds = time.perf_counter() - start
    form = import_module(f"mecpapers.{paper}.instance")
    answer = {"scheme": scheme, "seconds": seconds, **form.to_dict(problem, solution)}
    for name, value in answer.items():
        if isinstance(value, list | float) and not np.all(np.isfinite(np.asarray(value, dtype=float))):
            raise ValueError(f"{name} = inf: must be finite, but the instance's numbers leave the range of float64")
    if as_json or (output or "").endswith(".json"):
        text = json.dumps(answer, indent=1, allow_nan=False)
    else:
        text = "\n".join([*form.to_table(problem, solution), "", *_summary(scheme, seconds, solution)])
    if output is None:
        click.echo(text)
    else:
        write_atomically(Path(output).resolve(), text + "\n")
    return 0 if solution.converged else NOT_CONVERGED


def _read(file: str, strict: bool) -> Any:
    """Read an instance; what it warns of is told in a line each, or refused."""
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always", instances.UnitWarning)
        problem = instances.read(file)
    for doubt in doubts:
        if strict:
            raise ValueError(str(doubt.message))
        click.echo(f"mecpapers: warning: {doubt.message}", err=True)
    return problem


@cli.command("schemes")
@click.argument("paper", required=False)
def list_schemes(paper: str | None) -> int:
    """List the schemes, a line each."""
    _check_output(None)
    if paper is not None and paper not in ledger.PAPERS:
        raise ValueError(f"PAPER = {paper}: must be one of {', '.join(ledger.PAPERS)}")
    for name in [paper] if paper else ledger.PAPERS:
        for scheme, function in _schemes(name).items():
            click.echo(f"{name:6} {scheme:18} {(function.__doc__ or '').partition(chr(10))[0]}")
    return 0


@cli.command()
@click.argument("notebook", metavar="NOTEBOOK.ipynb")
@click.option(
    "-p", "parameters", metavar="NAME=VALUE", multiple=True, help="A parameter; a name given again makes another run."
)
@click.option("-o", "--output", metavar="OUT.ipynb", help="Where the result goes. Default: below _build/runs/.")
@click.option("--html", is_flag=True, help="Write a page of it, too.")
def run(notebook: str, parameters: tuple[str, ...], output: str | None, html: bool) -> int:
    """Rerun a notebook with other parameters, in this environment's Python.

    The result goes to _build/runs/, named by the notebook's folder and the parameters that were changed. A parameter
    given several times makes a run of each value, and --html one page of them all.
    """
    from mecpapers.companion import execute
    from mecpapers.companion.parameters import declared, parse_sets, suffix

    source = Path(notebook)
    if not source.is_file():
        raise ValueError(f"{notebook}: there is no such notebook")
    known = declared(source)
    sets = parse_sets(known, parameters)
    if output and len(sets) > 1:
        raise ValueError(f"--output = {output}: must be left out where a parameter has several values")
    names = [suffix(known, values) for values in sets]
    targets = [Path(output)] if output else [_run_path(source, name) for name in names]
    if output is None:
        targets[0].parent.mkdir(parents=True, exist_ok=True)
    for target in targets:
        _check_output(str(target), source)
    written = []
    try:
        for target, values in zip(targets, sets, strict=True):
            execute.run(source, target, values)
            written.append(target)
        if html:
            from mecpapers.companion import rerun

            page = targets[0] if len(sets) == 1 else _run_path(source, "-and".join(names))
            written.append(page.with_suffix(".html"))
            rerun.to_html(targets, written[-1], sets)
    except execute.NotebookError as error:
        # What a cell raises over the parameters given is the caller's; without any, the notebook failed by itself.
        given = {"ValueError": BAD_INPUT, "Infeasible": INFEASIBLE} if any(sets) else {}
        _stop(str(error), given.get(error.name, FAULT))
    except (ValueError, OSError):
        raise
    except Exception as error:  # whatever papermill, nbclient or nbconvert stumble over: still one line
        _stop(f"{source}: {type(error).__name__}: {error}", FAULT)
    click.echo("\n".join(map(str, written)))
    return 0


def _run_path(notebook: Path, suffix: str) -> Path:
    """Keep the notebook's folder, less a leading ``notebooks``, and say what was changed in the name."""
    path, here = notebook.resolve(), Path.cwd().resolve()
    short = path.relative_to(here) if path.is_relative_to(here) else Path(path.parent.name, path.name)
    folders = short.parts[1:-1] if short.parts[0] == "notebooks" else short.parts[:-1]
    return Path("_build", "runs", *folders, f"{notebook.stem}{suffix}.ipynb")


@cli.command()
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--paper", help="Only the claims of one paper.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects instead of a table.")
def claims(keys: tuple[str, ...], paper: str | None, as_json: bool) -> int:
    """Check what the papers state, or only the claims named KEY, and print the ledger."""
    _check_output(None)
    if paper is not None and paper not in ledger.PAPERS:
        raise ValueError(f"--paper = {paper}: must be one of {', '.join(ledger.PAPERS)}")
    try:
        entries = ledger.check([paper] if paper else ledger.PAPERS, keys or None)
    except KeyError as error:
        hint = "must be the key of a claim; `mecpapers claims` prints them"
        raise ValueError(f"KEY = {error.args[0]}: {hint}") from None
    if as_json:
        click.echo(json.dumps([entry.to_dict() for entry in entries], indent=1, allow_nan=False, ensure_ascii=False))
    else:
        click.echo("\n".join(ledger.lines(entries)))
    return 0


def main() -> None:
    """Run the command; every error is one line on standard error, and nothing on standard output."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        status = cli.main(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.exit(status)
    except Infeasible as error:
        _stop(f"infeasible: {error}", INFEASIBLE)
    except click.exceptions.NoArgsIsHelpError:
        _stop(f"a command is missing: must be one of {', '.join(cli.commands)}; see --help", BAD_INPUT)
    except click.ClickException as error:
        _stop(error.format_message(), BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        _stop(f"interrupted: {_written()}", 130)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except ValueError as error:
        _stop(str(error), BAD_INPUT)
    except OSError as error:
        _drop_output()
        _stop(f"{error.filename or 'standard output'}: {error.strerror or error}", BAD_INPUT)


def _leave(number: int, _: FrameType | None) -> None:
    _stop(f"terminated: {_written()}", 128 + number)


def _written() -> str:
    return f"after {' and '.join(map(str, files.written))} was written" if files.written else "nothing was written"


def _stop(message: str, status: int) -> NoReturn:
    click.echo(f"mecpapers: {' '.join(message.split())}", err=True)
    sys.exit(status)


def _drop_output() -> None:
    """Let what could not be printed go nowhere, so that Python doesn't try again at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _schemes(paper: str) -> Mapping[str, Any]:
    schemes: Mapping[str, Any] = import_module(f"mecpapers.{paper}.schemes").SCHEMES
    return schemes


def _summary(scheme: str, seconds: float, solution: Solution[Any]) -> list[str]:
    lines = [f"scheme {scheme}: objective {solution.objective:.9g} in {seconds:.3g} s"]
    if solution.bound is not None:
        assumes = f" (if {solution.bound_assumes})" if solution.bound_assumes else ""
        lines.append(f"proved bound {solution.bound:.9g}, gap {solution.gap:.2g}{assumes}")
    if not solution.converged:
        lines.append("NOT CONVERGED: the best found so far")
    return lines


def _check_output(output: str | None, source: Path | None = None) -> None:
    """Refuse, before any work is done, an output that cannot be written or is the input."""
    if output is None:
        if sys.stdout is None:
            raise ValueError("standard output is closed: must be open to print the answer")
        return
    path = Path(output)
    try:
        path = path.resolve()
        path.stat()
    except FileNotFoundError:
        pass
    except (OSError, RuntimeError) as error:  # RuntimeError: Python 3.11 and 3.12 of a link that leads to itself
        reason = getattr(error, "strerror", None) or "Too many levels of symbolic links"
        raise ValueError(f"--output = {instances.shown(output)}: cannot be written: {reason}") from None
    if path.exists() and not path.is_file():
        raise ValueError(f"--output = {output}: must be a plain file")
    if path.exists() and source is not None and source.exists() and path.samefile(source):
        raise ValueError(f"--output = {output}: must not be the input itself")
    if not path.parent.is_dir():
        raise ValueError(f"--output = {output}: must be in a folder that exists")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"--output = {output}: must be in a folder that can be written")


if __name__ == "__main__":
    main()
