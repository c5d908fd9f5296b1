"""Numbers made from the mean squared error: PSNR in its two means, and the root of the error."""

from __future__ import annotations

import math

import numpy as np

from vbench_py.metrics.reduce import FrameMean


class PSNR(FrameMean):
    """Mean over frames of 10 log10(255^2 / MSE) dB, each frame at most the protocol's `cap_db`.

    The cap holds for every frame, not only for identical ones: else one grey level in one pixel would beat no error.
    """

    def convert(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.asarray(np.minimum(10 * np.log10(255.0**2 / values), float(self.protocol["cap_db"])))


class VideoPSNR(PSNR):
    """10 log10(255^2 / MSE) of the MSE over the whole video: never above the mean over frames (Jensen)."""

    def total(self, values: np.ndarray) -> float:
        return float(self.convert(np.array([math.fsum(values) / len(values)]))[0])


class RootMeanSquare(FrameMean):
    """Mean over frames of the root of the mean squared error, in 8-bit levels."""

    def convert(self, values: np.ndarray) -> np.ndarray:
        return np.sqrt(values)
