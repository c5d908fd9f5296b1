"""What people hand over as a video (arrays, tensors, images, iterators of them) as uint8 RGB frames: one meaning each.

A form that could be read two ways is an error that names it, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from vbench_py.types import BadMedia

TOLERANCE = 1e-3
"""How far floats may lie outside [0, 1]: the rounding noise of a decoder."""


def as_frames(video: Any) -> np.ndarray:
    """The whole of `iter_frames(video)` as one (T, H, W, 3) uint8 RGB array; an array that is one is not copied."""
    if is_array(video):
        array = _channels_last(to_numpy(video))
        if array.dtype == np.uint8:
            return np.ascontiguousarray(array)
    return np.stack(list(iter_frames(video)))


def iter_frames(video: Any) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 RGB frames of the video, one after the other.

    Takes an array or tensor (T, H, W, 3), (T, 3, H, W) or either with a leading batch of 1, uint8 or float in [0, 1]
    (rounded to the nearest of 256 levels); a sequence or iterator of PIL images, of single frames (H, W, 3) or
    (3, H, W), or of chunks. Raises `BadMedia` for NaN, floats more than 1e-3 outside [0, 1], another shape or type,
    frames of unequal size, and for no frames.
    """
    if is_array(video):
        yield from _chunk(to_numpy(video))
        return
    if not isinstance(video, Iterable):
        raise BadMedia(f"a video is a {type(video).__name__}", mend="give frames (T, H, W, 3), or an iterator of them")
    size: tuple[int, ...] | None = None
    for index, item in enumerate(video):
        array = to_numpy(item)
        for frame in _chunk(array[None] if array.ndim == 3 else array):
            if size is not None and frame.shape != size:
                raise BadMedia(f"frame {index} has shape {frame.shape}, those before it {size}", mend="give one size")
            size = frame.shape
            yield frame
    if size is None:
        raise BadMedia("a video with no frames", mend="give at least one")


def is_array(value: Any) -> bool:
    """Whether it is an array or a torch tensor; told by its methods, so that torch need not be there."""
    return isinstance(value, np.ndarray) or hasattr(value, "detach")


def to_numpy(value: Any) -> np.ndarray:
    """An array, a torch tensor on any device or a PIL image, as an array. Raises `BadMedia` for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float().numpy() if value.is_floating_point() else value.numpy()
    elif hasattr(value, "convert"):
        value = value.convert("RGB")
    elif not isinstance(value, np.ndarray):
        raise BadMedia(f"a frame is a {type(value).__name__}", mend="give arrays, tensors or PIL images")
    return np.asarray(value)


def _channels_last(array: np.ndarray) -> np.ndarray:
    if array.ndim == 5 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 4 or 0 in array.shape:
        raise BadMedia(f"frames have shape {array.shape}", mend="give (T, H, W, 3) or (T, 3, H, W)")
    last, first = array.shape[3] == 3, array.shape[1] == 3
    if last and first:
        raise BadMedia(f"frames have shape {array.shape}, which reads two ways", mend="give a size other than 3 pixels")
    if not last and not first:
        hint = "this looks like (3, T, H, W): move the first axis second" if array.shape[0] == 3 else ""
        raise BadMedia(f"frames have shape {array.shape}, no axis of 3 colours last or second", mend=hint)
    return array if last else np.moveaxis(array, 1, -1)


def _chunk(array: np.ndarray) -> Iterator[np.ndarray]:
    for index, frame in enumerate(_channels_last(array)):
        yield _to_levels(frame, index)


def _to_levels(frame: np.ndarray, index: int) -> np.ndarray:
    if frame.dtype == np.uint8:
        return np.ascontiguousarray(frame)
    if not np.issubdtype(frame.dtype, np.floating):
        raise BadMedia(f"frame {index} is of type {frame.dtype}", mend="give uint8, or float in [0, 1]")
    low, high = float(frame.min()), float(frame.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise BadMedia(f"frame {index} has values that are NaN or infinite", mend="check the decoder's precision")
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        signed = low >= -1 - TOLERANCE and high <= 1 + TOLERANCE
        mend = "map it with (x + 1) / 2" if signed else "scale it to [0, 1]"
        raise BadMedia(f"frame {index} has float values from {low:.4g} to {high:.4g}, outside [0, 1]", mend=mend)
    return np.ascontiguousarray(np.rint(np.clip(frame, 0, 1).astype(np.float64) * 255).astype(np.uint8))
