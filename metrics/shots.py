"""How many shots a video has, and how often it cuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.views import view_of
from vbench_py.types import Ask, Curve, Facts, Score, Series, Unsupported


def shots_of(probabilities: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    """First and last frame of each shot, from the probability of a cut by frame (T,).

    A shot ends at the first frame above `threshold` and the next one starts after the last such frame in a row; frames
    above it at the very end are no shot of their own. One shot where nothing else is found.
    soCzech/TransNetV2@85cef72 inference/transnetv2.py:TransNetV2.predictions_to_scenes, equal.
    """
    above = probabilities > threshold
    before, after = above[:-1], above[1:]
    starts = [*([] if above[0] else [0]), *(np.flatnonzero(before & ~after) + 1).tolist()]
    ends = [*(np.flatnonzero(~before & after) + 1).tolist(), *([] if above[-1] else [len(above) - 1])]
    return list(zip(starts, ends, strict=True)) or [(0, len(above) - 1)]


class ShotCount:
    """Number of shots.

    The view gives windows whose middle frames, put behind each other, are the video and padding at its end. Details:
    `cuts`, `shortest_shot` and `longest_shot` in frames. The curve is the probability of a cut by frame.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.threshold = float(protocol["threshold"])
        self.needs: Mapping[str, Ask] = {"windows": Ask(card.extractors[0], card.roles, view_of(protocol))}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        frames = int(facts["frames"])
        probabilities = np.asarray(arrays["windows"].values["cut"], dtype=np.float64).reshape(-1)[:frames]
        shots = shots_of(probabilities, self.threshold)
        lengths = [last - first + 1 for first, last in shots]
        details = {
            "cuts": float(len(shots) - 1),
            "shortest_shot": float(min(lengths)),
            "longest_shot": float(max(lengths)),
        }
        curve = Curve(np.arange(len(probabilities), dtype=np.int64), probabilities)
        return Score(self.value(len(shots), facts), details, curve)

    def value(self, shots: int, facts: Facts) -> float:
        return float(shots)


class CutRate(ShotCount):
    """Cuts per second, `Unsupported` where the fps is not known."""

    def value(self, shots: int, facts: Facts) -> float:
        fps = float(facts.get("fps") or 0)
        if not fps > 0:
            raise Unsupported("fps", "cuts per second need the fps of the video, which is not known")
        return (shots - 1) * fps / int(facts["frames"])
