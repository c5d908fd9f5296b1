"""Structural similarity of a part of each frame."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, same_shape
from vbench_py.metrics.extractors.masked import region
from vbench_py.types import Unsupported

_SIDE, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def similarity_map(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """SSIM at each pixel and channel of two (H, W, 3) uint8 frames, (H, W, 3) float64.

    Gaussian of 11 px, sigma 1.5, population covariance, K1 = 0.01, K2 = 0.03; the frame is mirrored about its border
    pixels. `Unsupported` where the window does not fit.
    """
    if min(first.shape[:2]) < _SIDE:
        raise Unsupported("size", f"SSIM's window of {_SIDE} px does not fit in {first.shape[1]}x{first.shape[0]}")
    x, y = first.astype(np.float64), second.astype(np.float64)

    def smooth(image: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(image, (_SIDE, _SIDE), _SIGMA, borderType=cv2.BORDER_REFLECT_101)

    mean_x, mean_y = smooth(x), smooth(y)
    product = mean_x * mean_y
    squares = mean_x * mean_x + mean_y * mean_y
    covariance = smooth(x * y) - product
    variances = np.maximum(smooth(x * x) - mean_x * mean_x, 0) + np.maximum(smooth(y * y) - mean_y * mean_y, 0)
    return np.asarray((2 * product + _C1) * (2 * covariance + _C2) / ((squares + _C1) * (variances + _C2)))


class MaskedSSIM(Arithmetic):
    """SSIM of a part of each (video, other, mask) frame, in -1..1.

    Options: `part` (outside or inside the mask) and `over`. windows: the mean of the SSIM map over pixels whose whole
    window lies in the frame and in the part. zeroed: the mean of the whole map, borders mirrored, after the other part
    was painted black in both frames.
    Gives `value` (B,) float64, NaN where no window fits (or the part is empty), and `share` (B,) float64, the pixels
    that count by those of the frame. Errors as `MaskedError`.
    """

    scratch = 100.0

    def __call__(self, video: np.ndarray, other: np.ndarray, mask: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, other)
        kept = region(mask, video, self.options["part"])
        pairs = [self._similarity(a[0], b[0], part) for a, b, part in zip(video, other, kept, strict=True)]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return {"value": table[:, 0], "share": table[:, 1]}

    def _similarity(self, video: np.ndarray, other: np.ndarray, kept: np.ndarray) -> tuple[float, float]:
        if not kept.any():
            return np.nan, 0.0
        if self.options["over"] == "zeroed":
            black = (kept[..., None] * frame for frame in (video, other))
            return float(similarity_map(*black).mean()), float(kept.mean())
        whole = cv2.erode(
            np.ascontiguousarray(kept).view(np.uint8),
            np.ones((_SIDE, _SIDE), np.uint8),
            borderType=cv2.BORDER_CONSTANT,
            borderValue=0,
        ).astype(bool)
        values = similarity_map(video, other)[whole]
        return (float(values.mean()), float(whole.mean())) if len(values) else (np.nan, 0.0)
