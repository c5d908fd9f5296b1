"""Small numbers about single frames: how bright, colourful, contrasted and sharp they are, and what they look like."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.flow import grey


class FrameStatistics(Arithmetic):
    """Statistics of each frame (B, 1, H, W, 3) uint8, in 8-bit levels of full-range BT.601 YCbCr.

    Gives (B,) float64: `luma`, the mean of Y; `contrast`, its standard deviation; `chroma`, the mean distance of
    (Cb, Cr) from grey; `sharpness`, the variance of the 4-neighbour Laplacian of Y, in squared levels.
    """

    scratch = 16.0

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        rows = np.array([_statistics(window[0]) for window in video], dtype=np.float64).reshape(-1, 4)
        return dict(zip(("luma", "contrast", "chroma", "sharpness"), rows.T, strict=True))


def _statistics(frame: np.ndarray) -> tuple[float, float, float, float]:
    planes = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)
    luma = planes[..., 0]
    red, blue = (planes[..., i].astype(np.float64) - 128 for i in (1, 2))
    chroma = float(np.mean(np.sqrt(red * red + blue * blue)))
    sharpness = float(np.var(cv2.Laplacian(luma, cv2.CV_64F)))
    return float(np.mean(luma, dtype=np.float64)), float(np.std(luma, dtype=np.float64)), chroma, sharpness


class Thumbnail(Arithmetic):
    """`thumbnail` (B, side * side) float32: the luma of each frame (B, 1, H, W, 3) uint8 by areas, in 8-bit levels."""

    scratch = 4.0

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        side = int(self.options["side"])
        small = [cv2.resize(grey(w[0]).astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) for w in video]
        return {"thumbnail": np.array(small, dtype=np.float32).reshape(-1, side * side)}
