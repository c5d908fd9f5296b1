"""Classical optical flow of 8-bit frames, the same on any number of threads."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

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
