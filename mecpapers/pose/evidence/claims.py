"""The ledger of the pose paper: what its summary states, and how each statement is measured on our reconstruction."""

from __future__ import annotations

import time

import numpy as np

from mecpapers.ledger import Claim, Verdict

N_INSTANCES = 200
DEADLINES_MS = (60.0, 80.0, 100.0, 150.0, 200.0)
SERVERS = (1, 2, 3, 6)
DEVICES = (2, 3, 4, 5, 6)
MANY_DEVICES = (6, 12, 24, 48)
SPREADS = (1.0, 1.5, 2.0, 3.0, 10.0)
HALF_WIDTH = 8.0  # percentage points: about half the 95 % interval of a reduction
OURS = "every formula, the scene, speeds and links: the reconstruction is ours"
KAPPA = "kappa fitted to 3-D truth on the calibration half"


def _reduction(policy: str, against: str, *, weighted: bool = True) -> float:
    from mecpapers.pose.evidence.experiments import policy_errors, reductions

    return 100 * reductions(policy_errors(weighted=weighted), policy, against)[0]


def _largest_reduction(against: str) -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    sweep = over_scenario("deadline_ms", DEADLINES_MS)
    ratio = sweep.mean("error", "cooperative-guarded") / sweep.mean("error", against)
    return float(100 * np.max(1 - ratio))


def _surely_lower(policy: str, against: str, *, offsets_from: str = "heavy") -> float:
    from mecpapers.pose.evidence.experiments import policy_errors, reductions

    return float(reductions(policy_errors(offsets_from=offsets_from), policy, against)[1] > 0)


def _more_servers_help() -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    error = over_scenario("servers", SERVERS, ("cooperative-guarded",)).mean("error", "cooperative-guarded")
    return float(error[-1] < error[0])


def _worst_gap() -> float:
    from mecpapers.pose.evidence.experiments import optimality_gaps

    gaps = optimality_gaps(N_INSTANCES)
    return float(100 * np.max(1 - gaps[..., 1] / gaps[..., 0]))


def _measured_gap() -> float:
    from mecpapers.pose.evidence.experiments import measured_gaps

    return float(100 * measured_gaps(DEADLINES_MS).max())


def _late(policy: str) -> float:
    from mecpapers.pose.evidence.experiments import POLICIES, policy_errors

    return float(100 * policy_errors()["late"][POLICIES.index(policy)].mean())


def _excess_delay() -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    sweep = over_scenario("deadline_ms", DEADLINES_MS, ("cooperative",))
    return float(100 * np.max(np.maximum(sweep.mean("delay", "cooperative") / np.array(DEADLINES_MS) - 1, 0)))


def _steps_down(field: str, values: tuple[float, ...]) -> float:
    from mecpapers.pose.evidence.experiments import over_scenario

    error = over_scenario(field, values, ("cooperative-guarded",)).mean("error", "cooperative-guarded")
    return float(np.mean(np.diff(error) <= 0))


def _rank_correlation(kappa: bool) -> float:
    from mecpapers.pose.evidence.experiments import equivalence_rows

    return float(equivalence_rows()[1 if kappa else 0]["rank correlation"])


def _solved_within_deadline() -> float:
    from mecpapers.pose.evidence.experiments import many_devices
    from mecpapers.pose.thresholds import solve_cooperative

    times = []
    for k in range(20):
        problem = many_devices(100, seed=k)
        start = time.process_time()
        solve_cooperative(problem)
        times.append(time.process_time() - start)
    return float(np.median(times) < 0.1)


def _accuracy_falls() -> float:
    from mecpapers.pose.evidence.experiments import over_model_devices

    return float(np.mean(np.diff(over_model_devices(MANY_DEVICES, (1,))["accuracy"][0]) < 0))


def _unequal_gap() -> float:
    from mecpapers.pose.evidence.experiments import over_spread

    rows = over_spread("speed", SPREADS) + over_spread("link", SPREADS)
    return float(np.nanmax([row["gap, %"] for row in rows]))


CLAIMS: tuple[Claim, ...] = (
    Claim(
        key="tradeoff",
        where="summary",
        statement="thresholds trade MPJPE against delay: share of the steps to a longer deadline that lower MPJPE",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=lambda: _steps_down("deadline_ms", DEADLINES_MS),
        expected=Verdict.CALIBRATED,
        note=f"guarded policy, 60 to 200 ms; {KAPPA}",
        flips=OURS,
    ),
    Claim(
        key="reduction-40",
        where="summary, Key Results",
        statement="up to 40 % less MPJPE than device-centric: at 100 ms, by a policy that is never late",
        published=40.0,
        unit="%",
        tolerance=HALF_WIDTH,
        measure=lambda: _reduction("cooperative-guarded", "device"),
        expected=Verdict.DIFFERS,
        note=f"the headline; joint offsets by the heavy network; {KAPPA}; the tolerance is half the 95 % interval",
        flips="calibrating on the second half of the frames, unweighted triangulation, a longer deadline: then 40 %; "
        "joint offsets fitted on the lite network: then 21 %",
    ),
    Claim(
        key="reduction-40-server",
        where="summary, Key Results",
        statement="up to 40 % less MPJPE than server-centric that keeps the deadline: at 100 ms, by one never late",
        published=40.0,
        unit="%",
        tolerance=HALF_WIDTH,
        measure=lambda: _reduction("cooperative-guarded", "server-fit"),
        expected=Verdict.DIFFERS,
        note="server-centric without light networks, the most accurate views a second first",
        flips="a slower link or server: then server-centric hardly triangulates and loses by any percentage",
    ),
    Claim(
        key="reduction-40-up-to",
        where="summary, Key Results",
        statement="the largest such reduction against device-centric while D_req goes from 60 to 200 ms",
        published=40.0,
        unit="%",
        tolerance=HALF_WIDTH,
        measure=lambda: _largest_reduction("device"),
        expected=Verdict.CALIBRATED,
        note=f'an "up to" is the best of many environments, and these are ours; {KAPPA}',
        flips="a shorter range of deadlines",
    ),
    Claim(
        key="server-adds",
        where="summary, Why This Works",
        statement="the server adds to one threshold to discard without a server (1: the 95 % interval is above 0)",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=lambda: _surely_lower("cooperative-guarded", "device-discard", offsets_from="own"),
        expected=Verdict.DIFFERS,
        note="a baseline that the summary does not name; each policy with joint offsets of its own; "
        "the gain is likely, but the interval reaches zero",
        flips="joint offsets fitted on the heavy network: then it surely adds; on the lite one: then it adds nothing",
    ),
    Claim(
        key="near-optimal-4",
        where="summary, Key Results",
        statement="within 4 % of the optimum: worst gap over 200 instances, a quarter of them adversarial",
        published=0.0,
        unit="%",
        tolerance=4.0,
        measure=_worst_gap,
        expected=Verdict.DIFFERS,
        note="Lagrange, bisection and slack fill; the worst are knapsacks of few devices that send all or nothing",
        flips="leaving out the adversarial quarter: then it holds; leaving out the slack fill: then it fails by far",
    ),
    Claim(
        key="near-optimal-4-measured",
        where="summary, Key Results",
        statement="within 4 % of the optimum: worst gap on the measured tables, 60 to 200 ms",
        published=0.0,
        unit="%",
        tolerance=4.0,
        measure=_measured_gap,
        note="the reconstruction's optimiser on the recorded score distributions, kappa 0 and as calibrated",
        flips=OURS,
    ),
    Claim(
        key="meets-delay",
        where="summary, Key Results",
        statement="consistently meets the delay: share of late frames of the optimal thresholds at 100 ms",
        published=0.0,
        unit="%",
        tolerance=0.0,
        measure=lambda: _late("cooperative"),
        expected=Verdict.DIFFERS,
        note="an expected delay is no deadline: the number of images varies from frame to frame",
        flips="reading the delay as a mean; a guard in each frame, with which no frame is late",
    ),
    Claim(
        key="meets-delay-mean",
        where="summary, Key Results",
        statement="meets the delay within 4 %, read as a mean: worst excess of the mean delay, 60 to 200 ms",
        published=0.0,
        unit="%",
        tolerance=4.0,
        measure=_excess_delay,
        expected=Verdict.DIFFERS,
        note="on held-out frames, whose scores the calibration has not seen",
        flips="a shift of the scores between calibration and use",
    ),
    Claim(
        key="equivalence",
        where="abstract",
        statement="least MPJPE is the largest sum of accuracies: rank correlation over 200 random thresholds",
        published=1.0,
        unit="",
        tolerance=0.05,
        measure=lambda: _rank_correlation(kappa=False),
        expected=Verdict.DIFFERS,
        note="OKS as accuracy, weighted triangulation, kappa = 0",
        flips="another accuracy; with kappa calibrated the correlation is higher, but not 1",
    ),
    Claim(
        key="equivalence-kappa",
        where="abstract",
        statement="least MPJPE = largest sum of accuracies, with a calibrated value of discarded views",
        published=1.0,
        unit="",
        tolerance=0.05,
        measure=lambda: _rank_correlation(kappa=True),
        expected=Verdict.DIFFERS,
        note=KAPPA,
        flips="nothing we tried brings it to 1",
    ),
    Claim(
        key="low-complexity",
        where="summary, Key Results",
        statement="100 devices at 10 levels are solved in less processor time than the deadline (1: yes)",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=_solved_within_deadline,
        note="median of 20; the times stand in `make bench`",
        flips="thousands of devices, or a finer grid",
    ),
    Claim(
        key="dual-needed",
        where="summary, Why This Works",
        statement="two thresholds beat the upper one alone, both guarded (1: the 95 % interval is above 0)",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=lambda: _surely_lower("cooperative-guarded", "single-guarded"),
        expected=Verdict.CALIBRATED,
        note=KAPPA,
        flips="kappa = 0: see the next row",
    ),
    Claim(
        key="dual-needed-plain",
        where="summary, Why This Works",
        statement="two thresholds help, not one: the same comparison in the plain reading, kappa = 0, neither guarded",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=lambda: _surely_lower("cooperative-plain", "single-threshold"),
        expected=Verdict.DIFFERS,
        note="a discarded view is worth nothing, so that discarding only saves time",
        flips="any kappa above the accuracy of the lowest levels",
    ),
    Claim(
        key="failure-congestion",
        where="summary, Failure Signatures",
        statement="more devices congest: share of the steps from 6 to 48 devices that lower the accuracy of a device",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=_accuracy_falls,
        expected=Verdict.CALIBRATED,
        note=f"in the model, the six measured devices repeated; {KAPPA}; MPJPE itself falls with every view up to six",
        flips=OURS,
    ),
    Claim(
        key="servers",
        where="summary, Key Results",
        statement="scales with the servers: MPJPE with six servers is below that with one (1: yes)",
        published=1.0,
        unit="",
        tolerance=0.0,
        measure=_more_servers_help,
        expected=Verdict.CALIBRATED,
        note=f"one uplink, images dealt out in turn; {KAPPA}; beyond three servers nothing more is gained",
        flips="an uplink so slow that servers wait",
    ),
    Claim(
        key="open-heterogeneity",
        where="summary, Open Question 3",
        statement="unequal speeds and links: worst gap of the Lagrange solution to the optimum, where one exists",
        published=0.0,
        unit="%",
        tolerance=4.0,
        measure=_unequal_gap,
        note="it converges; the slowest device sets T_d for all, so that a slowdown of 10 leaves no feasible point",
        flips="dropping slow devices instead of waiting for them",
    ),
    Claim(
        key="open-real-world",
        where="summary, Open Question 1",
        statement="how it performs with physical cameras",
        published=None,
        unit="",
        tolerance=0.0,
        measure=None,
        expected=Verdict.UNCHECKABLE,
        note="a simulated body with real detectors: score distributions and image sizes are measured, but light, "
        "calibration errors, clothes and lost packets are not those of a real room",
        flips="cameras in a room with a motion-capture system",
    ),
    Claim(
        key="open-multi-person",
        where="summary, Open Question 2",
        statement="whether several people can be served in time",
        published=None,
        unit="",
        tolerance=0.0,
        measure=None,
        expected=Verdict.UNCHECKABLE,
        note="one person was recorded; what the delay model says of several stands in the last notebook",
        flips="a recording of several people",
    ),
)
