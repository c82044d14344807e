"""Pin-hole cameras and a z-buffer renderer: occluders, light, blur, noise, exposure, JPEG bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecpapers.arrays import FloatArray, IndexArray
from mecpapers.pose.measured.body import Body

CROP = 256  # side of the image a detector sees [px]
RENDERED = 2 * CROP  # drawn at twice the side, then averaged
COLOURS = np.array([
    (0.85, 0.64, 0.52), (0.16, 0.32, 0.62), (0.22, 0.22, 0.25), (0.45, 0.20, 0.12),
    (0.14, 0.09, 0.06), (0.95, 0.95, 0.95), (0.12, 0.08, 0.05), (0.70, 0.35, 0.33),
])  # fmt: skip
"""RGB of skin, shirt, trousers, shoe, hair, eye white, iris, lip."""
LIGHTS = ((np.array([0.3, 0.8, 0.5]), 0.65), (np.array([-0.6, 0.1, -0.5]), 0.12))  # direction, strength
AMBIENT = 0.35


@dataclass(frozen=True, kw_only=True, eq=False)
class Camera:
    """A calibrated pin-hole camera and what ails its images."""

    intrinsics: FloatArray  # K [px] (3, 3)
    rotation: FloatArray  # world to camera (3, 3)
    translation: FloatArray  # [m] (3,)
    exposure: float = 1.0  # factor on the image
    blur: float = 0.0  # standard deviation [px of the crop]
    noise: float = 0.01  # standard deviation, of full scale

    @property
    def centre(self) -> FloatArray:
        """Place of the pin-hole [m], shape (3,)."""
        return -self.rotation.T @ self.translation


@dataclass(frozen=True)
class Pillar:
    """An upright board that hides what is behind it."""

    place: tuple[float, float]  # x, z [m]
    width: float  # [m]
    height: float  # [m]
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Crop:
    """A square region of a camera's image."""

    left: float  # [px]
    top: float  # [px]
    side: float  # [px]


def ring(n: int = 6, radius: float = 4.0, focal: float = 900.0) -> tuple[Camera, ...]:
    """Cameras around the stage: the third from last is dark and noisy, the last one out of focus."""
    cameras = []
    for k in range(n):
        angle, r = 0.35 + 2 * np.pi * k / n, radius * (1 + 0.12 * np.sin(3 * k))
        centre = np.array([r * np.sin(angle), 1.7 + 0.5 * np.cos(2 * k), r * np.cos(angle)])
        ails = {n - 3: {"exposure": 0.3, "noise": 0.04}, n - 1: {"blur": 2.0}}.get(k, {})
        cameras.append(looking_at(centre, np.array([0, 0.95, 0]), focal, **ails))
    return tuple(cameras)


def looking_at(centre: FloatArray, target: FloatArray, focal: float, **ails: float) -> Camera:
    """A camera at ``centre`` that looks at ``target``, [m], shape (3,); image axes to the right and down."""
    z = (target - centre) / np.linalg.norm(target - centre)
    x = np.cross(z, [0.0, 1.0, 0.0])
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(z, x), z])
    intrinsics = np.array([[focal, 0, 640], [0, focal, 360], [0, 0, 1.0]])
    return Camera(intrinsics=intrinsics, rotation=rotation, translation=-rotation @ centre, **ails)


def project(camera: Camera, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pixels, shape (..., 2), and depths [m], shape (...), of world points [m], shape (..., 3)."""
    seen = points @ camera.rotation.T + camera.translation
    pixels = seen @ camera.intrinsics.T
    return pixels[..., :2] / pixels[..., 2:], seen[..., 2]


def pillars(seed: int, n: int = 4) -> tuple[Pillar, ...]:
    """Boards between the stage and the cameras, at seeded places."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    angles = rng.uniform(0, 2 * np.pi, n)
    radii, widths = rng.uniform(2.0, 2.6, n), rng.uniform(0.2, 0.4, n)
    heights, greys = rng.uniform(1.2, 2.4, n), rng.uniform(0.2, 0.8, (n, 3))
    return tuple(
        Pillar((float(r * np.sin(a)), float(r * np.cos(a))), float(w), float(h), tuple(c))
        for a, r, w, h, c in zip(angles, radii, widths, heights, greys.tolist(), strict=True)
    )


def crop_around(camera: Camera, joints: FloatArray, rng: np.random.Generator) -> Crop:
    """The square a tracker would hand on: the joints' box, a third larger, shifted and scaled by up to 5 %.

    Parameters
    ----------
    joints : [m], shape (17, 3)
    """
    pixels, _ = project(camera, joints)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    side = 1.33 * (high - low).max() * rng.uniform(0.95, 1.05)
    left, top = (low + high - side) / 2 + side * rng.uniform(-0.05, 0.05, 2)
    return Crop(float(left), float(top), float(side))


def background(seed: int, camera_number: int) -> FloatArray:
    """A wall, a floor and some furniture, shape (RENDERED, RENDERED, 3)."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2, camera_number)))
    size = RENDERED
    image = np.repeat(np.linspace(0.75, 0.45, size)[:, None, None] * [0.95, 0.97, 1.0], size, axis=1)
    image[int(size * rng.uniform(0.6, 0.8)) :] = np.array([0.52, 0.45, 0.38]) * rng.uniform(0.7, 1.1)
    for _ in range(8):
        (left, top), (width, height) = rng.integers(0, size, 2), rng.integers(size // 12, size // 3, 2)
        image[top : top + height, left : left + width] *= 0.5
        image[top : top + height, left : left + width] += 0.5 * rng.uniform(0.1, 0.9, 3)
    return image


def render(
    body: Body, vertices: FloatArray, camera: Camera, crop: Crop, scenery: tuple[FloatArray, tuple[Pillar, ...]]
) -> FloatArray:
    """The crop as a clean image in [0, 1], shape (CROP, CROP, 3).

    Parameters
    ----------
    vertices : the skinned mesh [m], shape (V, 3)
    scenery : background image and occluders
    """
    backdrop, occluders = scenery
    near = _cropped(camera, crop)
    image, depth = backdrop.copy(), np.full(backdrop.shape[:2], np.inf)
    colour, corner, distance = _shaded(body, vertices, near)
    pixel, triangle = _covered(corner, distance)
    image.reshape(-1, 3)[pixel] = colour[triangle]
    depth.reshape(-1)[pixel] = distance[triangle]
    for board in occluders:
        _draw(board, near, image, depth)
    return np.asarray(image.reshape(CROP, 2, CROP, 2, 3).mean(axis=(1, 3)))


def take(camera: Camera, image: FloatArray, rng: np.random.Generator) -> NDArray[np.uint8]:
    """What the sensor delivers of a clean image, shape (256, 256, 3): blurred, exposed, noisy, 8 bits."""
    from scipy.ndimage import gaussian_filter

    if camera.blur:
        image = gaussian_filter(image, (camera.blur, camera.blur, 0))
    noisy = camera.exposure * image + rng.normal(0, camera.noise, image.shape)
    return np.rint(255 * np.clip(noisy, 0, 1)).astype(np.uint8)


def jpeg(image: NDArray[np.uint8], quality: int = 85) -> bytes:
    """Encode an image of shape (256, 256, 3) as the device sends it."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decode what the server received, shape (H, W, 3)."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data)))


def _cropped(camera: Camera, crop: Crop) -> Camera:
    """The camera whose whole image is the crop at RENDERED pixels."""
    intrinsics = camera.intrinsics.copy()
    intrinsics[:2, 2] -= (crop.left, crop.top)
    intrinsics[:2] *= RENDERED / crop.side
    return Camera(intrinsics=intrinsics, rotation=camera.rotation, translation=camera.translation)


def _shaded(body: Body, vertices: FloatArray, camera: Camera) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Colour (T, 3), corners [px] (T, 3, 2) and mean depth [m] (T,) of the triangles that face the camera."""
    pixels, depth = project(camera, vertices)
    a, b, c = (vertices[body.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    mean = depth[body.triangles].mean(axis=1)
    front = (np.einsum("ti,ti->t", normal, camera.centre - a) > 0) & (mean > 0.2)
    shade = np.full(int(front.sum()), AMBIENT)
    for direction, strength in LIGHTS:
        shade += strength * np.clip(normal[front] @ (direction / np.linalg.norm(direction)), 0, 1)
    colour = np.clip(COLOURS[body.material[front]] * shade[:, None], 0, 1)
    return colour, pixels[body.triangles[front]], mean[front]


def _covered(corner: FloatArray, distance: FloatArray) -> tuple[IndexArray, IndexArray]:
    """Covered pixels and the nearest triangle at each: every pixel of every bounding box is tested at once."""
    low = np.clip(np.floor(corner.min(axis=1) - 0.5).astype(int), 0, RENDERED - 1)
    high = np.clip(np.ceil(corner.max(axis=1) - 0.5).astype(int), 0, RENDERED - 1)
    width, height = (high - low + 1).T
    count = width * height
    t = np.repeat(np.arange(len(corner)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x, y = low[t, 0] + step % width[t], low[t, 1] + step // width[t]
    a, b, c = corner[t, 0], corner[t, 1], corner[t, 2]
    edges = np.stack([_side(a, b, x, y), _side(b, c, x, y), _side(c, a, x, y)])
    inside = (edges >= -1e-9).all(axis=0) | (edges <= 1e-9).all(axis=0)
    pixel, t = (y * RENDERED + x)[inside], t[inside]
    order = np.lexsort((distance[t], pixel))
    pixel, first = np.unique(pixel[order], return_index=True)
    return pixel, t[order][first]


def _side(p: FloatArray, q: FloatArray, x: NDArray[Any], y: NDArray[Any]) -> FloatArray:
    """On which side of the line p q the centre of pixel (x, y) lies."""
    return (q[:, 0] - p[:, 0]) * (y + 0.5 - p[:, 1]) - (q[:, 1] - p[:, 1]) * (x + 0.5 - p[:, 0])


def _draw(board: Pillar, camera: Camera, image: FloatArray, depth: FloatArray) -> None:
    """Draw an upright board, always facing the camera, over whatever lies behind it."""
    x, z = board.place
    ends, distance = project(camera, np.array([[x, 0.0, z], [x, board.height, z]]))
    if distance.min() < 0.2:
        return
    half = board.width * camera.intrinsics[0, 0] / distance[0] / 2
    left, right = np.clip([ends[0, 0] - half, ends[0, 0] + half], 0, RENDERED).astype(int)
    top, bottom = np.clip([ends[1, 1], ends[0, 1]], 0, RENDERED).astype(int)
    behind = depth[top:bottom, left:right] > distance[0]
    image[top:bottom, left:right][behind] = board.colour
