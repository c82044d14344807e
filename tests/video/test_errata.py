"""Every computation that shows an erratum can fail: with its input mended, or its formula changed, it shows nothing."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mecpapers.sweep import drop_generator
from mecpapers.video import model
from mecpapers.video.admm import FITTED, PRINTED, solve_admm
from mecpapers.video.augmented import project
from mecpapers.video.evidence.errata import SHOWN, centralised, distributed, networks
from mecpapers.video.evidence.experiments import TABLE_1, trends
from mecpapers.video.offloading import solve_channel_aware
from mecpapers.video.scenario import EQ31, SET_A
from mecpapers.video.schemes import SCHEMES

local = {**TABLE_1["local"], "energy": 0.12}
always = np.ones(2, dtype=bool)

MENDED = {
    "eq31-rho": (centralised, "TABLE_1", {**TABLE_1, "local": local}),  # what (7) gives
    "frequencies-swapped": (centralised, "SET_A", replace(SET_A, cycles_per_mac=0.01)),  # a network light enough
    "power-outside-sum": (centralised, "_two_senders", lambda rate, power: TWO_SENDERS(rate=rate, power=1.0)),
    "rate-in-60": (centralised, "_two_senders", lambda rate, power: TWO_SENDERS(rate=1.0, power=power)),
    "argmin-phi": (centralised, "accuracy", lambda devices, frames: 1 - frames / 100),  # Phi that falls
    "gp-sign": (centralised, "convex_share", lambda **_: 1.0),
    "relaxation-needless": (centralised, "relaxation_curvature", lambda frames, a_1: frames * (frames + a_1)),
    "rho-ratio": (centralised, "SET_A", replace(SET_A, cycles_per_mac=1e3)),
    "count-of-choices": (centralised, "count_cases", lambda name, n: 26**n),
    "algorithm-3-exit": (centralised, "solve_channel_aware", lambda p, allocate: solve_channel_aware(
        replace(p, server_frequency=2.2e10), allocate=allocate)),
    "edge-almost-equal": (centralised, "SCHEMES", {**SCHEMES, "edge": SCHEMES["local"]}),
    "global-update": (distributed, "project", lambda b, x, s, how="exact": project(b, x, s, "exact")),
    "blind-x-step": (distributed, "two_devices", lambda: TWO_DEVICES(0.05, 1.0)),  # both belong at the edge
    "zero-start": (distributed, "solve_admm", lambda p, r: solve_admm(p, replace(r, start="equal-share"))),
    "multiplier-update": (distributed, "solve_admm", lambda p, r: solve_admm(p, replace(r, literal_46=False))),
    "until-no-longer-decreases": (distributed, "PRINTED", FITTED),
    "unrounded-frames": (distributed, "EQ31", replace(EQ31, min_frames=4, max_frames=4)),
    "budget-and-policy": (distributed, "project", lambda b, x, s: project(b, always, s)),  # a G without x
    "floor-in-4": (networks, "SIDE", 113),
    "stride-per-axis": (networks, "resnet", lambda depth: [SimpleNamespace(stride=(2, 2, 2))]),
    "not-proportional": (networks, "macs", lambda layers, frames: frames),
    "accuracy-by-frames": (networks, "trends", SimpleNamespace(
        accuracy_change=trends.accuracy_change,
        figure_8=lambda axis, values, n: trends.figure_8(axis, values, n, 0, replace(EQ31, min_frames=1)))),
}  # fmt: skip
TWO_SENDERS, TWO_DEVICES = centralised._two_senders, distributed.two_devices


@pytest.mark.parametrize("key", SHOWN)
def test_what_is_mended_is_no_longer_shown(key, monkeypatch):
    assert SHOWN[key]()
    module, name, value = MENDED[key]
    monkeypatch.setattr(module, name, value)
    assert not SHOWN[key]()


def test_two_senders_by_hand():
    p = TWO_SENDERS(rate=4.0, power=2.0)
    energy = model.transmission_energy(p, np.full(2, 4.0))
    assert energy[1] / energy[0] == pytest.approx(2 / 4)  # twice the power for a quarter of the time


def test_frames_off_whole_and_rises_by_what_they_name():
    p = replace(EQ31, n_devices=2, min_frames=3, max_frames=3).draw(drop_generator(0, 0))
    assert distributed.frames_off_whole(p) < 1e-12
    assert distributed.rises(FITTED, 12, 3) == 0 < distributed.rises(replace(PRINTED, start="zeros-gigahertz"), 16, 3)
