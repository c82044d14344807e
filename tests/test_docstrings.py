"""What a docstring must say, and that its examples run."""

import ast
import doctest
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import mecpapers
from mecpapers.ledger import PAPERS

PACKAGE = Path(mecpapers.__file__).parent
ARRAY = re.compile(r"\b(FloatArray|BoolArray|IndexArray|AnyArray|ArrayLike|NDArray|Bins|Index)\b")
SHAPE = re.compile(r"\bshapes?\b|\(\w+,\)|\([A-Z]\w*(, [A-Z]\w*)+\)")
# The solvers of a paper, each with its problem, its conditions and an example; `schemes` calls no other.
SOLVERS = {
    "video": (
        *("local.solve_local", "edge.edge_shares", "edge.solve_search", "geometric.solve_geometric", "admm.solve_admm"),
        *("offloading.solve_channel_aware", "cccp.solve_cccp", "prices.solve_prices", "augmented.project"),
        *("bounds.solve_exact", "schemes.compare"),
    ),
    "fhei": (
        *("computing.solve_resources", "quality.greedy_sizes", "alternating.solve_alternating", "mended.solve_mended"),
        *("benchmarks.solve_constant", "benchmarks.solve_inversion", "bounds.solve_exact", "bounds.solve_classes"),
        "schemes.compare",
    ),
    "pose": (
        *("thresholds.solve_cooperative", "thresholds.solve_exact", "thresholds.smooth_probabilities"),
        *("baselines.solve_device", "baselines.solve_device_discard", "baselines.solve_server_all"),
        *("baselines.solve_server_fit", "baselines.solve_random", "triangulation.triangulate", "schemes.compare"),
    ),
}


def modules(house: str) -> list[Path]:
    """The modules of a paper, or those that the papers share."""
    return sorted((PACKAGE / house).rglob("*.py") if house in PAPERS else PACKAGE.glob("*.py"))


def name(file: Path) -> str:
    return file.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def shapeless(file: Path, source: str | None = None) -> list[str]:
    """Public functions and methods that take or return arrays and name no shape, where the class says none either."""
    found = []
    tree = ast.parse(source or file.read_text(encoding="utf-8"))
    for owner in (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")):
        around = ast.get_docstring(owner) or "" if isinstance(owner, ast.ClassDef) else ""
        for function in owner.body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            arguments = (*function.args.args, *function.args.kwonlyargs)
            hints = [ast.unparse(h) for h in (*(a.annotation for a in arguments), function.returns) if h is not None]
            said = (ast.get_docstring(function) or "") + around
            if any(map(ARRAY.search, hints)) and not SHAPE.search(said):
                found.append(f"{name(file)}.{function.name}, line {function.lineno}")
    return found


@pytest.mark.parametrize("house", ["shared", *PAPERS])
def test_functions_on_arrays_name_shapes(house):
    assert [line for file in modules(house) for line in shapeless(file)] == []


def test_a_function_without_a_shape_is_found():
    file = PACKAGE / "made_up.py"
    texts = {
        "Half of it, shape (N,).": 0,
        "Half of each of the (K, N) entries.": 0,
        "Half of it.": 1,
        "Half (of it).": 1,
    }
    for text, count in texts.items():
        source = f'def half(x: FloatArray) -> FloatArray:\n    """{text}"""\n    return x / 2\n'
        assert len(shapeless(file, source)) == count, text
        assert len(shapeless(file, source.replace("half", "_half"))) == 0


def examples(path: str) -> list[doctest.Example]:
    """The examples of one function of a paper, or of a shared module."""
    return doctest.DocTestParser().get_examples(pkgutil.resolve_name(f"mecpapers.{path}").__doc__ or "")


@pytest.mark.parametrize("file", [f for house in ("shared", *PAPERS) for f in modules(house)], ids=name)
def test_examples_print_what_they_say(file):
    if ">>>" in file.read_text(encoding="utf-8"):
        found = doctest.testmod(import_module(name(file)))
        assert found.attempted and not found.failed


@pytest.mark.parametrize("solver", [f"{paper}.{solver}" for paper, solvers in SOLVERS.items() for solver in solvers])
def test_every_solver_has_an_example(solver):
    assert any(example.want for example in examples(solver))
