"""Numbers about predicted depth: errors against the truth, steadiness over time, and edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.reduce import FrameMean, PairMean
from vbench_py.types import PAIR, BadMedia, Facts, Score, Series

ALIGNED = ("minimum_depth", "maximum_depth", "crop", "crop_of", "resize", "clip_prediction", "constant_prediction")


class DepthMean(FrameMean):
    """Mean over frames of what the extractor measured; frames where it is NaN are left out.

    The protocol's keys in `asked` go to the extractor as options.
    """

    measure = "value"
    asked: tuple[str, ...] = ("alignment", *ALIGNED)
    further: tuple[str, ...] = ()
    """Roles besides the prediction and its truth, after their units."""
    nothing = "no frame could be scored"
    mend = ""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        told = {name: self._plain(protocol[name]) for name in self.asked}
        on = ("depth", "target", "unit:depth", "unit:target", *self.further)
        self.needs = {"windows": replace(self.needs["windows"], on=on, options=tuple(sorted(told.items())))}

    @staticmethod
    def _plain(value: Any) -> Any:
        """Hashable, and equal however it was written: 80 and 80.0 are one question."""
        if isinstance(value, (list, tuple)):
            return tuple(value)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        return np.asarray(super().keeps(series, facts) & ~np.isnan(series.values[self.measure]))

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        """Scale and shift (means, where each frame has its own) and how many frames were left out."""
        lines = {name: float(np.mean(series.values[name][kept])) for name in ("scale", "shift")}
        return {**lines, "frames_left_out": float(np.sum(~kept))}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `BadMedia` when no frame could be scored."""
        series = arrays["windows"]
        if not self.keeps(series, facts).any():
            raise BadMedia(f"{self.card.id}: {self.nothing}", mend=self.mend)
        values = {**series.values, "value": series.values[self.measure]}
        return super().score({"windows": Series(series.index, values)}, facts)


class DepthErrorMean(DepthMean):
    """One of the errors of `DepthError`, a mean over frames with a valid pixel; all of them share its arrays."""

    asked = (*DepthMean.asked, "missing_prediction")
    nothing = "no frame has a pixel whose true depth is in range and whose prediction is known"
    mend = "check the ground truth's unit (metres), minimum_depth and maximum_depth"

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        """Also the share of all frames' pixels that counted, and the share of valid ones that were not predicted."""
        shares = {"valid_share": np.mean(series.values["share"]), "missing_share": np.nanmean(series.values["missing"])}
        return {**super().details(series, kept), **{name: float(value) for name, value in shares.items()}}


class AbsRel(DepthErrorMean):
    measure = "abs_rel"


class SqRel(DepthErrorMean):
    measure = "sq_rel"


class RMSE(DepthErrorMean):
    measure = "rmse"


class RMSELog(DepthErrorMean):
    measure = "rmse_log"


class SILog(DepthErrorMean):
    """100 times the root of the mean over frames of the variance of the log error; the curve has each frame's root."""

    measure = "silog_variance"

    def convert(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(100 * np.sqrt(values))

    def total(self, values: np.ndarray) -> float:
        return float(100 * np.sqrt(np.mean(values)))


class Delta1(DepthErrorMean):
    measure = "delta1"


class Delta2(DepthErrorMean):
    measure = "delta2"


class Delta3(DepthErrorMean):
    measure = "delta3"


class TemporalAlignmentError(DepthMean):
    """Mean over pairs of neighbouring frames of the reprojection error, in percent."""

    view = PAIR
    asked = (*DepthMean.asked, "splat", "intrinsics", "crop_camera", "empty")
    further = ("camera",)
    nothing = "no pair of frames sees a common point"
    mend = "check that the cameras are world-to-camera, in metres, and belong to these frames"

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        """Also the share of directions (two a pair) without overlap, and of pixels compared."""
        shares = {"empty_share": "empty", "overlap": "overlap"}
        found = {name: float(np.mean(series.values[array])) for name, array in shares.items()}
        return {**super().details(series, kept), **found}


class BoundaryF1Mean(DepthMean):
    """Mean over frames of the boundary F1."""

    asked = (*DepthMean.asked, "lowest_ratio", "highest_ratio", "ratios", "empty")
    nothing = "neither the prediction nor the truth has an edge in any frame"
    mend = "depth without discontinuities has no boundaries to score"

    @staticmethod
    def _plain(value: Any) -> Any:
        return tuple(value) if isinstance(value, (list, tuple)) else value

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        """Also the true edges at the lowest ratio, by the frame's pixels."""
        return {**super().details(series, kept), "true_edges": float(np.mean(series.values["edges"]))}


class OpticalFlowWarping(PairMean):
    """Mean over pairs of neighbouring frames of the depth warping error."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        on = ("depth", "source", f"backflow:{protocol['flow']}@source")
        options = (("normalisation", protocol["normalisation"]),)
        self.needs = {"windows": replace(self.needs["windows"], on=on, options=options)}

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        """The mean weight of a pixel: how much of the video its flow explains."""
        return {"weight": float(np.mean(series.values["weight"][kept]))}
