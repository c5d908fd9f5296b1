"""What an edit left alone, what it changed, and whether it kept its source's motion."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.motion import FlowMean
from vbench_py.metrics.pixel import PSNR
from vbench_py.metrics.reduce import FrameMean
from vbench_py.types import Facts, Score, Series, Unsupported


class PartMean(FrameMean):
    """Mean over the frames whose mask leaves something of the part that counts.

    Details: `counted_share`, the mean share of pixels that count over all frames, and `frames_left_out`.
    """

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        kept = super().keeps(series, facts) & (series.values["share"] > 0)
        if not kept.any():
            raise Unsupported("mask", f"{self.card.id}: no frame has a pixel that counts: {self.protocol['counts']}")
        return np.asarray(kept)

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        share = series.values["share"]
        return {"counted_share": float(np.mean(share)), "frames_left_out": float(np.sum(~kept))}


class PartPSNR(PartMean, PSNR):
    """Mean over those frames of 10 log10(255^2 / MSE) dB, each at most the protocol's `cap_db`."""


class MotionKept(FlowMean):
    """Mean over the pairs that have a valid pixel. Details: `invalid_share` over all pairs, `pairs_left_out`."""

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        kept = super().keeps(series, facts) & (series.values["valid"] > 0)
        if not kept.any():
            raise Unsupported("source", f"{self.card.id}: no pair has a pixel that counts: {self.protocol['valid']}")
        return np.asarray(kept)

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        invalid = 1 - np.asarray(series.values["valid"], dtype=np.float64)
        return {"invalid_share": float(np.mean(invalid)), "pairs_left_out": float(np.sum(~kept))}


class MotionKeptAsPublished(MotionKept):
    """`MotionKept`, but 0, which is the best value, where fewer pixels are valid than the protocol's `least_valid`."""

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        return np.asarray(series.values["valid"] > 0)

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        series = arrays["windows"]
        if float(np.mean(series.values["valid"])) >= float(self.protocol["least_valid"]):
            return super().score(arrays, facts)
        return Score(0.0, self.details(series, self.keeps(series, facts)))


class ScaledPartMean(PartMean):
    """`PartMean` of squared errors on levels of 0..`white`, which the protocol tells."""

    def convert(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values * (float(self.protocol["white"]) / 255.0) ** 2)
