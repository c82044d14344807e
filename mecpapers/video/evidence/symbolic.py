"""The paper's formulas as SymPy expressions, for the proofs: (14)-(27), (41), (60)-(61).

The certificates are pairs of expressions that are equal: a cost less its value at the optimum, and the same as a sum of
terms whose signs can be read off.

All symbols are positive but ``a_1`` and ``c_1``, which the paper lets be negative.
"""

from __future__ import annotations

import sympy as sp

beta_1, beta_2, beta_3, rho, kappa = sp.symbols("beta_1 beta_2 beta_3 rho kappa", positive=True)
c_0, a_0, a_2 = sp.symbols("m_c0 m_a0 m_a2", positive=True)
c_1, a_1 = sp.symbols("m_c1 m_a1", real=True)
M, f, t, R, d, p, f_max = sp.symbols("M f t R d p f_max", positive=True)
mu_0, mu_1 = sp.symbols("mu_0 mu_1", positive=True)

C = sp.Function("C", positive=True)(M)  # a positive complexity, its formula left open
macs = c_0 * M + c_1  # (14)
accuracy = a_2 - a_0 / (M + a_1)  # (15)


def local_cost(complexity: sp.Expr = macs) -> sp.Expr:
    """F_0 of (17)."""
    delay, energy = rho * complexity / f, kappa * rho * complexity * f**2
    return beta_1 * delay + beta_2 * energy - beta_3 * accuracy


def edge_cost(complexity: sp.Expr = macs) -> sp.Expr:
    """F_1 of (18)."""
    return beta_1 * rho * complexity / f + beta_1 * M * d / (R * t) + beta_2 * M * d * p / R - beta_3 * accuracy


def local_frequency() -> sp.Expr:
    """(20), where f^max does not bind."""
    return sp.cbrt(beta_1 / (2 * beta_2 * kappa))


def local_frames() -> sp.Expr:
    """(21), where no bound binds; a function of f."""
    return sp.sqrt(beta_3 * a_0 / (beta_1 * rho * c_0 / f + beta_2 * kappa * rho * c_0 * f**2)) - a_1


def local_frames_combined() -> sp.Expr:
    """(22), where no bound binds."""
    half, third, sixth = sp.Rational(1, 2), sp.Rational(1, 3), sp.Rational(1, 6)
    roots = 3**-half * 2**third * rho**-half * kappa**-sixth * c_0**-half
    return roots * beta_1**-third * beta_2**-sixth * beta_3**half * a_0**half - a_1


def lagrangian(n: int = 3) -> tuple[sp.Expr, tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]:
    """(24) for n edge devices with M_i given, each term named by its device; and the variables f_i, t_i.

    ``K_i`` stands for C(M_i) and ``S_i`` for M_i d / R_i; what depends on neither f nor t is left out.
    """
    k, s = indexed("K", n), indexed("S", n)
    speeds, shares = indexed("f", n), indexed("t", n)
    delay = sum(beta_1 * rho * k[i] / speeds[i] + beta_1 * s[i] / shares[i] for i in range(n))
    limits = mu_0 * (sum(shares) - 1) + mu_1 * (sum(speeds) - f_max)
    return delay + limits, speeds, shares


def square_root_shares(loads: tuple[sp.Symbol, ...], budget: sp.Expr) -> tuple[sp.Expr, ...]:
    """(25) and (26): the budget in proportion to the roots of the loads."""
    total = sum(sp.sqrt(load) for load in loads)
    return tuple(budget * sp.sqrt(load) / total for load in loads)


def prices(n: int = 3) -> dict[sp.Symbol, sp.Expr]:
    """The multipliers that meet (55)-(57) at Theorem 2's shares: mu_1 of a cycle/s and mu_0 of air time."""
    roots_k, roots_s = (sum(map(sp.sqrt, indexed(name, n))) for name in ("K", "S"))
    return {mu_1: beta_1 * rho * roots_k**2 / f_max**2, mu_0: beta_1 * roots_s**2}


def priced_shares(loads: tuple[sp.Symbol, ...], price: sp.Expr) -> tuple[sp.Expr, ...]:
    """(60) and (61): what each load takes at a price; without the R_n that (60) prints."""
    return tuple(sp.sqrt(load / price) for load in loads)


def speed_certificate() -> tuple[sp.Expr, sp.Expr]:
    """a/f + b f^2, less its value at ``f_max``.

    With a = 2 b f_max^3, the condition of (48), only the square is left; with a >= 2 b f_max^3 and f <= f_max, the case
    of the bound in (49), no term is negative.
    """
    a, b = sp.symbols("a b", positive=True)
    excess = a / f + b * f**2 - (a / f_max + b * f_max**2)
    square = b * (f - f_max) ** 2 * (f + 2 * f_max) / f
    return excess, square + (a - 2 * b * f_max**3) * (f_max - f) / (f * f_max)


def frames_certificate() -> tuple[sp.Expr, sp.Expr]:
    """Pi u + g/u with u = M + m_a1, less its value at ``u_0``.

    With g = pi u_0^2, the condition of (51), only the square is left; at a bound of (52) pi u_0^2 - g and u - u_0 have
    the same sign.
    """
    pi, g, u, u_0 = sp.symbols("pi g u u_0", positive=True)
    excess = pi * u + g / u - (pi * u_0 + g / u_0)
    return excess, pi * (u - u_0) ** 2 / u + (pi * u_0**2 - g) * (u - u_0) / (u * u_0)


def edge_frames_certificate() -> tuple[sp.Expr, sp.Expr]:
    """The cost eM + g/M + 2U a(M) + 2V b(M), a device's part of (29) after Theorem 2, less its value at ``M_0``.

    Here a^2 = c M + k with any k, and b^2 = h M; M and h are written by a and b to be rational. ``sigma`` is the slope
    at M_0: 0 at an optimum within the bounds, and of the sign of M - M_0 at a bound.
    """
    a, a_0, b, b_0, c, e, g, U, V, M_0 = sp.symbols("a a_0 b b_0 c e g U V M_0", positive=True)
    sigma = sp.Symbol("sigma", real=True)
    change = (a**2 - a_0**2) / c  # M - M_0
    M, h = M_0 + change, (b**2 - b_0**2) / change
    excess = e * change + g / M - g / M_0 + 2 * U * (a - a_0) + 2 * V * (b - b_0)
    gain = M_0**2 * (e + U * c / a_0 + V * h / b_0 - sigma)  # g, from the slope
    brackets = e / M + U * c / a_0 * (1 / M - c / (a + a_0) ** 2) + V * h / b_0 * (1 / M - h / (b + b_0) ** 2)
    return excess.subs(g, gain), change**2 * brackets + sigma * change * M_0 / M


def share_certificate(n: int) -> tuple[sp.Expr, sp.Expr]:
    """S sum w/s less its least value (sum sqrt w)^2, for n shares s of a budget S: Lagrange's identity."""
    w, shares, budget = indexed("w", n), indexed("s", n), sp.Symbol("S", positive=True)
    total = sum(load / share for load, share in zip(w, shares, strict=True))
    excess = budget * total - sum(map(sp.sqrt, w)) ** 2
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    squares = sum(
        (sp.sqrt(w[i]) * shares[j] - sp.sqrt(w[j]) * shares[i]) ** 2 / (shares[i] * shares[j]) for i, j in pairs
    )
    return excess, squares + (budget - sum(shares)) * total


m, y, z, F, T = sp.symbols("m y z F T", real=True)
s, alpha_0, alpha_1, b, e, g = sp.symbols("s alpha_0 alpha_1 b e g", positive=True)


def augmented_edge() -> sp.Expr:
    """(41) for x = 1, the multipliers' terms completed to squares.

    ``F`` and ``T`` stand for f^ - theta^f / s and t^ - theta^t / s; the coefficients of (32) are drawn together.
    """
    delay = (alpha_0 * sp.exp(m) + alpha_1) * sp.exp(-y) + b * sp.exp(m - z)
    return delay + e * sp.exp(m) + g * sp.exp(-m) + s / 2 * (y - F) ** 2 + s / 2 * (z - T) ** 2


def indexed(name: str, n: int) -> tuple[sp.Symbol, ...]:
    """Positive symbols name_1 ... name_n."""
    return tuple(sp.symbols(f"{name}_1:{n + 1}", positive=True))
