"""How far the quality of a long video's last frames lies from that of its first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.structure import Drift
from vbench_py.types import Ask, Series


class QualityDrift(Drift):
    """`Drift` of a network's mark of each frame, divided by the protocol's `divisor`.

    The card's first extractor marks frames from the protocol's `on`: the same ask as that of the mean over frames, so a
    drift beside it costs nothing. The detail `difference` is negative where quality falls.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        self.needs: Mapping[str, Ask] = {"windows": replace(self.needs["windows"], on=tuple(protocol["on"]))}

    def statistic(self, series: Series) -> np.ndarray:
        return np.asarray(series.values["value"], dtype=np.float64) / float(self.protocol["divisor"])
