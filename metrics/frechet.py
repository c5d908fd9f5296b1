"""The Frechet distance of two Gaussians, and FVD and FID, which are it on the vectors of a network.

|m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2). With covariances as F^T F, the last trace is the nuclear norm of
F1 F2^T: no matrix root of a product, so nothing complex, no ridge, and singular covariances (fewer samples than
dimensions) are as exact as others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vbench_py.metrics.intervals import Influence, distance_interval, has_distance_interval, influence_of
from vbench_py.metrics.vectors import Vectors, VectorSet
from vbench_py.types import Score, SetRow, Unsupported

UNITS_A_DIMENSION = 0.5
"""Independent units for each dimension from which intervals were seen to cover (benchmarks/set_intervals.py)."""


@dataclass(frozen=True)
class Gaussian:
    """`mean` (d,), `factor` (r, d) with covariance = factor^T factor, both float64, of `count` samples."""

    mean: np.ndarray
    factor: np.ndarray
    count: int

    @property
    def trace(self) -> float:
        return float(np.square(self.factor).sum())


def gaussian(vectors: Vectors, unbiased: bool = True) -> Gaussian:
    """Mean and covariance of (N, d) vectors, divided by N - 1 or, not `unbiased`, by N.

    Memory: d^2 float64 and a block of rows. `Unsupported` for one vector where the divisor would be 0.
    """
    count = len(vectors)
    divisor = count - unbiased
    if divisor < 1:
        raise Unsupported("outputs", f"a covariance needs at least {1 + unbiased} vectors, there are {count}")
    mean = np.zeros(vectors.dimensions)
    for block in vectors.blocks():
        mean += block.sum(axis=0)
    mean /= count
    if count <= vectors.dimensions:
        return Gaussian(mean, (vectors.values - mean) / np.sqrt(divisor), count)
    covariance = np.zeros((vectors.dimensions, vectors.dimensions))
    for block in vectors.blocks():
        block -= mean
        covariance += block.T @ block
    return Gaussian(mean, symmetric_factor(covariance / divisor), count)


def symmetric_factor(covariance: np.ndarray) -> np.ndarray:
    """F (d, d) with covariance = F^T F; eigenvalues within rounding of 0, which may come out negative, are 0."""
    values, vectors = np.linalg.eigh(covariance)
    floor = np.finfo(np.float64).eps * len(values) * max(float(values[-1]), 0.0)
    return np.asarray(np.sqrt(np.where(values > floor, values, 0.0))[:, None] * vectors.T)


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Squared Frechet distance, >= 0; 0 for equal Gaussians. Its square root is a metric, it is not."""
    shift = float(np.square(first.mean - second.mean).sum())
    shared = float(np.linalg.svd(first.factor @ second.factor.T, compute_uv=False).sum())
    return max(shift + first.trace + second.trace - 2 * shared, 0.0)


def frechet_effects(vectors: Vectors, first: Gaussian, second: Gaussian) -> np.ndarray:
    """What each of `vectors`, whose Gaussian is `first`, does to the distance: (N,) float64, the derivative.

    With x centred: 2 x.(m1 - m2) + x.(I - T)x, T the optimal map from `first` to `second`.
    """
    left, _, right = np.linalg.svd(first.factor @ second.factor.T, full_matrices=False)
    moved = np.linalg.lstsq(first.factor, left @ right @ second.factor, rcond=None)[0]
    shift = 2 * (first.mean - second.mean)
    parts = []
    for block in vectors.blocks():
        block -= first.mean
        parts.append(block @ shift + ((block - block @ moved) * block).sum(axis=1))
    return np.concatenate(parts)


def equal_sets(first: Gaussian, second: Gaussian) -> float:
    """What the distance would be expected to be for equal sets of these counts: its bias, to second order.

    (1/n1 + 1/n2) (tr S + sum over i, j of e_i e_j (1 + [i = j]) / (2 (e_i + e_j))), e the eigenvalues of S, here of
    `first`; for S = I that is (1/n1 + 1/n2) (d (d + 1) / 4 + d). For normal vectors, more of them than dimensions.
    """
    short = first.factor if len(first.factor) <= first.factor.shape[1] else first.factor.T
    e = np.linalg.eigvalsh(short @ short.T)
    e = e[e > np.finfo(np.float64).eps * len(e) * e[-1]]
    pairs = np.outer(e, e) / np.add.outer(e, e)
    return float((1 / first.count + 1 / second.count) * (e.sum() + (pairs.sum() + np.trace(pairs)) / 2))


class FrechetDistance(VectorSet):
    """Frechet distance between the outputs' vectors and the reference's. Lower is better, 0 for equal sets.

    Protocol: `unbiased` covariance. Details: counts of vectors and dimensions, `mean_term` (the distance of the means),
    `covariance_term`, and `equal_sets`, about what equal sets of these counts would score: compare only equal N.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made, real = self.both(rows, reference)
        first, second = self.gaussian(made), self.gaussian(real)
        value, null = frechet_distance(first, second), equal_sets(first, second)
        shift = float(np.square(first.mean - second.mean).sum())
        details = {
            **self.sizes(made, real),
            "mean_term": shift,
            "covariance_term": value - shift,
            "equal_sets": null,
        }
        units = len(made.units()[0])
        known = UNITS_A_DIMENSION * made.dimensions <= units and has_distance_interval(units, value, null)
        likely = distance_interval(self._influence(made, first, second, value, null)) if known else None
        return Score(value, details, interval=likely)

    def influence(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Influence:
        made, real = self.both(rows, reference)
        first, second = self.gaussian(made), self.gaussian(real)
        return self._influence(made, first, second, frechet_distance(first, second), equal_sets(first, second))

    def gaussian(self, vectors: Vectors) -> Gaussian:
        return gaussian(vectors, bool(self.protocol["unbiased"]))

    def _influence(self, made: Vectors, first: Gaussian, second: Gaussian, value: float, null: float) -> Influence:
        units, of = made.units()
        found = influence_of(value, units, of, frechet_effects(made, first, second))
        return replace(found, size=value, null=null)
