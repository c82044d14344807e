"""Geometry against exact views, SciPy and numbers worked by hand."""

import numpy as np
import pytest

from mecpapers.pose import accuracy
from mecpapers.pose import triangulation as tri
from mecpapers.pose.evidence.verification import nonlinear_triangulation
from mecpapers.pose.measured import body, cameras, trace

RIG = cameras.ring()


def views(n=100, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.uniform([-1.5, 0, -1.5], [1.5, 1.9, 1.5], (n, 3))
    pixels = np.stack([cameras.project(c, points)[0] for c in RIG])
    return points, pixels + rng.normal(0, noise, pixels.shape)


def test_exact_on_noiseless_views_whatever_the_weights():
    points, pixels = views()
    weights = np.random.default_rng(1).uniform(0.1, 1, pixels.shape[:2])
    assert np.abs(tri.triangulate(RIG, pixels) - points).max() < 1e-9
    assert np.abs(tri.triangulate(RIG, pixels, weights) - points).max() < 1e-9
    used = np.array([True, False, True, False, False, False])
    assert np.abs(tri.triangulate(RIG, pixels, used=used) - points).max() < 1e-9


def test_near_nonlinear_least_squares_under_noise():
    points, pixels = views(60, noise=2.0)
    linear = tri.triangulate(RIG, pixels)
    best = nonlinear_triangulation(RIG, pixels, linear)
    error = {k: np.linalg.norm(x - points, axis=1).mean() for k, x in (("linear", linear), ("best", best))}
    assert error["best"] <= error["linear"] < 1.2 * error["best"]  # the convention costs little, and never helps
    residual = {k: sum(((cameras.project(c, x)[0] - p) ** 2).sum() for c, p in zip(RIG, pixels, strict=True))
                for k, x in (("linear", linear), ("best", best))}  # fmt: skip
    assert residual["best"] < residual["linear"]


def test_the_distance_to_the_nonlinear_optimum_vanishes_with_the_noise():
    gaps = []
    for noise in (1.0, 0.1):
        _, pixels = views(40, noise=noise)
        linear = tri.triangulate(RIG, pixels)
        gaps.append(np.abs(nonlinear_triangulation(RIG, pixels, linear) - linear).max())
    assert gaps[1] < 0.2 * gaps[0]


def test_a_weight_of_zero_leaves_a_view_out():
    _, pixels = views(noise=3.0)
    weights, used = np.ones(pixels.shape[:2]), np.ones(6, dtype=bool)
    weights[2], used[2] = 0, False
    assert tri.triangulate(RIG, pixels, weights) == pytest.approx(tri.triangulate(RIG, pixels, used=used), abs=1e-9)
    assert not np.allclose(tri.triangulate(RIG, pixels), tri.triangulate(RIG, pixels, used=used), atol=1e-6)


def test_weighted_views_equal_stacked_least_squares():
    """Each joint's rows times its weights, stacked, by NumPy's least squares."""
    _, pixels = views(20, noise=3.0)
    weights = np.random.default_rng(1).uniform(0.05, 1, pixels.shape[:2])
    found = tri.triangulate(RIG, pixels, weights)
    for joint in range(20):
        rows, right = [], []
        for camera, pixel, w in zip(RIG, pixels[:, joint], weights[:, joint], strict=True):
            x, y, _ = np.linalg.inv(camera.intrinsics) @ [*pixel, 1.0]
            r, t = camera.rotation, camera.translation
            rows += [w * (x * r[2] - r[0]), w * (y * r[2] - r[1])]
            right += [w * (t[0] - x * t[2]), w * (t[1] - y * t[2])]
        assert found[joint] == pytest.approx(np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0], abs=1e-9)


def test_fewer_than_two_views():
    _, pixels = views()
    one = np.array([True, *[False] * 5])
    with pytest.raises(ValueError, match=r"used = 1 views: must be at least 2"):
        tri.triangulate(RIG, pixels, used=one)
    batch = np.stack([pixels, pixels])
    found = tri.triangulate(RIG, batch, used=np.stack([one, ~one]))
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all()


def test_the_last_pose_is_held():
    poses, first = np.arange(5.0)[:, None, None] * np.ones((5, 17, 3)), np.full((17, 3), -1.0)
    poses[[0, 2, 3]] = np.nan
    assert tri.hold_last(poses, first)[:, 0, 0].tolist() == [-1, 1, 1, 1, 4]


def test_mpjpe_by_hand():
    truth = np.zeros((2, 17, 3))
    found = truth + np.array([0.03, 0.04, 0.0])
    found[1, 0] += [0, 0, 0.12]  # 5 cm becomes 13 cm at one joint of 17
    assert accuracy.mpjpe(found, truth) == pytest.approx([0.05, (16 * 0.05 + 0.13) / 17])


def test_oks_by_hand():
    truth = np.zeros((17, 2))
    truth[0], truth[16] = [0, 0], [30, 40]  # a box of 1200 square pixels
    assert accuracy.oks(truth, truth) == 1
    side = np.sqrt(1200)
    moved = truth + np.stack([side * 2 * accuracy.SIGMAS, np.zeros(17)], axis=1)
    assert accuracy.oks(moved, truth) == pytest.approx(np.exp(-0.5))
    far = truth.copy()
    far[3] += 1e6
    assert accuracy.oks(far, truth) == pytest.approx(16 / 17)


def test_offsets_are_found_and_taken_back_in_any_stance():
    truth = trace.load().truth.reshape(-1, 17, 3)[::7]
    offsets = np.random.default_rng(0).normal(0, 0.03, (17, 3))
    offsets[[5, 6, 11, 12]] = 0  # the trunk itself defines the axes
    estimate = truth - np.einsum("fab,ja->fjb", tri.body_frame(truth), offsets)
    assert tri.joint_offsets(estimate, truth) == pytest.approx(offsets, abs=1e-12)
    assert tri.corrected(estimate, offsets) == pytest.approx(truth, abs=1e-12)


def test_one_wild_frame_moves_no_offset():
    truth = trace.load().truth.reshape(-1, 17, 3)[:21]
    offsets = tri.joint_offsets(truth, truth)
    estimate = truth.copy()
    estimate[3, :5] += 10.0  # the head alone: the trunk defines the axes
    assert tri.joint_offsets(estimate, truth) == pytest.approx(offsets, abs=1e-9)


def test_the_sigmas_are_coco_s():
    """Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, as pycocotools has them."""
    expected = [0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89]
    assert accuracy.SIGMAS.tolist() == pytest.approx([s / 10 for s in expected])


def test_the_body_frame_is_a_rotation_that_turns_along():
    joints = body.load("male").joints
    axes, turned = tri.body_frame(joints), body.rotation_y(0.7)
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    assert axes[0] @ [1, 0, 0] > 0.99 and axes[2] @ [0, 0, 1] > 0.9  # at rest: left is +x, forward +z
    assert tri.body_frame(joints @ turned.T) == pytest.approx(axes @ turned.T)


def test_a_view_that_hardly_sees_a_joint_leaves_it_to_no_rounding():
    """Two views, one of visibility 3e-7: the joint stays where it is if its equations change by rounding's worth."""
    _, pixels = views(noise=3.0)
    used = np.arange(6) < 2
    seen = np.ones(pixels.shape[:2])
    seen[1] = 3e-7
    moved = np.random.default_rng(0).choice([-1.0, 1.0], (*pixels.shape[:2], 3, 3)) * 2.0**-53

    def shift(weights):
        matrix, vector = tri.normal_equations(RIG, pixels, weights)
        exact = tri.solve_views(matrix, vector, used)
        return np.abs(tri.solve_views(matrix * (1 + moved), vector, used) - exact).max()

    assert shift(tri.joint_weights(seen)) < 1e-7
    assert shift(seen) > 1e-5
