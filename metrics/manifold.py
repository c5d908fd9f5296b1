"""Precision, recall, density and coverage: do outputs lie where reference clips lie, and the other way round?

A set's manifold is the union of balls around its vectors, each reaching to the k-th nearest other vector of the set. A
point is inside a ball when its distance is strictly less than the radius, as in package prdc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vbench_py.metrics.intervals import Influence, influence_of, interval, share_interval
from vbench_py.metrics.vectors import FEWEST_UNITS, Vectors, VectorSet
from vbench_py.types import Score, SetRow, Unsupported


def distances(block: np.ndarray, vectors: np.ndarray, first: int | None = None) -> np.ndarray:
    """Euclidean distances (n, N) of (n, d) to (N, d) float64.

    `first` says that the block is vectors[first : first + n]: a vector's distance to itself is then exactly 0,
    which rounding would not give.
    """
    squares = np.square(block).sum(axis=1)[:, None] + np.square(vectors).sum(axis=1) - 2 * block @ vectors.T
    made = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    if first is not None:
        made[np.arange(len(block)), np.arange(first, first + len(block))] = 0.0
    return np.asarray(made)


def radii(vectors: Vectors, k: int) -> np.ndarray:
    """Distance of each vector to its k-th nearest other, (N,) float64. `Unsupported` for k or fewer others."""
    if len(vectors) <= k:
        raise Unsupported("outputs", f"the {k}-th nearest neighbour needs {k + 1} vectors, there are {len(vectors)}")
    values = vectors.values.astype(np.float64)
    found, first = [], 0
    for block in vectors.blocks():
        found.append(np.partition(distances(block, values, first), k, axis=1)[:, k])
        first += len(block)
    return np.concatenate(found)


class Neighbourhood(VectorSet):
    """Precision, recall, density or coverage, by the protocol's `number`, with `k` neighbours. Higher is better.

    precision: share of outputs inside the reference's manifold. recall: share of reference clips inside the outputs'
    manifold. density: mean over outputs of the reference balls that hold it, over k. coverage: share of reference balls
    that hold an output. With the reference fixed, precision and density are means over outputs and have an interval;
    recall and coverage are not: they have none. Nor has density with fewer than ten outputs inside.
    """

    @property
    def number(self) -> str:
        return str(self.protocol["number"])

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made, real = self.both(rows, reference)
        details = self.sizes(made, real)
        if self.number in ("precision", "density"):
            found, inside = self._of_outputs(made, real)
            if self.number == "precision":
                return Score(found.value, details, interval=share_interval(found, len(made)))
            return Score(found.value, details, interval=interval(found) if inside >= FEWEST_UNITS else None)
        k = int(self.protocol["k"])
        if self.number == "recall":
            reach, limits, axis = made, radii(made, k), 1
        else:
            reach, limits, axis = made, radii(real, k), 0
        values = reach.values.astype(np.float64)
        inside, first = 0, 0
        for block in real.blocks():
            limit = limits if axis else limits[first : first + len(block), None]
            inside += int((distances(block, values) < limit).any(axis=1).sum())
            first += len(block)
        return Score(inside / len(real), details)

    def influence(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Influence | None:
        return self._of_outputs(*self.both(rows, reference))[0] if self.number in ("precision", "density") else None

    def _of_outputs(self, made: Vectors, real: Vectors) -> tuple[Influence, int]:
        """The mean over outputs with its influences, and how many outputs are inside the manifold."""
        k = int(self.protocol["k"])
        limits, values = radii(real, k), real.values.astype(np.float64)
        held = np.concatenate([(distances(block, values) < limits).sum(axis=1) for block in made.blocks()])
        each = (held > 0).astype(np.float64) if self.number == "precision" else held / k
        units, of = made.units()
        return influence_of(float(each.mean()), units, of, each), int(np.count_nonzero(held))
