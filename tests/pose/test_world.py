"""The simulated world: body, cameras, renderer."""

import subprocess
import sys

import numpy as np
import pytest

from mecpapers.pose.measured import body, cameras, record, trace

TIMES = 0.2 * np.arange(120.0)


@pytest.mark.parametrize("sex", body.SEXES)
def test_the_body_at_rest_is_its_packed_self(sex):
    b = body.load(sex)
    vertices, joints = body.skin(b, body.Stance(rotation={}, place=np.zeros(2), yaw=0.0))
    lift = -b.vertices[:, 1].min()
    assert vertices == pytest.approx(b.vertices + np.array([0, lift, 0]), abs=1e-9)
    assert joints == pytest.approx(b.joints + np.array([0, lift, 0]), abs=1e-6)
    assert 1.5 < np.ptp(vertices[:, 1]) < 2.0  # a person
    assert (b.joints[1::2, 0] > 0).all() and (b.joints[2::2, 0] < 0).all()  # left is +x
    assert b.weight.sum(axis=1) == pytest.approx(1)


def test_bones_keep_their_length_and_feet_the_floor():
    b = body.load("female")
    forearm = []
    for stance in body.motion(3, TIMES)[::9]:
        vertices, joints = body.skin(b, stance)
        forearm.append(np.linalg.norm(joints[7] - joints[9]))
        assert vertices[:, 1].min() == pytest.approx(0)
    assert np.ptp(forearm) < 1e-9


def test_a_turn_turns_everything():
    b = body.load("male")
    stance = body.motion(0, TIMES)[40]
    turned = body.Stance(rotation=stance.rotation, place=np.zeros(2), yaw=stance.yaw + 0.5)
    straight = body.Stance(rotation=stance.rotation, place=np.zeros(2), yaw=stance.yaw)
    assert body.skin(b, turned)[1] == pytest.approx(body.skin(b, straight)[1] @ body.rotation_y(0.5).T)


def test_motion_is_seeded_and_holds_every_activity():
    first, again, other = (body.motion(s, TIMES) for s in (0, 0, 1))
    assert all(np.array_equal(a.place, b.place) and a.yaw == b.yaw for a, b in zip(first, again, strict=True))
    assert not np.allclose([a.place for a in first], [b.place for b in other])
    heights = [body.skin(body.load("male"), s)[1][11, 1] for s in first]
    assert min(heights) < 0.7 * max(heights)  # sits
    assert np.ptp([s.yaw for s in first]) > 2 * np.pi  # turns


def test_an_unknown_sex_is_refused():
    with pytest.raises(ValueError, match="sex = 'robot': must be one of male, female"):
        body.load("robot")


def test_a_camera_sees_its_target_in_the_middle():
    camera = cameras.looking_at(np.array([3.0, 1.5, 0]), np.array([0, 1.0, 0]), 900.0)
    pixels, depth = cameras.project(camera, np.array([[0, 1.0, 0], [0, 1.5, 0]]))
    assert pixels[0] == pytest.approx([640, 360])
    assert depth[0] == pytest.approx(np.hypot(3, 0.5))
    assert pixels[1, 1] < 360  # up in the world is up in the image
    assert camera.centre == pytest.approx([3, 1.5, 0])


def test_the_renderer_covers_what_projects_and_boards_hide():
    b = body.load("male")
    vertices, joints = body.skin(b, body.motion(0, TIMES)[0])
    camera = cameras.ring()[0]
    crop = cameras.crop_around(camera, joints, np.random.default_rng(0))
    plain = np.full((cameras.RENDERED, cameras.RENDERED, 3), 0.5)
    image = cameras.render(b, vertices, camera, crop, (plain, ()))
    pixels = (cameras.project(camera, joints)[0] - [crop.left, crop.top]) * cameras.CROP / crop.side
    at = np.rint(pixels - 0.5).astype(int)
    assert (np.abs(image[at[:, 1], at[:, 0]] - 0.5).max(axis=1) > 0.02).all()  # every joint is on the body
    assert np.abs(image[:4] - 0.5).max() == 0 and np.abs(image[:, -4:] - 0.5).max() == 0
    x, z = (0.6 * camera.centre + 0.4 * joints.mean(axis=0))[[0, 2]]
    board = cameras.Pillar((float(x), float(z)), 0.5, 3.0, (0.1, 0.2, 0.3))
    hidden = cameras.render(b, vertices, camera, crop, (plain, (board,)))
    behind = cameras.Pillar((-float(camera.centre[0]), -float(camera.centre[2])), 0.5, 3.0, (0.1, 0.2, 0.3))
    shown = cameras.render(b, vertices, camera, crop, (plain, (behind,)))
    body_there = np.abs(image - 0.5).max(axis=2) > 0.02
    assert (np.abs(hidden[body_there] - [0.1, 0.2, 0.3]).max(axis=1) < 1e-9).mean() > 0.5
    assert np.abs(shown[body_there] - image[body_there]).max(axis=1).mean() < 0.02  # a board behind hides nothing


def test_a_dark_camera_is_darker_and_a_noisy_image_larger():
    image = np.full((64, 64, 3), 0.5)
    rng = np.random.default_rng(0)
    bright, dark = (cameras.take(c, image, rng) for c in (cameras.ring()[0], cameras.ring()[3]))
    assert dark.mean() == pytest.approx(0.3 * bright.mean(), rel=0.02)
    assert len(cameras.jpeg(dark)) > 2 * len(cameras.jpeg(np.full((64, 64, 3), 128, np.uint8)))
    assert cameras.decode(cameras.jpeg(bright)).shape == (64, 64, 3)


def test_the_trace_is_what_the_world_gives():
    """Truth, crops and image sizes of a frame, computed anew, equal the recorded ones."""
    recorded = trace.load()
    for scene, frame in ((0, 0), (3, 77)):
        joints, images, crops = record.photograph(record.SCENES[scene], frame)
        assert recorded.truth[scene, frame] == pytest.approx(joints, abs=0.51 * trace.TRUTH_STEP)
        found = np.array([(c.left, c.top, c.side) for c in crops])
        assert recorded.crop[scene, frame] == pytest.approx(found, rel=1e-6, abs=1e-3)
        sizes = np.array([8 * len(cameras.jpeg(image)) for image in images])
        assert recorded.bits[scene, frame] == pytest.approx(sizes, rel=0.01)  # JPEG libraries differ a little


def test_the_trace_is_complete_and_small():
    recorded, made = trace.load(), trace.provenance()
    assert recorded.pixels.shape == (6, 120, 6, 4, 17, 2)
    assert np.isfinite(recorded.pixels).all() and (recorded.oks >= 0).all() and (recorded.oks <= 1).all()
    assert {s["body"] for s in made["scenes"]} == set(body.SEXES)
    assert made["networks"] == list(trace.NETWORKS)
    assert sum(f.stat().st_size for f in body.DATA.iterdir()) < 3e6
    for field in ("models", "versions", "machine", "date", "body", "command"):
        assert made[field]
    with pytest.raises(ValueError, match="half = 2: must be 0 or 1"):
        recorded.half(2)
    with pytest.raises(ValueError, match="network = 'huge': must be one of lite, full, heavy, thumbnail"):
        trace.network("huge")


def test_reading_the_trace_loads_nothing_that_records_it():
    code = "import sys; from mecpapers.pose.measured import trace; trace.load(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not any(".companion" in m or m.endswith((".record", ".detectors")) or m == "PIL" for m in loaded)
