"""What functions return, made into frames: every accepted form has one meaning, all else is an error that names it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vbench_py.types import BadMedia

TOLERANCE = 1e-3
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*$")


class Output(NamedTuple):
    """One output: a path, or frames in a form that `as_frames` takes; `fps` is None where the function names none."""

    content: Any
    fps: float | None
    streamed: bool


def named_outputs(result: Any) -> dict[str, Output]:
    """Outputs by name. A mapping keeps its names; anything else is "video".

    Raises `BadMedia` for None, no output at all, or a name that is no safe relative path.
    """
    # diffusers' outputs are mappings as well: their frames are the video.
    if not isinstance(result, Mapping) or hasattr(result, "frames"):
        return {"video": _output(result)}
    if not result:
        raise BadMedia("the function returned an empty dict; return outputs by name, such as {'video': frames}")
    for name in result:
        if not isinstance(name, str) or not _NAME.match(name):
            raise BadMedia(f"the function returned an output named {name!r}; use letters, digits, '-', '_' and '/'")
    return {name: _output(value) for name, value in result.items()}


def as_frames(content: Any) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 frames of the content, one after the other.

    Takes an array or tensor (T, H, W, 3), (T, 3, H, W) or either with a leading batch of 1, uint8 or float in [0, 1]
    (rounded to the nearest of 256 levels); a list of PIL images or of (H, W, 3) arrays; an iterator of those or of
    chunks. Raises `BadMedia` for NaN, floats more than 1e-3 outside [0, 1], another shape or type, and for no frames.
    """
    if _is_array(content):
        yield from _chunk(_to_numpy(content))
        return
    size: tuple[int, ...] | None = None
    for index, item in enumerate(content):
        array = _to_numpy(item)
        for frame in _chunk(array[None] if array.ndim == 3 else array):
            if size is not None and frame.shape != size:
                raise BadMedia(f"frame {index} has shape {frame.shape}, those before it {size}; return one size")
            size = frame.shape
            yield frame
    if size is None:
        raise BadMedia("the function returned no frames; return at least one")


def _output(value: Any) -> Output:
    fps = None
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Real) and not _is_array(value[1]):
        value, fps = value[0], float(value[1])
        if not (np.isfinite(fps) and fps > 0):
            raise BadMedia(f"the function returned {fps} frames a second; return a number above 0")
    if value is None:
        raise BadMedia("the function returned None; return frames, a path, or outputs by name")
    if hasattr(value, "frames") and not _is_array(value):
        value = value.frames
    if isinstance(value, str | os.PathLike):
        path = Path(os.fspath(value))
        if not path.exists():
            raise BadMedia(f"{path}: the function returned this path, and nothing is there")
        return Output(path, fps, streamed=False)
    if isinstance(value, list | tuple):
        value = _unbatched(value)
        return Output(value, fps, streamed=False)
    if not _is_array(value) and not isinstance(value, Iterator):
        raise BadMedia(f"the function returned {type(value).__name__}; return frames, a path, or outputs by name")
    return Output(value, fps, streamed=isinstance(value, Iterator))


def _unbatched(value: Sequence[Any]) -> Any:
    if value and isinstance(value[0], list | tuple):
        if len(value) > 1:
            raise BadMedia(f"the function returned a batch of {len(value)} videos; it is asked for one at a time")
        return value[0]
    if len(value) == 1 and _is_array(value[0]) and value[0].ndim == 4:
        return value[0]
    return value


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or hasattr(value, "detach")


def _to_numpy(value: Any) -> np.ndarray:
    """An array, a torch tensor (told by its methods: torch may not be there) or a PIL image, as an array."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float().numpy() if value.is_floating_point() else value.numpy()
    elif hasattr(value, "convert"):
        value = value.convert("RGB")
    elif not isinstance(value, np.ndarray):
        raise BadMedia(f"a frame is a {type(value).__name__}; return arrays, tensors or PIL images")
    return np.asarray(value)


def _chunk(array: np.ndarray) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 frames of (T, H, W, 3), (T, 3, H, W) or either with a leading 1, converted one at a time."""
    if array.ndim == 5 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 4 or 0 in array.shape:
        raise BadMedia(f"frames have shape {array.shape}; return (T, H, W, 3) or (T, 3, H, W)")
    last, first = array.shape[3] == 3, array.shape[1] == 3
    if last and first:
        raise BadMedia(f"frames have shape {array.shape}, which reads two ways; return a size other than 3 pixels")
    if not last and not first:
        hint = "; this looks like (3, T, H, W): move the first axis second" if array.shape[0] == 3 else ""
        raise BadMedia(f"frames have shape {array.shape}, no axis of 3 colours last or second{hint}")
    for index, frame in enumerate(array):
        yield _to_levels(frame if last else np.moveaxis(frame, 0, -1), index)


def _to_levels(frame: np.ndarray, index: int) -> np.ndarray:
    if frame.dtype == np.uint8:
        return np.ascontiguousarray(frame)
    if not np.issubdtype(frame.dtype, np.floating):
        raise BadMedia(f"frame {index} is of type {frame.dtype}; return uint8, or float in [0, 1]")
    low, high = float(frame.min()), float(frame.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise BadMedia(f"frame {index} has values that are NaN or infinite; check the decoder's precision")
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        hint = "map it with (x + 1) / 2" if low >= -1 - TOLERANCE and high <= 1 + TOLERANCE else "scale it to [0, 1]"
        raise BadMedia(f"frame {index} has float values from {low:.4g} to {high:.4g}, outside [0, 1]; {hint}")
    return np.ascontiguousarray(np.rint(np.clip(frame, 0, 1).astype(np.float64) * 255).astype(np.uint8))
