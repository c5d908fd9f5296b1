"""Whether depth jumps where the true depth does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.depth_alignment import ALIGNMENTS, AlignedDepth
from vbench_py.metrics.extractors.depth_frames import counted
from vbench_py.types import UsageError


class BoundaryF1(AlignedDepth):
    """Agreement of depth discontinuities: F1 of occluding pixel pairs, at ratios of depth from 1.05 to 1.25.

    A pair of neighbouring pixels is an edge at threshold t where one's depth is more than t times the other's; the four
    directions (left, up, right, down) count apart. Precision and recall are means over the directions, F1 is made of
    them, and the thresholds' F1 are weighed by the threshold. Alignment none (in metres or disparity) leaves what does
    not depend on scale as it is.
    Takes what `AlignedDepth` takes, in windows of one frame. Options beside its own: `lowest_ratio`, `highest_ratio`,
    `ratios` (how many), `empty`: what a direction without an edge in truth and prediction is, left-out (so that the
    truth itself always gets 1) or zero (as published).
    Gives `value` (B,) float64, NaN for a frame without edges to be found, `edges` (B,), the true edges at the lowest
    ratio, by the frame's pixels, and `scale`, `shift`. Pairs with an unknown pixel are no edges.
    Source: apple/ml-depth-pro@9efe5c1 `src/depth_pro/eval/boundary_metrics.py:SI_boundary_F1`; agrees to 1e-9.
    """

    offered = tuple(ALIGNMENTS)

    def __call__(
        self, depth: np.ndarray, target: np.ndarray, unit: Any, true_unit: Any, fitted: np.ndarray | None = None
    ) -> Mapping[str, np.ndarray]:
        rows = []
        for ((own, truth, told, line),) in self.frames(depth, target, unit, true_unit, fitted):
            nowhere = ~counted(truth, self.options)
            aligned = np.where(nowhere, np.float32(np.nan), self.aligned(own, told, line))
            rows.append([*self._frame(aligned, np.where(nowhere, np.float32(np.nan), truth)), *line])
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        return {name: table[:, column] for column, name in enumerate(("value", "edges", "scale", "shift"))}

    def _frame(self, depth: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
        thresholds = np.linspace(self.options["lowest_ratio"], self.options["highest_ratio"], self.options["ratios"])
        counts = np.stack([counts_of(*pair, thresholds) for pair in zip(jumps(depth), jumps(truth), strict=True)])
        found, true, both = np.moveaxis(counts, 1, 0)
        scores = [f1(*column, str(self.options["empty"])) for column in zip(found.T, true.T, both.T, strict=True)]
        known = ~np.isnan(scores)
        value = float(np.average(np.array(scores)[known], weights=thresholds[known])) if known.any() else math.nan
        return value, float(true[:, 0].sum() / truth.size)


def jumps(depth: np.ndarray) -> list[np.ndarray]:
    """How many times farther each pixel's neighbour is, for the four directions: ratios of inverse depth, float32."""
    near = np.float32(1) / np.maximum(depth, np.float32(1e-6))
    left, right, above, below = near[:, :-1], near[:, 1:], near[:-1], near[1:]
    return [left / right, above / below, right / left, below / above]


def counts_of(found: np.ndarray, true: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(3, thresholds) int64: how many ratios of `found`, of `true`, and of both at one place exceed each threshold."""
    kept = [ratios[ratios > thresholds[0]].astype(np.float64) for ratios in (found, true, np.minimum(found, true))]
    return np.array([[np.count_nonzero(ratios > limit) for limit in thresholds] for ratios in kept])


def f1(found: np.ndarray, true: np.ndarray, both: np.ndarray, empty: str) -> float:
    """F1 from edges by direction (4,); NaN where every direction is left out."""
    if empty not in ("left-out", "zero"):
        raise UsageError(f"empty {empty!r} is not known", mend="use left-out or zero")
    some = (found + true > 0) if empty == "left-out" else np.ones(len(true), dtype=bool)
    if not some.any():
        return math.nan
    precision = float(np.mean(both[some] / np.maximum(found[some], 1)))
    recall = float(np.mean(both[some] / np.maximum(true[some], 1)))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
