"""The simulated person: the CC0 MakeHuman body, skinned with NumPy, in seeded motion.

World frame: metres, y up; the person rests facing +z with the left side at +x.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray, check_choice, lock

DATA = Path(__file__).parent / "data"
SEXES = ("male", "female")
JOINTS = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow",
    "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle",
    "right ankle",
)  # fmt: skip
"""The 17 joints of COCO, in its order."""

ACTIVITIES = ("walk", "reach", "turn", "sit", "wave")
ACTIVITY_SECONDS = 4.8  # each activity once in its turn


@dataclass(frozen=True, kw_only=True, eq=False)
class Body:
    """A mesh in its rest pose with four bones a vertex (linear blend skinning)."""

    vertices: FloatArray  # [m] (V, 3)
    triangles: NDArray[Any]  # (T, 3) vertex numbers
    material: NDArray[Any]  # (T,) index into cameras.COLOURS
    weight_bone: NDArray[Any]  # (V, 4)
    weight: FloatArray  # (V, 4), rows add up to 1
    bone: tuple[str, ...]
    parent: NDArray[Any]  # (B,), -1 for the root; parents first
    bone_head: FloatArray  # [m] (B, 3)
    joints: FloatArray  # [m] (17, 3)
    joint_bone: NDArray[Any]  # (17,)

    def __post_init__(self) -> None:
        """Lock the arrays, which everyone who loads the body shares."""
        lock(self, aligned=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stance:
    """One instant of a motion."""

    rotation: dict[str, FloatArray]  # bone -> (3, 3) about its head, in rest-frame axes
    place: FloatArray  # [m] (2,): x and z of the root
    yaw: float  # [rad] about y; 0 faces +z


@cache
def load(sex: str) -> Body:
    """The packed body of one sex.

    Raises
    ------
    ValueError
        if ``sex`` is not one of ``SEXES``.
    """
    check_choice("sex", sex, SEXES)
    with np.load(DATA / "body.npz") as packed:
        weight = packed["weight"].astype(float)
        return Body(
            vertices=packed[f"{sex}_vertices"] * 1e-4,
            triangles=packed["triangles"].astype(np.intp),
            material=packed[f"{sex}_material"],
            weight_bone=packed["weight_bone"],
            weight=weight / weight.sum(axis=1, keepdims=True),
            bone=tuple(packed["bone"].tolist()),
            parent=packed["parent"],
            bone_head=packed[f"{sex}_bone_head"].astype(float),
            joints=packed[f"{sex}_joints"].astype(float),
            joint_bone=packed["joint_bone"],
        )


def skin(body: Body, stance: Stance) -> tuple[FloatArray, FloatArray]:
    """Vertices (V, 3) and joints of shape (17, 3) [m] in the world, the lowest vertex on the floor."""
    world = np.zeros((len(body.bone), 3, 4))
    turned = rotation_y(stance.yaw)
    for b, name in enumerate(body.bone):
        parent = body.parent[b]
        above = world[parent] if parent >= 0 else np.c_[turned, np.zeros(3)]
        local = stance.rotation.get(name)
        if local is not None:  # rotate about the head of the bone
            shift = body.bone_head[b] - local @ body.bone_head[b]
            above = np.c_[above[:, :3] @ local, above[:, :3] @ shift + above[:, 3]]
        world[b] = above
    blended = np.einsum("vk,vkij->vij", body.weight, world[body.weight_bone])
    vertices = np.einsum("vij,vj->vi", blended[:, :, :3], body.vertices) + blended[:, :, 3]
    carried = world[body.joint_bone]
    joints = np.einsum("jab,jb->ja", carried[:, :, :3], body.joints) + carried[:, :, 3]
    shift = np.array([stance.place[0], -vertices[:, 1].min(), stance.place[1]])
    return vertices + shift, joints + shift


def motion(seed: int, times: FloatArray) -> list[Stance]:
    """A walk along a figure of eight, broken by reaching, turning, sitting and waving in a seeded order.

    Parameters
    ----------
    times : shape (F,) [s], evenly spaced from 0: the way walked is summed over them
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    order = [ACTIVITIES[k] for k in rng.permutation(len(ACTIVITIES))]
    phase, start, pace, arm = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.0), rng.choice(2)
    cycle = np.mod(times / ACTIVITY_SECONDS, len(order))
    inside = cycle - np.floor(cycle)
    swell = np.sin(np.pi * inside) ** 2
    level = {name: np.where(np.floor(cycle) == order.index(name), swell, 0.0) for name in ACTIVITIES}
    moving = 1 - 0.9 * np.maximum.reduce([level[a] for a in ACTIVITIES if a != "walk"])
    step = np.diff(times, prepend=times[0])
    stride = phase + np.cumsum(2 * np.pi * pace * moving * step)
    way = start + np.cumsum(2 * np.pi / 20 * moving * step)
    spun = np.floor(cycle) == order.index("turn")
    turn = np.where(spun, 2 * np.pi * (inside - np.sin(2 * np.pi * inside) / (2 * np.pi)), 0.0)
    place = np.stack([1.3 * np.sin(way), 0.8 * np.sin(2 * way)], axis=1)
    yaw = np.arctan2(1.3 * np.cos(way), 1.6 * np.cos(2 * way)) + turn
    return [
        Stance(
            rotation=_limbs(stride[k], times[k], moving[k], {a: float(level[a][k]) for a in ACTIVITIES}, "lr"[arm]),
            place=place[k],
            yaw=float(yaw[k]),
        )
        for k in range(len(times))
    ]


def _limbs(stride: float, time: float, moving: float, level: dict[str, float], arm: str) -> dict[str, FloatArray]:
    """Bone rotations: a gait of amplitude ``moving``, with one arm (``l`` or ``r``) reaching or waving."""
    turn = {}
    for side, sign in (("l", 1.0), ("r", -1.0)):
        swing = moving * sign * np.sin(stride)
        lift = moving * max(0.0, np.sin(stride + (0 if sign > 0 else np.pi) - np.pi / 3))
        thigh, knee = 28 * swing + 82 * level["sit"], 45 * lift + 92 * level["sit"]
        turn[f"thigh_{side}"] = _x(-thigh)
        turn[f"calf_{side}"] = _x(knee)
        turn[f"foot_{side}"] = _x(-(knee - thigh) / 2)
        upper = _x(25 * swing) @ _z(-38 * sign)  # from the rest pose's slanting arms to hanging ones
        elbow = 20 + 25 * max(0.0, -swing)
        if side == arm:
            upper = _z(95 * sign * level["wave"]) @ _x(-95 * level["reach"]) @ upper
            elbow += 35 * (1 + np.sin(2 * np.pi * 1.6 * time)) * level["wave"]
        else:
            upper = _x(-30 * level["reach"]) @ upper
        turn[f"upperarm_{side}"] = upper
        turn[f"lowerarm_{side}"] = _x(-elbow)
    turn["spine_01"] = _x(12 * level["sit"] + 10 * level["reach"]) @ rotation_y(np.deg2rad(6 * moving * np.sin(stride)))
    turn["head"] = rotation_y(np.deg2rad(20 * np.sin(0.7 * time))) @ _x(6 * np.sin(0.9 * time))
    return turn


def _x(degrees: float) -> FloatArray:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _z(degrees: float) -> FloatArray:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def rotation_y(angle: float) -> FloatArray:
    """Rotation about the vertical by an angle [rad], shape (3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
