"""Every notebook says which values its parameters may take, refuses others, and holds at both ends."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mecpapers.companion import patience
from mecpapers.companion.parameters import Parameter, declared, parse

pytestmark = pytest.mark.checkout

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
DECLARED = {str(f.relative_to(NOTEBOOKS))[:-6]: declared(f) for f in sorted(NOTEBOOKS.rglob("*.ipynb"))}
DECLARED = {name: known for name, known in DECLARED.items() if known}
SECONDS = 400.0  # the most that a run at an end takes here, with another beside it, is 70


def ends(parameter: Parameter) -> tuple[object, object] | None:
    """The least value and the largest that are allowed, a list of one where it is a list."""
    if parameter.rule.startswith("one of"):
        low, *_, high = map(float, parameter.rule.removeprefix("one of ").split(", "))
    elif found := re.fullmatch(r"(above )?(\S+) to (\S+)", parameter.rule):
        low, high = float(found[2]), float(found[3])
        low += 1e-6 * (high - low) if found[1] else 0.0
    else:
        return None
    kind = int if "int" in parameter.type else float
    found = kind(low), kind(high)
    return tuple([value] for value in found) if parameter.type.startswith("list") else found


@pytest.mark.parametrize("notebook", DECLARED)
def test_every_number_has_a_range_that_holds_its_default(notebook):
    for parameter in DECLARED[notebook].values():
        if parameter.type.removeprefix("list[").rstrip("]") in ("int", "float"):
            assert ends(parameter), parameter.name
            assert parameter.check(parameter.default) == parameter.default
            for value in ends(parameter):
                parameter.check(value)


@pytest.mark.parametrize("notebook", DECLARED)
def test_what_lies_outside_is_refused_by_name_value_and_rule(notebook):
    for name, parameter in DECLARED[notebook].items():
        if found := ends(parameter):
            low, high = (value[0] if isinstance(value, list) else value for value in found)
            for value in (low - 1, high + 1):
                written = json.dumps([value] if parameter.type.startswith("list") else value)
                told = re.escape(f"parameter {name}: {written!r} is not allowed: {parameter.rule}")
                with pytest.raises(ValueError, match=f"^{told}$"):
                    parse(DECLARED[notebook], [f"{name}={written}"])
            if parameter.type.startswith("list"):
                with pytest.raises(ValueError, match=rf"parameter {name}: '\[\]' is empty"):
                    parse(DECLARED[notebook], [f"{name}=[]"])


@pytest.mark.nightly
@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("notebook", DECLARED)
def test_it_runs_at_both_ends(notebook, end, tmp_path):
    known = {name: found[["low", "high"].index(end)] for name, p in DECLARED[notebook].items() if (found := ends(p))}
    words = [f"{name}={json.dumps(value)}" for name, value in known.items()]
    command = [sys.executable, "-m", "mecpapers", "run", NOTEBOOKS / f"{notebook}.ipynb", "-o", tmp_path / "o.ipynb"]
    for word in words:
        command += ["-p", word]
    environment = os.environ | {"MECPAPERS_STORE": str(tmp_path / "store")}
    timeout = patience.seconds(SECONDS)
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=timeout)
    assert (done.returncode, done.stderr) == (0, ""), words
    for cell in json.loads((tmp_path / "o.ipynb").read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            text = "".join(output.get("text", [])) + "".join(output.get("data", {}).get("text/markdown", []))
            assert output.get("name") != "stderr", text
            assert not re.search(r"\b(nan|inf)\b", text), text
