"""The command ``mecpapers``: solve, check, schemes, run, claims.

Exit status: 0 an answer; 1 a fault of ours, or a notebook that failed by itself; 2 bad input or usage; 3 infeasible (of
``check``: the answer); 4 not converged; 130 interrupted, 143 terminated, 129 hung up.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
import numpy as np

from mecpapers import checking, instances, ledger, many, sheets, side_by_side
from mecpapers.companion import files
from mecpapers.companion.files import write_atomically
from mecpapers.many import BAD_INPUT, FAULT, INFEASIBLE, NOT_CONVERGED
from mecpapers.solution import Infeasible, Solution


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


def _instance_options(command: Callable[..., int]) -> Callable[..., int]:
    """What belongs to a spreadsheet, wherever an instance is asked for."""
    for option in (
        click.option("--paper", metavar="NAME", help="Of a spreadsheet: whose instance it is."),
        click.option(
            "--set", "settings", metavar="NAME=VALUE", multiple=True, help="Of a spreadsheet: a field for all."
        ),
        click.option("--shared", metavar="FILE", help="Of a spreadsheet: the fields that are not columns, in JSON."),
        click.option("--strict", is_flag=True, help="Refuse a number beyond what is plausible in its unit."),
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("file", metavar="FILE.json|csv|jsonl")
@click.option("--scheme", metavar="NAME", help="One of `mecpapers schemes`; the first is the default.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="For schemes that draw lots.")
@click.option("--gap", metavar="R", type=click.FloatRange(0, 1), help="Relative gap at which a proof is good enough.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="The most nodes or states a proof may look at.")
@_instance_options
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), help="Of many instances: how many at once.")
@click.option("--resume", is_flag=True, help="Of many instances: go on where a run before has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("-o", "--output", metavar="OUT", help="Write the answer here instead of printing it.")
@click.option("--plot", metavar="PICTURE", help="Draw the answer, too: a file in SVG, PNG or PDF.")
def solve(
    file: str,
    scheme: str | None,
    seed: int,
    gap: float | None,
    limit: int | None,
    shared: str | None,
    settings: tuple[str, ...],
    paper: str | None,
    strict: bool,
    jobs: int | None,
    resume: bool,
    as_json: bool,
    output: str | None,
    plot: str | None,
) -> int:
    """Solve an instance: FILE.json, or FILE.csv, a row a device. Or many: FILE.jsonl, or a trace of rates in CSV.

    FILE may be - for standard input.
    """
    _check_output(output, Path(file))
    _check_plot(plot, Path(file), output)
    search = {name: value for name, value in (("gap", gap), ("limit", limit)) if value is not None}
    options = many.Options(scheme, seed, search, strict)
    text = _text_of(file)
    tasks = None
    if file.lower().endswith(".jsonl"):
        _left_out(file, "must be left out of a file of instances", shared, settings, paper)
        tasks = many.lines_of(instances.read_text(file))
    elif text is not None and sheets.is_trace(text):
        tasks = many.slots_of(sheets.slots(text, file, *_shared(shared, paper, settings)))
    if tasks is not None:
        if scheme == "all" or plot is not None:
            raise ValueError(f"{'--plot' if plot else '--scheme = all'}: must be left out of many instances")
        if text is not None:
            many.check_options("video", options)
        jobs = min(jobs or 1, os.cpu_count() or 1)  # more than there are cores only wait for each other
        return _solve_many(tasks, options, jobs, resume, output)
    for name, given in (("--jobs", jobs), ("--resume", resume)):
        if given:
            raise ValueError(f"{name}: must be left out of a single instance")
    with np.errstate(all="ignore"):  # what leaves the range of float64 shows in the answer, and is refused there
        sheet = _read(file, text, strict, shared, settings, paper)
        if scheme == "all":
            return _solve_by_all(sheet.problem, options, as_json, output, plot)
        return _solve(sheet, options, as_json, output, plot)


def _solve_by_all(problem: Any, options: many.Options, as_json: bool, output: str | None, plot: str | None) -> int:
    """Show every scheme side by side."""
    if plot is not None or (output or "").lower().endswith(".csv"):
        raise ValueError(f"--scheme = all: must be one scheme for {plot or output}")
    rows = side_by_side.run(problem, options)
    if as_json or (output or "").lower().endswith(".json"):
        _print({"schemes": rows}, output)
    else:
        _print("\n".join(side_by_side.lines(problem, rows)), output)
    return side_by_side.status_of(rows)


def _print(answer: str | dict[str, Any], output: str | None) -> None:
    """Print a text, or an object as JSON; or write it to a file."""
    text = answer if isinstance(answer, str) else json.dumps(answer, indent=1, allow_nan=False)
    if output is None:
        click.echo(text)
    else:
        write_atomically(Path(output).resolve(), text + "\n")


def _solve(sheet: sheets.Sheet, options: many.Options, as_json: bool, output: str | None, plot: str | None) -> int:
    problem = sheet.problem
    solved = many.solve(problem, options)
    answer = many.to_answer(problem, solved)
    answer = {"scheme": answer.pop("scheme"), "seconds": solved.seconds, **answer}
    if sheet.names is not None:
        answer["name"] = sheet.names
    ending = Path(output or "").suffix.lower()
    if as_json or ending == ".json":
        shown: str | dict[str, Any] = answer
    elif ending == ".csv":
        shown = sheets.write(answer, sheet.names)
    else:
        form = import_module(f"mecpapers.{many.paper_of(problem)}.instance")
        shown = "\n".join([*form.to_table(problem, solved.solution), "", *_summary(*solved)])
    if plot is not None:
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home that it cannot write
        from mecpapers import figures

        picture = figures.rendered(figures.draw(answer, sheet.names), Path(plot).suffix.lower()[1:])
        write_atomically(Path(plot).resolve(), picture)
    _print(shown, output)
    return 0 if solved.solution.converged else NOT_CONVERGED


def _solve_many(tasks: Sequence[many.Task], options: many.Options, jobs: int, resume: bool, output: str | None) -> int:
    """Answer many, a line each; each field is doubted once."""
    if output is None and resume:
        raise ValueError("--resume: must come with --output, whose partial file it goes on with")
    partial = None if output is None else many.Partial(Path(output), tasks, options)
    done = partial.done() if partial and resume else []
    doubted, statuses = set(), {many.status_of(done)}

    def lines() -> Iterator[str]:
        rest = tasks[len(done) :]
        for task, answer in zip(rest, many.answer_all(rest, options, jobs), strict=True):
            for doubt in answer.doubts:
                field, _, _ = doubt.partition(" = ")[0].partition("[")
                if field not in doubted:
                    click.echo(f"mecpapers: warning: {instances.one_line(f'{task.place}: {doubt}')}", err=True)
                    doubted.add(field)
            statuses.add(answer.status)
            yield answer.line

    if partial is None:
        for line in lines():
            click.echo(line)
    else:
        partial.write(done, lines())
    return min(statuses - {0}, default=0)


def _text_of(file: str) -> str | None:
    """The text of a spreadsheet; None for an instance in JSON, but from standard input."""
    sheets.check_form(file)
    if file == "-" or file.lower().endswith(".csv"):
        return instances.read_text(file)
    return None


def _shared(
    shared: str | None, paper: str | None, settings: tuple[str, ...]
) -> tuple[Mapping[str, Any] | None, str | None, dict[str, Any]]:
    """What a spreadsheet doesn't say itself."""
    if paper is not None and paper not in ledger.PAPERS:
        raise ValueError(f"--paper = {paper}: must be one of {', '.join(ledger.PAPERS)}")
    document = None if shared is None else instances.parse(instances.read_text(shared), shared)
    fields = dict(map(sheets.setting, settings))
    if len(fields) < len(settings):
        raise ValueError(f"--set = {', '.join(settings)}: must give every field once")
    return document, paper, fields


def _left_out(file: str, rule: str, shared: str | None, settings: tuple[str, ...], paper: str | None) -> None:
    for name, given in (("--shared", shared), ("--set", settings), ("--paper", paper)):
        if given:
            raise ValueError(f"{name}: {rule}, {file}: it belongs to a spreadsheet")


def _read(
    file: str, text: str | None, strict: bool, shared: str | None, settings: tuple[str, ...], paper: str | None
) -> sheets.Sheet:
    """Read an instance; what it warns of is told in a line each, or refused."""
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always", instances.UnitWarning)
        if text is not None and not text.lstrip().startswith("{"):  # standard input: JSON begins with a brace
            sheet = sheets.read(text, file, *_shared(shared, paper, settings))
        else:
            _left_out(file, "must be left out of an instance file", shared, settings, paper)
            problem = instances.read(file) if text is None else instances.build(instances.parse(text, file))
            sheet = sheets.Sheet(problem, None)
    for doubt in doubts:
        if strict:
            raise ValueError(str(doubt.message))
        click.echo(f"mecpapers: warning: {instances.one_line(str(doubt.message))}", err=True)
    return sheet


@cli.command()
@click.argument("instance", metavar="INSTANCE")
@click.argument("answer", metavar="ANSWER")
@_instance_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def check(
    instance: str, answer: str, shared: str | None, settings: tuple[str, ...], paper: str | None, strict: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Judge an answer, in JSON or CSV, whoever made it: broken constraints, cost, and gap to the proved optimum.

    Exit status: 0 feasible, 3 not, 2 unreadable.
    """
    _check_output(None)
    sheet = _read(instance, _text_of(instance), strict, shared, settings, paper)
    report = checking.check(sheet.problem, checking.read(answer, sheet.problem, sheet.names))
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=1, allow_nan=False))
    else:
        click.echo("\n".join(report.lines(sheet.names)))
    return 0 if report.feasible else INFEASIBLE


@cli.command("schemes")
@click.argument("paper", required=False)
def list_schemes(paper: str | None) -> int:
    """List the schemes, a line each."""
    _check_output(None)
    if paper is not None and paper not in ledger.PAPERS:
        raise ValueError(f"PAPER = {paper}: must be one of {', '.join(ledger.PAPERS)}")
    for name in [paper] if paper else ledger.PAPERS:
        for scheme, function in many.schemes_of(name).items():
            click.echo(f"{name:6} {scheme:18} {(function.__doc__ or '').partition(chr(10))[0]}")
    return 0


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print an object of all that is known instead of a table.")
def library(as_json: bool) -> int:
    """List the library's instances: best known, proved gap. `solve library:NAME` solves one."""
    from mecpapers import library as instances_known

    _check_output(None)
    click.echo(json.dumps(instances_known.records(), indent=1) if as_json else "\n".join(instances_known.lines()))
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
    from mecpapers.companion.parameters import declared, parse_sets, suffix, together

    source = Path(notebook)
    if not source.is_file():
        raise ValueError(f"{notebook}: there is no such notebook")
    known = declared(source)
    sets = parse_sets(known, parameters)
    if output is not None and len(sets) > 1:
        raise ValueError(f"--output = {output}: must be left out where a parameter has several values")
    names = [suffix(known, values) for values in sets]
    targets = [_run_path(source, name) for name in names] if output is None else [Path(output)]
    if output is None:
        targets[0].parent.mkdir(parents=True, exist_ok=True)
    for target in targets:
        _check_output(str(target), source)
    page = (targets[0] if len(sets) == 1 else _run_path(source, together(names))).with_suffix(".html")
    if html:
        if page in targets:
            raise ValueError(f"--output = {output}: must not be called as the page of --html")
        _check_output(str(page), source)
    written = []
    try:
        for target, values in zip(targets, sets, strict=True):
            execute.run(source, target, values)
            written.append(target)
        if html:
            from mecpapers.companion import rerun

            rerun.to_html(targets, page, sets)
            written.append(page)
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
        of = f" --paper {paper}" if paper else ""
        hint = f"must be the key of a claim{f' of {paper}' if paper else ''}; `mecpapers claims{of}` prints them"
        raise ValueError(f"KEY = {error.args[0]}: {hint}") from None
    if as_json:
        click.echo(json.dumps([entry.to_dict() for entry in entries], indent=1, allow_nan=False, ensure_ascii=False))
    else:
        click.echo("\n".join(ledger.lines(entries)))
    return 0


def main() -> None:
    """Run the command; every error is one line on standard error, and nothing on standard output."""
    files.on_end(_leave)
    try:
        status = cli.main(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.exit(files.leaving[0] if files.leaving else status)
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
        unnamed = "the working folder" if isinstance(error, FileNotFoundError) else "standard output"
        _stop(f"{error.filename or unnamed}: {error.strerror or error}", BAD_INPUT)


def _leave(number: int, _: FrameType | None) -> None:
    files.leaving.append(128 + number)
    _stop(f"terminated: {_written()}", 128 + number)


def _written() -> str:
    return f"after {' and '.join(map(str, files.written))} was written" if files.written else "nothing was written"


def _stop(message: str, status: int) -> NoReturn:
    with suppress(OSError):  # where not even this can be said, the status still is
        click.echo(f"mecpapers: {instances.one_line(message)}", err=True)
    sys.exit(status)


def _drop_output() -> None:
    """Let what could not be printed go nowhere, so that Python doesn't try again at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _summary(scheme: str, solution: Solution[Any], seconds: float) -> list[str]:
    lines = [f"scheme {scheme}: objective {solution.objective:.9g} in {seconds:.3g} s"]
    if solution.bound is not None:
        assumes = f" (if {solution.bound_assumes})" if solution.bound_assumes else ""
        lines.append(f"proved bound {solution.bound:.9g}, gap {solution.gap:.2g}{assumes}")
    if not solution.converged:
        lines.append("NOT CONVERGED: the best found so far")
    return lines


def _check_plot(plot: str | None, source: Path, output: str | None) -> None:
    """Refuse a picture of another format, or one that cannot be written or is another file of the command."""
    if plot is None:
        return
    if Path(plot).suffix.lower() not in (".svg", ".png", ".pdf"):
        raise ValueError(f"--plot = {instances.shown(plot)}: must end in .svg, .png or .pdf")
    if output is not None and Path(output).resolve() == Path(plot).resolve():
        raise ValueError(f"--plot = {instances.shown(plot)}: must not be --output itself")
    _check_output(plot, source, "--plot")


def _check_output(output: str | None, source: Path | None = None, option: str = "--output") -> None:
    """Refuse, before any work is done, an output that cannot be written or is the input."""
    if output is None:
        if sys.stdout is None:
            raise ValueError("standard output is closed: must be open to print the answer")
        return
    sheets.check_form(output)
    path = Path(output)
    try:
        path = path.resolve()
        path.stat()
    except FileNotFoundError:
        pass
    except (OSError, RuntimeError) as error:  # RuntimeError: Python 3.11 and 3.12 of a link that leads to itself
        reason = getattr(error, "strerror", None) or "Too many levels of symbolic links"
        raise ValueError(f"{option} = {instances.shown(output)}: cannot be written: {reason}") from None
    if path.exists() and not path.is_file():
        raise ValueError(f"{option} = {output}: must be a plain file")
    if path.exists() and source is not None and source.exists() and path.samefile(source):
        raise ValueError(f"{option} = {output}: must not be the input itself")
    if not path.parent.is_dir():
        raise ValueError(f"{option} = {output}: must be in a folder that exists")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"{option} = {output}: must be in a folder that can be written")


if __name__ == "__main__":
    main()
