"""Numbers made from the mean squared error: PSNR in its two means, and the interpolation error."""

from __future__ import annotations

import math

import numpy as np

from vbench_py.metrics.reduce import FrameMean, worst_second
from vbench_py.types import Curve


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

    def worst_second(self, index: np.ndarray, values: np.ndarray, fps: float) -> float | None:
        """Of the MSE over a second, as for the whole: a mean of decibels could lie above the video's number."""
        worst = worst_second(Curve(index, values), fps, "lower")
        return None if worst is None else float(self.convert(np.array([worst]))[0])


class InterpolationError(FrameMean):
    """Mean over frames of the root mean square over pixels of the length of the RGB difference, in 8-bit levels."""

    def convert(self, values: np.ndarray) -> np.ndarray:
        # The extractor's mean runs over channels too: three of them make a squared length.
        return np.sqrt(3 * values)
