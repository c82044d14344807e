"""What every scheme returns, and what it raises when there is nothing to return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

A = TypeVar("A")


class Infeasible(Exception):  # noqa: N818  (it is an answer, not a fault)
    """No allocation meets a constraint; the message says which one and by how much."""


class TooLarge(ValueError):  # noqa: N818  (it names the input)
    """The instance is beyond what this scheme can do on this machine; the message says what it would need."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution(Generic[A]):
    """An allocation with its objective.

    ``converged`` is false where an iteration cap cut the search short: the allocation is then the best found.
    ``bound`` is a proved bound on the optimum, None without a proof; ``bound_assumes`` names the condition under
    which it holds, if any.
    """

    allocation: A
    objective: float
    converged: bool = True
    bound: float | None = None
    bound_assumes: str | None = None

    @property
    def gap(self) -> float | None:
        """Absolute distance of the objective from the bound."""
        return None if self.bound is None else abs(self.objective - self.bound)
