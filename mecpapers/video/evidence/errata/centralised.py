"""Sections II to IV, Table I and the centralised half of Fig. 5."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.arrays import FloatArray
from mecpapers.ledger import Erratum
from mecpapers.video.evidence.experiments import TABLE_1
from mecpapers.video.geometric import solve_geometric
from mecpapers.video.model import accuracy, fewest_frames
from mecpapers.video.offloading import solve_channel_aware
from mecpapers.video.scenario import SET_A

HALF_A_UNIT = 0.005  # of the last digit printed in Table I, of the local delay [s] and energy [J]


def local_power_range(*, with_rho: bool) -> tuple[float, float]:
    """Least and largest kappa f^3 [W] that Table I's local delay and energy allow, after rounding.

    (5) and (7) give energy / delay = kappa f^3; by (31), without rho, it is kappa f^3 / rho.
    """
    delay, energy, half = TABLE_1["local"]["delay"], TABLE_1["local"]["energy"], HALF_A_UNIT
    factor = 1.0 if with_rho else SET_A.cycles_per_mac
    return factor * (energy - half) / (delay + half), factor * (energy + half) / (delay - half)


def convex_share(n_instances: int = 200, seed: int = 0, *, negative_offset: bool) -> float:
    """Share of random instances of (29), two devices, that are convex on every segment tried.

    With ``negative_offset`` every other instance has m_c1 < 0, with C(M) > 0 at every frame count allowed. Fifty
    segments are random; fifty move m, f and t together, at a small f, where all but m_c1 exp(-f) is all but constant.
    """
    rng = np.random.default_rng(seed)
    convex = 0
    for k in range(n_instances):
        delay, send, energy, loss = rng.exponential(size=(4, 2))
        offset = -rng.uniform(0.2, 0.95, size=2) if negative_offset and k % 2 else rng.exponential(size=2)
        anywhere = np.stack([rng.uniform(0, np.log(16), (2, 50, 2)), *rng.uniform(-4, 0, (2, 2, 50, 2))])
        start = np.stack([rng.uniform(0, 2, (50, 2)), rng.uniform(-16, -12, (50, 2)), rng.uniform(-4, 0, (50, 2))])
        ends = np.concatenate([anywhere, np.stack([start, start + 0.5], axis=1)], axis=2)  # (variable, end, segment, n)
        m, f, t = np.concatenate([ends, ends.mean(axis=1, keepdims=True)], axis=1)
        value = delay * (np.exp(m - f) + offset * np.exp(-f)) + send * np.exp(m - t)
        value = (value + energy * np.exp(m) + loss * np.exp(-m)).sum(axis=-1)
        convex += bool(np.all(value[2] <= value[:2].mean(axis=0) * (1 + 1e-12)))
    return convex / n_instances


def _rho_is_missing() -> bool:
    power = SET_A.weight_delay / (2 * SET_A.weight_energy)  # kappa f^3 by (20), 0.5 W
    low, high = local_power_range(with_rho=True)
    low_31, high_31 = local_power_range(with_rho=False)
    return not low <= power <= high and low_31 <= power <= high_31


def _frequencies_are_swapped() -> bool:
    """As printed, 12.7 devices with the fewest frames share 1.8 GHz: their computing alone outlasts Table I's delay."""
    macs = SET_A.macs_per_frame * 4 + SET_A.macs_offset
    as_printed = SET_A.cycles_per_mac * macs * 12.7 / 1.8e9  # [s]; 2.36
    mended = SET_A.cycles_per_mac * macs * 12.7 / 22e9  # [s]; 0.19
    return mended < 0.52 < as_printed


def _power_is_outside_the_sum() -> bool:
    """Two devices, M d / R = 1 s each, p = 1 W and 2 W: 3 J in truth; the printed form gives 2 J or 4 J."""
    sent, power = np.ones(2), np.array([1.0, 2.0])
    truth = float((power * sent).sum())
    return all(p * sent.sum() != truth for p in power)


def _rate_in_60() -> bool:
    """Two devices alike but in their rates, 1 and 4: (60) as printed gives frequencies 2 : 1, (25) equal ones."""
    complexity, rate = np.ones(2), np.array([1.0, 4.0])
    printed = np.sqrt(complexity / rate)
    mended = np.sqrt(complexity)
    return bool(printed[0] == 2 * printed[1] and mended[0] == mended[1])


def _fewest_frames_are_meant() -> bool:
    devices = replace(SET_A, n_devices=1).draw(np.random.default_rng(0)).devices
    frames = np.arange(1.0, SET_A.max_frames + 1)
    phi = np.array([accuracy(devices, np.array([m]))[0] for m in frames])
    allowed = phi >= SET_A.min_accuracy
    return bool(frames[allowed].min() == frames[allowed][np.argmin(phi[allowed])] == fewest_frames(devices)[0])


def _convexity_needs_a_sign() -> bool:
    return convex_share(negative_offset=False) == 1.0 and convex_share(negative_offset=True) < 1.0


def relaxation_curvature(frames: float, a_1: float) -> float:
    """Second derivative of 1 / (e^m + m_a1) in m at M = e^m: M (M - m_a1) / (M + m_a1)^3."""
    return frames * (frames - a_1) / (frames + a_1) ** 3


def _relaxation_is_needless() -> bool:
    """At M^min = 4 the true Phi keeps (29) convex up to m_a1 = 4, and no further."""
    m = np.log(4.0) + np.array([-1e-3, 0.0, 1e-3])
    bend = {a_1: float(np.diff(1 / (np.exp(m) + a_1), 2)[0]) for a_1 in (-0.9, 1.0, 3.9, 5.0)}
    return all((bend[a_1] > 0) == (relaxation_curvature(4.0, a_1) > 0) == (a_1 <= 4) for a_1 in bend)


def _rho_is_upside_down() -> bool:
    """Delays made by (5) from rho = 0.12: the printed ratio gives 2.3e10 MAC/s, f sum t / sum C gives 0.12."""
    frequency = 2.8e9
    macs = SET_A.macs_per_frame * np.arange(1.0, 17) + SET_A.macs_offset
    delay: FloatArray = SET_A.cycles_per_mac * macs / frequency
    printed, mended = macs.sum() / delay.sum(), frequency * delay.sum() / macs.sum()
    return bool(printed > 1e10 and abs(mended - SET_A.cycles_per_mac) < 1e-12)


def _cases_are_fewer() -> bool:
    """Two devices with options local, 4 and 5 frames: 9 cases, not 2^2 times 4 = 16."""
    cases = {(x, m if x else None) for x in (0, 1) for m in (4, 5)}  # of one device
    return len(cases) ** 2 == (1 + 2) ** 2 < 2**2 * 2**2


def _everyone_withdraws() -> bool:
    problem = replace(SET_A, n_devices=3, server_ghz=1e-3).draw(np.random.default_rng(0))
    return not solve_channel_aware(problem, allocate=solve_geometric).allocation.offload.any()


ERRATA: tuple[Erratum, ...] = (
    Erratum(
        key="eq31-rho",
        where="(31), Table I",
        printed="local energy kappa C(M) f^2 in (31)",
        corrected="kappa rho C(M) f^2, as in (7) and (17)",
        evidence="Table I's local devices draw 1.00 J / 0.24 s = 4.2 W, while (20) fixes kappa f^3 at 0.5 W; "
        "4.2 W is 0.5 W / rho. The printed energies were evaluated without rho, at a frequency that has it. "
        "An inference from printed numbers; the authors' code was not seen",
        shown=_rho_is_missing,
    ),
    Erratum(
        key="frequencies-swapped",
        where="VI",
        printed="server and devices at 1.8 GHz and 22 GHz, respectively",
        corrected="server 22 GHz, devices 1.8 GHz",
        evidence="as printed, computing alone takes 12.7 edge devices 2.36 s (four frames, our 3D ResNet-18); "
        "Table I gives them 0.52 s in all",
        shown=_frequencies_are_swapped,
    ),
    Erratum(
        key="power-outside-sum",
        where="(27)",
        printed="beta_2 d p_n (sum of M_n / R_n)",
        corrected="beta_2 d (sum of p_n M_n / R_n)",
        evidence="two devices with 1 W and 2 W, one second of sending each: 3 J, not 2 J or 4 J",
        shown=_power_is_outside_the_sum,
    ),
    Erratum(
        key="rate-in-60",
        where="(60)",
        printed="f_n = sqrt(beta_1 rho C / (R_n mu_1))",
        corrected="f_n = sqrt(beta_1 rho C / mu_1)",
        evidence="(53) holds no R_n, and (62) follows only without it: rates 1 and 4 would share cycles 2 : 1",
        shown=_rate_in_60,
    ),
    Erratum(
        key="argmin-phi",
        where="III-B",
        printed="M^min = argmin of Phi(M) subject to Phi(M) >= alpha",
        corrected="M^min = the least M with Phi(M) >= alpha",
        evidence="harmless: Phi increases, so both name the same M",
        shown=_fewest_frames_are_meant,
    ),
    Erratum(
        key="gp-sign",
        where="(29)",
        printed="a strictly convex problem",
        corrected="convex if m_c1 >= 0; strictly, if m_a0 > 0 too",
        evidence="m_c1 exp(-f) is concave for m_c1 < 0, which (14) allows; CVXPY then refuses the problem",
        shown=_convexity_needs_a_sign,
    ),
    Erratum(
        key="relaxation-needless",
        where="IV-B, Phi-hat",
        printed="Phi is relaxed to Phi-hat (m_a1 dropped) to make the problem geometric",
        corrected="needless for -1 < m_a1 <= M^min: the true Phi keeps (29) convex in ln M",
        evidence="1/(e^m + m_a1) bends by M (M - m_a1) / (M + m_a1)^3, so upwards while M >= m_a1",
        shown=_relaxation_is_needless,
    ),
    Erratum(
        key="rho-ratio",
        where="VI-A",
        printed="rho = sum C / sum t",
        corrected="rho = f sum t / sum C",
        evidence="the printed ratio is in MAC/s: 2.3e10 where rho = 0.12 cycle/MAC",
        shown=_rho_is_upside_down,
    ),
    Erratum(
        key="double-selection",
        where="(16)",
        printed="x_n and 1 - x_n beside sums over N_1 and N_0",
        corrected="either the factors or the sets",
        evidence="harmless: within its set each factor is 1",
        shown=None,
    ),
    Erratum(
        key="multiplier-names",
        where="(53)-(56)",
        printed="u_0, u_1 for mu_0, mu_1; a set N* that is nowhere defined",
        corrected="mu_0, mu_1; N_1",
        evidence="(24) and (57) name the multipliers mu",
        shown=None,
    ),
    Erratum(
        key="count-of-choices",
        where="V-C",
        printed="2^N times the product of |M_n| cases for Search+Search",
        corrected="the product of 1 + |M_n|",
        evidence="a local device has no frames to choose at the edge: 14^N instead of 26^N cases with 4 to 16 frames",
        shown=_cases_are_fewer,
    ),
    Erratum(
        key="bounds-to-16",
        where="VI-B",
        printed="bounds drawn up to 16 devices; the same schemes unacceptable beyond 6 (Fig. 6)",
        corrected="one of the two",
        evidence="16 devices at the edge have 13^16 = 6.7e17 choices of frames",
        shown=None,
    ),
    Erratum(
        key="scheme-names",
        where="VI-B a, b",
        printed="Search+Search with the heuristic policy, Search+Heuristic with the searched one",
        corrected="the other way round",
        evidence="the first word says how frames are chosen, the second how the policy is, as in GP+Heuristic",
        shown=None,
    ),
    Erratum(
        key="algorithm-3-exit",
        where="Algorithm 3",
        printed="no exit where N_1 empties",
        corrected="stop; a policy without edge devices costs what its local devices cost",
        evidence="with a server of 1 MHz every device is withdrawn, and argmin over no device is undefined",
        shown=_everyone_withdraws,
    ),
    Erratum(
        key="sums-over-n",
        where="(55)-(59)",
        printed="sums over N",
        corrected="sums over N_1",
        evidence="the multipliers price what the edge devices share; local devices have no t_n or f_n^e",
        shown=None,
    ),
    Erratum(
        key="app-a-interval",
        where="App. A",
        printed="f^md decreases on (-inf, .) and increases on (., inf)",
        corrected="F_PN0 decreases on (0, .) and increases on (., inf)",
        evidence="it is the cost that falls and rises; a frequency is positive",
        shown=None,
    ),
    Erratum(
        key="comma-in-3",
        where="(3)",
        printed="a comma between the two products",
        corrected="their product",
        evidence="kernel size times output size",
        shown=None,
    ),
    Erratum(
        key="downlink",
        where="VI",
        printed="downlink bandwidth of 5 MHz",
        corrected="uplink bandwidth",
        evidence="Sec. II-A neglects the downlink; (8) is the uplink's rate",
        shown=None,
    ),
)
