"""Markdown with TeX as a terminal shows it, and numbers as every table does."""

from __future__ import annotations

import re
from math import isnan

_GREEK = {
    "alpha": "α", "beta": "β", "delta": "δ", "eta": "η", "kappa": "κ", "lambda": "λ", "mu": "μ", "omega": "ω",
    "psi": "ψ", "rho": "ρ", "sigma": "σ", "tau": "τ", "theta": "θ", "zeta": "ζ", "gamma": "γ", "epsilon": "ε",
    "Phi": "Φ", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
}  # fmt: skip
_SIGNS = {
    "ge": "≥", "le": "≤", "ne": "≠", "approx": "≈", "cdot": "·", "times": "×", "pm": "±", "infty": "∞", "sum": "Σ",
    "prod": "Π", "dots": "...", "ldots": "...", "partial": "∂", "in": "∈", "to": "→", "lvert": "|", "rvert": "|",
    "vert": "|", "lVert": "‖", "rVert": "‖", "propto": "∝", "exp": "exp", "ln": "ln", "log": "log", "min": "min",
    "max": "max", "arg": "arg", "quad": " ", "left": "", "right": "", "mid": "|", "ast": "*", "lceil": "⌈",
    "rceil": "⌉", "lfloor": "⌊", "rfloor": "⌋",
}  # fmt: skip
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SYMBOL = "|".join(sorted({*_GREEK, *_SIGNS}, key=len, reverse=True))


def plain(text: str) -> str:
    r"""Turn Markdown with TeX into characters: ``$m_{a,1} \ge 0$`` into ``m_a1 ≥ 0``.

    Raises
    ------
    ValueError
        if a command of TeX is not known here, or a dollar sign has no partner.
    """
    parts = text.split("$")
    if len(parts) % 2 == 0:
        raise ValueError(f"text = {text}: must have an even number of dollar signs")
    words = [re.sub(r"[`*]", "", part) if i % 2 == 0 else _formula(part) for i, part in enumerate(parts)]
    return " ".join("".join(words).split())


def _formula(tex: str) -> str:
    tex = re.sub(r"\\(?:mathrm|text|operatorname|mathcal|mathbf)\s*\{([^{}]*)\}", r"\1", tex)
    tex = re.sub(r"\\[,;:! ]", " ", tex).replace("^*", "*")
    for name, mark in _ACCENTS.items():
        tex = re.sub(rf"\\{name}(?![A-Za-z])\s*\{{?(\\[A-Za-z]+|[A-Za-z])\}}?", rf"\1{mark}", tex)
    tex = re.sub(rf"\\({_SYMBOL})(?![A-Za-z])", lambda found: (_GREEK | _SIGNS)[found[1]], tex)
    tex = tex.replace(r"\{", "\0").replace(r"\}", "\1")
    while "{" in tex:  # from the inside out
        before = tex
        tex = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"√(\1)", tex)
        tex = re.sub(r"\\t?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", tex)
        tex = re.sub(r"_\{(\w+),(\w+)\}", r"_\1\2", tex)
        tex = re.sub(r"([_^])\{([^{}]+[^{}\w.][^{}]*)\}", r"\1(\2)", tex)
        tex = re.sub(r"(?<!\\sqrt)(?<!frac)\{([^{}]*)\}(?!\s*\{)", r"\1", tex)
        if tex == before:
            raise ValueError(f"formula = {tex}: its braces are not understood")
    if "\\" in tex:
        raise ValueError(f"formula = {tex}: an unknown command of TeX")
    return tex.replace("\0", "{").replace("\1", "}")


def rounded(value: float, digits: int) -> str:
    """A number with a few significant digits; what lies halfway but for its last bits goes away from zero.

    Powers of ten are written as such from ten million up, and below a ten-thousandth.
    """
    if isnan(value):
        return "n/a"
    text = f"{value * (1 + 1e-12):.{digits}g}"
    mantissa, _, power = text.partition("e")
    if not power:
        return text
    if 0 <= int(power) < 7:
        return f"{float(text):.0f}"
    raised = f"10{str(int(power)).translate(_RAISED)}"
    return raised if mantissa == "1" else f"{mantissa} × {raised}"
