"""What every scheme is and returns, and what it raises when there is nothing to return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar, get_args

import numpy as np

from mecpapers.arrays import check_choice

A = TypeVar("A", covariant=True)
P = TypeVar("P", contravariant=True)

Ended = Literal["converged", "cap", "cycle", "resource limit"]
"""Why a search ended; ``Solution`` says what to do about each."""


class Infeasible(Exception):  # noqa: N818  (it is an answer, not a fault)
    """No allocation meets a constraint; the message says which one and by how much."""


class TooLarge(ValueError):  # noqa: N818  (it names the input)
    """The instance is beyond what this scheme can do on this machine; the message says what it would need."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution(Generic[A]):
    """An allocation with its objective.

    ``ended`` says why the search ended, and what to do:

    - ``converged``: it met its own rule, or needs none; nothing.
    - ``cap``: the most rounds that it may take were taken; the allocation is the best found. Allow more rounds, or
      start from this allocation.
    - ``cycle``: states came back, or the algorithm rests where it contradicts itself; the allocation is the best
      found. More rounds don't help: take another start or step size.
    - ``resource limit``: what it may keep or look at is used up (nodes, states); the allocation is the best found, and
      ``gap`` says how far it can be from the optimum. Raise the limit, or accept the gap.

    ``bound`` is a proved bound on the optimum, None without a proof; ``bound_assumes`` names the condition under
    which it holds, if any.
    """

    allocation: A
    objective: float
    ended: Ended = "converged"
    bound: float | None = None
    bound_assumes: str | None = None

    def __post_init__(self) -> None:
        """Check why it ended."""
        check_choice("ended", self.ended, get_args(Ended))

    @property
    def converged(self) -> bool:
        """Whether the search ended by itself."""
        return self.ended == "converged"

    @property
    def gap(self) -> float | None:
        """Absolute distance of the objective from the bound."""
        return None if self.bound is None else abs(self.objective - self.bound)


class Scheme(Protocol[P, A]):
    """What decides an allocation: yours or a paper's."""

    def __call__(self, problem: P, *, rng: np.random.Generator | None = None) -> Solution[A]:
        """Solve one problem; ``rng`` is for schemes that draw lots."""
        ...


@dataclass(frozen=True)
class Violation:
    """One broken constraint: its name, the device (None: all together), and the excess relative to the limit."""

    constraint: str
    device: int | None
    excess: float

    def __str__(self) -> str:
        """The constraint, the device and the excess in words."""
        where = "" if self.device is None else f", device {self.device}"
        return f"{self.constraint}{where}: {100 * self.excess:.3g} % beyond the limit"
