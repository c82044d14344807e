"""Who may import whom, and what a first import loads."""

import ast
import io
import pkgutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import mecpapers
from mecpapers.ledger import PAPERS

PACKAGE = Path(mecpapers.__file__).parent
FILES = sorted(p for p in PACKAGE.rglob("*.py"))
SOLVERS = {
    *("local", "edge", "geometric", "offloading", "augmented", "admm", "cccp"),  # video
    *("options", "bounds", "parts", "prices"),  # video, ours
    *("transmission", "computing", "quality", "alternating", "mended", "benchmarks", "dual", "bounds"),  # fhei
    *("thresholds", "baselines", "timing", "triangulation", "calibration", "policies"),  # pose
    *("body", "cameras", "detectors", "record", "trace", "pack"),  # pose: the measured world
}
DRAWING = {"style", "figures"}
# Floors of a paper's house; a module imports only from floors below its own, solvers also from each other.
FLOORS = [
    {"model", "networks", "accuracy"},
    {"scenario", "instance", "measured", *SOLVERS},
    {"schemes"},
    {"evidence"},
]
# Floors behind the door to the evidence.
EVIDENCE = [
    {"symbolic", "notation", "reference"},
    {"experiments", "verification"},
    {"corners", "explore"},
    {"figures", "errata"},
    {"claims", "collect"},
]


def imports(file: Path, *, inside_functions: bool = True) -> set[str]:
    """Dotted names that a module imports, at its top or anywhere."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if inside_functions else tree.body
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def name(file: Path) -> str:
    return file.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")


def floor(floors: list[set[str]], module: str) -> int:
    return next(i for i, modules in enumerate(floors) if module in modules)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_only_figures_and_style_draw(file):
    drawn = any(i.split(".")[0] == "matplotlib" for i in imports(file))
    assert not drawn or DRAWING & {file.stem, file.parent.stem}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_papers_never_import_each_other_and_the_ground_floor_names_none(file):
    own = file.relative_to(PACKAGE).parts[0]
    for paper in PAPERS:
        if own not in (paper, "library"):  # which stands on all of them
            assert not any(i.startswith(f"mecpapers.{paper}") for i in imports(file))


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize(("door", "floors"), [("", FLOORS), ("evidence", EVIDENCE)])
def test_floors(paper, door, floors):
    prefix = ".".join(filter(None, ("mecpapers", paper, door))) + "."
    for file in sorted((PACKAGE / paper / door).rglob("*.py")):
        own = file.relative_to(PACKAGE / paper / door).with_suffix("").parts[0]  # a module, or a package of rooms
        if own == "__init__":
            continue
        found = (i.removeprefix(prefix) for i in imports(file, inside_functions=False) if i.startswith(prefix))
        for module in {i.split(".")[0] for i in found} - {own}:
            together = not door and {own, module} <= FLOORS[1]
            assert floor(floors, module) < floor(floors, own) or together, f"{own} imports {module}"


@pytest.mark.parametrize("file", FILES, ids=name)
def test_nothing_outside_the_evidence_knows_it(file):
    if "evidence" not in file.parts:
        assert not any(".evidence" in i for i in imports(file))


@pytest.mark.parametrize("paper", PAPERS)
def test_the_oracle_and_the_solvers_do_not_know_each_other(paper):
    for file in sorted((PACKAGE / paper).rglob("*.py")):
        found, own = imports(file), file.relative_to(PACKAGE / paper).with_suffix("").parts[0]
        if own in SOLVERS | {"model", "schemes"}:
            assert not any(i.startswith("cvxpy") for i in found), file.stem
        if file.stem == "reference":
            assert not any(i.split(".")[-1] in SOLVERS for i in found)


def test_a_first_import_is_light():
    code = "import sys, mecpapers.video; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"cvxpy", "matplotlib", "numpy", "scipy", "sympy", "papermill", "tomllib", "platformdirs"} & set(loaded)
    code = "import sys; from mecpapers.video import SCHEMES, SET_A, compare; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"cvxpy", "matplotlib", "sympy", "papermill", "tomllib"} & set(loaded)
    assert not any(".evidence" in module for module in loaded)


# Lines of code of each paper but for evidence and measured data, docstrings and comments: what a reader has to read.
# Who raises a number says in the commit what for.
MOST_LINES = {"video": 2780, "fhei": 1269, "pose": 850}
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(source: str) -> int:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_lines_without_docstrings_and_comments():
    assert lines_of_code('"""Doc."""\n\n# note\nx = 1  # [m]\n"""Of x."""\ny = (\n    2,\n)\n') == 4


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_stays_thin(paper, capsys):
    files = (f for f in FILES if paper in f.parts and not {"evidence", "measured"} & set(f.parts))
    lines = sum(lines_of_code(file.read_text(encoding="utf-8")) for file in files)
    with capsys.disabled():
        print(f"\n{paper}: {lines} lines of code, of {MOST_LINES[paper]}")
    assert lines <= MOST_LINES[paper]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_equation_leads_to_a_function(paper):
    from importlib import import_module

    for where, path in import_module(f"mecpapers.{paper}").EQUATIONS.items():
        assert callable(pkgutil.resolve_name(f"mecpapers.{paper}.{path}")), where


@pytest.mark.parametrize("paper", PAPERS)
def test_the_lazy_map_is_complete(paper):
    from importlib import import_module

    module = import_module(f"mecpapers.{paper}")
    for exported in dir(module):
        assert getattr(module, exported) is not None
    with pytest.raises(AttributeError):
        _ = module.nonsense
