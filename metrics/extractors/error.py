"""Squared and absolute differences of frames: integer sums on uint8, so exact, and one division."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, each, same_shape


class FrameError(Arithmetic):
    """Mean error of each (video, target) frame over pixels and channels, in 8-bit levels or their squares.

    Options: `norm` (l2: squared error, 0..65025; l1: absolute error, 0..255), `colour`, `crop`.
    Gives `value` (B,) float64. `BadMedia` when the sizes differ.
    """

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        return {"value": each(self._error, video, target)}

    def _error(self, video: np.ndarray, target: np.ndarray) -> float:
        norm = {"l2": cv2.NORM_L2SQR, "l1": cv2.NORM_L1}[self.options["norm"]]
        first, second = self.prepare(video[0]), self.prepare(target[0])
        if first.dtype == np.uint8:
            return float(cv2.norm(first, second, norm)) / first.size
        return float(cv2.norm(first.astype(np.float64), second.astype(np.float64), norm)) / first.size


class PairDifference(Arithmetic):
    """Mean absolute difference of the two frames of each pair, over pixels and channels, in 8-bit levels (0..255).

    Gives `value` (B,) float64. The order of the colour channels does not matter.
    """

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"value": each(lambda pair: float(cv2.norm(pair[0], pair[1], cv2.NORM_L1)) / pair[0].size, video)}
