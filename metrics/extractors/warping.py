"""How badly a video's frames follow its own motion: the error after warping the next frame back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.flow import flow_function, grey, warp


def consistent(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels whose forward flow (H, W, 2) stays inside the frame and is undone by the backward flow.

    |f + b(x + f)|^2 <= 0.01 (|f|^2 + |b(x + f)|^2) + 0.5 (Sundaram et al. 2010), lengths in pixels.
    """
    height, width = forward.shape[:2]
    returned = warp(backward, forward)
    mismatch = np.square(forward + returned).sum(axis=2)
    lengths = np.square(forward).sum(axis=2) + np.square(returned).sum(axis=2)
    column = np.arange(width, dtype=np.float32)[None, :] + forward[..., 0]
    row = np.arange(height, dtype=np.float32)[:, None] + forward[..., 1]
    inside = (column >= 0) & (column <= width - 1) & (row >= 0) & (row <= height - 1)
    return inside & (mismatch <= 0.01 * lengths + 0.5)


class WarpingError(Arithmetic):
    """Mean squared difference of the first frame of each pair and the second warped onto it, on [0, 1] RGB.

    The mean runs over valid pixels (`consistent`) and the three channels. Option: `flow`, of the scored video itself.
    Gives `value` (B,) float64, NaN where no pixel is valid, and `valid` (B,) float64, the share of valid pixels.
    Source of the idea: phoenix104104/fast_blind_video_consistency `evaluate_WarpError.py`; see the metric's card.
    """

    scratch = 40.0

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._flow = flow_function(self.options["flow"])

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        pairs = np.array([self._error(pair[0], pair[1]) for pair in video], dtype=np.float64).reshape(-1, 2)
        return {"value": pairs[:, 0], "valid": pairs[:, 1]}

    def _error(self, first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
        before, after = grey(first), grey(second)
        forward = self._flow(before, after)
        valid = consistent(forward, self._flow(after, before))
        if not valid.any():
            return np.nan, 0.0
        difference = (warp(second.astype(np.float32), forward) - first)[valid] / np.float32(255)
        return float(np.mean(np.square(difference), dtype=np.float64)), float(valid.mean())
