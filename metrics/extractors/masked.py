"""A part of each frame, as a mask tells it, and the errors over its pixels."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, same_shape
from vbench_py.types import BadMedia


def region(mask: np.ndarray, frames: np.ndarray, part: str) -> np.ndarray:
    """(B, H, W) bool: the pixels of the masks (B, 1, H, W, C) uint8 that are 255 (`part` inside) or 0 (outside).

    Only the first channel is read. `BadMedia` when it holds other levels, or has not the size of `frames`.
    """
    if mask.shape[:4] != frames.shape[:4]:
        (height, width), (rows, columns) = frames.shape[2:4], mask.shape[2:4]
        raise BadMedia(
            f"the mask has {columns}x{rows} pixels, the video {width}x{height}",
            mend="give a mask of the video's size: it is never rescaled, as that would make it soft",
        )
    levels = mask[:, 0, :, :, 0]
    white = levels == 255
    if not np.all(white | (levels == 0)):
        soft = float(np.mean(~white & (levels != 0)))
        raise BadMedia(
            f"the mask is soft: {soft:.1%} of its pixels are neither 0 nor 255",
            mend="threshold it, and keep it in a lossless format (PNG, FFV1, .npz)",
        )
    return np.asarray(white if part == "inside" else ~white)


class MaskedError(Arithmetic):
    """Mean error of each (video, other, mask) frame over a part of it, in 8-bit levels or their squares.

    Options: `part` (outside or inside the mask); `norm` (l2: squared error, 0..65025, over pixels and channels;
    largest: absolute error of the channel that differs most, 0..255); `over` (part: the mean runs over its pixels;
    frame: over all pixels, those of the other part counting as equal).
    Gives `value` (B,) float64, NaN where the part is empty, and `share` (B,) float64 of the frame's pixels in it.
    `BadMedia` for frames of unlike size, and for masks that are soft or of another size.
    """

    scratch = 8.0

    def __call__(self, video: np.ndarray, other: np.ndarray, mask: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, other)
        kept = region(mask, video, self.options["part"])
        pairs = [self._error(a[0], b[0], part) for a, b, part in zip(video, other, kept, strict=True)]
        return {"value": np.array(pairs, dtype=np.float64), "share": kept.mean(axis=(1, 2), dtype=np.float64)}

    def _error(self, video: np.ndarray, other: np.ndarray, kept: np.ndarray) -> float:
        count = int(np.count_nonzero(kept))
        if not count:
            return np.nan
        pixels = count if self.options["over"] == "part" else kept.size
        if self.options["norm"] == "largest":
            largest = cv2.absdiff(video, other).max(axis=2)
            return float(np.sum(largest[kept], dtype=np.int64) / pixels)
        total = cv2.norm(video, other, cv2.NORM_L2SQR, np.ascontiguousarray(kept).view(np.uint8))
        # OpenCV squares a root: the sum of whole numbers comes back a rounding error off.
        return float(round(total) / (pixels * video.shape[2]))
