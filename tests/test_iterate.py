"""The one loop, and why it ends."""

import pytest

from mecpapers.iterate import rounds, run
from mecpapers.solution import Solution


def halve(k):
    return k // 2


def small(k):
    return "converged" if k < 10 else None


@pytest.mark.parametrize(
    ("most", "states", "ended"), [(100, [80, 40, 20, 10, 5], "converged"), (2, [80, 40, 20], "cap")]
)
def test_from_the_first_state_to_the_last(most, states, ended):
    assert list(rounds(80, halve, small, most=most)) == states
    assert run(80, halve, small, most=most) == (states[-1], ended)


def test_done_at_the_start_takes_no_round_and_at_the_cap_has_converged():
    assert run(5, halve, small, most=1) == (5, "converged")
    assert run(10, halve, small, most=1) == (5, "converged")


@pytest.mark.parametrize("most", [0, -1])
def test_a_cap_that_leaves_no_round_is_refused_at_once(most):
    with pytest.raises(ValueError, match=f"max_rounds = {most}: must be 1 or more"):
        rounds(80, halve, small, most=most)


def test_a_solution_says_why_it_ended():
    assert Solution(allocation=None, objective=0.0).converged
    assert not any(
        Solution(allocation=None, objective=0.0, ended=e).converged for e in ("cap", "cycle", "resource limit")
    )
    with pytest.raises(ValueError, match="ended = 'tired': must be one of converged, cap, cycle, resource limit"):
        Solution(allocation=None, objective=0.0, ended="tired")
