"""Classical optical flow of 8-bit frames, the same on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.types import UsageError

Flow = Callable[[np.ndarray, np.ndarray], np.ndarray]


def flow_function(name: str) -> Flow:
    """The flow from a first to a second (H, W) uint8 frame as (H, W, 2) float32, x then y, in pixels.

    farneback: pyramid scale 0.5, 3 levels, window 15, 3 iterations, neighbourhood 5, sigma 1.2. dis: OpenCV's dense
    inverse search (Kroeger et al. 2016), preset medium.
    """
    if name == "farneback":
        return lambda first, second: cv2.calcOpticalFlowFarneback(
            first,
            second,
            None,  # type: ignore[call-overload]
            pyr_scale=0.5,
            levels=3,
            winsize=15,
            iterations=3,
            poly_n=5,
            poly_sigma=1.2,
            flags=0,
        )
    if name == "dis":
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        return lambda first, second: search.calc(first, second, None)  # type: ignore[call-overload]
    raise UsageError(f"optical flow {name!r} is not known", mend="use farneback or dis")


def grey(frame: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB as (H, W) uint8 full-range luma."""
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def warp(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """`image` (H, W[, C]) float32 read at each pixel plus `flow`, bilinear; the border is repeated outside."""
    height, width = flow.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(
        image, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def resample(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """`warp` without its rounding of positions to 1/32 pixel: (H, W, C) float32 read at each pixel plus `flow`."""
    height, width = flow.shape[:2]
    column = np.arange(width, dtype=np.float32)[None, :] + flow[..., 0]
    row = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
    left, top = np.floor(column), np.floor(row)
    across, down = (column - left)[..., None], (row - top)[..., None]
    columns = [np.clip(left + step, 0, width - 1).astype(np.intp) for step in (0, 1)]
    rows = [np.clip(top + step, 0, height - 1).astype(np.intp) for step in (0, 1)]
    above, below = ((1 - across) * image[y, columns[0]] + across * image[y, columns[1]] for y in rows)
    return np.asarray((1 - down) * above + down * below)


def halved(frames: np.ndarray) -> np.ndarray:
    """(..., H, W, C) as (..., H // 2, W // 2, C) float32, the means of 2 x 2 pixels: bilinear at half size."""
    height, width = frames.shape[-3] // 2 * 2, frames.shape[-2] // 2 * 2
    even = frames[..., :height, :width, :].astype(np.float32)
    rows = even[..., 0::2, :, :] + even[..., 1::2, :, :]
    return np.asarray((rows[..., 0::2, :] + rows[..., 1::2, :]) / np.float32(4))


def padded(frames: np.ndarray, multiple: int, least: int = 0) -> tuple[np.ndarray, tuple[slice, slice]]:
    """(..., H, W, C) with its border repeated to multiples of `multiple`, at least `least`, and where it lies in there.

    Half of what is added comes before, the odd one after, as princeton-vl/RAFT@2888e15 `InputPadder` in mode sintel.
    """
    before, after = [0] * frames.ndim, [0] * frames.ndim
    for axis in (-3, -2):
        side = frames.shape[axis]
        missing = max(-(-side // multiple) * multiple, least) - side
        before[axis], after[axis] = missing // 2, missing - missing // 2
    inside = tuple(slice(before[axis], before[axis] + frames.shape[axis]) for axis in (-3, -2))
    return np.pad(frames, list(zip(before, after, strict=True)), mode="edge"), (inside[0], inside[1])


class ClassicalFlow(Arithmetic):
    """Optical flow of the luma from the first to the second frame of each (B, 2, H, W, 3) uint8 pair, in pixels.

    Option: `flow` (see `flow_function`). Gives `flow` (B, H, W, 2) float32, x then y.
    """

    scratch = 12.0

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._flow = flow_function(self.options["flow"])

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        flows = [self._flow(grey(pair[0]), grey(pair[1])) for pair in video]
        return {"flow": np.stack(flows) if flows else np.zeros((0, *video.shape[2:4], 2), np.float32)}
