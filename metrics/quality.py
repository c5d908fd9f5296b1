"""Image quality without a reference, over the frames for which it is defined."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.reduce import FrameMean
from vbench_py.types import Facts, Series


class NaturalSceneMean(FrameMean):
    """Mean over the frames that have statistics: a flat frame (a fade to black) has none and gives NaN.

    Details: `frames_without_statistics`. `Unsupported` when no frame has any.
    """

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        return np.asarray(super().keeps(series, facts) & np.isfinite(series.values["value"]))

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        return {"frames_without_statistics": float(np.sum(~np.isfinite(series.values["value"])))}
