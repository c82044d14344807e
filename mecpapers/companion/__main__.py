"""``python -m mecpapers.companion``: what the Makefile calls, in the checkout's root."""

import json
import sys
import time
from pathlib import Path

import click

from mecpapers.companion import book as books
from mecpapers.companion.files import on_end
from mecpapers.ledger import PAPERS

ROOT = Path.cwd()


@click.group()
def main() -> None:
    """Build the book."""
    if not (ROOT / "_toc.yml").exists():
        raise click.ClickException("no _toc.yml here: run this in the root of the checkout")


@main.command()
@click.option("--committed", is_flag=True, help="Take the outputs as committed; site in _build/committed/html.")
def book(committed: bool) -> None:
    """Execute the notebooks whose inputs changed and render the site."""
    start = time.perf_counter()
    ran = books.build(ROOT, committed=committed)
    where = "_build/committed/html" if committed else "_build/html"
    what = "built" if ran else "nothing changed, nothing to run"
    click.echo(f"== book: {what}; open {where}/index.html ({time.perf_counter() - start:.1f} s)")


@main.command()
def notebooks() -> None:
    """Execute the notebooks whose inputs changed and copy the outputs back, to commit."""
    start = time.perf_counter()
    changed = books.copy_back(ROOT)
    for path in changed:
        click.echo(f"updated {path}")
    click.echo(f"== notebooks: {len(changed)} updated ({time.perf_counter() - start:.1f} s)")


@main.command()
def smoke() -> None:
    """Execute every notebook with its small values, into a temporary folder."""
    click.echo(f"{books.smoke(ROOT)} notebooks ran with other parameters")


@main.command()
@click.option("--paper", type=click.Choice(PAPERS), help="Only the claims of one paper.")
def flips(paper: str | None) -> None:
    """Measure the claims under other choices and seeds, and store what comes, to commit."""
    from mecpapers.ledger.flips import write

    for name in [paper] if paper else PAPERS:
        click.echo(f"updated {write(name).relative_to(ROOT)}")


@main.command()
def pdf() -> None:
    """Print the book to one file."""
    from mecpapers.companion.pdf import write

    click.echo(f"== pdf: {write(ROOT).relative_to(ROOT)}")


@main.command(hidden=True)
@click.argument("notebook", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.argument("parameters", type=json.loads, default="{}")
def run(notebook: Path, output: Path, parameters: dict[str, object]) -> None:
    """Execute one notebook, with figures as pixels and as lines."""
    from mecpapers.companion.execute import run

    run(notebook, output, parameters, vector=True)


def _main() -> None:
    on_end(lambda number, _: sys.exit(128 + number))  # unwind, so that kernels end too
    try:
        main(standalone_mode=False)
    except click.Abort:
        raise SystemExit(130) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except ExceptionGroup as group:
        for failure in group.exceptions:
            click.echo(str(failure), err=True)
        raise SystemExit(str(group.message)) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    _main()
