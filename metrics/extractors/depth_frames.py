"""Predicted and true depth of one moment brought to one size, and the pixels whose truth counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.types import BadMedia, UsageError

STRIP = 1 << 16
"""Pixels worked on at once: few enough for the cache, and for memory that need not be asked for anew each time."""
KERNELS = {"cv2-bilinear": cv2.INTER_LINEAR, "cv2-nearest": cv2.INTER_NEAREST}


def cropped(frame: np.ndarray, crop: tuple[int, ...]) -> np.ndarray:
    """(H, W) without `crop` = (top, bottom, left, right) pixels at its sides; `()` cuts nothing."""
    if not crop:
        return frame
    if len(crop) != 4 or min(crop) < 0:
        raise UsageError(f"crop {crop} is not understood", mend="give [top, bottom, left, right] in pixels, or []")
    top, bottom, left, right = crop
    height, width = frame.shape
    if top + bottom >= height or left + right >= width:
        raise BadMedia(f"a crop of {crop} (top, bottom, left, right) leaves nothing of {width}x{height} pixels")
    return frame[top : height - bottom, left : width - right]


def resized(frame: np.ndarray, like: np.ndarray, kernel: str) -> np.ndarray:
    """(h, w) float32 at the size of `like` (H, W), by OpenCV on float32; NaN spreads to what it touches."""
    if frame.shape == like.shape:
        return frame
    if kernel == "none":
        (rows, columns), (height, width) = frame.shape, like.shape
        raise BadMedia(
            f"depth of {columns}x{rows} pixels against a ground truth of {width}x{height}",
            mend="give equal sizes, or resize=cv2-bilinear",
        )
    if kernel not in KERNELS:
        raise UsageError(f"resize {kernel!r} is not known", mend=f"use {', '.join(KERNELS)} or none")
    # Copied, because OpenCV does not take read-only views of overlapping windows.
    return cv2.resize(np.array(frame), like.shape[::-1], interpolation=KERNELS[kernel])


def brought_together(
    prediction: np.ndarray, truth: np.ndarray, options: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Both (h, w, 1) and (H, W, 1) as (H', W') float32 after the options `crop`, `crop_of` and `resize`.

    `crop_of` both: the prediction shows the whole frame, is brought to its size, and both are cropped. target: it
    shows what the crop leaves, as with methods that were given cropped frames, and is brought to that size.
    """
    crop = tuple(int(side) for side in options["crop"])
    if options["crop_of"] not in ("both", "target"):
        raise UsageError(f"crop_of {options['crop_of']!r} is not known", mend="use both or target")
    whole, own = np.asarray(truth[..., 0], np.float32), np.asarray(prediction[..., 0], np.float32)
    inner = cropped(whole, crop)
    if options["crop_of"] == "both":
        return cropped(resized(own, whole, options["resize"]), crop), inner
    return resized(own, inner, options["resize"]), inner


def counted(truth: np.ndarray, options: Mapping[str, Any]) -> np.ndarray:
    """(H, W) bool: where the true depth in metres lies strictly between `minimum_depth` and `maximum_depth`."""
    lowest, highest = np.float32(options["minimum_depth"]), np.float32(options["maximum_depth"])
    return np.asarray((truth > lowest) & (truth < highest))


def strips(*frames: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Frames (H, W) of one size in pieces of whole rows, about `STRIP` pixels each."""
    height, width = frames[0].shape
    rows = max(STRIP // width, 1)
    for first in range(0, height, rows):
        yield tuple(frame[first : first + rows] for frame in frames)
