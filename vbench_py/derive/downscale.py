"""The two degradations of video super-resolution: bicubic (BI) and blur then subsample (BD)."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator

from vbench_py.derive.imresize import imresize_double, to_uint8
from vbench_py.derive.operator import FrameOperator
from vbench_py.types import BadMedia


class BicubicDown(FrameOperator):
    """BI: MATLAB's antialiased bicubic `imresize` by 1 / scale, computed in double and rounded once (see `imresize`).

    Sides must be multiples of `scale`: put `modcrop` first, and give the target the same `modcrop`.
    """

    id: ClassVar[str] = "bicubic-down"
    scale: Literal[2, 3, 4, 8]

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        _require_multiple(frame, self.scale)
        return imresize_double(frame, scale=1 / self.scale)


class GaussianDown(FrameOperator):
    """BD: Gaussian blur, then every `scale`-th pixel. Two protocols are in use; they differ in where they sample.

    - `duf`: 13 x 13 taps, sigma 0.4 * scale (1.6 at x4), reflected border without the edge pixel, samples at 0, scale,
      2 * scale, ... DUF, EDVR and others; XPixelGroup/BasicSR@8d56e3a045f9, duf_downsample, which feeds floats to the
      network where this rounds to 8 bits.
    - `basicvsr`: 12 x 12 taps, sigma 1.6, replicated border, scale 4 only; samples lie on the centres of 4 x 4 blocks,
      so that the result is aligned with a centred upscale. BasicVSR, IconVSR (BD weights);
      ckkelvinchan/BasicVSR-IconVSR@15dda03d7712, BD_degradation.m.

    The wrong one costs a network over 10 dB, as the images are shifted by 1.5 pixels (open-mmlab/mmagic issue 318).
    """

    id: ClassVar[str] = "gaussian-down"
    scale: Literal[2, 3, 4] = 4
    protocol: Literal["duf", "basicvsr"] = "duf"

    @model_validator(mode="after")
    def _scale_is_published(self) -> GaussianDown:
        if self.protocol == "basicvsr" and self.scale != 4:
            raise ValueError("protocol basicvsr exists at scale 4 only")
        return self

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        import cv2

        _require_multiple(frame, self.scale)
        if self.protocol == "duf":
            sigma = 0.4 * self.scale
            # scipy.ndimage.gaussian_filter, which makes the reference's kernel, ends it at four sigma.
            anchor = min(6, math.floor(4 * sigma + 0.5))
            taps = _gaussian(np.arange(-anchor, anchor + 1), sigma)
            border, start = cv2.BORDER_REFLECT_101, 0
        else:
            anchor = 5
            taps = _gaussian(np.arange(12) - 5.5, 1.6)
            border, start = cv2.BORDER_REPLICATE, 1
        blurred = cv2.sepFilter2D(frame, cv2.CV_64F, taps, taps, anchor=(anchor, anchor), borderType=border)
        return to_uint8(blurred[start :: self.scale, start :: self.scale])


def _gaussian(offsets: np.ndarray, sigma: float) -> np.ndarray:
    taps = np.exp(-0.5 * (offsets / sigma) ** 2)
    return np.asarray(taps / taps.sum())


def _require_multiple(frame: np.ndarray, scale: int) -> None:
    height, width = frame.shape[:2]
    if height % scale or width % scale:
        raise BadMedia(
            f"frames of {width}x{height} cannot be shrunk by {scale} without a rest",
            mend=f"put the step modcrop with multiple = {scale} before it, for the target too",
        )
