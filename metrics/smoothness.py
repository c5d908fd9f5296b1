"""Motion smoothness: how well every second frame follows from its two neighbours."""

from __future__ import annotations

import numpy as np

from vbench_py.metrics.reduce import FrameMean
from vbench_py.types import View


class MotionSmoothness(FrameMean):
    """(255 - e) / 255, e the mean midpoint error of the frames 1, 3, 5, ... that have a right neighbour.

    Vchitect/VBench@45e79ec vbench/motion_smoothness.py:MotionSmoothness.motion_score, where a last odd frame without
    right neighbour is not compared either.
    """

    view = View(length=3, stride=2)

    def convert(self, values: np.ndarray) -> np.ndarray:
        return (255.0 - values) / 255.0
