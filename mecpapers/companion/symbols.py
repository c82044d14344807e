r"""The symbols of a LaTeX formula: a letter with its decoration and its labels, without its indices and powers.

``\hat{f}_n^e`` is the symbol ``\hat{f}^e`` and ``m_{c,0} M_n^2`` holds ``m_c,0`` and ``M``. Words, functions and
operators are no symbols, nor are the letters that only count: see `INDICES`.
"""

from __future__ import annotations

import re

INDICES = frozenset("nijkl")  # they count devices, layers, axes and iterations
CONSTANTS = frozenset({r"\mathbb{R}", r"\mathbb{Z}", r"\mathcal{O}", "O"})  # the reals, the integers, Landau's symbol

_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho varrho sigma "
    "tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell"
)
_LETTERS = frozenset(rf"\{name}" for name in _GREEK.split())
_DECORATIONS = frozenset({r"\hat", r"\tilde", r"\bar", r"\dot", r"\vec", r"\mathcal", r"\mathbb", r"\mathbf", r"\bm"})
_WIDE = {r"\widehat": r"\hat", r"\widetilde": r"\tilde", r"\overline": r"\bar", r"\boldsymbol": r"\bm"}
_WORDS = frozenset({r"\text", r"\textbf", r"\mathrm", r"\mathsf", r"\operatorname", r"\tag", r"\begin", r"\end"})
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[A-Za-z]|\d+(?:\.\d+)?|\S")
_LABEL = re.compile(r"[A-Za-z0-9,*]*")


def symbols(formula: str) -> set[str]:
    """The symbols of a formula, each once."""
    found: set[str] = set()
    _scan(_TOKEN.findall(formula), found)
    return {s for s in found if s not in CONSTANTS and s not in INDICES}


def _scan(tokens: list[str], found: set[str]) -> None:
    at = 0
    while at < len(tokens):
        token = _WIDE.get(tokens[at], tokens[at])
        if token in _WORDS:
            at = _argument(tokens, at + 1)[1]
            continue
        if token in _DECORATIONS:
            inside, at = _argument(tokens, at + 1)
            base = f"{token}{{{_base(inside)}}}"
        elif token in _LETTERS or (len(token) == 1 and token.isascii() and token.isalpha()):
            base, at = token, at + 1
        else:
            at += 1
            if token in "^_" and at < len(tokens):  # of a number or a bracket: an expression
                inside, at = _argument(tokens, at)
                _scan(inside, found)
            continue
        labels, at = _labels(tokens, at, base, found)
        euler = base == "e" and labels is None
        if not euler:
            found.add(base + (labels or ""))


def _labels(tokens: list[str], at: int, base: str, found: set[str]) -> tuple[str | None, int]:
    """The labels behind a letter; None for the base of an exponential. What is no label is scanned for symbols."""
    below, above = "", ""
    while at < len(tokens) and tokens[at] in "^_'":
        if tokens[at] == "'":
            at += 1
            continue
        raised = tokens[at] == "^"
        inside, at = _argument(tokens, at + 1)
        if raised and base == "e":
            _scan(inside, found)
            return None, at
        said = "".join(inside)
        if not _LABEL.fullmatch(said):
            _scan(inside, found)
            continue
        kept = [piece for piece in said.replace("*", "").split(",") if piece and piece not in INDICES]
        if raised:
            above = "".join(f"^{p}" for p in kept if not p.isdigit())
        else:
            below = "_" + ",".join(kept) if kept else ""
    return below + above, at


def _base(inside: list[str]) -> str:
    """The letter under a decoration, without indices."""
    letters = [t for t in inside if t in _LETTERS or (len(t) == 1 and t.isalpha())]
    return letters[0] if letters else "".join(inside)


def _argument(tokens: list[str], at: int) -> tuple[list[str], int]:
    """What stands in braces from here on, or the one token, and where it ends."""
    if at >= len(tokens) or tokens[at] != "{":
        return tokens[at : at + 1], min(at + 1, len(tokens))
    depth = 0
    for end in range(at, len(tokens)):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        if depth == 0:
            return tokens[at + 1 : end], end + 1
    return tokens[at + 1 :], len(tokens)
