"""DOVER: how good a video looks, technically, aesthetically and both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.types import FILE, Ask, Curve, Facts, Score, Series

_TECHNICAL = (0.1107, 0.07355, 0.6104)
_AESTHETIC = (-0.08285, 0.03774, 0.3896)
"""Mean and deviation of the marks over the authors' videos, and the weight of the branch."""


def fused(technical: float, aesthetic: float) -> float:
    """The weighted sum of both standardised marks through a logistic function: 0 .. 1.

    VQAssessment/DOVER@f1ddc96 `evaluate_one_video.py:fuse_results`.
    """
    marks = ((technical, *_TECHNICAL), (aesthetic, *_AESTHETIC))
    return float(1 / (1 + np.exp(-sum((mark - mean) / deviation * weight for mark, mean, deviation, weight in marks))))


class Dover:
    """The protocol's `branch`: technical (with a curve by clip), aesthetic, or fused with both as details."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.branch = str(protocol["branch"])
        self.needs: Mapping[str, Ask] = {"marks": Ask(card.extractors[0], card.roles, FILE)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        series = arrays["marks"]
        marks = {name: float(np.mean(series.values[name])) for name in ("technical", "aesthetic")}
        if self.branch == "fused":
            return Score(fused(**marks), marks)
        curve = Curve(series.index, series.values["technical"]) if self.branch == "technical" else None
        return Score(marks[self.branch], {}, curve)
