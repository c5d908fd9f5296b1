"""How far predicted depth is from the truth: the usual eight numbers of each frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.metrics.extractors.depth_alignment import AlignedDepth
from vbench_py.metrics.extractors.depth_frames import counted, strips
from vbench_py.types import BadMedia, UsageError

MEASURES = ("abs_rel", "sq_rel", "rmse", "rmse_log", "silog_variance", "delta1", "delta2", "delta3")
THRESHOLDS = tuple(np.float32(1.25**power) for power in (1, 2, 3))


class DepthError(AlignedDepth):
    """Errors of aligned depth p against true depth g, means over the valid pixels of each frame.

    `abs_rel` |p - g| / g; `sq_rel` (p - g)^2 / g in metres; `rmse` root of the mean of (p - g)^2 in metres; `rmse_log`
    the same of ln p - ln g; `silog_variance` the variance of ln p - ln g; `delta1` to `delta3` the share of pixels with
    max(p / g, g / p) < 1.25, 1.25^2, 1.25^3. All (B,) float64, NaN for a frame without valid pixels.
    Also `pixels` (valid ones), `share` (of the frame's pixels), `missing` (share of those with a valid truth that the
    prediction leaves out, NaN without any), `scale` and `shift`.
    Option beside those of `AlignedDepth`: `missing_prediction`, what becomes of valid pixels whose prediction is NaN
    (never part of the fit): farthest (they get maximum_depth), left-out, refuse.
    Source: Tencent/DepthCrafter@e518612 `benchmark/eval/metric.py`; agrees to 1e-5 of the value.
    """

    def __call__(
        self, depth: np.ndarray, target: np.ndarray, unit: Any, true_unit: Any, fitted: np.ndarray | None = None
    ) -> Mapping[str, np.ndarray]:
        rows = [self._frame(*window[0]) for window in self.frames(depth, target, unit, true_unit, fitted)]
        names = (*MEASURES, "pixels", "share", "missing", "scale", "shift")
        table = np.array(rows, dtype=np.float64).reshape(-1, len(names))
        return {name: table[:, column] for column, name in enumerate(names)}

    def _frame(self, prediction: np.ndarray, truth: np.ndarray, unit: str, line: np.ndarray) -> list[float]:
        sums = np.zeros(len(MEASURES))
        count = total = missing = 0
        for own, true in strips(prediction, truth):
            valid = counted(true, self.options)
            here = int(np.count_nonzero(valid))
            total += here
            if not here or np.isnan(line).any():
                missing += here
                continue
            depth = self.aligned(own, unit, line)
            valid, lacking = self._filled(depth, valid)
            missing += lacking
            here = int(np.count_nonzero(valid))
            if here < valid.size:
                # Pixels that do not count become equal pairs, which add nothing to any sum.
                mask = np.ascontiguousarray(valid).view(np.uint8)
                true, depth = (cv2.copyTo(values, mask, np.ones_like(depth)) for values in (true, depth))
            sums += summed(depth, true, valid.size - here)
            count += here
        lacks = missing / total if total else math.nan
        return [*means(sums, count), float(count), count / truth.size, lacks, *line]

    def _filled(self, depth: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, int]:
        """The pixels that count, and how many of them have no prediction; `depth` is filled in place."""
        if math.isfinite(cv2.sumElems(depth)[0]):
            return valid, 0
        unknown = np.isnan(depth)
        missing = int(np.count_nonzero(unknown & valid))
        policy = self.options["missing_prediction"]
        if policy == "refuse" and missing:
            raise BadMedia(
                f"the prediction leaves out {missing} pixels of a frame whose truth is known",
                mend="predict every pixel, or missing_prediction=farthest",
            )
        if policy not in ("farthest", "left-out", "refuse"):
            raise UsageError(f"missing_prediction {policy!r} is not known", mend="use farthest, left-out or refuse")
        depth[unknown] = np.float32(self.options["maximum_depth"])
        return (valid & ~unknown, missing) if policy == "left-out" else (valid, missing)


def summed(depth: np.ndarray, truth: np.ndarray, idle: int) -> np.ndarray:
    """(8,) sums over (H, W) float32 in metres, of which `idle` pixels are equal pairs that do not count.

    Of |p - g| / g, (p - g)^2 / g, (p - g)^2, (ln p - ln g)^2, ln p - ln g, and pixels within the three ratios.
    """
    ratio = depth / truth
    difference = depth - truth
    relative = ratio - np.float32(1)
    absolute = cv2.norm(relative, cv2.NORM_L1)
    squared = float(np.sum(np.einsum("ij,ij->i", relative, difference), dtype=np.float64))
    logarithm = cv2.log(ratio)
    worse = np.maximum(ratio, np.divide(truth, depth, out=relative), out=relative)
    deltas = [below(worse, depth, truth, threshold) - idle for threshold in THRESHOLDS]
    squares = cv2.norm(difference, cv2.NORM_L2SQR), cv2.norm(logarithm, cv2.NORM_L2SQR)
    return np.array([absolute, squared, *squares, cv2.sumElems(logarithm)[0], *deltas])


def below(worse: np.ndarray, depth: np.ndarray, truth: np.ndarray, threshold: np.float32) -> int:
    """How many of the ratios `worse` are below the threshold, in float64 where float32 rounds onto it.

    Clipped predictions and truth in millimetres fall next to a threshold in numbers.
    """
    count = int(np.count_nonzero(worse < threshold))
    near = worse == threshold
    if near.any():
        p, g = depth[near].astype(np.float64), truth[near].astype(np.float64)
        count += int(np.count_nonzero(np.maximum(p / g, g / p) < threshold))
    return count


def means(sums: np.ndarray, count: int) -> list[float]:
    """The `MEASURES` from the sums over `count` pixels; NaN without any."""
    if not count:
        return [math.nan] * len(MEASURES)
    absolute, squared, square, log_square, log, *deltas = (float(total) / count for total in sums)
    return [absolute, squared, math.sqrt(square), math.sqrt(log_square), max(log_square - log**2, 0.0), *deltas]
