"""The reconstruction's formulas as SymPy expressions; every one is [assumed].

An identity is a pair: an excess over an optimum, and the sum of non-negative terms that it equals.
"""

from __future__ import annotations

import sympy as sp

g, a, c, lam, p, best = sp.symbols("g a c lambda p pstar", positive=True)
Identity = tuple[sp.Expr, sp.Expr]


def worth(probability: sp.Expr = p) -> sp.Expr:
    """What a smooth device is worth at the price lambda: g (1 - exp(-a p)) - lambda c p."""
    return g * (1 - sp.exp(-a * probability)) - lam * c * probability


def smooth_probability() -> sp.Expr:
    """Where the slope of ``worth`` is zero."""
    return sp.log(g * a / (lam * c)) / a


def inner_identity() -> Identity:
    """Worth at p*, where g a exp(-a p*) = lambda c, less worth at p; e^y >= 1 + y makes it non-negative."""
    price = g * a * sp.exp(-a * best) / c
    excess = (worth(best) - worth()).subs(lam, price)
    y = -a * (p - best)
    return excess, price * c / a * (sp.exp(y) - 1 - y)


def zero_identity() -> Identity:
    """Worth at 0 less worth at p: no term is negative where g a <= lambda c."""
    return worth(sp.Integer(0)) - worth(), (lam * c - g * a) * p + g * (sp.exp(-a * p) - 1 + a * p)


def one_identity() -> Identity:
    """Worth at 1 less worth at p: no term is negative where g a exp(-a) >= lambda c and p <= 1."""
    rest = 1 - p
    gap = sp.exp(a * rest) - 1 - a * rest
    return worth(sp.Integer(1)) - worth(), (g * a * sp.exp(-a) - lam * c) * rest + g * sp.exp(-a) * gap
