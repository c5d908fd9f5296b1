"""Whether a place looks the same when a video comes back to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.types import FILE, Ask, Curve, Facts, Score, Series, Unsupported


class Revisit:
    """Mean over pairs of frames t and T - 1 - t, the same place on a path that returns the way it came.

    Only for samples whose fact `palindrome` says that the path does so, else `Unsupported`. The curve is by t. Details:
    `farthest`, the pair that lies furthest apart in time; `pairs`. Protocol: `pairs` and `apart`, see the extractor.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        options = tuple((name, protocol[name]) for name in ("apart", "pairs"))
        self.needs: Mapping[str, Ask] = {"pairs": Ask(card.extractors[0], card.roles, FILE, options)}

    def convert(self, values: np.ndarray) -> np.ndarray:
        """The number of each pair from the extractor's value: (P,) float64 to (P,) float64."""
        return values

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        if not facts.get("palindrome"):
            raise Unsupported("palindrome", f"{self.card.id} is for paths that return the way they came")
        series = arrays["pairs"]
        values = self.convert(np.asarray(series.values["value"], dtype=np.float64))
        details = {"farthest": float(values[0]), "pairs": float(len(values))}
        return Score(float(values.mean()), details, Curve(series.index, values))


class RevisitPSNR(Revisit):
    """PSNR of each pair in dB, at most the protocol's `cap_db`."""

    def convert(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.asarray(np.minimum(10 * np.log10(255.0**2 / values), float(self.protocol["cap_db"])))
