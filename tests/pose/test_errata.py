"""The evidence of each erratum stands, and would fall if what it says were not so."""

from dataclasses import replace

import numpy as np
import pytest

from mecpapers.pose import model
from mecpapers.pose.evidence import errata


def test_devices_compute_whatever_is_sent():
    assert errata.devices_compute_all_the_same()


def test_the_load_would_fall_if_no_score_were_needed():
    assert not errata.devices_compute_all_the_same(scored=False)


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_a_model_in_which_offloading_spares_the_device_is_noticed(monkeypatch, share):
    def evaluate(problem, allocation):
        found = model.evaluate(problem, allocation)
        spared = share * float(found.offload_probability.mean() * problem.device_delay.max())
        return replace(found, delay=found.delay - spared)

    monkeypatch.setattr(errata, "evaluate", evaluate)
    assert not errata.devices_compute_all_the_same()


def test_by_hand():
    problem = model.Problem(
        deadline=0.1, device_delay=0.04, server_delay=0.01, transmission_time=[0.01, 0.01], discard_value=0,
        score_pmf=[0.5, 0.5], device_accuracy=[0.5, 0.9], server_accuracy=[0.8, 0.9],
    )  # fmt: skip
    half = model.Allocation(lower=np.zeros(2, dtype=int), upper=np.ones(2, dtype=int))
    assert model.evaluate(problem, half).delay == pytest.approx(0.04 + 2 * 0.5 * 0.02)
