"""ST-RRED: how much the entropies of the wavelet bands of frames, and of their differences, are off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.types import FILE, Ask, Curve, Facts, Score, Series


class STRRED:
    """The product of the means over pairs of each array in the protocol's `parts`; the curve is that of the pairs.

    Source: Soundararajan and Bovik 2013, as skvideo.measure.strred: means first, then the product.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.parts = tuple(protocol["parts"])
        self.needs: Mapping[str, Ask] = {"pairs": Ask(card.extractors[0], card.roles, FILE)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        pairs = arrays["pairs"]
        values = np.stack([np.asarray(pairs.values[part], dtype=np.float64) for part in self.parts])
        means = values.mean(axis=1)
        details = dict(zip(self.parts, map(float, means), strict=True)) if len(self.parts) > 1 else {}
        return Score(float(means.prod()), details, Curve(pairs.index, values.prod(axis=0)))
