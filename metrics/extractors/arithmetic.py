"""What the extractors without weights have in common: nothing to load, one window at a time, shapes must agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.colour import convert
from vbench_py.metrics.extractors.crop import crop
from vbench_py.types import BadMedia


def same_shape(first: np.ndarray, second: np.ndarray) -> None:
    """Refuses windows of unlike shape; `BadMedia` names both. Nothing is ever resized to make them fit."""
    if first.shape != second.shape:
        raise BadMedia(
            f"full-reference metrics compare equal frames: the video's windows are {first.shape}, the target's "
            f"{second.shape} (batch, frames, height, width, channels)",
            mend="score at the target's size, or choose an alignment, which the protocol records",
        )


def each(function: Callable[..., float], *windows: np.ndarray) -> np.ndarray:
    """`function` of the windows at each batch position, as (B,) float64."""
    return np.array([function(*parts) for parts in zip(*windows, strict=True)], dtype=np.float64)


class Arithmetic:
    """Base of extractors that compute on pixels alone; a result depends on its own window, never on the batch."""

    finite = False
    scratch = 4.0
    """Working memory as a multiple of the uint8 window."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)

    def load(self, device: str) -> None:
        """Nothing to load: the arithmetic runs on the CPU whatever the device."""

    def close(self) -> None:
        """Nothing to release."""

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one window of `shape` (frames, height, width, channels) takes while it is worked on."""
        return int(math.prod(shape) * self.scratch)

    def prepare(self, frame: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 RGB after the options `crop` and `colour`."""
        return convert(crop(frame, self.options["crop"]), self.options["colour"])
