"""Section VI as published, and drops that are paired."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config

from mecpapers.instances import read
from mecpapers.video.evidence import experiments
from mecpapers.video.evidence.notation import NOTATION
from mecpapers.video.model import evaluate
from mecpapers.video.scenario import MIXED, SET_A, SET_B, TRAITS
from mecpapers.video.schemes import METRICS, SCHEMES, compare, measure


def test_published_parameters_reach_the_problem_in_si():
    p = SET_A.draw(np.random.default_rng(0))
    v = p.devices
    assert (p.server_frequency, v.max_frequency[0], p.cycles_per_mac) == (22e9, 1.8e9, 0.12)
    assert (v.min_accuracy[0], v.max_frames[0], v.energy_coefficient[0]) == (0.86, 16, 1e-28)
    assert (v.weight_delay[0], v.weight_energy[0], v.weight_accuracy[0]) == (0.2, 0.2, 0.6)
    assert v.frame_bits[0] == 301056 and v.size == 25


def test_the_rate_of_a_device_by_hand():
    """At 350 m: PL = 128.1 - 17.1 = 110.96 dB; 1 W over 5 MHz at -174 dBm/Hz: SNR 400, 43.2 Mbit/s."""
    p = replace(SET_A, n_devices=2000).draw(np.random.default_rng(0))
    gain = 10 ** (-(128.1 + 37.6 * np.log10(0.35)) / 10)
    nearest = np.argmin(np.abs(p.devices.channel_gain - gain))
    assert p.devices.uplink_rate[nearest] == pytest.approx(43.2e6, rel=5e-3)


def test_a_drop_repeats_and_a_larger_one_contains_it():
    def rates(n, scenario=SET_B):
        return replace(scenario, n_devices=n).draw(np.random.default_rng(7)).devices.uplink_rate

    np.testing.assert_array_equal(rates(8), rates(8))
    np.testing.assert_array_equal(rates(16)[:8], rates(8))
    np.testing.assert_array_equal(rates(16, MIXED)[:8], rates(8, MIXED))
    assert np.any(rates(8) != rates(8, SET_A))


def test_two_draws_from_one_generator_differ():
    rng = np.random.default_rng(0)
    assert np.any(SET_A.draw(rng).devices.uplink_rate != SET_A.draw(rng).devices.uplink_rate)


def test_like_devices_differ_in_their_channel_alone():
    v = SET_A.draw(np.random.default_rng(0)).devices
    assert np.ptp(v.uplink_rate) > 0
    assert np.ptp(v.transmit_power) == np.ptp(v.weight_delay) == np.ptp(v.macs_per_frame) == 0


OF_TRAIT = {
    "power": {"transmit_power", "uplink_rate"},
    "network": {"macs_per_frame", "macs_offset"},
    "weights": {"weight_delay", "weight_energy"},
    "frequency": {"max_frequency"},
    "frame_size": {"frame_bits"},
    "accuracy": {"accuracy_a0"},
}


@pytest.mark.parametrize("trait", TRAITS)
def test_a_trait_changes_its_own_fields_alone(trait):
    like, unlike = (replace(SET_A, mixed=m).draw(np.random.default_rng(0)).devices for m in ((), (trait,)))
    changed = {name for name, v in vars(like).items() if v is not None and not np.array_equal(v, getattr(unlike, name))}
    assert changed == OF_TRAIT[trait]


def test_a_mixture_keeps_what_belongs_together():
    """A network has both m_c of one factor, and who pays more for delay pays less for energy."""
    v = MIXED.draw(np.random.default_rng(0)).devices
    np.testing.assert_allclose(v.macs_offset / v.macs_per_frame, SET_A.macs_offset / SET_A.macs_per_frame)
    np.testing.assert_allclose(v.weight_delay * v.weight_energy, SET_A.weight_delay * SET_A.weight_energy)


def test_what_compare_counts_are_means_over_the_devices():
    p = replace(MIXED, n_devices=6).draw(np.random.default_rng(0))
    solution = SCHEMES["exact"](p)
    x, m = solution.allocation.offload, evaluate(p, solution.allocation)
    assert 0 < x.sum() < 6
    expected = {"cost": m.cost, "delay": m.delay, "energy": m.energy, "accuracy": m.accuracy, "offloading": x}
    counted = measure(p, solution)
    assert set(counted) == set(METRICS) == set(expected)
    for name, each in expected.items():
        assert counted[name] == pytest.approx(sum(each.tolist()) / 6, rel=1e-12), name


def test_compare_draws_by_its_seed():
    zero, again, one = (
        compare({"edge": SCHEMES["edge"]}, replace(SET_A, n_devices=3), n_drops=2, seed=seed, side_m=[500.0])
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(zero.metrics["cost"], again.metrics["cost"])
    assert np.all(zero.metrics["cost"] != one.metrics["cost"])


def test_rayleigh_fading_has_unit_mean_power():
    v = replace(SET_B, n_devices=50_000).draw(np.random.default_rng(0)).devices
    plain = replace(SET_A, n_devices=50_000).draw(np.random.default_rng(0)).devices
    assert (v.channel_gain / plain.channel_gain).mean() == pytest.approx(1, rel=0.02)


def test_compare_takes_a_scheme_of_ones_own_and_any_axis():
    def mine(problem, *, rng=None):
        return SCHEMES["edge"](problem)

    s = compare(
        {"mine": mine, "edge": SCHEMES["edge"]}, replace(SET_A, n_devices=4), n_drops=2, bandwidth_mhz=[5.0, 10.0]
    )
    np.testing.assert_array_equal(s.drops("cost", "mine"), s.drops("cost", "edge"))
    assert np.all(s.mean("delay", "mine")[1] < s.mean("delay", "mine")[0])


def test_compare_takes_instance_files():
    folder = Path(__file__).parents[2] / "book" / "instances"
    problems = [read(folder / "video.json"), replace(SET_A, n_devices=3).draw(np.random.default_rng(0))]
    schemes = {name: SCHEMES[name] for name in ("exact", "edge")}
    s = compare(schemes, problems)
    assert s.axis == "instance" and s.schemes == ("exact", "edge")
    expected = [SCHEMES["exact"](p).objective / p.devices.size for p in problems]
    np.testing.assert_allclose(s.mean("cost", "exact"), expected, rtol=1e-12)


def test_compare_marks_what_has_no_answer():
    problem = replace(SET_A, n_devices=3).draw(np.random.default_rng(0))
    beyond = replace(problem, devices=replace(problem.devices, min_accuracy=0.99))
    s = compare({"edge": SCHEMES["edge"]}, [problem, beyond])
    assert np.isnan(s.mean("cost", "edge")).tolist() == [False, True]


def test_compare_in_other_processes():
    schemes = {name: SCHEMES[name] for name in ("random", "edge")}
    whole = compare(schemes, n_drops=3, n_devices=[2, 4])
    with parallel_config("loky", n_jobs=2):
        apart = compare(schemes, n_drops=3, n_devices=[2, 4])
    np.testing.assert_array_equal(apart.metrics["cost"], whole.metrics["cost"])


@pytest.mark.parametrize(
    "wrong", [{"fading": "rician"}, {"mixed": ("power", "colour")}, {"local_energy": "eq32"}, {"fading": None}]
)
def test_a_word_that_means_nothing_is_refused(wrong):
    ((name, _),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} = .*: must be one of "):
        replace(SET_A, **wrong)


@pytest.mark.parametrize("axis", [{}, {"n_devices": [2], "side_m": [1.0]}, {"nonsense": [1]}])
def test_compare_wants_one_field_of_the_scenario(axis):
    with pytest.raises(ValueError, match=r"axis = .*must be one"):
        compare(SCHEMES, **axis)


def test_local_does_not_feel_the_others_and_edge_does():
    s = experiments.local_against_edge((2, 8, 16), 5)
    assert np.ptp(s.drops("cost", "local")) < 1e-12
    assert np.all(np.diff(s.mean("delay", "edge")) > 0)


def test_radio_frames_matter_less_the_more_share_the_uplink():
    excess = experiments.radio_frame_excess((2, 8, 25), 5)
    assert np.all(np.diff(excess[:, 0]) < 0)
    assert np.all(excess[:, 0] < excess[:, 1]) and np.all(excess[:, 1] <= excess[:, 2])
    finer = experiments.radio_frame_excess((2,), 5, radio_frame=0.001)
    assert finer[0, 0] == pytest.approx(excess[0, 0] / 10, rel=0.4)


def test_notation_names_what_the_model_has():
    from dataclasses import fields

    from mecpapers.video import model, networks

    layer = [s.name for s in NOTATION if s.home == "Layer"]
    assert all(hasattr(networks.resnet(18)[0], name) for name in layer) and "kernel" in layer
    named = {(s.home, s.name) for s in NOTATION if s.home != "Layer"}
    built = {
        (c.__name__, f.name) for c in (model.Allocation, model.Metrics, model.Devices, model.Problem) for f in fields(c)
    }
    assert named == built - {("Problem", "devices")}


def test_schemes_keep_every_constraint():
    from mecpapers.video.model import violations

    p = replace(MIXED, n_devices=4, max_frames=8).draw(np.random.default_rng(3))
    for scheme in SCHEMES.values():
        assert violations(p, scheme(p, rng=np.random.default_rng(0)).allocation) == ()
