"""Problems side by side: whose each device is, and sums over the devices of each.

One problem alone is the batch that ``ONE`` describes: a sum over its devices has shape (...). Of B problems it has
shape (..., B), as has every number that belongs to a problem; ``Batch.of`` hands it to the devices, shape (..., N).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mecpapers.arrays import BoolArray, FloatArray, IndexArray

Number = Any
"""What belongs to a problem: of one alone a number, of a batch an array of shape (B,)."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Whose each of N devices is; the devices of a problem stand together, in the order of the problems."""

    owner: IndexArray | None = None  # the problem, 0 to B - 1, shape (N,); None where there is one alone
    size: int = 1  # B

    @cached_property
    def _filled(self) -> tuple[IndexArray, IndexArray]:
        """The problems that have a device here, and the first of each."""
        if self.owner is None:
            return np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp)
        first = np.flatnonzero(np.diff(self.owner, prepend=-1))
        return self.owner[first], first

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a number that belongs to a problem."""
        return () if self.owner is None else (self.size,)

    def owners(self, n: int) -> IndexArray:
        """The problem of each device, shape (N,), for one alone, too."""
        return np.zeros(n, dtype=np.intp) if self.owner is None else self.owner

    def of(self, values: ArrayLike) -> Any:
        """A number of each problem, shape (..., B), for each of its devices, shape (..., N)."""
        return values if self.owner is None or np.ndim(values) == 0 else np.asarray(values)[..., self.owner]

    def sum(self, values: FloatArray) -> Any:
        """The sum of values of shape (..., N) over the devices of each problem, which numpy adds up pairwise."""
        return self._reduce(np.add, values, 0)

    def max(self, values: FloatArray) -> Any:
        """The maximum of values of shape (..., N) over the devices of each problem, 0 where it has none."""
        return self._reduce(np.maximum, values, 0)

    def any(self, values: BoolArray) -> Any:
        """Whether what has shape (..., N) holds for a device of each problem."""
        return self._reduce(np.logical_or, values, False)

    def _reduce(self, function: np.ufunc, values: NDArray[Any], none: float) -> Any:
        if values.shape[-1] == 0:
            return np.full((*values.shape[:-1], *self.shape), none, dtype=values.dtype)[()]
        owner, first = self._filled
        found = function.reduceat(values, first, axis=-1)
        if owner.size < self.size:
            every = np.full((*values.shape[:-1], self.size), none, dtype=values.dtype)
            every[..., owner] = found
            return every
        return found[..., 0] if self.owner is None else found

    def some(self, chosen: IndexArray) -> Batch:
        """The batch of some of the devices, in their order; shape (J,)."""
        return self if self.owner is None else Batch(self.owner[chosen], self.size)

    def places(self, n: int) -> tuple[IndexArray, int]:
        """The place of each of n devices among its problem's, shape (N,); and the most devices of any."""
        if self.owner is None:
            return np.arange(n), n
        first = self._filled[1]
        sizes = np.diff(first, append=n)
        return np.arange(n) - np.repeat(first, sizes), int(sizes.max(initial=0))

    def rows(self, values: NDArray[Any], fill: float) -> NDArray[Any]:
        """Values of devices, shape (..., N), as a row a problem, shape (..., B, L)."""
        if self.owner is None:
            return values[..., None, :]
        place, most = self.places(values.shape[-1])
        table = np.full((*values.shape[:-1], self.size, most), fill, dtype=values.dtype)
        table[..., self.owner, place] = values
        return table


ONE = Batch()
