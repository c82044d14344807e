"""The paper's formulas as SymPy expressions, for the proofs: (17)-(22); and identities that need no calculus.

An identity is a pair: an excess over an optimum, and the sum of squares or of products of non-negative factors that it
equals.
"""

from __future__ import annotations

from itertools import combinations

import sympy as sp

P_U, sigma, psi, lam, mu, gamma, theta, T_bar = sp.symbols("P_U sigma psi lambda mu gamma theta Tbar", positive=True)
raw, F, L_0, c_1, c_2 = sp.symbols("I F L_0 c_1 c_2", positive=True)
q, d, zeta, v, Q = sp.symbols("q d zeta v Q", positive=True)

BITS = sp.Integer(8)  # a byte
Identity = tuple[sp.Expr, sp.Expr]
Named = dict[str, tuple[sp.Symbol, ...]]

_NAMES = ("U", "D", "d", "alpha", "beta", "f", "q", "Q", "zeta")


def lagrangian(m: int = 2, sigmas: tuple[sp.Symbol, ...] | None = None) -> tuple[sp.Expr, Named]:
    """(17) for M users, bytes times 8 where they meet a rate; and its symbols by name.

    Parameters
    ----------
    sigmas : receive powers, one a user; the paper's single sigma if left out
    """
    s = {name: indexed(name, m) for name in _NAMES}
    cost = (mean_energy(s, sigmas), mean_latency(s) - T_bar)
    limits = mu * (sum(s["alpha"]) - 1) + gamma * (sum(s["beta"]) - 1) + theta * (sum(s["f"]) - F)
    speeds = sum(z * (x - most) for z, x, most in zip(s["zeta"], s["q"], s["Q"], strict=True))
    return cost[0] + lam * cost[1] + limits + speeds, s


def mean_energy(s: Named, sigmas: tuple[sp.Symbol, ...] | None = None) -> sp.Expr:
    """The objective of P2 [J], of symbols by name."""
    powers = sigmas or (sigma,) * len(s["d"])
    users = [
        P_U * BITS * raw / (a * up) + p * BITS * size / (b * down) + psi * speed**2 * c_2 * size
        for up, down, size, a, b, speed, p in zip(*(s[n] for n in _OF_ENERGY), powers, strict=True)
    ]
    return sum(users) / len(users)


def mean_latency(s: Named) -> sp.Expr:
    """The mean of (11) over the users [s], of symbols by name."""
    users = [
        BITS * raw / (a * up) + BITS * size / (b * down) + (L_0 + c_1 * size) / edge + c_2 * size / speed
        for up, down, size, a, b, speed, edge in zip(*(s[n] for n in (*_OF_ENERGY, "f")), strict=True)
    ]
    return sum(users) / len(users)


_OF_ENERGY = ("U", "D", "d", "alpha", "beta", "q")


def loads(s: Named) -> dict[str, tuple[sp.Expr, ...]]:
    """What each share divides: the link's seconds of a user alone for alpha and beta, FN's operations for f."""
    return {
        "alpha": tuple(BITS * raw / up for up in s["U"]),
        "beta": tuple(BITS * size / down for size, down in zip(s["d"], s["D"], strict=True)),
        "f": tuple(L_0 + c_1 * size for size in s["d"]),
    }


def with_loads_squared(expression: sp.Expr, s: Named, name: str) -> sp.Expr:
    """Write the load of user k on one share as r_k^2, so that roots of loads are plain symbols."""
    r = indexed("r", len(s["d"]))
    if name == "alpha":
        new = {up: BITS * raw / x**2 for up, x in zip(s["U"], r, strict=True)}
    elif name == "beta":
        new = {down: BITS * size / x**2 for down, size, x in zip(s["D"], s["d"], r, strict=True)}
    else:
        new = {size: (x**2 - L_0) / c_1 for size, x in zip(s["d"], r, strict=True)}
    return expression.subs(new)


def shares(weights: tuple[sp.Expr, ...], budget: sp.Expr) -> tuple[sp.Expr, ...]:
    """Proposition 1: the budget in proportion to the roots of the weights."""
    total = sum(sp.sqrt(w) for w in weights)
    return tuple(budget * sp.sqrt(w) / total for w in weights)


def user_cost(speed: sp.Expr = q) -> sp.Expr:
    """What depends on q_m in (17), times M."""
    return psi * speed**2 * c_2 * d + lam * c_2 * d / speed


def speed_condition(m: int = 1) -> sp.Expr:
    """(19) for M users; M = 1 as printed, without the factor 1/M."""
    return sp.diff(user_cost(), q) / m + zeta


def speed() -> sp.Expr:
    """(20) for zeta = 0."""
    return sp.cbrt(lam / (2 * psi))


def share_identity(n: int = 3) -> Identity:
    """Lagrange's identity: sum w/s times sum s, less (sum sqrt w)^2, is a sum of squares; for n shares."""
    w, s = indexed("w", n), indexed("s", n)
    excess = sum(x / y for x, y in zip(w, s, strict=True)) * sum(s) - sum(map(sp.sqrt, w)) ** 2
    return excess, _squares(w, s)


def speed_identity() -> Identity:
    """Excess of lambda / q + psi q^2 over its least value, at v with lambda = 2 psi v^3."""
    return _speed_cost(q) - _speed_cost(v), psi * (q - v) ** 2 * (q + 2 * v) / q


def clipped_speed_identity() -> Identity:
    """The same over the value at Q: no factor is negative where q <= Q <= v."""
    return _speed_cost(q) - _speed_cost(Q), psi * (Q - q) * (2 * (v**3 - Q**3) + Q * (Q - q) * (2 * Q + q)) / (q * Q)


def resource_identity(m: int = 2) -> Identity:
    """M (energy + lambda latency) of any shares that use up the budgets, and any speeds, less that of Propositions 1
    and 2 with nobody at Q: squares for the shares, products for the speeds.
    """  # noqa: D205
    s = {name: indexed(name, m) for name in _NAMES}
    price = 2 * psi * v**3
    second = {"alpha": P_U + price, "beta": sigma + price, "f": price}  # what one costs there [J]
    budgets = {"alpha": sp.Integer(1), "beta": sp.Integer(1), "f": F}
    weights = {k: tuple(second[k] * load for load in part) for k, part in loads(s).items()}
    best = {x: y for k in budgets for x, y in zip(s[k], shares(weights[k], budgets[k]), strict=True)}
    best |= dict.fromkeys(s["q"], v)
    cost = m * (mean_energy(s) + price * mean_latency(s))
    parts = [_squares(weights[k], s[k]) / budget for k, budget in budgets.items()]
    of_speed = speed_identity()[1]
    parts += [c_2 * size * of_speed.subs(q, x) for size, x in zip(s["d"], s["q"], strict=True)]
    last = {s[k][-1]: budget - sum(s[k][:-1]) for k, budget in budgets.items()}
    return (cost - cost.subs(best)).subs(last), sum(parts).subs(last)


def indexed(name: str, n: int) -> tuple[sp.Symbol, ...]:
    """Positive symbols name_1 ... name_n."""
    return tuple(sp.symbols(f"{name}_1:{n + 1}", positive=True))


def _speed_cost(speed: sp.Expr) -> sp.Expr:
    """What a FLOP costs at a speed [J], at the price lambda = 2 psi v^3."""
    return 2 * psi * v**3 / speed + psi * speed**2


def _squares(weights: tuple[sp.Expr, ...], s: tuple[sp.Symbol, ...]) -> sp.Expr:
    """Sum over the pairs of (s_n sqrt(w_m) - s_m sqrt(w_n))^2 / (s_m s_n)."""
    pairs = combinations(zip(map(sp.sqrt, weights), s, strict=True), 2)
    return sum((y * a - x * b) ** 2 / (x * y) for (a, x), (b, y) in pairs)
