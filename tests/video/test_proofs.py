"""Every reported bound against the optimum by enumeration in decimal arithmetic, which rounds at the 50th digit."""

from dataclasses import replace
from decimal import Decimal, localcontext
from functools import partial

import numpy as np
import pytest

from mecpapers.video import SCHEMES
from mecpapers.video.bounds import solve_exact
from mecpapers.video.model import Devices, Problem, evaluate, violations
from mecpapers.video.options import dual_bound, option_table
from mecpapers.video.prices import solve_prices
from mecpapers.video.scenario import SET_A

DIGITS = 50
KINDS = {  # what is not drawn
    "any": {},
    "delay only": {"weight_energy": 0.0, "weight_accuracy": 0.0},
    "energy only": {"weight_delay": 1e-12, "weight_accuracy": 0.0},
    "no accuracy": {"weight_accuracy": 0.0},
    "free power": {"transmit_power": 0.0, "energy_coefficient": 0.0},
    "identical": {},
    "ties": {},
    "cancelling": {"weight_energy": 0.0, "weight_accuracy": 0.0},
    "large terms": {},
}


def draw(kind: str, seed: int) -> Problem:
    """N = 1 to 6 devices with up to three frame choices, by kind; magnitudes over several decades."""
    rng = np.random.default_rng([list(KINDS).index(kind), seed])
    n = int(rng.integers(1, 7))
    low, high = (v.astype(float) for v in (rng.integers(1, 4, n), rng.integers(0, 3, n)))
    each = dict(
        uplink_rate=10 ** rng.uniform(5, 9, n),
        transmit_power=10 ** rng.uniform(-2, 1, n),
        frame_bits=10 ** rng.uniform(4, 6.5, n),
        max_frequency=10 ** rng.uniform(8.5, 10, n),
        energy_coefficient=10 ** rng.uniform(-29, -26, n),
        macs_per_frame=10 ** rng.uniform(8, 9, n),
        macs_offset=rng.choice([0.0, 8e8, -5e7], n),
        accuracy_a0=rng.uniform(0, 1, n),
        accuracy_a1=rng.choice([0.0, 2.0, -0.5], n),
        accuracy_a2=rng.uniform(0.9, 1, n),
        min_accuracy=np.zeros(n),
        min_frames=low,
        max_frames=low + high,
        weight_delay=10 ** rng.uniform(-2, 1, n),
        weight_energy=rng.choice([0.0, 0.2, 3.0], n),
        weight_accuracy=rng.choice([0.0, 0.6, 20.0], n),
    )
    if kind == "identical":
        each = {name: np.full(n, values[0]) for name, values in each.items()}
    elif kind == "ties":  # round numbers, two of each, so that sums coincide
        each |= dict(frame_bits=2.0**18, uplink_rate=rng.choice([2.0**24, 2.0**26], n), macs_per_frame=2.0**28)
        each |= dict(macs_offset=0.0, max_frequency=2.0**30, transmit_power=1.0, weight_delay=0.25, weight_energy=0.0)
        each |= dict(accuracy_a0=0.5, accuracy_a1=0.0, accuracy_a2=1.0, weight_accuracy=rng.choice([0.0, 0.5]))
    elif kind == "cancelling":  # C(M) is 10^-1 to 10^-10 of its terms
        each |= dict(macs_offset=-each["macs_per_frame"] * low * (1 - 10 ** -rng.uniform(1, 10, n)), max_frames=low)
    elif kind == "large terms":  # the reward is 10^1 to 10^8 times the delay
        each |= dict(weight_accuracy=np.full(n, 10 ** rng.uniform(1, 8)), accuracy_a1=-1 + 10 ** -rng.uniform(1, 6, n))
        each |= dict(accuracy_a0=10 ** -rng.uniform(3, 8, n))
    each |= KINDS[kind]
    return Problem(
        devices=Devices(**each),
        server_frequency=float(10 ** rng.uniform(9, 11)) if kind != "ties" else 2.0**32,
        time_budget=float(10 ** rng.uniform(-1, 1)) if kind != "ties" else 1.0,
        cycles_per_mac=0.12 if kind != "ties" else 0.125,
    )


def optimum(problem: Problem) -> Decimal:
    """The least cost over every policy and every number of frames, by (27) and (17)."""
    v, D = problem.devices, Decimal
    f_max, rho, budget = D(problem.server_frequency), D(problem.cycles_per_mac), D(problem.time_budget)
    with localcontext(prec=DIGITS):
        sums = [(D(0), D(0), D(0))]
        for n in range(v.size):
            get = {name: D(float(value[n])) for name, value in vars(v).items() if value is not None}
            w_d, w_e, w_a = (get[f"weight_{name}"] for name in ("delay", "energy", "accuracy"))
            options = []
            for m in map(D, range(int(get["min_frames"]), int(get["max_frames"]) + 1)):
                cycles = rho * (get["macs_per_frame"] * m + get["macs_offset"])
                phi = get["accuracy_a2"] - get["accuracy_a0"] / (m + get["accuracy_a1"])
                f, price = get["max_frequency"], 2 * w_e * get["energy_coefficient"]
                if price * f**3 > w_d:
                    f = (w_d / price) ** (D(1) / 3)
                home = w_d * cycles / f + w_e * get["energy_coefficient"] * cycles * f * f
                sent = m * get["frame_bits"] / get["uplink_rate"]
                a, b = (w_d * cycles / f_max).sqrt(), (w_d * sent / budget).sqrt()
                options += [(D(0), D(0), home - w_a * phi), (a, b, w_e * sent * get["transmit_power"] - w_a * phi)]
            sums = [(A + a, B + b, E + e) for A, B, E in sums for a, b, e in _useful(options)]
        return min(A * A + B * B + E for A, B, E in sums)


def _useful(options: list[tuple[Decimal, Decimal, Decimal]]) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Of the options (a, b, e) of one device the best at home, and all at the edge."""
    home = min(e for a, _, e in options if a == 0)
    return [(Decimal(0), Decimal(0), home), *(o for o in options if o[0] > 0)]


SOLVERS = {
    "exact": solve_exact,
    "prices": solve_prices,
    "exact, no states": partial(solve_exact, limit=0),
    "prices, no states": partial(solve_prices, limit=0),
    "prices, 2 rounds": partial(solve_prices, max_rounds=2),
    "exact, gap 1e-3": partial(solve_exact, gap=1e-3),
}


def judge(problem: Problem, best: Decimal, name: str) -> str:
    """What is wrong with a solver's answer; nothing, or ``open`` where it claims no proof."""
    solution, allowed = SOLVERS[name](problem), 1e-3 if "gap" in name else 1e-9
    found = Decimal(solution.objective)
    if violations(problem, solution.allocation) or solution.objective != evaluate(problem, solution.allocation).total:
        return "not an allocation"
    if Decimal(solution.bound) > best:
        return f"bound above the optimum by {Decimal(solution.bound) - best:.3g}"
    if solution.converged and not found - Decimal(solution.bound) <= Decimal(allowed) * abs(found):
        return f"converged at a gap of {solution.gap / abs(solution.objective):.3g}"
    if solution.converged and found - best > Decimal(allowed) * abs(best):
        return f"dearer than the optimum by {found - best:.3g}"
    return "" if solution.converged else "open"


def check(kind: str, seeds: range) -> None:
    for seed in seeds:
        problem = draw(kind, seed)
        best = optimum(problem)
        for name in SOLVERS:
            verdict = judge(problem, best, name)
            may_be_open = "no states" in name or kind == "cancelling"  # there digits are wanting
            assert verdict == "" or (verdict == "open" and may_be_open), (kind, seed, name, verdict)


@pytest.mark.parametrize("kind", KINDS)
def test_no_bound_is_on_the_wrong_side_and_converged_is_proved(kind):
    check(kind, range(25))


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_no_bound_is_on_the_wrong_side_in_10000(kind):
    check(kind, range(10_000))


@pytest.mark.parametrize("name", ["gap", "limit"])
@pytest.mark.parametrize("value", [-1, float("nan")])
@pytest.mark.parametrize("scheme", ["exact", "prices"])
def test_a_gap_or_limit_below_0_is_refused(name, value, scheme):
    with pytest.raises(ValueError, match=rf"^{name} = {value}: must be 0 or more$"):
        SCHEMES[scheme](draw("any", 0), **{name: value})


def jittered(n_devices: int, jitter: float) -> Problem:
    """Like devices that differ in every field by a relative ``jitter``: no two are alike, and all nearly tie."""
    rng = np.random.default_rng(n_devices)
    each = {"uplink_rate": 3.3e7, "macs_per_frame": 4.784e8, "frame_bits": 301056.0, "transmit_power": 1.0}
    each = {name: value * (1 + jitter * rng.uniform(-1, 1, n_devices)) for name, value in each.items()}
    like = replace(SET_A, n_devices=n_devices).draw(rng)
    problem = replace(like, devices=replace(like.devices, **each))
    return replace(problem, server_frequency=22e9 * n_devices / 25, time_budget=n_devices / 25)


@pytest.mark.parametrize("jitter", [1e-4, 1e-3])
def test_a_search_used_up_is_bounded_and_says_so(jitter):
    """Twice the same limit finds the same; the dual bound holds; a wide gap is content."""
    problem = jittered(100, jitter)
    top = dual_bound(option_table(problem)).value
    for scheme in (SCHEMES["exact"], SCHEMES["prices"]):
        one, two = (scheme(problem, limit=200) for _ in range(2))
        assert one.ended == "resource limit"
        assert top - 1e-9 <= one.bound <= one.objective <= (1 - 1e-5) * top  # costs are negative here
        assert (one.objective, one.bound) == (two.objective, two.bound)
        assert scheme(problem, limit=200, gap=1e-4).ended == "converged"


def test_memory_is_bounded_by_the_limit():
    """Where the tables to bound with would have more entries than the limit allows, the dual bound is what is left."""
    solution = solve_exact(jittered(2000, 1e-6), limit=50)
    assert solution.ended == "resource limit"
    assert solution.gap <= 1e-5 * abs(solution.objective)
