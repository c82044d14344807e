"""The paper's formulas as SymPy expressions, for the proofs: (17)-(22)."""

from __future__ import annotations

import sympy as sp

P_U, sigma, psi, lam, mu, gamma, theta = sp.symbols("P_U sigma psi lambda mu gamma theta", positive=True)
raw, F, L_0, c_1, c_2 = sp.symbols("I F L_0 c_1 c_2", positive=True)
q, d, zeta = sp.symbols("q d zeta", positive=True)


def lagrangian(
    m: int = 2, sigmas: tuple[sp.Symbol, ...] | None = None
) -> tuple[sp.Expr, dict[str, tuple[sp.Symbol, ...]]]:
    """(17) for M users without its q terms, which (19) has; and its symbols by name.

    Parameters
    ----------
    sigmas : receive powers, one a user; the paper's single sigma if left out
    """
    names = ("U", "D", "d", "alpha", "beta", "f")
    s = {name: indexed(name, m) for name in names}
    powers = sigmas or (sigma,) * m
    users = [
        (P_U + lam) * raw / (a * u) + (p + lam) * size / (b * down) + lam * (L_0 + c_1 * size) / speed
        for u, down, size, a, b, speed, p in zip(*(s[n] for n in names), powers, strict=True)
    ]
    limits = mu * (sum(s["alpha"]) - 1) + gamma * (sum(s["beta"]) - 1) + theta * (sum(s["f"]) - F)
    return sum(users) / m + limits, s


def shares(weights: tuple[sp.Expr, ...], budget: sp.Expr) -> tuple[sp.Expr, ...]:
    """Proposition 1: the budget in proportion to the roots of the weights."""
    total = sum(sp.sqrt(w) for w in weights)
    return tuple(budget * sp.sqrt(w) / total for w in weights)


def user_cost() -> sp.Expr:
    """What depends on q_m in (17), times M."""
    return psi * q**2 * c_2 * d + lam * c_2 * d / q


def speed_condition() -> sp.Expr:
    """(19), without its factor 1/M, which it drops."""
    return sp.diff(user_cost(), q) + zeta


def speed() -> sp.Expr:
    """(20) for zeta = 0."""
    return sp.cbrt(lam / (2 * psi))


def indexed(name: str, n: int) -> tuple[sp.Symbol, ...]:
    """Positive symbols name_1 ... name_n."""
    return tuple(sp.symbols(f"{name}_1:{n + 1}", positive=True))
