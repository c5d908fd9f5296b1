"""What people hand over as a video (arrays, tensors, lists of images) as frames (T, H, W, 3) uint8 RGB, never guessing."""

from __future__ import annotations

from typing import Any

import numpy as np

from vbench_py.types import BadMedia

_SLACK = 1e-3


def as_frames(video: Any) -> np.ndarray:
    """(T, H, W, 3) uint8 from (T, H, W, 3), (T, 3, H, W) or either with a leading batch of one; or from a list of images.

    uint8, or float in [0, 1] (rounded to the nearest level). Raises `BadMedia` for another shape or dtype, for NaN, and for
    floats outside [0, 1] by more than 1e-3: values in [-1, 1] or [0, 255] are named, never clipped.
    """
    array = _array(video)
    if array.ndim == 5 and len(array) == 1:
        array = array[0]
    if array.ndim != 4:
        raise BadMedia(f"a video of shape {array.shape}", mend="give (T, H, W, 3) or (T, 3, H, W)")
    if array.shape[-1] != 3 and array.shape[1] == 3:
        array = np.moveaxis(array, 1, -1)
    if array.shape[-1] != 3:
        raise BadMedia(f"a video of shape {array.shape} has no axis of 3 channels", mend="give (T, H, W, 3) or (T, 3, H, W)")
    if 0 in array.shape:
        raise BadMedia(f"a video of shape {array.shape} has no frames")
    return np.ascontiguousarray(array if array.dtype == np.uint8 else _levels(array))


def _array(video: Any) -> np.ndarray:
    if isinstance(video, list | tuple):
        if not video:
            raise BadMedia("a video without frames")
        return np.stack([_array(frame) for frame in video])
    if hasattr(video, "detach"):
        tensor = video.detach().cpu()
        return np.asarray(tensor.float().numpy() if tensor.is_floating_point() else tensor.numpy())
    if hasattr(video, "convert"):
        video = video.convert("RGB")
    return np.asarray(video)


def _levels(array: np.ndarray) -> np.ndarray:
    if not np.issubdtype(array.dtype, np.floating):
        raise BadMedia(f"a video of dtype {array.dtype}", mend="give uint8, or float in [0, 1]")
    low, high = float(array.min()), float(array.max())
    if np.isnan(low) or np.isnan(high):
        raise BadMedia("the video has NaN values")
    if low < -_SLACK or high > 1 + _SLACK:
        guess = "[-1, 1]: give (video + 1) / 2" if -1 - _SLACK <= low < 0 and high <= 1 + _SLACK else "0 to 255: give uint8"
        raise BadMedia(f"float values from {low:.4g} to {high:.4g}, expected [0, 1]", mend=f"these look like {guess}")
    return np.rint(np.clip(array, 0.0, 1.0) * 255.0).astype(np.uint8)
