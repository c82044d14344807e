"""The paper's problems in CVXPY and SCIP: the oracles that the closed forms and bounds are held against.

Shares, and speeds by their limits, are the variables, since solvers fail on numbers like 1e13 beside 1e-9.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any
from warnings import catch_warnings, simplefilter

import cvxpy as cp
import numpy as np

from mecpapers.arrays import FloatArray, check_choice
from mecpapers.fhei.model import BITS, Allocation, Problem, feature_flops, inference_flops


def _tight(tolerance: float) -> dict[str, float]:
    return dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance)


def resources(
    problem: Problem, feature_bytes: FloatArray, form: str = "dcp", tolerance: float = 1e-11
) -> tuple[Allocation | None, float]:
    """P2 for given sizes [byte], shape (M,), as a convex program (``dcp``) or a geometric one (``gp``).

    Returns
    -------
    the allocation and its mean energy [J]; None and infinity where the solver finds P2 infeasible

    Raises
    ------
    ValueError
        if the solver gives neither an optimum nor a proof that there is none.
    """
    check_choice("form", form, ("dcp", "gp"))
    users, m = problem.users, problem.users.size
    program, v = (_convex_program if form == "dcp" else _geometric_program)(m)
    limit, local = problem.max_mean_latency * m, inference_flops(problem, feature_bytes)
    down = BITS * feature_bytes / users.downlink_rate
    up = BITS * problem.input_bytes / users.uplink_rate
    energy = problem.energy_coefficient * local * users.device_speed**2
    tiny = 0.0 if form == "dcp" else 1e-300
    scale = problem.max_mean_energy * m
    v["up"].value, v["down"].value = up / limit, down / limit
    v["edge"].value = feature_flops(problem, feature_bytes) / problem.server_speed / limit
    v["local"].value = local / users.device_speed / limit
    v["sent"].value = np.maximum(problem.transmit_power * up / scale, tiny)
    v["received"].value = np.maximum(users.receive_power * down / scale, tiny)
    v["computed"].value = energy / scale
    with catch_warnings():  # tolerances this small end as "optimal_inaccurate"; the callers compare the objectives
        simplefilter("ignore", UserWarning)
        program.solve(gp=form == "gp", solver=cp.CLARABEL, warm_start=False, **_tight(tolerance))
    if program.status in ("infeasible", "infeasible_inaccurate"):
        return None, np.inf
    if program.status not in ("optimal", "optimal_inaccurate"):
        raise ValueError(f"P2: the solver says {program.status}")
    allocation = Allocation(
        feature_bytes=feature_bytes,
        uplink_share=v["alpha"].value,
        downlink_share=v["beta"].value,
        edge_speed=v["f"].value * problem.server_speed,
        device_speed=v["q"].value * users.device_speed,
    )
    return allocation, float(program.value) * problem.max_mean_energy


def optima(problem: Problem, feature_bytes: FloatArray, tolerance: float = 1e-11) -> list[float]:
    """The mean energy [J] of P2 for sizes [byte] of shape (M,), by both forms; one in hundreds the solver gives up."""
    found = []
    for form in ("dcp", "gp"):
        with suppress(cp.SolverError):
            found.append(resources(problem, feature_bytes, form, tolerance)[1])
    if not found:
        raise ValueError("P2: the solver ends neither form")
    return found


def resources_are_convex(m: int) -> bool:
    """Whether P2 for m users passes CVXPY's rules, which prove convexity from the sums and functions it is made of."""
    return bool(_convex_program(m)[0].is_dcp())


def least_time(problem: Problem, feature_bytes: FloatArray) -> float:
    """The least mean time [s] of uplink, downlink and FN for sizes [byte] of shape (M,)."""
    users = problem.users
    loads = (
        np.full(users.size, BITS * problem.input_bytes) / users.uplink_rate,
        BITS * feature_bytes / users.downlink_rate,
        feature_flops(problem, feature_bytes) / problem.server_speed,
    )
    total = 0.0
    for load in loads:  # no limit joins them, so that each is a program of its own
        share = cp.Variable(load.size, pos=True)
        program = cp.Problem(cp.Minimize(load / load.sum() @ cp.inv_pos(share)), [cp.sum(share) <= 1])
        with catch_warnings():  # as in ``resources``
            simplefilter("ignore", UserWarning)
            program.solve(solver=cp.CLARABEL, **_tight(1e-11))
        total += float((load / share.value).sum() * share.value.sum())  # at shares that add up to 1 to the last bit
    return total / users.size


def sizes(problem: Problem, price: FloatArray, budget: float, most_bytes: float) -> tuple[FloatArray, float]:
    """P3 with (23) as a linear program: sizes [byte] of shape (M,), and their sum."""
    high = problem.max_feature_bytes
    d = cp.Variable(price.size)
    limits = [d >= problem.min_feature_bytes / high, d <= 1, cp.sum(d) <= most_bytes / high]
    program = cp.Problem(cp.Maximize(cp.sum(d)), [*limits, (price * high / budget) @ d <= 1])
    program.solve(solver=cp.CLARABEL, **_tight(1e-11))
    return d.value * high, float(program.value) * high


def scip_optimum(problem: Problem, gap: float = 5e-6, seconds: float = 120.0) -> tuple[float, float]:
    """P1 in SCIP, a nonconvex program: the sum of quality found, and SCIP's own bound on it.

    With one receive power. The minima over alpha, beta and f are inserted, (sum sqrt w)^2 each by Cauchy and Schwarz,
    with s_m = sqrt(d_m) and r_m = sqrt(L_0 + c_1 d_m) as variables; and one cap v of all speeds, as (22) has it.
    """
    from pyscipopt import Model, quicksum

    users, m, top = problem.users, problem.users.size, problem.max_feature_bytes
    rows, floor = range(m), problem.min_feature_bytes / problem.max_feature_bytes
    limit, most = m * problem.max_mean_latency, m * problem.max_mean_energy
    fastest = float(users.device_speed.max())
    ratio = users.device_speed / fastest
    base, rise = problem.fn_base_flops / problem.server_speed, problem.fn_flops_per_byte * top / problem.server_speed
    up = float(np.sqrt(BITS * problem.input_bytes / users.uplink_rate).sum() ** 2)
    local = problem.in_flops_per_byte * top / fastest  # [s] of a largest feature at the fastest mobile's limit
    joule = problem.energy_coefficient * problem.in_flops_per_byte * top * fastest**2
    model = Model()
    model.hideOutput()
    model.setParam("limits/gap", gap)
    model.setParam("limits/time", seconds)
    s = [model.addVar(f"s{k}", lb=float(np.sqrt(floor)), ub=1.0) for k in rows]
    r = [model.addVar(f"r{k}", lb=float(np.sqrt(base + rise * floor)), ub=float(np.sqrt(base + rise))) for k in rows]
    d = [model.addVar(f"d{k}", lb=floor, ub=1.0) for k in rows]
    slow = local * m / limit  # q of all at once: nobody can be slower than this and keep the limit
    q = [model.addVar(f"q{k}", lb=min(0.1 * slow, 0.5 * float(ratio[k])), ub=float(ratio[k])) for k in rows]
    time = [model.addVar(f"t{k}", lb=0.0, ub=limit / local) for k in rows]
    roots, total = model.addVar("roots", lb=0.0, ub=None), model.addVar("total", lb=0.0, ub=None)
    model.addCons(roots == quicksum(float(np.sqrt(BITS * top / users.downlink_rate[k])) * s[k] for k in rows))
    model.addCons(total == quicksum(r))
    for k in rows:
        model.addCons(s[k] * s[k] == d[k])
        model.addCons(r[k] * r[k] == base + rise * d[k])
        model.addCons(time[k] * q[k] == d[k])
    model.addCons(up + roots * roots + total * total + local * quicksum(time) <= limit)
    heat = quicksum(d[k] * q[k] * q[k] for k in rows)
    received = float(users.receive_power[0]) * roots * roots
    model.addCons(problem.transmit_power * up + received + joule * heat <= most)
    model.setObjective(quicksum(d), "maximize")
    model.optimize()
    unit = top * problem.quality_per_byte
    return float(model.getObjVal()) * unit, float(model.getDualbound()) * unit


@cache
def _convex_program(m: int) -> tuple[cp.Problem, dict[str, Any]]:
    v = {name: cp.Variable(m, pos=True) for name in ("alpha", "beta", "f", "q")}
    v |= {name: cp.Parameter(m, nonneg=True) for name in _NUMBERS}
    times = {"up": "alpha", "down": "beta", "edge": "f", "local": "q"}
    latency = sum(v[c] @ cp.inv_pos(v[x]) for c, x in times.items())
    energy = v["sent"] @ cp.inv_pos(v["alpha"]) + v["received"] @ cp.inv_pos(v["beta"]) + v["computed"] @ v["q"] ** 2
    limits = [latency <= 1, v["q"] <= 1, *(cp.sum(v[x]) <= 1 for x in ("alpha", "beta", "f"))]
    return cp.Problem(cp.Minimize(energy), limits), v


@cache
def _geometric_program(m: int) -> tuple[cp.Problem, dict[str, Any]]:
    v = {name: cp.Variable(m, pos=True) for name in ("alpha", "beta", "f", "q")}
    v |= {name: cp.Parameter(m, pos=True) for name in _NUMBERS}
    times = {"up": "alpha", "down": "beta", "edge": "f", "local": "q"}
    latency = sum(cp.sum(cp.multiply(v[c], v[x] ** -1)) for c, x in times.items())
    terms = [cp.multiply(v["sent"], v["alpha"] ** -1), cp.multiply(v["received"], v["beta"] ** -1)]
    energy = sum(cp.sum(t) for t in [*terms, cp.multiply(v["computed"], v["q"] ** 2)])
    limits = [latency <= 1, v["q"] <= 1, *(cp.sum(v[x]) <= 1 for x in ("alpha", "beta", "f"))]
    return cp.Problem(cp.Minimize(energy), limits), v


_NUMBERS = ("up", "down", "edge", "local", "sent", "received", "computed")
