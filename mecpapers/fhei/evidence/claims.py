"""How each statement of the FHEI paper is measured, by the keys of claims.toml."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.fhei.networks import (
    Convention,
    class_bytes,
    class_macs,
    conventions,
    feature_bytes,
    linear_fits,
    yolo_v3,
)
from mecpapers.fhei.scenario import TABLE_I, UNEQUAL
from mecpapers.ledger import Measure, Measured
from mecpapers.sweep import Sweep
from mecpapers.units import GIGA, MEGA

N_INSTANCES = 200
FIG_4B_USERS = (2, 5, 8, 10, 15)


def _never_below(seed: int = 0) -> float:
    """Share of the drops that can be served, over all combinations, in which no benchmark is above."""
    from mecpapers.fhei.evidence.experiments import verdict_rows

    rows = verdict_rows(seed=seed)
    served = [1 - row["infeasible"] for row in rows]
    return float(np.average([1 - row["below_any"] for row in rows], weights=served))


def fig_4b(noise_w_per_hz: float = 2e-8, gamma_shape: float = 1.0, seed: int = 0) -> Sweep:
    """Fig. 4(b) under the choices that a claim varies."""
    from mecpapers.fhei.evidence.experiments import figure_4b

    scenario = replace(TABLE_I, noise_w_per_hz=noise_w_per_hz, gamma_shape=gamma_shape)
    return figure_4b(FIG_4B_USERS, seed=seed, scenario=scenario)


def _mean_gap(noise_w_per_hz: float = 2e-8, gamma_shape: float = 1.0, seed: int = 0) -> float:
    """Largest mean loss to the optimum over M [%]."""
    from mecpapers.fhei.evidence.experiments import mean_gain

    gains = mean_gain(fig_4b(noise_w_per_hz, gamma_shape, seed), "exact", relative=True)
    return float(-100 * np.min(gains))


def _mean_gain(*benchmarks: str, noise_w_per_hz: float = 2e-8, gamma_shape: float = 1.0, seed: int = 0) -> float:
    """Least mean gain over a benchmark, over M and the benchmarks [mAP]."""
    from mecpapers.fhei.evidence.experiments import mean_gain

    sweep = fig_4b(noise_w_per_hz, gamma_shape, seed)
    return float(min(mean_gain(sweep, name).min() for name in benchmarks))


def _gap_growth(noise_w_per_hz: float = 2e-8, gamma_shape: float = 1.0, seed: int = 0) -> float:
    """By how much the mean relative gain over computation only grows from the fewest users to the most [points]."""
    from mecpapers.fhei.evidence.experiments import mean_gain

    gains = mean_gain(fig_4b(noise_w_per_hz, gamma_shape, seed), "inversion-rate", relative=True)
    return float(100 * (gains[-1] - gains[0])) if gains.size > 1 else float("nan")


def _gain(*benchmarks: str, mobiles: str = "equal") -> float:
    """Least gain over some benchmarks on Fig. 4(a) [%]."""
    from mecpapers.fhei.evidence.experiments import figure_4a

    total = {name: values.sum() for name, values in figure_4a(mobiles).items()}
    return float(min(100 * (total["alternating"] / total[name] - 1) for name in benchmarks if name in total))


def _follows(mobiles: str = "equal") -> float:
    """Whether nobody on Fig. 4(a) has more quality than a user with a better downlink."""
    from mecpapers.fhei.evidence.experiments import figure_4a
    from mecpapers.fhei.schemes import follows_downlink

    problem = UNEQUAL[mobiles].draw(np.random.default_rng(0))
    return float(follows_downlink(problem, figure_4a(mobiles)["alternating"] / problem.quality_per_byte))


def _conditions() -> float:
    """Whether another user of Fig. 4(a) gets the most if the downlinks are turned round, or the mobiles differ."""
    from mecpapers.fhei.alternating import solve_alternating

    usual = UNEQUAL["equal"]
    turned = replace(usual, downlink_gains=usual.downlink_gains[::-1])
    draws = [s.draw(np.random.default_rng(0)) for s in (usual, turned, UNEQUAL["slow users 4, 5"])]
    first, *others = [int(np.argmax(solve_alternating(p).allocation.feature_bytes)) for p in draws]
    return float(np.mean([other != first for other in others]))


def _propositions(attribute: str, equal: bool = True) -> float:
    from mecpapers.fhei.evidence.verification import propositions  # loads CVXPY

    checked = propositions(N_INSTANCES, equal=equal)
    return float(checked.agreed / checked.instances) if attribute == "agreed" else float(getattr(checked, attribute))


def _verified(name: str, *arguments: int) -> float:
    from mecpapers.fhei.evidence import verification  # loads CVXPY

    return float(getattr(verification, name)(*arguments))


def _p2_convex() -> float:
    from mecpapers.fhei.evidence.reference import resources_are_convex  # loads CVXPY

    return float(np.mean([resources_are_convex(m) for m in range(1, 21)]))


def _p1_not_convex() -> float:
    from mecpapers.fhei.evidence.verification import points_of_p1
    from mecpapers.fhei.model import violations

    problem, (one, other, between) = points_of_p1()
    return float(not violations(problem, one) and not violations(problem, other) and bool(violations(problem, between)))


def _power_loss() -> float:
    from mecpapers.fhei.evidence.experiments import unequal_power_loss

    return float(100 * unequal_power_loss()[1])


def _largest_fall(mobiles: str = "equal") -> float:
    """Largest fall of the sum from round to round under (23) and the safe stop, relative."""
    from mecpapers.fhei.evidence.experiments import trajectory

    total = trajectory(mobiles)["quality"][:-1]
    return float(np.max(-np.diff(total), initial=0.0) / total[0])


def _increment(mobiles: str = "equal") -> float:
    """Whether (23) raises the best sum that both limits allow."""
    from mecpapers.fhei.evidence.experiments import trajectory

    with_it, without = (max(_allowed(trajectory(mobiles, eta=eta))) for eta in (1.01, None))
    return float(with_it > without)


def _allowed(curve: dict[str, FloatArray]) -> list[float]:
    limit = TABLE_I.max_mean_energy
    return [float(q) for q, e in zip(curve["quality"], curve["energy"], strict=True) if e <= limit]


def _heavier() -> float:
    network, heads = class_macs()
    return float(np.mean([np.all(np.diff(load) > 0) for load in (class_bytes(), network, heads)]))


def _better_class() -> float:
    """Share of the first two steps, map 1 to 2 and 2 to 3, whose gain exceeds two standard errors over the seeds."""
    from mecpapers.fhei.measured.scales import stored

    steps = np.diff([seed["ap"]["all"][:3] for seed in stored()["seeds"]], axis=1)
    return float(np.mean(steps.mean(axis=0) > 2 * steps.std(axis=0, ddof=1) / np.sqrt(len(steps))))


def _rising(part: int) -> float:
    """Share of the 32 conventions in which the regression of FN's load (0) or IN's (1) on the sizes rises."""
    slopes = []
    for convention, _ in conventions():
        loads = class_macs(cumulative_heads=convention.cumulative_heads, first=convention.first)
        size = np.cumsum(feature_bytes(convention.first))
        slopes.append(np.polyfit(size / MEGA, loads[part], 1)[0])
    return float(np.mean(np.array(slopes) > 0))


def _bias(part: int, origin_byte: float = 2e6) -> Measured:
    """The regression of FN's load (0) or IN's (1) where the communication load counts as zero [1e9 FLOP]."""
    x = (class_bytes() - origin_byte) / MEGA
    load = 2 * class_macs(cumulative_heads=True)[part] / GIGA
    slope, at_zero = np.polyfit(x, load, 1)
    spread = np.sum((load - slope * x - at_zero) ** 2) / (x.size - 2)
    error = np.sqrt(spread * (1 / x.size + x.mean() ** 2 / np.sum((x - x.mean()) ** 2)))
    return Measured(float(at_zero), float(error))


def _positive_bias(origin_byte: float = 2e6) -> float:
    bias = _bias(0, origin_byte)
    return float(bias.value > 2 * bias.standard_error)


def _discrete(seed: int = 0) -> Measured:
    from mecpapers.fhei.evidence.experiments import discrete_loss

    loss = 100 * discrete_loss(seed=seed)
    return Measured(float(loss.mean()), float(loss.std(ddof=1) / np.sqrt(loss.size)))


def _size(k: int, megabyte: float = 1e6) -> float:
    return float(class_bytes()[k] / megabyte)


def _fit(name: str, unit: float = 1.0, origin_byte: float = 2e6, megabyte: float = 1e6) -> float:
    return linear_fits(Convention(origin=origin_byte, megabyte=megabyte))[name] / unit


MEASURES: dict[str, Measure] = {
    "loads": _heavier,
    "class-quality": _better_class,
    "layers": lambda: float(len(yolo_v3())),
    "linearity-fn": partial(_rising, 0),
    "linearity-in": partial(_rising, 1),
    "fn-bias": _positive_bias,
    "in-unbiased": partial(_bias, 1),
    "table-1-c1": partial(_fit, "c_1"),
    "table-1-c2": partial(_fit, "c_2"),
    "table-1-l0": partial(_fit, "L_0", GIGA),
    "table-1-dmin": partial(_size, 0),
    "table-1-dmax": partial(_size, 2),
    "continuous-d": _discrete,
    "p1-not-convex": _p1_not_convex,
    "p2-convex": _p2_convex,
    "structure-18": partial(_propositions, "residual", equal=False),
    "proposition-1": partial(_propositions, "gap"),
    "proposition-1-sigma": _power_loss,
    "proposition-1-least-time": partial(_verified, "least_time_gap"),
    "proposition-1-min-time": partial(_verified, "infeasible_above_limit"),
    "feasibility": partial(_propositions, "agreed"),
    "proposition-2": partial(_propositions, "residual"),
    "p3-linear": partial(_verified, "energy_bend"),
    "p3-greedy": partial(_verified, "greedy_gap", N_INSTANCES),
    "monotone": _largest_fall,
    "increment": _increment,
    "near-optimal": _mean_gap,
    "differentiates": _conditions,
    "fig-4a-differentiates": _follows,
    "fig-4a-constant": partial(_gain, "constant"),
    "fig-4a-joint": partial(_gain, "inversion-rate", "inversion-gain"),
    "fig-4b-constant": partial(_mean_gain, "constant"),
    "fig-4b-joint": partial(_mean_gain, "inversion-rate", "inversion-gain"),
    "fig-4b-gap": _gap_growth,
    "always-outperforms": _never_below,
}
