"""Perceptual change over time, held against that of the target."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.reduce import PairMean
from vbench_py.types import Series


class TemporalLPIPSMean(PairMean):
    """100 times the mean over pairs of the extractor's value (tLP x 100, as TecoGAN reports it)."""

    def convert(self, values: np.ndarray) -> np.ndarray:
        return 100 * values


class FloLPIPSMean(PairMean):
    """Mean over windows. Details: `still_share`, the mean share of flows that are equal everywhere (plain LPIPS)."""

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        return {"still_share": float(np.mean(series.values["still"][kept]))}
