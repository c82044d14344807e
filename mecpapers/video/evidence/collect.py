"""``python -m mecpapers.video.evidence.collect``: measure anew, on this machine, what the book keeps under ``data``.

Set OMP_NUM_THREADS=1. It needs what ``pip install 'mecpapers[measure]'`` installs.
"""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np

from mecpapers.video.measured import delays, recordings

OUTPUT = click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The file to write, JSON.")


@click.group()
def main() -> None:
    """Measure anew what the book of Paper I keeps."""


@main.command("delays")
@OUTPUT
@click.option("--repetitions", default=20, show_default=True)
@click.option("--clock", default=float("nan"), help="Clock of the core, cycle/s, where known.")
@click.option("--clock-source", default="unknown", help="How the clock was found out.")
def collect_delays(output: Path, repetitions: int, clock: float, clock_source: str) -> None:
    """Time 3D ResNets over 1 to 16 frames (Fig. 3); two minutes."""
    measured = delays.measure(repetitions=repetitions, clock=clock)
    measured = replace(measured, about={**measured.about, "clock": clock_source})
    output.write_text(delays.to_json(measured), encoding="utf-8")


@main.command("accuracy")
@OUTPUT
def collect_accuracy(output: Path) -> None:
    """Train and test every classifier on clips of two and of four seconds (Fig. 4); four minutes."""
    import sklearn

    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
    }
    runs: list[recordings.Run] = []
    for pieces in (1, 2):
        data = recordings.clips(pieces)
        for classifier in recordings.CLASSIFIERS:
            runs.append(recordings.left_out(data, classifier))
            output.write_text(recordings.to_json(runs, about), encoding="utf-8")  # what is done stays


@main.command("scale")
@OUTPUT
def collect_scale(output: Path) -> None:
    """Time the solvers up to a million devices (Sec. V-C and beyond); three minutes."""
    from mecpapers.video.evidence.experiments import scale

    output.write_text(json.dumps(scale.measure_all(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
