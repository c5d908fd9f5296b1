"""Operators that change the size of frames: the suite's ground-truth size, crops."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from vbench_py.derive.operator import FrameOperator
from vbench_py.types import BadMedia


class Resize(FrameOperator):
    """Resizes to width x height with OpenCV. `area` averages and is meant for shrinking.

    OpenCV's `bicubic` (a = -0.75) and `lanczos` (8 x 8) do not widen their kernel when shrinking, so they alias: make
    low-resolution inputs of super-resolution with `bicubic-down`.
    """

    id: ClassVar[str] = "resize"
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    kernel: Literal["area", "bicubic", "lanczos"] = "area"

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        import cv2

        flags = {"area": cv2.INTER_AREA, "bicubic": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4}
        return np.asarray(cv2.resize(frame, (self.width, self.height), interpolation=flags[self.kernel]))


class Crop(FrameOperator):
    """Cuts out width x height pixels whose top left pixel is (x, y)."""

    id: ClassVar[str] = "crop"
    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        return _cut(frame, self.x, self.y, self.width, self.height)


class CenterCrop(FrameOperator):
    """Cuts width x height pixels out of the middle; of an odd rest the extra pixel stays at the right and bottom."""

    id: ClassVar[str] = "center-crop"
    width: int = Field(ge=1)
    height: int = Field(ge=1)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        height, width = frame.shape[:2]
        return _cut(frame, (width - self.width) // 2, (height - self.height) // 2, self.width, self.height)


class Modcrop(FrameOperator):
    """Cuts the right and the bottom so that both sides become multiples of `multiple`, before a downscale by it."""

    id: ClassVar[str] = "modcrop"
    multiple: int = Field(ge=1)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        height, width = frame.shape[:2]
        return _cut(frame, 0, 0, width - width % self.multiple, height - height % self.multiple)


def _cut(frame: np.ndarray, x: int, y: int, width: int, height: int) -> np.ndarray:
    whole_height, whole_width = frame.shape[:2]
    if min(x, y) < 0 or min(width, height) < 1 or x + width > whole_width or y + height > whole_height:
        raise BadMedia(
            f"a crop of {width}x{height} at ({x}, {y}) does not fit frames of {whole_width}x{whole_height}",
            mend="crop less, or resize first",
        )
    return frame[y : y + height, x : x + width]
