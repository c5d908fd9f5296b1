"""From one value a window to one number a video: the mean over windows, the curve, and the worst second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.views import view_of
from vbench_py.types import FILE, FRAME, PAIR, Ask, Curve, Facts, Score, Series, Unsupported, View


def worst_second(curve: Curve, fps: float, direction: str) -> float | None:
    """The worst mean of `curve` over any second that starts at one of its windows.

    A second holds the windows whose first frame lies in [f, f + fps). Only seconds that end by the last window count; a
    shorter curve is one second. None for descriptive metrics, an unknown fps or an empty curve.
    """
    if direction == "descriptive" or not fps > 0 or not len(curve.values):
        return None
    sums = np.concatenate([[0.0], np.cumsum(curve.values)])
    starts = np.flatnonzero(curve.index + fps <= curve.index[-1] + 1)
    if not len(starts):
        return float(np.mean(curve.values))
    ends = np.searchsorted(curve.index, curve.index[starts] + fps, side="left")
    means = (sums[ends] - sums[starts]) / (ends - starts)
    return float(means.min() if direction == "higher" else means.max())


class FrameMean:
    """Mean over frames of the extractor's `value`, with the curve and, where the fps is known, the worst second.

    The protocol's `options` go to the extractor; its `trim_frames` leaves out that many frames at both ends.
    """

    view: View = FRAME

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        options = tuple(sorted(protocol.get("options", {}).items()))
        view = view_of(protocol, self.view)
        self.needs: Mapping[str, Ask] = {"windows": Ask(card.extractors[0], card.roles, view, options)}

    def convert(self, values: np.ndarray) -> np.ndarray:
        """The metric of each window from the extractor's value: (W,) float64 to (W,) float64."""
        return values

    def total(self, values: np.ndarray) -> float:
        """The video's number from the extractor's values (W,) float64."""
        return float(np.mean(self.convert(values)))

    def worst_second(self, index: np.ndarray, values: np.ndarray, fps: float) -> float | None:
        """`worst_second` of the extractor's values (W,) float64 at the frames `index` (W,)."""
        return worst_second(Curve(index, self.convert(values)), fps, self.card.direction)

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        """Further numbers, from the windows marked in `kept` (W,) bool."""
        return {}

    def keeps(self, series: Series, facts: Facts) -> np.ndarray:
        """Which windows count, (W,) bool."""
        trim = int(self.protocol.get("trim_frames", 0))
        if not trim:
            return np.ones(len(series.index), dtype=bool)
        last = series.index + self.view.length - 1
        return np.asarray((series.index >= trim) & (last < int(facts["frames"]) - trim))

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` when no window counts."""
        series = arrays["windows"]
        kept = self.keeps(series, facts)
        if not kept.any():
            raise Unsupported(
                "frames",
                f"{self.card.id} needs at least {self.card.minimum_frames} frames, and no window of this video counts",
            )
        values = np.asarray(series.values["value"], dtype=np.float64)[kept]
        curve = Curve(series.index[kept], self.convert(values))
        details = dict(self.details(series, kept))
        worst = self.worst_second(curve.index, values, float(facts.get("fps") or 0))
        if worst is not None:
            details["worst_second"] = worst
        return Score(self.total(values), details, curve)


class PairMean(FrameMean):
    """`FrameMean` over pairs of consecutive frames."""

    view = PAIR


class FileMean(FrameMean):
    """`FrameMean` over the frames that an extractor of whole files reports."""

    view = FILE
