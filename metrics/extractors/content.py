"""How much the content changes from frame to frame, in hue, saturation and value."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, each


class ContentChange(Arithmetic):
    """Mean over pixels, and over hue (0..179), saturation and value (0..255), of the absolute difference of each pair.

    Gives `value` (B,) float64.
    Source: PySceneDetect 0.7.2 `ContentDetector` with default weights and frames as they are; equal to 1e-9.
    """

    scratch = 12.0

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"value": each(_change, video)}


def _change(pair: np.ndarray) -> float:
    first, second = (cv2.cvtColor(frame, cv2.COLOR_RGB2HSV) for frame in pair)
    return float(cv2.norm(first, second, cv2.NORM_L1) / first.size)
