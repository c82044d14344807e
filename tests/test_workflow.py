"""What the services run that test, publish and open the book: each step is a command that runs here, too."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / ".github" / "workflows").iterdir()]
STEPS = [step["run"] for flow in WORKFLOWS for job in flow["jobs"].values() for step in job["steps"] if "run" in step]
ADDRESS = "https://github.com/someone/mecpapers"

pytestmark = pytest.mark.checkout


def test_every_step_is_a_target_or_a_script():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for command, argument, *_ in map(str.split, STEPS):
        assert argument in targets if command == "make" else os.access(ROOT / command, os.X_OK)


@pytest.mark.parametrize("address", ["", ADDRESS])
def test_the_notebooks_reach_their_branch_once_the_address_is_known(tmp_path, address):
    (script,) = {step.split()[0] for step in STEPS} - {"make"}
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    work, other = tmp_path / "work", tmp_path / "other.git"
    taken = work / "_build" / "html" / "_sources" / "notebooks" / "fhei"
    taken.mkdir(parents=True)
    (taken / "a.ipynb").write_text(json.dumps({"cells": []}))
    (work / "_config.yml").write_text(re.sub(r'repository_url: "[^"]*"', f'repository_url: "{address}"', config))
    subprocess.run(["git", "init", "--quiet", "--bare", other], check=True)
    for _ in range(2):  # the second replaces the first
        subprocess.run([ROOT / script, other], cwd=work, check=True)
    heads = subprocess.run(["git", "-C", other, "ls-tree", "-r", "--name-only", "notebooks"], capture_output=True)
    assert heads.stdout.decode().split() == (["notebooks/fhei/a.ipynb"] if address else [])
    assert sorted(path.name for path in work.iterdir()) == ["_build", "_config.yml"]
