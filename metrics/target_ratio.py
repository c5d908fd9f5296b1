"""How far a statistic of the video lies from its target's, in octaves: 0 is the target's, 1 twice it or half."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.reduce import FrameMean, PairMean
from vbench_py.types import Series


class SharpnessDistance(FrameMean):
    """Mean over frames of |log2 of the ratio|. Details: `ratio`, its geometric mean: above 1 is sharper."""

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        return {"ratio": float(np.exp2(np.mean(series.values["signed"][kept])))}


class FlickerDistance(PairMean):
    """Mean over pairs of |log2 of the ratio|. Details: `ratio`, mean change / the target's, where that is not 0."""

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        change, target = (float(np.mean(series.values[name][kept])) for name in ("change", "target_change"))
        return {"ratio": change / target} if target else {}
