"""Operators that spoil frames one by one: blur, noise, JPEG."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from pydantic import Field

from vbench_py.derive.imresize import to_uint8
from vbench_py.derive.operator import FrameOperator


class GaussianBlur(FrameOperator):
    """Gaussian blur of standard deviation `sigma` pixels, taps to four sigma, reflected border, rounded once."""

    id: ClassVar[str] = "gaussian-blur"
    sigma: float = Field(gt=0)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        import cv2

        side = 2 * math.floor(4 * self.sigma + 0.5) + 1
        taps = cv2.getGaussianKernel(side, self.sigma, cv2.CV_64F)
        return to_uint8(cv2.sepFilter2D(frame, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REFLECT_101))


class Noise(FrameOperator):
    """White Gaussian noise of standard deviation `sigma` levels (0..255 scale), independent for each pixel and channel.

    Drawn for each frame from (seed, frame index), so any part of a clip gets the same noise again.
    """

    id: ClassVar[str] = "noise"
    sigma: float = Field(gt=0)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        drawn = np.random.default_rng([seed, index]).standard_normal(frame.shape, dtype=np.float32)
        return to_uint8(frame + np.float32(self.sigma) * drawn)


class Jpeg(FrameOperator):
    """Each frame through baseline JPEG at `quality` (OpenCV's libjpeg, 4:2:0)."""

    id: ClassVar[str] = "jpeg"
    quality: int = Field(ge=1, le=100)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        import cv2

        _, encoded = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))[..., ::-1]
