"""Delay frame by frame; the per-frame guard; several people. All [assumed].

Devices run their light networks at once; images go over a time-shared uplink one after the other; then M servers, each
one image at a time, run the heavy network. Nothing overlaps.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mecpapers.arrays import BoolArray, FloatArray
from mecpapers.pose.model import Problem


def frame_delay(
    sent: BoolArray, transmission_time: FloatArray, device_delay: float, server_delay: float, servers: float = 1
) -> FloatArray:
    """Delay of each frame [s], shape (F,): the whole rounds of M servers, where the expected delay has p / M.

    Parameters
    ----------
    sent : which views are offloaded, shape (F, N)
    transmission_time : time on air of each image [s], shape (F, N) or (N,)
    device_delay : the slowest light network, 0 if none runs [s]
    server_delay : one image on one server [s]
    servers : M
    """
    air = (sent * transmission_time).sum(axis=-1)
    rounds = np.ceil(sent.sum(axis=-1) / servers)
    return np.asarray(device_delay + air + rounds * server_delay)


def guard(
    sent: BoolArray,
    gain: FloatArray,
    transmission_time: FloatArray,
    budget: float,
    server_delay: float,
    servers: float = 1,
) -> BoolArray:
    """Of the images to be sent in each frame, keep those of most gain a second that fit into ``budget``.

    In each frame the images are tried by falling gain over cost, and one that does not fit is passed over.

    Parameters
    ----------
    sent : shape (F, N)
    gain : what the server's result is expected to add [1], shape (F, N)
    transmission_time : time on air of each image [s], shape (F, N)
    budget : deadline less the device's delay [s]
    server_delay : one image on one server [s]
    servers : M

    Returns
    -------
    shape (F, N)
    """
    a_second = np.where(sent, gain / (transmission_time + server_delay / servers), -np.inf)
    order = np.argsort(-a_second, axis=1, kind="stable")
    frame = np.arange(len(sent))
    kept, air, count = np.zeros_like(sent), np.zeros(len(sent)), np.zeros(len(sent))
    for n in order.T:  # N steps, each for all frames at once
        with_it = air + transmission_time[frame, n]
        # one that fits exactly is sent, whatever rounding does to the sum
        fits = with_it + np.ceil((count + 1) / servers) * server_delay <= budget * (1 + 1e-12)
        take = fits & sent[frame, n] & (gain[frame, n] > 0)
        kept[frame, n] = take
        air, count = np.where(take, with_it, air), count + take
    return kept


def of_several_people(problem: Problem, people: int, association: float = 0.0) -> Problem:
    """The same devices where each sees several people: every crop is run, sent and served by itself.

    Parameters
    ----------
    people : Q, 1 or more
    association : time to match one pair of people between views [s], paid for each of the Q (Q - 1) / 2 pairs
    """
    if people < 1:
        raise ValueError(f"people = {people}: must be 1 or more")
    return replace(
        problem,
        device_delay=people * problem.device_delay + association * people * (people - 1) / 2,
        transmission_time=people * problem.transmission_time,
        server_delay=people * problem.server_delay,
    )
