"""How steady depth is along the motion of the video that it was predicted from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.depth_frames import resized
from vbench_py.metrics.extractors.depth_solvers import together
from vbench_py.metrics.extractors.flow import warp
from vbench_py.types import BadMedia, Unsupported, UsageError


class DepthWarpingError(Arithmetic):
    """Mean |d2 - warp(d1)| weighed by how well the images agree after the same warp, per pair of frames.

    Takes pairs of depth (B, 2, h, w, 1) float32 and of the video (B, 2, H, W, 3) uint8, the video's flow from the
    second to the first frame (B, H, W, 2), and what was fitted, (B, 1). Depth is brought to the video's size. The
    weight of a pixel is exp(-50 |c2 - warp(c1)|^2), colours in [0, 1]; it is 0 where the flow leaves the frame or depth
    is unknown. The mean runs over the frame's pixels, as in the definition: weights do not divide.
    Option `normalisation`: deviation divides by the standard deviation of depth over the sequence, so that numbers in
    unlike units compare; none is the bare definition.
    Gives `value` (B,) float64 and `weight` (B,), the mean weight. `BadMedia` where depth is one value everywhere.
    """

    scratch = 60.0
    unequal = True

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        if self.options["normalisation"] not in ("deviation", "none"):
            raise UsageError(
                f"normalisation {self.options['normalisation']!r} is not known", mend="use deviation or none"
            )
        self.rounds = 1 if self.options["normalisation"] == "deviation" else 0

    def fit(self, depth: np.ndarray, video: np.ndarray, flow: np.ndarray) -> Mapping[str, np.ndarray]:
        """`moments` (B, 2, 5): count, mean and squared deviation of every frame's depth."""
        return {"moments": np.stack([[_moments(frame) for frame in pair] for pair in depth])}

    def fitted(self, arrays: Mapping[str, np.ndarray], before: np.ndarray | None) -> np.ndarray:
        """The standard deviation (1,) of all frames' depth."""
        moments = arrays["moments"]
        count, mean, _, square, _ = together(np.concatenate([moments[:, 0], moments[-1:, 1]]))
        if not count:
            raise BadMedia("no pixel of the predicted depth is known in any frame")
        if square <= count * (1e-6 * mean) ** 2:
            raise Unsupported(
                "depth",
                "the prediction is one value everywhere, so it has no deviation to divide by; with "
                "normalisation=none it is scored as it is",
            )
        return np.array([math.sqrt(square / count)])

    def __call__(
        self, depth: np.ndarray, video: np.ndarray, flow: np.ndarray, fitted: np.ndarray | None = None
    ) -> Mapping[str, np.ndarray]:
        units = np.ones(len(depth)) if fitted is None else fitted[:, 0]
        rows = [self._pair(*pair) for pair in zip(depth, video, flow, units, strict=True)]
        table = np.array(rows, dtype=np.float64).reshape(-1, 2)
        return {"value": table[:, 0], "weight": table[:, 1]}

    def _pair(self, depth: np.ndarray, video: np.ndarray, flow: np.ndarray, unit: float) -> tuple[float, float]:
        first, second = (resized(frame[..., 0], flow[..., 0], "cv2-bilinear") for frame in depth)
        height, width = flow.shape[:2]
        colours = video.astype(np.float32) / np.float32(255)
        column = np.arange(width, dtype=np.float32)[None, :] + flow[..., 0]
        row = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
        inside = (column >= 0) & (column <= width - 1) & (row >= 0) & (row <= height - 1)
        mismatch = np.square(colours[1] - warp(colours[0], flow)).sum(axis=2)
        difference = np.abs(second - warp(np.ascontiguousarray(first), flow))
        known = inside & np.isfinite(difference)
        weight = np.where(known, np.exp(-50 * mismatch), 0)
        total = np.sum(weight * np.where(known, difference, 0), dtype=np.float64)
        return float(total / (unit * weight.size)), float(np.mean(weight, dtype=np.float64))


def _moments(frame: np.ndarray) -> np.ndarray:
    """(5,) as `depth_solvers.together` merges them, of the known values of (h, w, 1)."""
    known = frame[np.isfinite(frame)].astype(np.float64)
    return np.array(
        [known.size, known.mean(), 0, np.square(known - known.mean()).sum(), 0] if known.size else [0.0] * 5
    )
