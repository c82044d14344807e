"""The parameters that a notebook declares, and values for them from the command line.

A notebook has one cell tagged ``parameters``, made of lines such as ``n_devices: int = 25  # N; 1 to 200``. Types are
int, float, bool, str, and lists of one of these. The comment, behind the line or alone above it, gives the meaning, the
unit and, after a semicolon or alone, the values that are allowed, of a list those of each item: ``1 to 200``, ``above 0
to 1``, ``one of 2, 4``. A list with such a rule must not be empty.
"""

import ast
import difflib
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Scalar = bool | int | float | str
Value = Scalar | list[Scalar]

_SCALARS: dict[str, type[Scalar]] = {"int": int, "float": float, "bool": bool, "str": str}
_NUMBER = r"-?\d+(?:\.\d*)?(?:e-?\d+)?"
_RANGE = rf"(?P<above>above )?(?P<low>{_NUMBER}) to (?P<high>{_NUMBER})"
_RULE = re.compile(rf"(?:^|; )(?P<rule>{_RANGE}|one of (?P<values>{_NUMBER}(?:, {_NUMBER})*))$")
TYPES = (*_SCALARS, *(f"list[{name}]" for name in _SCALARS))


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One line of a parameters cell."""

    name: str
    type: str  # one of TYPES
    default: Value
    comment: str = ""  # meaning, unit and rule, as written after the #

    @property
    def rule(self) -> str:
        """The values that are allowed, as the comment gives them; empty where it gives none."""
        found = _RULE.search(self.comment)
        return found["rule"] if found else ""

    def check(self, value: object, written: str | None = None) -> Value:
        """Return `value` in the declared type; an int is welcome where a float is declared.

        Parameters
        ----------
        value : object
        written : str, optional
            The value as somebody wrote it, for the message.

        Raises
        ------
        ValueError
            In one line, naming the parameter, the value and the rule.
        """
        shown = _short(repr(value) if written is None else written)
        if not self.type.startswith("list["):
            return self._scalar(value, self.type, shown)
        if not isinstance(value, list):
            example = json.dumps(self.default)
            raise ValueError(f"parameter {self.name}: {shown} is not of type {self.type}: write it as '{example}'")
        if self.rule and not value:
            raise ValueError(f"parameter {self.name}: {shown} is empty: a value must be given, {self.rule}")
        return [self._scalar(item, self.type[5:-1], shown) for item in value]

    def _scalar(self, item: object, kind: str, shown: str) -> Scalar:
        if kind == "float" and isinstance(item, int) and not isinstance(item, bool):
            try:
                item = float(item)
            except OverflowError:
                item = math.inf
        if not isinstance(item, _SCALARS[kind]) or (isinstance(item, bool) and kind != "bool"):
            raise ValueError(f"parameter {self.name}: {shown} is not of type {self.type}")
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError(f"parameter {self.name}: {shown} is not finite")
        if isinstance(item, int | float) and not self._allows(item):
            raise ValueError(f"parameter {self.name}: {shown} is not allowed: {self.rule}")
        if isinstance(item, str) and not item.isascii() and not _is_text(item):
            raise ValueError(f"parameter {self.name}: {shown} is not text in UTF-8")
        return item

    def _allows(self, item: float) -> bool:
        found = _RULE.search(self.comment)
        if found is None:
            return True
        if found["values"]:
            return item in [float(value) for value in found["values"].split(", ")]
        low, high = float(found["low"]), float(found["high"])
        return (item > low if found["above"] else item >= low) and item <= high


def _is_text(item: str) -> bool:
    try:
        item.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: what a terminal makes of bytes that are not UTF-8
        return False
    return True


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")  # repr: in one line, whatever the text holds


def declared(notebook: str | Path | Mapping[str, Any]) -> dict[str, Parameter]:
    """Read the cell tagged ``parameters`` without running it.

    Parameters
    ----------
    notebook : path or mapping
        A notebook's file, or its content.

    Returns
    -------
    dict of str to Parameter
        In the order of the lines; empty where no cell is tagged.

    Raises
    ------
    ValueError
        If two cells are tagged, or a line isn't ``name: type = literal`` of a known type.
    """
    if isinstance(notebook, str | Path):
        notebook = _read(Path(notebook))
    cells = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    if not cells:
        return {}
    if len(cells) > 1:
        raise ValueError(f"{len(cells)} cells are tagged parameters: one is the rule")
    source = "".join(cells[0]["source"])
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise ValueError(f"parameters cell, line {error.lineno}: {error.msg}") from error
    found = [_parameter(line, source) for line in lines]
    return {parameter.name: parameter for parameter in found}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = [{"metadata": cell["metadata"], "source": cell["source"]} for cell in content["cells"]]
        for cell in cells:
            tags = cell["metadata"].get("tags", [])
            if not isinstance(tags, list) or not isinstance("".join(cell["source"]), str):
                raise TypeError
        return {"cells": cells}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path}: is not a notebook") from None


def _parameter(line: ast.stmt, source: str) -> Parameter:
    where = f"parameters cell, line {line.lineno}"
    if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value is not None):
        raise ValueError(f"{where}: a line reads name: type = value")
    kind = ast.unparse(line.annotation)
    if kind not in TYPES:
        raise ValueError(f"{where}: type {kind} is none of {', '.join(TYPES)}")
    try:
        default = ast.literal_eval(line.value)
    except ValueError as error:
        raise ValueError(f"{where}: the value of {line.target.id} must be a literal") from error
    lines = source.splitlines()
    last = lines[(line.end_lineno or line.lineno) - 1].encode()
    comment = last[line.end_col_offset :].decode().lstrip().removeprefix("#").strip()
    if not comment and line.lineno > 1 and lines[line.lineno - 2].startswith("#"):  # a long line has it above
        comment = lines[line.lineno - 2].removeprefix("#").strip()
    parameter = Parameter(name=line.target.id, type=kind, default=default, comment=comment)
    parameter.check(default)
    return parameter


def validate(parameters: Mapping[str, Parameter], values: Mapping[str, object]) -> dict[str, Value]:
    """Check names and types of `values` against what a notebook declares.

    Raises
    ------
    ValueError
        In one line, naming the parameter, the value and the rule.
    """
    return {name: _known(parameters, name).check(value) for name, value in values.items()}


def parse(parameters: Mapping[str, Parameter], texts: Iterable[str]) -> dict[str, Value]:
    """Turn ``name=value`` texts into typed values.

    Numbers, bools and lists are JSON (``40``, ``1e-3``, ``true``, ``[8, 16]``); a str is taken as it stands.

    Raises
    ------
    ValueError
        In one line, naming the parameter, the value and the rule.
    """
    sets = parse_sets(parameters, texts)
    if len(sets) > 1:
        name = next(name for name in sets[0] if sets[0][name] != sets[1][name])
        raise ValueError(f"parameter {name}: {sets[1][name]} is a second value, one is the rule")
    return sets[0]


def parse_sets(parameters: Mapping[str, Parameter], texts: Iterable[str]) -> list[dict[str, Value]]:
    """Turn ``name=value`` texts into sets of typed values, as ``parse`` does: a name given k times makes k sets.

    A name given once has the same value in all of them.

    Raises
    ------
    ValueError
        In one line, naming the parameter, the value and the rule.
    """
    given: dict[str, list[Value]] = {}
    for text in texts:
        name, equals, written = text.partition("=")
        if not equals:
            raise ValueError(f"parameter {_short(text)}: write it as NAME=VALUE")
        parameter = _known(parameters, name)
        value = parameter.check(written if parameter.type == "str" else _json(parameter, written), written)
        if value in given.setdefault(name, []):
            raise ValueError(f"parameter {name}: {_short(written)} is given twice, once is the rule")
        given[name].append(value)
    most = max(map(len, given.values()), default=1)
    for name, values in given.items():
        if len(values) not in (1, most):
            raise ValueError(f"parameter {name}: {len(values)} values are given: must be 1 or {most}, as for others")
    return [{name: values[k % len(values)] for name, values in given.items()} for k in range(most)]


def suffix(parameters: Mapping[str, Parameter], values: Mapping[str, Value]) -> str:
    """Name what `values` change, for a file's name: ``+n_drops=10+axis=1,2``; empty where nothing differs.

    In the order of the notebook's lines. A value that would make a poor or a long name is replaced by a digest.
    """
    changed = [(name, p.default, values[name]) for name, p in parameters.items() if name in values]
    parts = (f"+{name}={_filed(value)}" for name, default, value in changed if value != default)
    return _short_enough("".join(parts))


def together(suffixes: Sequence[str]) -> str:
    """Name the page of several runs by theirs, ``+n_drops=5-and+n_drops=10``; a long name is replaced by a digest."""
    return _short_enough("-and".join(suffixes))


def _short_enough(name: str) -> str:
    return name if len(name) <= 100 else f"+{_digest(name)}"


def _filed(value: Value) -> str:
    items = [v if isinstance(v, str) else json.dumps(v) for v in (value if isinstance(value, list) else [value])]
    plain = items and all(re.fullmatch(r"[\w.+-]{1,40}", item, flags=re.ASCII) for item in items)
    return ",".join(items) if plain else _digest(json.dumps(value))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _known(parameters: Mapping[str, Parameter], name: str) -> Parameter:
    if name in parameters:
        return parameters[name]
    if not parameters:
        raise ValueError(f"parameter {_short(name)}: this notebook has no parameters")
    near = difflib.get_close_matches(name, parameters, n=1)
    hint = f", did you mean {near[0]}?" if near else ""
    raise ValueError(f"parameter {_short(name)}: not one of {', '.join(parameters)}{hint}")


def _json(parameter: Parameter, text: str) -> object:
    try:
        return json.loads(text)  # NaN and Infinity too: check refuses them
    except (ValueError, RecursionError):  # ValueError: no JSON, or an int of too many digits
        hint = f": write it as '{json.dumps(parameter.default)}'" if isinstance(parameter.default, list) else ""
        raise ValueError(f"parameter {parameter.name}: {_short(text)} is not of type {parameter.type}{hint}") from None
