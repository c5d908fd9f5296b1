"""Physics-IQ: does motion happen where, when and as much as in the real clip; and the total, against real variation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.reduce import worst_second
from vbench_py.types import FILE, Ask, Curve, Facts, Score, Series, SetRow, Unsupported

_CLOSE = 1e-3
"""Seconds by which a clip's length may differ from the protocol's, as in the reference."""


def _ratio(shared: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """Intersection over union; 1 where nothing moved in either clip."""
    return np.where(joint > 0, shared / np.maximum(joint, 1), 1.0)


def by_frame(series: Series, measure: str) -> np.ndarray:
    """A measure by frame, (F,) float64: `mse` and `spatiotemporal-iou` of that frame, the others of all so far."""
    if measure == "mse":
        return np.asarray(series.values["mse"], dtype=np.float64)
    kind = {"spatial-iou": "spatial_", "spatiotemporal-iou": "", "weighted-spatial-iou": "weighted_"}[measure]
    return _ratio(series.values[f"{kind}intersection"], series.values[f"{kind}union"])


def of_clip(series: Series, measure: str) -> float:
    """A measure of the whole clip: the mean over frames, or what the last frame completes."""
    values = by_frame(series, measure)
    return float(values.mean() if measure in ("mse", "spatiotemporal-iou") else values[-1])


def ask(card: MetricCard, protocol: Mapping[str, Any], roles: tuple[str, str]) -> Ask:
    """What two clips share; the protocol's `options` go to the extractor."""
    return Ask(card.extractors[0], roles, FILE, tuple(sorted(protocol.get("options", {}).items())))


class PhysicsMeasure:
    """One measure of one clip against the real one. Protocol: `measure`, `seconds` that a clip lasts (0: any)."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.measure = str(protocol["measure"])
        self.seconds = float(protocol["seconds"])
        self.needs: Mapping[str, Ask] = {"motion": ask(card, protocol, ("video", "target"))}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` for a clip of another length."""
        series = arrays["motion"]
        fps = float(facts.get("fps") or 0)
        if self.seconds and abs((len(series.index) / fps if fps > 0 else 0.0) - self.seconds) > _CLOSE:
            raise Unsupported(
                "frames",
                f"{self.card.id} compares clips of {self.seconds:g} s, this one has {len(series.index)} frames at"
                f" {fps:g} a second; the protocol's seconds = 0 takes any",
            )
        values = by_frame(series, self.measure)
        if self.measure not in ("mse", "spatiotemporal-iou"):
            return Score(of_clip(series, self.measure))
        curve = Curve(series.index, values)
        worst = worst_second(curve, fps, self.card.direction)
        return Score(float(values.mean()), {} if worst is None else {"worst_second": worst}, curve)


class PhysicsTotal:
    """Physics-IQ of a set, 0..100: 100 is what a second take of the same scene scores against the first.

    100 (mean of the three overlaps, each over the one of both real takes, - (MSE - the takes' MSE)), cut to 0..100.
    With the protocol's `rounded`, frames' MSE and overlaps, the takes' means and the total are rounded as published
    (4 decimals; 5 for the takes' spatial overlap; 2 for the total). Details: the eight means. Clips count equally, as
    in the full set. No interval: numerators and denominators vary together over scenes.
    """

    DECIMALS: Mapping[str, int] = {"spatial-iou": 5, "spatiotemporal-iou": 4, "weighted-spatial-iou": 4, "mse": 4}

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.rounded = bool(protocol["rounded"])
        self.needs: Mapping[str, Ask] = {
            "model": ask(card, protocol, ("video", "target")),
            "takes": ask(card, protocol, ("take2", "target")),
        }

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        """The total of the set; `Unsupported` when the two takes share no motion at all."""
        model = {measure: self._mean(rows, "model", measure) for measure in self.DECIMALS}
        takes = {measure: self._mean(rows, "takes", measure) for measure in self.DECIMALS}
        if self.rounded:
            takes = {measure: round(value, self.DECIMALS[measure]) for measure, value in takes.items()}
        overlaps = [measure for measure in self.DECIMALS if measure != "mse"]
        nothing = [measure for measure in overlaps if not takes[measure]]
        if nothing:
            raise Unsupported("take2", f"{self.card.id}: the two real takes have {nothing[0]} 0, nothing to divide by")
        shared = sum(model[measure] / takes[measure] for measure in overlaps) / len(overlaps)
        total = min(max(100 * (shared - (model["mse"] - takes["mse"])), 0.0), 100.0)
        details = dict(model)
        details |= {f"takes-{measure}": value for measure, value in takes.items()}
        return Score(round(total, 2) if self.rounded else total, details)

    def _mean(self, rows: Sequence[SetRow], need: str, measure: str) -> float:
        """The mean over clips of a measure."""
        if not self.rounded or measure not in ("mse", "spatiotemporal-iou"):
            return float(np.mean([of_clip(row.arrays[need], measure) for row in rows]))
        return float(np.mean([np.round(by_frame(row.arrays[need], measure), 4).mean() for row in rows]))
