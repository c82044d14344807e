"""Each erratum is shown as printed, and no longer once it is mended; its digits are those computed."""

from functools import partial

import pytest

from mecpapers import ledger
from mecpapers.fhei.evidence import errata, experiments
from mecpapers.fhei.evidence.errata import SHOWN
from mecpapers.fhei.mended import solve_mended
from mecpapers.fhei.model import BITS
from mecpapers.fhei.networks import HEADS, Convention, class_bytes, class_macs, layer_macs, linear_fits, yolo_v3

ROWS = {row.key: row for row in ledger.read("fhei").errata}
ONCE, FROM_ZERO = (linear_fits(c)["c_2"] for c in (Convention(flops_per_mac=1), Convention(origin=0.0)))

MENDED = {
    "bits": [partial(errata.bits, 1)],
    "macs": [partial(errata.macs, ONCE)],
    "origin": [partial(errata.origin, FROM_ZERO)],
    "class-order": [partial(errata.class_order, HEADS[::-1])],
    "one-head": [partial(errata.one_head, counted_together=True)],
    "joining-layers": [partial(errata.joining_layers, ()), partial(errata.joining_layers, (84, 97))],
    "layers": [partial(errata.layer_count, 107)],
    "feature-range": [partial(errata.feature_range, 2.8, 2.8, 4.8)],
    "quality-beyond": [partial(errata.quality_beyond, 4.8)],
    "psi-unit": [partial(errata.psi_unit, (-3, 1, 2))],
    "left-out": [partial(errata.left_out, noise=2e-8), partial(errata.left_out, station=1.0)],
    "feasibility": [partial(errata.necessary_only, 3.0)],
    "price-of-zero": [partial(errata.price_of_zero, 1)],
    "monotone": [partial(errata.not_monotone, 1.01, "safe")],
    "stop-rule": [partial(errata.stop_rule, "safe")],
    "first-round": [partial(errata.wasted_round, lambda k: k)],
    "always": [partial(errata.constant_wins, solve_mended), partial(errata.constant_wins, mobiles=["equal"])],
    "tdma-energy": [partial(errata.tdma_energy, n_users=1)],
    "receive-power": [partial(errata.unequal_power, 0.01)],
}

WITH_DIGITS = ("bits", "macs", "origin", "one-head", "joining-layers", "feature-range", "quality-beyond")
WITH_DIGITS += ("feasibility", "monotone", "stop-rule", "always", "tdma-energy", "receive-power")


@pytest.mark.parametrize("key", SHOWN)
def test_it_is_shown_as_printed_and_not_once_it_is_mended(key):
    assert SHOWN[key]()
    assert not any(mended() for mended in MENDED[key])


def test_only_slips_of_the_pen_have_no_computation():
    assert {key for key in ROWS if key not in SHOWN} == {"reference-11", "communication-load", "lagrangian-slips"}


def test_each_half_of_the_stop_and_of_23_is_needed_for_a_sum_that_rises():
    assert errata.not_monotone(None, "literal") and errata.not_monotone(1.01, "literal")
    assert errata.sums(None, "safe").size == 1  # it never leaves d_min


def computed(key):
    """The numbers of an erratum's evidence, as it prints them."""
    sizes, heads = class_bytes() / 1e6, class_macs()[1]
    if key == "bits":
        return [f"{x:.1f} mAP" for x in errata.byte_optima(BITS)]
    if key == "macs":
        return [str(layer_macs(yolo_v3()[0])), f"{ONCE:.0f}", f"{2 * ONCE:.0f}"]
    if key == "origin":
        return [f"{2 * ONCE:.0f}", f"{FROM_ZERO:.0f}"]
    if key == "one-head":
        return [f"{heads.sum() / heads[-1]:.1f} times"]
    if key == "joining-layers":
        return [str(sum(layer_macs(yolo_v3()[j - 1]) for j in (85, 97)))]
    if key == "feature-range":
        return [f"{sizes[0]:.3f}", f"{sizes[1] - sizes[0]:.3f}", f"{sizes[2] - sizes[1]:.3f}"]
    if key == "quality-beyond":
        return [f"{sizes[-1]:.3f}"]
    if key == "feasibility":
        problem, before, least = errata.slow_mobiles()
        local = problem.in_flops_per_byte * problem.min_feature_bytes / problem.users.device_speed[0]
        return [f"{before:.1f} s", f"{local:.1f} s", f"{least:.1f} s"]
    if key == "monotone":
        low, high, again = errata.sums(None, "literal")[:3] * 12e-6
        return [f"from {low:.1f} to {high:.1f} mAP", f"back to {again:.1f}"]
    if key == "stop-rule":
        return [f"{errata.largest_energy():.1f} J"]
    if key == "always":
        quality = experiments.figure_4a("slow users 4, 5")
        below, served = experiments.below_constant(1e-15, 1.0)
        assert below == served
        return [f"{quality[name].sum():.2f}" for name in ("alternating", "constant")] + [f"drop of {served}"]
    if key == "tdma-energy":
        return [f"{x:.3f} J" for x in errata.transmit_energy(errata.fig_4a())]
    assert key == "receive-power"
    thirds, halves = errata.priced_air((1 / 3, 2 / 3)), errata.priced_air((1 / 2, 1 / 2))
    return [f"{thirds:.0f} J", f"{halves:.0f} J", f"{100 * experiments.unequal_power_loss()[1]:.1f} %"]


@pytest.mark.parametrize("key", WITH_DIGITS)
def test_its_digits_are_computed(key):
    for number in computed(key):
        assert number in ROWS[key].evidence
