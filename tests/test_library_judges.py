"""The library's optima by solvers that share nothing with its own: every allocation tried, HiGHS, SCIP."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_matrix

from mecpapers import library
from mecpapers.video.evidence.reference import scip_choice

RECORDS = library.records()
SMALL_POSE = [n for n, r in RECORDS.items() if r["paper"] == "pose" and r["size"] <= 24 and not n.endswith("x101")]


def pairs(p, n):
    """Probability of sending and accuracy of every pair of thresholds of a device, summed level by level."""
    for low in range(p.levels + 1):
        for up in range(low, p.levels + 1):
            value = 0.0
            for b in range(p.levels):
                f = p.score_pmf[n, b]
                kept = p.device_accuracy[n, b] if p.filtered == "kept" else p.discard_value
                value += f * (
                    p.server_accuracy[n, b] if low <= b < up else p.device_accuracy[n, b] if b >= up else kept
                )
            yield float(p.score_pmf[n, low:up].sum()), value


def unscored(p, n):
    """Sending an image that nobody has scored, or leaving it out."""
    return [(1.0, float(p.score_pmf[n] @ p.server_accuracy[n])), (0.0, p.discard_value)]


def ways(p):
    """Of both ways: options (probability, accuracy) a device, and the time [s] there is."""
    yield [list(pairs(p, n)) for n in range(p.size)], p.deadline - max(p.device_delay)
    yield [unscored(p, n) for n in range(p.size)], p.deadline


def by_highs(options, cost, time):
    """A knapsack with a choice a device."""
    rows, c, a = [], [], []
    for n, choices in enumerate(options):
        for sent, value in choices:
            rows.append(n)
            c.append(-value)
            a.append(sent * cost[n])
    one = csr_matrix((np.ones(len(c)), (rows, range(len(c)))))
    limits = [LinearConstraint(one, 1, 1), LinearConstraint(csr_matrix(np.array(a)), -np.inf, time)]
    found = milp(c, constraints=limits, integrality=np.ones(len(c)), bounds=(0, 1), options={"mip_rel_gap": 0})
    return -found.fun if found.success else -np.inf


def test_every_allocation_of_three_cameras():
    p = library.problem("pose-mixed-3x5")
    cost, best = p.transmission_time + p.server_delay / p.servers, -np.inf
    for options, time in ways(p):
        for choice in product(*options):
            if sum(sent * c for (sent, _), c in zip(choice, cost, strict=True)) <= time * (1 + 1e-12):
                best = max(best, sum(value for _, value in choice))
    assert RECORDS["pose-mixed-3x5"]["best"] == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("name", SMALL_POSE)
def test_cameras_by_highs(name):
    p = library.problem(name)
    cost = p.transmission_time + p.server_delay / p.servers
    found = max(by_highs(options, cost, time) for options, time in ways(p))
    assert RECORDS[name]["best"] == pytest.approx(found, rel=1e-6)  # HiGHS' own tolerance of constraints


def choices(p):
    """(a, b, e) of each number of frames, local (a = b = 0) and at the edge, shape (2 * 16, N); inf: not allowed."""
    d = p.devices
    charged = 1.0 if p.local_energy == "eq31" else p.cycles_per_mac
    rows = []
    for edge in (False, True):
        for m in range(1, 17):
            work = d.macs_per_frame * m + d.macs_offset
            phi = d.accuracy_a2 - d.accuracy_a0 / (m + d.accuracy_a1)
            cycles, worth = p.cycles_per_mac * work, d.weight_accuracy * phi
            if edge:
                with np.errstate(divide="ignore"):
                    sent = m * d.frame_bits / d.uplink_rate
                a, b = (
                    np.sqrt(d.weight_delay * sent / p.time_budget),
                    np.sqrt(d.weight_delay * cycles / p.server_frequency),
                )
                e = d.weight_energy * sent * d.transmit_power - worth
            else:  # the least of b1 rho C / f + b2 kappa (rho) C f^2, from its derivative
                with np.errstate(divide="ignore"):
                    top = d.weight_delay * p.cycles_per_mac / (2 * d.weight_energy * d.energy_coefficient * charged)
                f = np.minimum(d.max_frequency, np.cbrt(top))
                a = b = np.zeros(len(f))
                e = d.weight_delay * cycles / f + d.weight_energy * d.energy_coefficient * charged * work * f**2 - worth
            rows.append((a, b, np.where(phi >= d.min_accuracy * (1 - 1e-12), e, np.inf)))
    return (np.array(column) for column in zip(*rows, strict=True))


def cost_of(a, b, e, rows):
    at = rows, np.arange(a.shape[1])
    return a[at].sum() ** 2 + b[at].sum() ** 2 + e[at].sum()


@pytest.mark.parametrize("name", ["video-alike-4", "video-places-4", "video-mixed-4"])
def test_every_allocation_of_four_devices(name):
    a, b, e = choices(library.problem(name))
    stay = np.where(np.arange(32)[:, None] < 16, e, np.inf).argmin(axis=0)  # local frames touch nobody else
    best = min(
        cost_of(a, b, e, np.array(rows))
        for rows in product(
            *([int(s), *(k for k in range(16, 32) if np.isfinite(e[k, n]))] for n, s in enumerate(stay))
        )
    )
    assert RECORDS[name]["best"] == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("name", ["video-eq31-10", "video-mixed-10", "video-tight-10"])
def test_ten_devices_by_scip(name):
    a, b, e = choices(library.problem(name))
    found = cost_of(a, b, e, scip_choice(a, b, e))
    assert RECORDS[name]["bound"] <= found + 1e-12 * abs(found)
    assert RECORDS[name]["best"] == pytest.approx(found, rel=1e-6)  # SCIP's own tolerances
