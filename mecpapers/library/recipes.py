"""How each instance of the library is made, number by number."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from mecpapers import fhei, pose, video
from mecpapers.arrays import FloatArray
from mecpapers.fhei.model import Users
from mecpapers.video.model import Devices

_GOLDEN, _MIX_1, _MIX_2 = (np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
VIDEO_SIZES: Mapping[str, tuple[int, ...]] = {
    "alike": (4, 25, 100, 1000),
    "places": (4, 10, 25, 50, 100, 1000),
    "mixed": (4, 10, 25, 50, 100, 300, 1000, 10_000, 100_000, 1_000_000, 10_000_000),
    "tight": (10, 25, 100, 1000),
    "loose": (25, 100),
    "classes": (40, 200, 1000),
    "ties": (20, 100),
    "outages": (25, 200, 1000),
    "floors": (10, 50, 200),
    "eq31": (10, 25, 100, 1000),
    "delay": (25, 100),
}
FHEI_SIZES: Mapping[str, tuple[int, ...]] = {
    "mixed": (3, 5, 8, 10, 15, 20, 30, 50, 100, 200),
    "alike": (8, 40, 160),
}
POSE_SIZES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "mixed": ((3, 5), (6, 10), (12, 10), (24, 10), (50, 8), (100, 6), (200, 5), (6, 101)),
    "alike": ((24, 5),),
    "kept": ((12, 10),),
}


@dataclass(frozen=True)
class Recipe:
    """What an instance is of, and how it is made."""

    paper: str
    kind: str
    size: int
    make: Callable[[], Any]


def lots(name: str, column: str, size: int, low: int, high: int) -> FloatArray:
    """Whole numbers from ``low`` to ``high``, shape (size,): SplitMix64, seeded by the names' SHA-256.

    The upper 32 bits times the number of values, less 2^32 of them: exact, and even to one in 2^32.
    """
    key = np.uint64(int.from_bytes(hashlib.sha256(f"{name}/{column}".encode()).digest()[:8], "big"))
    with np.errstate(over="ignore"):
        z = np.arange(1, size + 1, dtype=np.uint64) * _GOLDEN + key
        z = (z ^ (z >> np.uint64(30))) * _MIX_1
        z = (z ^ (z >> np.uint64(27))) * _MIX_2
        z ^= z >> np.uint64(31)
        z = ((z >> np.uint64(32)) * np.uint64(high - low + 1)) >> np.uint64(32)
    return z.astype(np.float64) + low


def _video(name: str, kind: str, n: int) -> video.Problem:
    """Devices around a station: ``places`` differ in rate alone, as the paper's; ``mixed`` in everything."""
    of = np.zeros(n, dtype=np.intp) if kind in ("alike", "places", "ties") else np.arange(n)
    if kind == "classes":
        of = lots(name, "class", n, 0, 7).astype(np.intp)
    traits = int(of.max()) + 1

    def trait(column: str, low: int, high: int) -> FloatArray:
        return lots(name, column, traits, low, high)[of]

    alike = traits == 1
    rate = lots(name, "rate", n, 5_000, 60_000)  # [kbit/s]
    if kind == "alike":
        rate = np.full(n, 30_000.0)
    elif kind == "ties":
        rate = 10_000 * lots(name, "rate", n, 2, 4)
    elif kind == "outages":
        rate *= lots(name, "outage", n, 0, 2) > 0
    delay_only = kind == "delay"
    share = {"tight": 0.125, "loose": 8.0}.get(kind, 1.0)
    devices = Devices(
        uplink_rate=1000 * rate,
        transmit_power=np.ones(n) if alike else trait("power", 100, 1000) / 1000,
        frame_bits=301_056 * (np.ones(n) if alike else trait("frame", 1, 3)),
        max_frequency=1e8 * (np.full(n, 18.0) if alike else trait("speed", 12, 24)),
        energy_coefficient=np.full(n, 1e-28),
        macs_per_frame=1e6 * (np.full(n, 478.0) if alike else trait("work", 200, 1500)),
        macs_offset=1e6 * (np.full(n, 869.0) if alike else trait("offset", 0, 1500)),
        accuracy_a0=(np.full(n, 40.0) if alike else trait("a0", 20, 50)) / 100,
        accuracy_a1=(np.zeros(n) if alike else trait("a1", 0, 3)) / 2,
        accuracy_a2=(np.full(n, 96.0) if alike else trait("a2", 93, 99)) / 100,
        min_accuracy=np.zeros(n) if kind == "floors" else (np.full(n, 86.0) if alike else trait("floor", 70, 86)) / 100,
        max_frames=np.full(n, 16.0),
        weight_delay=(np.full(n, 2.0) if alike else trait("delay", 1, 4)) / 10,
        weight_energy=np.zeros(n) if delay_only else (np.full(n, 2.0) if alike else trait("energy", 0, 4)) / 10,
        weight_accuracy=np.zeros(n) if delay_only else (np.full(n, 6.0) if alike else trait("accuracy", 2, 8)) / 10,
    )
    return video.Problem(
        devices=devices,
        server_frequency=share * 8.8e8 * n,
        time_budget=share * n / 25,
        local_energy="eq31" if kind == "eq31" else "eq7",
    )


def _fhei(name: str, kind: str, m: int) -> fhei.Problem:
    """Mobiles whose bands and server grow with their number; ``alike`` differ in nothing."""

    def column(what: str, low: int, high: int) -> FloatArray:
        return np.full(m, float((low + high) // 2)) if kind == "alike" else lots(name, what, m, low, high)

    users = Users(
        uplink_rate=1000 * m * column("up", 6_000, 30_000),
        downlink_rate=1000 * m * column("down", 60_000, 300_000),
        device_speed=1e8 * column("speed", 15, 40),
        receive_power=column("power", 5, 20) / 1000,
    )
    return fhei.Problem(
        users=users,
        input_bytes=1e5,
        transmit_power=0.1,
        server_speed=4e12 * m,
        fn_flops_per_byte=12_590.0,
        fn_base_flops=14_527e6,
        in_flops_per_byte=5_664.0,
        energy_coefficient=1e-28,
        min_feature_bytes=2_800_000.0,
        max_feature_bytes=6_000_000.0,
        max_mean_energy=5.0,
        max_mean_latency=15.0,
        quality_per_byte=1.2e-5,
    )


def _pose(name: str, kind: str, n: int, k: int) -> pose.Problem:
    """Cameras with tables of K levels in thousandths; probabilities in 1024ths, so that rows add up exactly."""
    rows = 1 if kind == "alike" else n

    def table(what: str, low: int, high: int) -> FloatArray:
        return lots(name, what, rows * k, low, high).reshape(rows, k)

    cuts = np.sort(lots(name, "cuts", rows * (k - 1), 0, 1024).reshape(rows, k - 1), axis=1)
    share = np.diff(cuts, axis=1, prepend=0.0, append=1024.0) / 1024
    light = np.sort(table("light", 200, 900), axis=1)
    heavy = np.maximum(light, table("heavy", 500, 990))
    return pose.Problem(
        deadline=(40 + 6 * n) / 1000,
        device_delay=np.full(n, 0.04),
        server_delay=0.013,
        transmission_time=np.resize(lots(name, "air", rows, 4, 30), n) / 1000,
        discard_value=0.25,
        score_pmf=np.resize(share, (n, k)),
        device_accuracy=np.resize(light, (n, k)) / 1000,
        server_accuracy=np.resize(heavy, (n, k)) / 1000,
        filtered="kept" if kind == "kept" else "left out",
    )


def _recipes() -> dict[str, Recipe]:
    found = {}
    for paper, sizes, make in (("video", VIDEO_SIZES, _video), ("fhei", FHEI_SIZES, _fhei)):
        for kind, ns in sizes.items():
            for n in ns:
                name = f"{paper}-{kind}-{n}"
                found[name] = Recipe(paper, kind, n, lambda f=make, a=(name, kind, n): f(*a))  # type: ignore[misc]
    for kind, shapes in POSE_SIZES.items():
        for n, k in shapes:
            name = f"pose-{kind}-{n}x{k}"
            found[name] = Recipe("pose", kind, n, lambda a=(name, kind, n, k): _pose(*a))  # type: ignore[misc]
    return found


RECIPES: Mapping[str, Recipe] = _recipes()


def problem(name: str) -> Any:
    """The instance of this name.

    Raises
    ------
    ValueError
        if the library has none.
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f", did you mean {near[0]}?" if near else "; `mecpapers library` lists them"
        raise ValueError(f"library:{name}: there is no such instance{hint}")
    return RECIPES[name].make()


def digest(record: Any) -> str:
    """SHA-256 of a problem's numbers: each field's name, and its words or its numbers as little-endian float64."""
    found = hashlib.sha256()
    _add(found, record)
    return found.hexdigest()


def _add(found: Any, record: Any) -> None:
    for field in fields(record):
        value = getattr(record, field.name)
        if value is None:
            continue
        found.update(field.name.encode())
        if is_dataclass(value):
            _add(found, value)
        else:
            found.update(value.encode() if isinstance(value, str) else np.asarray(value, dtype="<f8").tobytes())
