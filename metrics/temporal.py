"""Numbers about change from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.motion import FlowMean
from vbench_py.metrics.reduce import PairMean
from vbench_py.types import Facts, Series


class TemporalFlickering(PairMean):
    """(255 - mean absolute difference of neighbouring frames) / 255: 1 is a frozen video."""

    def convert(self, values: np.ndarray) -> np.ndarray:
        return (255.0 - values) / 255.0


class WarpingErrorMean(FlowMean):
    """Mean over pairs of the warping error.

    A pair without a valid pixel is left out, or counts as 0 where the protocol's `empty_pairs` says so. Details:
    `valid_share`, the mean share of valid pixels over all pairs, and `pairs_without_valid_pixels`.
    """

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        kept = super().keeps(series, facts)
        return kept if self.protocol["empty_pairs"] == "count as 0" else kept & (series.values["valid"] > 0)

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        valid = series.values["valid"]
        return {"valid_share": float(np.mean(valid)), "pairs_without_valid_pixels": float(np.sum(valid == 0))}
