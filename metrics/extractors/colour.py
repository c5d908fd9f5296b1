"""The colour spaces that fidelity metrics are reported in."""

from __future__ import annotations

import cv2
import numpy as np

from vbench_py.types import UsageError

_Y_WEIGHTS = np.array([[65.481, 128.553, 24.966]], dtype=np.float32) / np.float32(255)


def luma(frame: np.ndarray) -> np.ndarray:
    """BT.601 limited-range luma of (H, W, 3) uint8 RGB as (H, W) float32 in 16..235, not rounded.

    Source: MATLAB's rgb2ycbcr without its rounding, as XPixelGroup/BasicSR@8d56e3a
    `basicsr/metrics/metric_util.py:to_y_channel`; agrees to 5e-5 levels (both work in float32).
    """
    return cv2.transform(frame.astype(np.float32), _Y_WEIGHTS) + np.float32(16)


def convert(frame: np.ndarray, colour: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB in `colour`.

    rgb: unchanged, uint8. y: `luma`, float32. grey: full-range BT.601 luma rounded to uint8, as OpenCV's RGB2GRAY.
    """
    if colour == "rgb":
        return frame
    if colour == "y":
        return luma(frame)
    if colour == "grey":
        return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    raise UsageError(f"colour {colour!r} is not known", mend="use rgb, y or grey")
