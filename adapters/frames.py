"""Arithmetic on single frames that the classical methods and the controls share."""

from __future__ import annotations

import cv2
import numpy as np


def cover(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    """`frame` (H, W, 3) uint8 scaled to cover `width` x `height`, cropped about its centre; unchanged at that size.

    Shrinks by area, enlarges by OpenCV's bicubic (a = -0.75).
    """
    rows, columns = frame.shape[:2]
    if (columns, rows) == (width, height):
        return frame
    scale = max(width / columns, height / rows)
    size = (max(width, round(columns * scale)), max(height, round(rows * scale)))
    resized = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(resized[top : top + height, left : left + width])
