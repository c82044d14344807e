"""What is injected into the trace: turned cameras, lost images, links that fluctuate, unequal networks."""

import numpy as np
import pytest

from mecpapers.pose.evidence import experiments
from mecpapers.pose.evidence.experiments import stress
from mecpapers.pose.measured import cameras, trace
from mecpapers.pose.model import violations


def base(policy):
    d = experiments.deployment()
    problem = experiments.of_reading("left out").problem(d.calibration.tables)
    return 1e3 * experiments.run_policy(policy, d.held_out, problem).error.mean()


@pytest.mark.parametrize("degrees", [0.0, 0.5, 30.0])
def test_a_turned_camera_stays_where_it_is(degrees):
    camera = cameras.ring(3)[1]
    found = experiments.turned(camera, degrees, np.array([1.0, 2.0, -0.5]))
    assert found.centre == pytest.approx(camera.centre)
    assert found.rotation @ found.rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(found.rotation) == pytest.approx(1)
    turn = found.rotation.T @ camera.rotation
    assert np.rad2deg(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) == pytest.approx(degrees, abs=1e-5)


def test_by_one_degree_a_point_on_the_axis_of_sight_moves_in_the_image_by_its_tangent():
    camera = cameras.ring(3)[0]
    up = camera.rotation[1]  # the camera's own vertical, in the room
    ahead = camera.centre + 3 * camera.rotation[2]
    moved = cameras.project(experiments.turned(camera, 1.0, up), ahead)[0] - cameras.project(camera, ahead)[0]
    assert abs(moved[..., 0].item()) == pytest.approx(camera.intrinsics[0, 0] * np.tan(np.deg2rad(1)))
    assert moved[..., 1].item() == pytest.approx(0, abs=1e-9)


def test_nothing_injected_changes_nothing():
    for rows in (experiments.over_miscalibration((0.0,)), experiments.over_losses((0.0,)),
                 experiments.over_losses((0.0,), "camera")):  # fmt: skip
        for policy in stress.JUDGED:
            assert rows[0][policy] == pytest.approx(base(policy))
    calm = experiments.over_fading((0.0,))
    assert [r["MPJPE, mm"] for r in calm] == pytest.approx([base("cooperative")] + 2 * [base("cooperative-guarded")])
    assert experiments.over_networks((0,))[0]["guarded, mm"] == pytest.approx(base("cooperative-guarded"))


def test_turned_cameras_hurt_and_one_of_six_less():
    every, one = (experiments.over_miscalibration((0.5, 1.0), which) for which in ("all", "one"))
    for policy in stress.JUDGED:
        assert base(policy) < one[0][policy] < every[0][policy] < every[1][policy]
    with pytest.raises(ValueError, match="cameras = 'two': must be one of all, one"):
        experiments.over_miscalibration((0.5,), "two")


def test_a_loss_of_everything_on_the_uplink_leaves_the_devices():
    row = experiments.over_losses((1.0,))[0]
    assert row["device"] == pytest.approx(base("device"))  # it sends nothing
    d = experiments.deployment()
    problem = experiments.of_reading("left out").problem(d.calibration.tables)
    outcome = experiments.run_policy("cooperative-guarded", d.held_out, problem)
    assert outcome.sent.any() and base("cooperative-guarded") < row["cooperative-guarded"] < base("device")
    assert row["server-fit"] > 10 * base("server-fit")  # no view is left
    lost = experiments.over_losses((0.2,), "camera")[0]
    assert all(lost[policy] > base(policy) for policy in stress.JUDGED)


def test_a_guard_that_knows_the_links_is_never_late_and_a_blind_one_is():
    rows = {r["policy"]: r for r in experiments.over_fading((4.0,))}
    assert rows["guard, knowing"]["late, %"] == 0 < rows["guard, blind"]["late, %"]
    assert rows["guard, blind"]["MPJPE, mm"] == pytest.approx(base("cooperative-guarded"))


def test_a_larger_network_sets_the_pace_unless_speeds_match():
    equal, matched = (experiments.over_networks((0, 2), speeds) for speeds in ("equal", "matched"))
    assert equal[1]["device delay, ms"] > 1.4 * equal[0]["device delay, ms"]
    assert matched[1]["device delay, ms"] == matched[0]["device delay, ms"] == equal[0]["device delay, ms"]
    assert equal[1]["device, mm"] == pytest.approx(matched[1]["device, mm"])
    light, full = trace.network("lite"), trace.network("full")
    held_out, _, problem = stress._mixed(2, "equal")
    larger = problem.device_delay == problem.device_delay.max()
    assert larger.sum() == 2
    assert held_out.score[:, :, larger, light] == pytest.approx(trace.load().half(1).score[:, :, larger, full])
    assert held_out.score[:, :, ~larger, light] == pytest.approx(trace.load().half(1).score[:, :, ~larger, light])


def test_unequal_cases_are_feasible_and_not():
    problems = experiments.unequal_problems((1.0, 10.0))
    budgets = np.array([p.budget for p in problems])
    assert (budgets < 0).any() and (budgets > 0).any()
    from mecpapers.pose.thresholds import solve_cooperative

    assert all(not violations(p, solve_cooperative(p).allocation) for p in problems if p.budget >= 0)
