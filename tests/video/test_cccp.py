"""The reading of CCCP: its convex step against CVXPY, descent, and what its weight does."""

from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mecpapers.sweep import drop_generator
from mecpapers.video import SCHEMES, cccp
from mecpapers.video.cccp import State, relaxed_choice, rounds, solve_cccp, step, tabulate
from mecpapers.video.edge import complete
from mecpapers.video.evidence import experiments, reference
from mecpapers.video.evidence.experiments import timing
from mecpapers.video.model import violations
from mecpapers.video.scenario import EQ31, MIXED

seeds = st.integers(0, 2**32 - 1)


def value(choice, x, c):
    return (choice.a @ x) ** 2 + (choice.b @ x) ** 2 + c @ x


@given(seeds)
@settings(max_examples=40)
def test_the_convex_step_equals_cvxpy(seed):
    rng = np.random.default_rng(seed)
    choice = tabulate(replace(MIXED, n_devices=int(rng.integers(1, 9))).draw(rng))
    c = choice.c + 0.1 * rng.normal(size=choice.c.size)
    x = relaxed_choice(choice, c)
    free = cp.Variable(c.size)
    program = cp.Problem(
        cp.Minimize(cp.square(choice.a @ free) + cp.square(choice.b @ free) + c @ free), [free >= 0, free <= 1]
    )
    program.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    assert np.all((x >= 0) & (x <= 1))
    assert value(choice, x, c) == pytest.approx(program.value, abs=1e-8)


@given(seeds)
@settings(max_examples=40)
def test_every_round_lowers_the_penalised_objective(seed):
    rng = np.random.default_rng(seed)
    choice, weight = tabulate(replace(MIXED, n_devices=7).draw(rng)), 0.1
    state = State(rng.uniform(size=7))

    def penalised(x):
        return value(choice, x, choice.c) + weight * (x * (1 - x)).sum()

    for _ in range(5):
        following = step(choice, state, weight)
        assert penalised(following.x) <= penalised(state.x) + 1e-10
        assert following.change == np.abs(following.x - state.x).max()
        state = following


def test_the_objective_is_the_cost_of_p2_at_the_frames_of_all_edge():
    p = replace(MIXED, n_devices=6).draw(np.random.default_rng(0))
    choice = tabulate(p)
    for policy in (np.zeros(6), np.ones(6), np.array([1.0, 0, 1, 0, 0, 1])):
        cost = complete(p, policy > 0, choice.frames).objective
        local = SCHEMES["local"](p).objective
        assert value(choice, policy, choice.c) == pytest.approx(cost - local, abs=1e-12)


def test_without_a_penalty_from_one_half_like_devices_lose_nothing():
    loss = experiments.cccp_weights((0.0, 0.1, 0.3), 16, 20).mean("cost", "x = 1/2")
    best = experiments.cccp_weights((0.0, 0.1, 0.3), 16, 20).mean("cost", "exact")
    np.testing.assert_allclose(loss, best, rtol=1e-4)


def test_the_loss_from_all_edge_grows_with_the_weight_up_to_all_edge():
    sweep = experiments.cccp_weights((0.0, 0.05, 0.1, 0.3), 16, 20)
    cost = sweep.mean("cost", "x = 1")
    assert np.all(np.diff(cost) > 0)
    edge = np.mean(
        [SCHEMES["edge"](replace(EQ31, n_devices=16).draw(drop_generator(0, k))).objective for k in range(20)]
    )
    assert cost[-1] == pytest.approx(edge / 16, rel=1e-9)


def test_answers_are_feasible_and_the_cap_is_told(monkeypatch):
    p = replace(MIXED, n_devices=9).draw(np.random.default_rng(0))
    solution = solve_cccp(p)
    assert solution.converged and violations(p, solution.allocation) == ()
    monkeypatch.setattr(cccp, "_MAX_ROUNDS", 1)
    assert solve_cccp(p, start=0.5).ended == "cap"


def test_rounds_begin_at_the_start_and_end_where_nothing_moves():
    first, *others, last = rounds(replace(MIXED, n_devices=9).draw(np.random.default_rng(0)), start=0.5)
    assert np.all(first.x == 0.5) and first.change == np.inf
    assert last.change <= 1e-9 < min(state.change for state in others)


@pytest.mark.parametrize("arguments", [{"weight": -1.0}, {"weight": np.inf}, {"start": 1.5}, {"start": np.nan}])
def test_wrong_arguments_are_refused(arguments):
    p = replace(MIXED, n_devices=2).draw(np.random.default_rng(0))
    (name,) = arguments
    with pytest.raises(ValueError, match=f"{name} = "):
        solve_cccp(p, **arguments)


def test_by_cvxpy_cccp_chooses_the_same_devices():
    for k in range(4):
        problem = replace(EQ31, n_devices=16).draw(drop_generator(0, k))
        np.testing.assert_array_equal(timing.cccp_by_cvxpy(problem), SCHEMES["cccp"](problem).allocation.offload)


def test_a_round_by_cvxpy_equals_ours():
    choice = tabulate(EQ31.draw(drop_generator(0, 0)))
    c = choice.c - 0.1
    ours, theirs = relaxed_choice(choice, c), reference.penalised_choice(choice.a, choice.b, c)
    assert value(choice, ours, c) == pytest.approx(value(choice, theirs, c), abs=1e-7)


def test_searches_are_timed_where_they_end():
    times = timing.running_times((2, 8), n_drops=1)
    assert set(times["Search+Search"]) == set(times["Search+Heuristic"]) == {2}
    assert set(times["CCCP, by CVXPY"]) == {2, 8}
    assert min(t for by_n in times.values() for t in by_n.values()) > 0


def test_an_even_choice_stays_local():
    p = replace(EQ31, n_devices=3).draw(np.random.default_rng(0))
    x = np.array([0.5, np.nextafter(0.5, 1), 0.4])
    assert cccp.finish(p, State(x, 0.0)).allocation.offload.tolist() == [False, True, False]
