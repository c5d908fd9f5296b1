"""How much a video and its target change from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, each, same_shape


class ChangeOfBoth(Arithmetic):
    """Mean absolute difference of the two frames of a pair, of the video and of its target, in 8-bit levels (0..255).

    Pairs (B, 2, H, W, 3) uint8 of each. Gives `video` and `target` (B,) float64. `BadMedia` when the sizes differ.
    """

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        return {"video": each(_change, video), "target": each(_change, target)}


def _change(pair: np.ndarray) -> float:
    return float(cv2.norm(pair[0], pair[1], cv2.NORM_L1)) / float(pair[0].size)
