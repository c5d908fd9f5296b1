"""Whether several shots tell one story: as many as asked, each of its own text, all of one subject."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.embedding import EmbeddingMetric, units
from vbench_py.metrics.shots import shots_of
from vbench_py.metrics.views import view_of
from vbench_py.types import PAIR, Ask, Curve, Facts, Score, Series, Unsupported

Shots = list[tuple[int, int]]


def cuts_of(changes: np.ndarray, threshold: float, shortest: int) -> list[int]:
    """First frames of new shots, from the change (T - 1,) of each frame but the first to the one before.

    A cut is where the change reaches `threshold`. Of cuts less than `shortest` frames after the last change that
    reached it, those before the first accepted cut are dropped; later ones are merged into the last of their burst,
    once it is that far behind, when the burst lasted that long. 0: every such change is a cut.
    Source: PySceneDetect 0.7.2 `ContentDetector(threshold, min_scene_len)`, filter mode MERGE; equal.
    """
    cuts: list[int] = []
    last, burst = 0, -1
    for t, over in enumerate(np.asarray(changes) >= threshold, 1):
        rested = t - last >= shortest
        last = t if over else last
        if burst >= 0:
            if rested and not over and last - burst >= shortest:
                cuts.append(last)
                burst = -1
        elif over and rested:
            cuts.append(t)
        elif over and cuts:
            burst = t
    return cuts


class Detector:
    """The shots of a video, by the protocol's `detector`: transnetv2 (see `shots.shots_of`) or content (`cuts_of`).

    Its `ask` belongs among the needs of the metric; `threshold` and, for content, `shortest_shot` are in the protocol,
    and for transnetv2 the `cut_view`.
    """

    def __init__(self, protocol: Mapping[str, Any]) -> None:
        self.protocol = protocol
        self._network = protocol["detector"] == "transnetv2"
        view = view_of(protocol["cut_view"]) if self._network else PAIR
        self.ask = Ask("transnetv2" if self._network else "content-change", ("video",), view)

    def curve(self, series: Series, frames: int) -> Curve:
        """What the threshold is held against: the probability of a cut by frame, or the change to each frame."""
        name = "cut" if self._network else "value"
        values = np.asarray(series.values.get(name, []), dtype=np.float64).reshape(-1)[:frames]
        return Curve(np.arange(len(values), dtype=np.int64) + (not self._network), values)

    def shots(self, series: Series, frames: int) -> Shots:
        """First and last frame of each shot, at least one shot."""
        values, threshold = self.curve(series, frames).values, float(self.protocol["threshold"])
        if self._network:
            return shots_of(values, threshold)
        cuts = cuts_of(values, threshold, int(self.protocol["shortest_shot"]))
        return list(zip([0, *cuts], [*(cut - 1 for cut in cuts), frames - 1], strict=True))


class ShotCountMatch:
    """|detected shots - asked shots| / asked shots; the fact `shots` says how many were asked for.

    Details: `shots_found`, `shots_asked`, `shortest_shot` in frames. The curve is the detector's.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.detector = Detector(protocol)
        self.needs: Mapping[str, Ask] = {"cuts": self.detector.ask}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` where the sample does not say how many shots it should have."""
        asked = facts.get("shots")
        if not isinstance(asked, int) or asked < 1:
            raise Unsupported("shots", f"{self.card.id} needs the sample's fact shots, a whole number from 1")
        frames = int(facts["frames"])
        shots = self.detector.shots(arrays["cuts"], frames)
        details = {
            "shots_found": float(len(shots)),
            "shots_asked": float(asked),
            "shortest_shot": float(min(last - first + 1 for first, last in shots)),
        }
        return Score(abs(len(shots) - asked) / asked, details, self.detector.curve(arrays["cuts"], frames))


class ShotFeatures(EmbeddingMetric):
    """What looks at features of frames shot by shot."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        self.detector = Detector(protocol)
        self.needs = {**self.needs, "cuts": self.detector.ask}


class CrossShotConsistency(ShotFeatures):
    """Mean over all pairs of detected shots of the cosine of their mean features, of unit frame features.

    Details: `worst_pair`; `within_shots`, the mean cosine of frames with the mean of their own shot; `shots_found`. The
    curve is the cosine of each frame with the mean of all other shots.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` where fewer than two shots are found."""
        features = self.frames(arrays)
        shots = self.detector.shots(arrays["cuts"], len(features))
        if len(shots) < 2:
            raise Unsupported("shots", f"{self.card.id} compares shots, and this video has one")
        parts = [features[first : last + 1] for first, last in shots]
        means = units(np.stack([part.mean(axis=0) for part in parts]))
        pairs = [float(means[i] @ means[j]) for i, j in combinations(range(len(means)), 2)]
        within = float(np.mean([np.mean(part @ mean) for part, mean in zip(parts, means, strict=True)]))
        details = {"worst_pair": min(pairs), "within_shots": within, "shots_found": float(len(shots))}
        index = np.concatenate([arrays["video"].index[first : last + 1] for first, last in shots])
        others = [part @ units(means.sum(axis=0) - mean) for part, mean in zip(parts, means, strict=True)]
        return Score(float(np.mean(pairs)), details, Curve(index, np.concatenate(others)))


class ShotTextAlignment(ShotFeatures):
    """Mean over the asked shots of the mean cosine of the frames of the k-th detected shot with the k-th text.

    The texts are the lines of the sample's fact `shot_prompts`. A text without a shot counts 0, a shot without a text
    does not count. Details: `shots_found`, `shots_asked`, `worst_shot`, `tokens_cut`, and `others`, the mean cosine of
    the counted shots with the texts of all others: how far above it the value lies tells whether the texts are told
    apart. The curve is by frame.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without a text."""
        features = self.frames(arrays)
        told = arrays[self.texts[0]].values
        texts = units(np.asarray(told["features"])[0][: int(told["lines"][0])])
        if not len(texts):
            raise Unsupported(self.texts[0], f"{self.card.id} needs a line of text for each shot")
        shots = self.detector.shots(arrays["cuts"], len(features))
        parts = [features[first : last + 1] @ texts.T for first, last in shots][: len(texts)]
        table = np.array([part.mean(axis=0) for part in parts])
        own = np.zeros(len(texts))
        own[: len(parts)] = np.diagonal(table)
        details = {
            "shots_found": float(len(shots)),
            "shots_asked": float(len(texts)),
            "worst_shot": float(own.min()),
            **self.cut(arrays),
        }
        if len(texts) > 1:
            details["others"] = float((table.sum() - own.sum()) / (len(parts) * (len(texts) - 1)))
        index = np.concatenate([arrays["video"].index[first : last + 1] for first, last in shots[: len(parts)]])
        curve = np.concatenate([part[:, k] for k, part in enumerate(parts)])
        return Score(float(own.mean()), details, Curve(index, curve))
