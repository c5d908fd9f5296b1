"""StreamingT2V's warp error, which motion does not excuse nor stillness reward."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.motion import FlowMean
from vbench_py.types import Facts, Series


class MotionAwareWarpErrorMean(FlowMean):
    """Mean over the pairs that have a ratio. Details: `warp_error` and `motion`, their means over all pairs, and
    `pairs_left_out`. `Unsupported` when no pair has a ratio.
    """

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        return np.asarray(super().keeps(series, facts) & np.isfinite(series.values["value"]))

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        return {
            "warp_error": float(np.mean(series.values["error"])),
            "motion": float(np.mean(series.values["motion"])),
            "pairs_left_out": float(np.sum(~kept)),
        }
