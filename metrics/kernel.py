"""Maximum mean discrepancy with a polynomial kernel: KVD, KID and JEDi.

MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y), k(x, y) = (gamma x.y + c)^degree with gamma = 1 / dimensions. The
unbiased estimate leaves out the pairs of a vector with itself, so equal sets give about 0, and less than 0 half the
time; the biased one keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vbench_py.metrics.intervals import Influence, distance_interval
from vbench_py.metrics.vectors import FEWEST_UNITS, Vectors, VectorSet
from vbench_py.types import Score, SetRow, Unsupported

_ROWS = 256
"""Vectors whose kernel with all others is held at once."""


@dataclass(frozen=True)
class Kernel:
    """Polynomial kernel (x.y / d + offset)^degree of (n, d) and (m, d) float64 rows, (n, m)."""

    degree: int
    offset: float

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray((x @ y.T / x.shape[1] + self.offset) ** self.degree)

    def total(self, x: Vectors, y: Vectors) -> float:
        """Sum over all pairs, in blocks."""
        return float(sum(self(a, b).sum() for a in x.blocks() for b in y.blocks()))

    def diagonal(self, x: Vectors) -> np.ndarray:
        """k(x, x) of each vector, (N,)."""
        parts = [(np.square(block).sum(axis=1) / x.dimensions + self.offset) ** self.degree for block in x.blocks()]
        return np.concatenate(parts)

    def within(self, x: Vectors) -> tuple[float, float]:
        """The mean over pairs of x, biased and unbiased."""
        return pair_means(self.total(x, x), float(self.diagonal(x).sum()), len(x))

    def unbiased_discrepancy(self, x: Vectors, y: Vectors) -> float:
        """MMD^2 without the pairs of a vector with itself."""
        return self.within(x)[1] + self.within(y)[1] - 2 * self.total(x, y) / (len(x) * len(y))


def pair_means(total: float, diagonal: float, count: int) -> tuple[float, float]:
    """Means over all pairs and over pairs of two vectors, from sums over all pairs and over the diagonal.

    `Unsupported` for one vector, which makes no pair.
    """
    if count < 2:
        raise Unsupported("outputs", "a kernel distance needs two vectors on each side")
    return total / count**2, (total - diagonal) / (count * (count - 1))


def kernel_influence(kernel: Kernel, x: Vectors, y: Vectors, unbiased: bool) -> Influence:
    """MMD^2, and what each unit of x does to it with y fixed: the value with the unit left out (jackknife).

    Memory: x in float64 and a block of pairs.
    """
    units, of = x.units()
    count, samples = len(units), len(x)
    order = np.argsort(of, kind="stable")
    values, own = x.values[order].astype(np.float64), kernel.diagonal(x)[order]
    sizes = np.bincount(of, minlength=count)
    starts = np.cumsum(sizes) - sizes
    across, others, inner = (np.zeros(count) for _ in range(3))
    for first, last in _unit_blocks(sizes):
        mine = values[starts[first] : starts[last - 1] + sizes[last - 1]]
        local = starts[first:last] - starts[first]
        for block in y.blocks():
            across[first:last] += np.add.reduceat(kernel(mine, block).sum(axis=1), local) / len(y)
        pairs = np.add.reduceat(np.add.reduceat(kernel(mine, values), starts, axis=1), local, axis=0)
        inner[first:last] = pairs[np.arange(last - first), np.arange(first, last)]
        others[first:last] = pairs.sum(axis=1) - inner[first:last]
    total, diagonal, crossed = float(others.sum() + inner.sum()), float(own.sum()), float(across.sum())
    mine_means, their_means = pair_means(total, diagonal, samples), kernel.within(y)
    size, free = (mine_means[i] + their_means[i] - 2 * crossed / samples for i in (0, 1))
    value = free if unbiased else size
    if count < FEWEST_UNITS:
        return Influence(value, units, np.zeros(count), size, size - free)
    left, rest = total - 2 * others - inner, samples - sizes
    if unbiased:
        left -= diagonal - np.add.reduceat(own, starts)
    without = left / (rest * (rest - unbiased)) - 2 * (crossed - across) / rest
    return Influence(value, units, (count - 1) * (without.mean() - without), size, size - free)


def _unit_blocks(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of consecutive units that hold up to about `_ROWS` vectors, at least one unit each."""
    first, held = 0, 0
    for unit, size in enumerate(sizes):
        if held and held + size > _ROWS:
            yield first, unit
            first, held = unit, 0
        held += int(size)
    yield first, len(sizes)


class KernelDistance(VectorSet):
    """MMD^2 between the outputs' vectors and the reference's, over all pairs. Lower is better.

    Protocol: `degree`, `offset`, `unbiased`, `scale` (the value is multiplied by it), `most` (so many vectors a side,
    drawn by id and seed when there are more). Details: `equal_sets`, what the biased estimate would be for equal sets.
    """

    @property
    def kernel(self) -> Kernel:
        return Kernel(int(self.protocol["degree"]), float(self.protocol["offset"]))

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made, real = self._sides(rows, reference)
        found = self._influence(made, real)
        details = {**self.sizes(made, real), "equal_sets": found.null}
        return Score(found.value, details, interval=distance_interval(found))

    def influence(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Influence:
        return self._influence(*self._sides(rows, reference))

    def _influence(self, made: Vectors, real: Vectors) -> Influence:
        unbiased, scale = bool(self.protocol["unbiased"]), float(self.protocol.get("scale", 1.0))
        found = kernel_influence(self.kernel, made, real, unbiased)
        return Influence(
            found.value * scale, found.units, found.effects * scale, found.size * scale, found.null * scale
        )

    def _sides(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> tuple[Vectors, Vectors]:
        made, real = self.both(rows, reference)
        most = int(self.protocol.get("most", 0))
        return _at_most(made, most, "outputs"), _at_most(real, most, "reference")


def _at_most(vectors: Vectors, most: int, salt: str) -> Vectors:
    if not most or len(vectors) <= most:
        return vectors
    return vectors.smallest(vectors.draws(1, salt)[:, 0], most)


class KernelDistanceSubsets(VectorSet):
    """Mean over subsets of the unbiased MMD^2: KID as clean-fid and torch-fidelity compute it. Lower is better.

    Protocol: `degree`, `offset`, `subsets`, `subset_size`, and `whole_subsets`: refuse sets smaller than a subset
    (torch-fidelity) instead of taking smaller subsets (clean-fid). Subsets are without replacement, drawn by id and
    seed. Details: `subsets_deviation`, the spread between subsets. No interval: subsets overlap, so their spread is not
    the error of the mean, and the frames of a video are not independent.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made, real = self.both(rows, reference)
        subsets, size = int(self.protocol["subsets"]), int(self.protocol["subset_size"])
        least = min(len(made), len(real))
        if least < size and self.protocol["whole_subsets"]:
            raise Unsupported("outputs", f"{self.card.id} draws subsets of {size} vectors, a side has only {least}")
        size = min(size, least)
        kernel = Kernel(int(self.protocol["degree"]), float(self.protocol["offset"]))
        mine, theirs = made.draws(subsets, "outputs"), real.draws(subsets, "reference")
        found = np.array(
            [
                kernel.unbiased_discrepancy(made.smallest(mine[:, i], size), real.smallest(theirs[:, i], size))
                for i in range(subsets)
            ]
        )
        details = {**self.sizes(made, real), "subset_size": float(size), "subsets_deviation": float(found.std())}
        return Score(float(found.mean()), details)
