"""The paper's problems as printed, in CVXPY: the oracle that the closed forms are held against.

Frequencies are scaled by their limits, since solvers fail on numbers like 1e10 beside 1e-9. Compiled programs start
cold: a warm start would let an answer depend on the instance before.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import cvxpy as cp
import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import BoolArray, FloatArray, check_choice
from mecpapers.video.model import Problem, accuracy, fewest_frames, macs, transmission_energy

_Compiled = tuple[cp.Problem, dict[str, Any]]


def _solve(program: cp.Problem, tolerance: float, **options: bool) -> None:
    """Solve by Clarabel; whether it calls the result inaccurate changes by version, and is left to the comparison."""
    tolerances = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Solution may be inaccurate")
        program.solve(solver=cp.CLARABEL, warm_start=False, **tolerances, **options)


def local_optimum(problem: Problem) -> tuple[FloatArray, FloatArray, float]:
    """P_N0, (19), over real frames, as a geometric program in u = M + m_a1 and f / f^max.

    Returns
    -------
    frames, frequency : shape (N,)
    cost : the sum of (17) without its constant -beta_3 m_a2

    Raises
    ------
    ValueError
        unless C = m_c0 u + (m_c1 - m_c0 m_a1) has positive coefficients, as a geometric program must.
    """
    devices, rho = problem.devices, problem.cycles_per_mac
    offset = devices.macs_offset - devices.macs_per_frame * devices.accuracy_a1
    if np.any(offset <= 0):
        raise ValueError("macs_offset: must exceed macs_per_frame * accuracy_a1 for a geometric program")
    program, values = _local_program(devices.size)
    values["slope"].value = devices.macs_per_frame / offset
    values["delay"].value = devices.weight_delay * rho * offset / devices.max_frequency
    values["energy"].value = (
        devices.weight_energy * devices.energy_coefficient * rho * offset * devices.max_frequency**2
    )
    values["loss"].value = devices.weight_accuracy * devices.accuracy_a0
    values["low"].value = fewest_frames(devices) + devices.accuracy_a1
    values["high"].value = devices.max_frames + devices.accuracy_a1
    _solve(program, 1e-8, gp=True)
    return values["u"].value - devices.accuracy_a1, values["speed"].value * devices.max_frequency, float(program.value)


def edge_optimum(problem: Problem, offload: BoolArray, frames: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """P_N1, (23), for given frames: a convex program in f^e / f^max and t / T.

    Returns
    -------
    frequency, share : shape (|N_1|,)
    cost : the sum of (18)
    """
    devices = problem.devices
    computing = devices.weight_delay * problem.cycles_per_mac * macs(devices, frames) / problem.server_frequency
    sending = devices.weight_delay * frames * devices.frame_bits / (devices.uplink_rate * problem.time_budget)
    own = devices.weight_energy * transmission_energy(problem, frames) - devices.weight_accuracy * accuracy(
        devices, frames
    )
    program, values = _edge_program(int(offload.sum()))
    values["computing"].value, values["sending"].value = computing[offload], sending[offload]
    _solve(program, 1e-9)
    cost = float(program.value + own[offload].sum())
    return values["f"].value * problem.server_frequency, values["t"].value * problem.time_budget, cost


def augmented_local(
    problem: Problem, f: FloatArray, t: FloatArray, s: float, device_frequency: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(41) for every device, both cases, without the constants that they share.

    Parameters
    ----------
    f, t : f^ - theta^f / s and t^ - theta^t / s, as logarithms of fractions of f^max and of the time budget, shape (N,)
    device_frequency : f^md of the case x = 0 [cycle/s], shape (N,)

    Returns
    -------
    the least values for x = 1 and for x = 0, each of shape (N,)
    """
    v, rho, n = problem.devices, problem.cycles_per_mac, problem.devices.size
    kappa = v.energy_coefficient * (rho if problem.local_energy == "eq7" else 1.0)
    local = v.weight_delay * rho / device_frequency + v.weight_energy * kappa * device_frequency**2  # a MAC
    chooses = v.weight_delay * rho / device_frequency + v.weight_energy * v.energy_coefficient * rho * (
        device_frequency**2
    )
    numbers = {
        "a0": v.weight_delay * rho * v.macs_per_frame / problem.server_frequency * np.exp(-f),
        "a1": v.weight_delay * rho * v.macs_offset / problem.server_frequency * np.exp(-f),
        "bt": v.weight_delay * v.frame_bits / (v.uplink_rate * problem.time_budget) * np.exp(-t),
        "e": v.weight_energy * transmission_energy(problem, np.ones(n)),
        "g": v.weight_accuracy * v.accuracy_a0,
        "staying": chooses * v.macs_per_frame,
        "low": np.log(fewest_frames(v)),
        "high": np.log(v.max_frames),
    }
    program, values = _augmented_program(n)
    found = []
    # Of cost: the solver stalls in one unit or in another.
    for unit in (np.ones(n), np.exp(numbers["low"]) * numbers["staying"]):
        for name, value in numbers.items():
            values[name].value = value if name in ("low", "high") else value / unit
        values["root_s"].value = np.sqrt(s / 2 / unit)
        _solve(program, 1e-11)
        frames = np.exp(values["m_0"].value)
        found.append((unit * values["edge"].value, local * macs(v, frames) + numbers["g"] / frames))
    edge, staying = np.min(found, axis=0)
    return edge, staying


def augmented_global(b: FloatArray, s: float) -> tuple[FloatArray, float]:
    """(42) for one resource: the v nearest to b, shape (|N_1|,), with sum exp(v) <= 1, and s/2 |v - b|^2."""
    v = cp.Variable(b.size)
    program = cp.Problem(cp.Minimize(s / 2 * cp.sum_squares(v - b)), [cp.sum(cp.exp(v)) <= 1])
    _solve(program, 1e-10)
    found = v.value - np.log(np.exp(v.value).sum())  # within the limit to the last bit
    return found, float(s / 2 * ((found - b) ** 2).sum())


def dual_function(
    problem: Problem, offload: BoolArray, theta_f: FloatArray, theta_t: FloatArray, s: float
) -> tuple[float, FloatArray, FloatArray]:
    """(38) for one policy, all of whose devices are at the edge: the least of (37) over frames, copies and shares.

    (38) itself is the least of these values over the policies. Its slopes in theta are y - f^ and z - t^.

    Parameters
    ----------
    offload : shape (N,); the set N_1, whose terms alone are counted
    theta_f, theta_t : multipliers [cost], shape (N,)
    s : [cost]

    Returns
    -------
    value : without the constant -beta_3 m_a2, as (32)
    y - f^, z - t^ : there, shape (|N_1|,)
    """
    v = problem.devices
    alpha = v.weight_delay * problem.cycles_per_mac / problem.server_frequency
    numbers = {
        "a0": alpha * v.macs_per_frame,
        "a1": alpha * v.macs_offset,
        "bt": v.weight_delay * v.frame_bits / (v.uplink_rate * problem.time_budget),
        "e": v.weight_energy * transmission_energy(problem, np.ones(v.size)),
        "g": v.weight_accuracy * v.accuracy_a0,
    }
    a0, a1, bt, e, g = (number[offload] for number in numbers.values())
    m, y, z, f, t = (cp.Variable(int(offload.sum())) for _ in range(5))
    cost = a0 @ cp.exp(m - y) + a1 @ cp.exp(-y) + bt @ cp.exp(m - z) + e @ cp.exp(m) + g @ cp.exp(-m)
    cost += theta_f[offload] @ (y - f) + theta_t[offload] @ (z - t)
    cost += s / 2 * (cp.sum_squares(y - f) + cp.sum_squares(z - t))
    limits = [m >= np.log(fewest_frames(v)[offload]), m <= np.log(v.max_frames[offload])]
    limits += [cp.sum(cp.exp(f)) <= 1, cp.sum(cp.exp(t)) <= 1]
    program = cp.Problem(cp.Minimize(cost), limits)
    _solve(program, 1e-8)
    return float(program.value), (y - f).value, (z - t).value


def penalised_choice(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """A round of CCCP: minimise (sum a x)^2 + (sum b x)^2 + sum c x over 0 <= x <= 1; all of shape (N,)."""
    program, values = _choice_program(a.size)
    values["a"].value, values["b"].value, values["c"].value = a, b, c
    _solve(program, 1e-9)
    return np.asarray(values["x"].value)


def scip_choice(a: FloatArray, b: FloatArray, e: FloatArray) -> NDArray[np.intp]:
    """One option a device, minimising (sum a)^2 + (sum b)^2 + sum e, by SCIP's branch and bound.

    SCIP's own objective may lie below the truth by its tolerances: evaluate the rows it returns.

    Parameters
    ----------
    a, b, e : shape (K, N); an option that a device lacks has e = inf

    Returns
    -------
    the row chosen for each device, shape (N,)
    """
    from pyscipopt import Model, quicksum  # an extra: bench, test

    scip = Model()
    scip.hideOutput()
    scip.setParam("limits/gap", 0.0)
    chosen = {(k, n): scip.addVar(vtype="B") for k, n in zip(*np.nonzero(np.isfinite(e)), strict=True)}
    total_a, total_b, squares = scip.addVar(), scip.addVar(), scip.addVar()
    for n in range(e.shape[1]):
        scip.addCons(quicksum(x for (_, device), x in chosen.items() if device == n) == 1)
    scip.addCons(total_a == quicksum(float(a[key]) * x for key, x in chosen.items()))
    scip.addCons(total_b == quicksum(float(b[key]) * x for key, x in chosen.items()))
    scip.addCons(squares >= total_a * total_a + total_b * total_b)
    scip.setObjective(squares + quicksum(float(e[key]) * x for key, x in chosen.items()), "minimize")
    scip.optimize()
    rows = np.zeros(e.shape[1], dtype=np.intp)
    for (k, n), x in chosen.items():
        if scip.getVal(x) > 0.5:
            rows[n] = k
    return rows


@cache
def _choice_program(n: int) -> _Compiled:
    x, a, b, c = cp.Variable(n), cp.Parameter(n), cp.Parameter(n), cp.Parameter(n)
    cost = cp.square(a @ x) + cp.square(b @ x) + c @ x
    return cp.Problem(cp.Minimize(cost), [x >= 0, x <= 1]), {"x": x, "a": a, "b": b, "c": c}


@cache
def _local_program(n: int) -> _Compiled:
    """(19) with the numbers left open, so that CVXPY compiles it once for each N."""
    u, speed = cp.Variable(n, pos=True), cp.Variable(n, pos=True)
    slope, delay, energy, loss, low, high = (cp.Parameter(n, pos=True) for _ in range(6))
    complexity = cp.multiply(slope, u) + 1
    cost = cp.sum(
        cp.multiply(delay, complexity / speed)
        + cp.multiply(energy, cp.multiply(complexity, speed**2))
        + cp.multiply(loss, 1 / u)
    )
    program = cp.Problem(cp.Minimize(cost), [u >= low, u <= high, speed <= 1])
    names = {"slope": slope, "delay": delay, "energy": energy, "loss": loss, "low": low, "high": high}
    return program, {**names, "u": u, "speed": speed}


@cache
def _edge_program(n: int) -> _Compiled:
    """(23) for given frames, with the numbers left open."""
    f, t = cp.Variable(n, pos=True), cp.Variable(n, pos=True)
    computing, sending = cp.Parameter(n, pos=True), cp.Parameter(n, pos=True)
    delay = cp.sum(cp.multiply(computing, cp.inv_pos(f)) + cp.multiply(sending, cp.inv_pos(t)))
    program = cp.Problem(cp.Minimize(delay), [cp.sum(f) <= 1, cp.sum(t) <= 1])
    return program, {"computing": computing, "sending": sending, "f": f, "t": t}


@cache
def _augmented_program(n: int) -> _Compiled:
    """(41) for n devices, x = 1 and x = 0, in the moves y - f and z - t, with the numbers left open."""
    m, q, r, m_0 = (cp.Variable(n) for _ in range(4))
    positive = {name: cp.Parameter(n, nonneg=True) for name in ("a0", "a1", "bt", "e", "g", "staying")}
    a0, a1, bt, e, g, staying = positive.values()
    root_s, low, high = cp.Parameter(n, nonneg=True), cp.Parameter(n), cp.Parameter(n)
    delay = cp.multiply(a0, cp.exp(m - q)) + cp.multiply(a1, cp.exp(-q)) + cp.multiply(bt, cp.exp(m - r))
    edge = delay + cp.multiply(e, cp.exp(m)) + cp.multiply(g, cp.exp(-m))
    edge += cp.square(cp.multiply(root_s, q)) + cp.square(cp.multiply(root_s, r))
    local = cp.multiply(staying, cp.exp(m_0)) + cp.multiply(g, cp.exp(-m_0))
    limits = [w >= low for w in (m, m_0)] + [w <= high for w in (m, m_0)]
    program = cp.Problem(cp.Minimize(cp.sum(edge) + cp.sum(local)), limits)
    return program, {**positive, "root_s": root_s, "low": low, "high": high, "m_0": m_0, "edge": edge}


def geometric_program(problem: Problem, offload: BoolArray, *, form: str = "gp") -> tuple[FloatArray, float]:
    """Algorithm 2's relaxation over frames, frequencies and shares: (28) as a GP, or (29) in exponentials.

    Parameters
    ----------
    form : ``gp`` for (28) with CVXPY's log-log rules, ``dcp`` for (29) as printed

    Returns
    -------
    frames : shape (|N_1|,), real numbers
    cost : (29), which leaves out the constant -beta_3 m_a2

    Raises
    ------
    cvxpy.DGPError, cvxpy.DCPError
        if m_c1 < 0: then (29) is not convex.
    ValueError
        for another ``form``.
    """
    check_choice("form", form, ("gp", "dcp"))
    devices = problem.devices
    alpha = (devices.weight_delay * problem.cycles_per_mac / problem.server_frequency)[offload]
    c0, c1 = devices.macs_per_frame[offload], devices.macs_offset[offload]
    beta = (devices.weight_delay * devices.frame_bits / (devices.uplink_rate * problem.time_budget))[offload]
    e = (devices.weight_energy * transmission_energy(problem, np.ones(devices.size)))[offload]
    g = (devices.weight_accuracy * devices.accuracy_a0)[offload]
    low, high = fewest_frames(devices)[offload], devices.max_frames[offload]
    one = np.ones(low.size)
    if form == "gp":
        m, f, t = (cp.Variable(low.size, pos=True) for _ in range(3))
        terms = ((alpha * c0, m / f), (alpha * c1, 1 / f), (beta, m / t), (e, m), (g, 1 / m))
        cost = cp.sum(cp.hstack([cp.multiply(size, term) for size, term in terms]))  # @ refuses a single device
        limits = [m >= low, m <= high, cp.sum(t) <= 1, cp.sum(f) <= 1]
        program = cp.Problem(cp.Minimize(cost), limits)
        _solve(program, 1e-8, gp=True)
        return m.value, float(program.value)
    m, f, t = (cp.Variable(low.size) for _ in range(3))
    delay = (alpha * c0) @ cp.exp(m - f) + (alpha * c1) @ cp.exp(-f) + beta @ cp.exp(m - t)
    cost = delay + e @ cp.exp(m) + g @ cp.exp(-m)
    limits = [m >= np.log(low), m <= np.log(high), one @ cp.exp(t) <= 1, one @ cp.exp(f) <= 1]
    program = cp.Problem(cp.Minimize(cost), limits)
    _solve(program, 1e-8)
    return np.exp(m.value), float(program.value)
