"""How good frames look, as people rated images: a linear head on CLIP features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.reduce import FrameMean
from vbench_py.metrics.views import view_of
from vbench_py.types import FRAME, Ask


class AestheticQuality(FrameMean):
    """Mean over frames of a tenth of the head's mark, from the features of the card's second extractor."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        head, encoder = card.extractors
        self.needs = {"windows": Ask(head, (f"features:{encoder}",), view_of(protocol, FRAME))}

    def convert(self, values: np.ndarray) -> np.ndarray:
        return values / 10.0
