"""An alarm for outputs that copy the reference set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vbench_py.metrics.vectors import Vectors, VectorSet
from vbench_py.types import Score, SetRow


def nearest(vectors: Vectors, others: Vectors, itself: bool = False) -> np.ndarray:
    """Cosine distance 1 - cos of each vector to its nearest of `others`, (N,) float64 in 0..2.

    With `itself` the sets are one, and a vector is not its own neighbour. A zero vector is at distance 1 from all.
    """
    against = _unit(others.values.astype(np.float64))
    found, first = [], 0
    for block in vectors.blocks():
        cosines = _unit(block) @ against.T
        if itself:
            cosines[np.arange(len(block)), np.arange(first, first + len(block))] = -np.inf
        found.append(1 - cosines.max(axis=1))
        first += len(block)
    return np.asarray(np.maximum(np.concatenate(found), 0.0))


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float64).tiny))


class NearestReference(VectorSet):
    """The smallest cosine distance of any output to any reference clip; descriptive: near 0 points to a copy.

    Details: `threshold`, the protocol's `percentile` of the distances of reference clips to their nearest other;
    `copies` and `copies_share`, outputs with a vector below it; `median`, the median distance of outputs. No
    interval: the value is an extreme.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made, real = self.both(rows, reference)
        distance = nearest(made, real)
        threshold = float(np.percentile(nearest(real, real, itself=True), float(self.protocol["percentile"])))
        close = len(np.unique(made.owner[distance < threshold]))
        details = {
            **self.sizes(made, real),
            "threshold": threshold,
            "copies": float(close),
            "copies_share": close / len(rows),
            "median": float(np.median(distance)),
        }
        return Score(float(distance.min()), details)
