"""Frechet distances beyond one number for one N: extrapolated, along a long video, and of two single videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.frechet import FrechetDistance, frechet_distance
from vbench_py.metrics.vectors import Vectors, gather
from vbench_py.metrics.views import view_of
from vbench_py.types import Ask, Curve, Facts, Score, Series, SetRow, Unsupported


class FrechetInfinity(FrechetDistance):
    """The Frechet distance that infinitely many outputs and reference clips would have. Lower is better, 0 is equal.

    The expected distance of n against n vectors is linear in 1/n once n exceeds the dimensions (Chong and Forsyth
    2020): a line through `points` subsets of sizes evenly spaced in 1/n, from `smallest` x dimensions to all, read at
    1/n = 0. Subsets of both sides, of equal size, are drawn by id and seed. Details: `slope`, `residual` (root mean
    square from the line), `points`, `largest`, `at_largest`. No interval: points share vectors, so the line's own
    error is too small. Chance may make it slightly negative. `Unsupported` below twice the smallest subset.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made, real = self.both(rows, reference)
        largest = min(len(made), len(real))
        smallest = int(np.ceil(float(self.protocol["smallest"]) * made.dimensions))
        if largest < 2 * smallest:
            raise Unsupported(
                "outputs",
                f"{self.card.id} needs {2 * smallest} vectors a side ({made.dimensions} dimensions), has {largest}",
            )
        points = int(self.protocol["points"])
        sizes = np.rint(1 / np.linspace(1 / smallest, 1 / largest, points)).astype(int)
        mine, theirs = made.draws(points, "outputs"), real.draws(points, "reference")
        found = np.array([self._at(made, mine[:, i], real, theirs[:, i], int(size)) for i, size in enumerate(sizes)])
        slope, value = np.polyfit(1 / sizes, found, 1)
        residual = float(np.sqrt(np.mean(np.square(found - value - slope / sizes))))
        details = {
            **self.sizes(made, real),
            "slope": float(slope),
            "residual": residual,
            "points": float(points),
            "largest": float(largest),
            "at_largest": float(found[-1]),
        }
        return Score(float(value), details)

    def _at(self, made: Vectors, mine: np.ndarray, real: Vectors, theirs: np.ndarray, size: int) -> float:
        parts = (made.smallest(mine, size), real.smallest(theirs, size))
        return frechet_distance(*(self.gaussian(part) for part in parts))


class FrechetWindows(FrechetDistance):
    """FVD along a long video: the k-th windows of all outputs against the first windows of the reference clips.

    The value is the mean over k, the curve has one number for each k; details `first`, `last` and `drift` = last -
    first. k runs as far as the shortest output, so that every number has the same N. Lower is better.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        self.both(rows, reference)
        real = gather(reference, "windows", self.output, window=0)
        target = self.gaussian(real)
        windows = min(len(row.arrays["windows"].index) for row in rows)
        found = np.array(
            [
                frechet_distance(self.gaussian(gather(rows, "windows", self.output, window=k)), target)
                for k in range(windows)
            ]
        )
        details = {
            "outputs": float(len(rows)),
            "reference_vectors": float(len(real)),
            "dimensions": float(real.dimensions),
            "first": float(found[0]),
            "last": float(found[-1]),
            "drift": float(found[-1] - found[0]),
        }
        index = rows[0].arrays["windows"].index[:windows]
        return Score(float(found.mean()), details, Curve(index, found))


class SingleVideoDistance:
    """|a - b|^2 + (sd a - sd b)^2 of the logits a, b (400,) of one video and its target. Lower is better, 0 is equal.

    As published with Consistent4D under the name FVD: a covariance of one sample over its own 400 logits is a variance,
    not a covariance of samples, so this is no Frechet distance of distributions. Kept to reproduce published tables.
    yanqinJiang/Consistent4D@e6d3e25 evaluation/compute_fvd.py:fid_from_feats, to 1e-9 on equal logits.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.output = str(protocol["output"])
        view = view_of(protocol)
        self.needs: Mapping[str, Ask] = {role: Ask(card.extractors[0], (role,), view) for role in card.roles}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        first, second = (np.asarray(series.values[self.output][0], np.float64) for series in arrays.values())
        shift = float(np.square(first - second).sum())
        spread = float((first.std(ddof=1) - second.std(ddof=1)) ** 2)
        return Score(shift + spread, {"mean_term": shift, "spread_term": spread})
