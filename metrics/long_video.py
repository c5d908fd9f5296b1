"""Consistency of a long video: within short clips of it, between them, and as it grows apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.consistency import adjacent
from vbench_py.metrics.embedding import EmbeddingMetric, units
from vbench_py.metrics.views import geometry_of
from vbench_py.types import Ask, Curve, Facts, Score, Series, Unsupported


class InClip(EmbeddingMetric):
    """Mean over clips of `seconds` of VBench's consistency with the clip's first and the previous frame.

    Of each frame but a clip's first: half the cosine with the frame before and half that with the clip's first frame,
    negative ones as 0. Clips follow `clip_starts`. The curve is by clip. Details: `clips`, `clip_frames`, and `worst`.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without a frame rate or two frames a clip."""
        fps = int(float(facts.get("fps") or 0))
        features = self.frames(arrays, least=2)
        length = min(fps * int(self.protocol["seconds"]), len(features))
        if length < 2:
            raise Unsupported("fps", f"{self.card.id} needs two frames in {self.protocol['seconds']} s, has {length}")
        starts = clip_starts(len(features), length)
        with_previous = np.maximum(adjacent(features), 0.0)
        found = []
        for start in starts:
            with_first = np.maximum(features[start + 1 : start + length] @ features[start], 0.0)
            found.append(float(np.mean(with_first + with_previous[start : start + length - 1]) / 2))
        details = {"clips": float(len(starts)), "clip_frames": float(length), "worst": min(found)}
        curve = Curve(arrays["video"].index[np.array(starts)], np.array(found))
        return Score(float(np.mean(found)), details, curve)


class InClipAndBetween(InClip):
    """`InClip`, and the same formula on the first frames of the clips, seen by another network, each with its weight.

    What is found between clips is brought to the range of what is found within them by the protocol's `mapping`:
    values at evenly spaced scores from 0 to 1, linear in between. `weights` are those within and between; where the
    mapped value is 0, and for a video of one clip, the number within counts alone. The card's second extractor, with
    `between_geometry`, sees the first frames. Details: also `in_clip`, `between` and `between_mapped`.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        (role,) = card.roles
        view = replace(self.needs[role].view, geometry=geometry_of(protocol["between_geometry"]))
        self.needs = {**self.needs, "between": Ask(card.extractors[1], (role,), view)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """As `InClip`."""
        within = super().score(arrays, facts)
        features = units(arrays["between"].values["features"])
        starts = clip_starts(len(features), int(within.details["clip_frames"]))
        if len(starts) == 1:
            return replace(within, details={**within.details, "in_clip": within.value})
        first = features[starts]
        between = np.maximum(first[1:] @ first[0], 0.0) + np.maximum(adjacent(first), 0.0)
        found = float(np.mean(between) / 2)
        table = self.protocol["mapping"]
        mapped = float(np.interp(found, np.linspace(0, 1, len(table)), table))
        inside, across = (float(weight) for weight in self.protocol["weights"])
        value = inside * within.value + across * mapped if mapped else within.value
        details = {**within.details, "in_clip": within.value, "between": found, "between_mapped": mapped}
        return replace(within, value=value, details=details)


class DriftArea(EmbeddingMetric):
    """Area under c(d) over distances d from 0 to `horizon_seconds`, divided by its seconds: 1 is no drift.

    c(d) is the mean over t of cos(f_t, f_{t + d}), the area that of its trapezoids. A shorter video is taken as far as
    it goes: compare only equal `seconds`. The curve is c by distance in frames. Details: `seconds`; `end`, c at the
    last distance; `half_seconds`, the first distance at which c lies half way from 1 to 0, where it gets there.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without a frame rate or two frames."""
        fps = float(facts.get("fps") or 0)
        if not fps > 0:
            raise Unsupported("fps", f"{self.card.id} measures in seconds, and the video has no frame rate")
        features = self.frames(arrays, least=2)
        reach = min(int(float(self.protocol["horizon_seconds"]) * fps + 1e-6), len(features) - 1)
        if reach < 1:
            raise Unsupported("fps", f"{self.card.id}: two frames lie further apart than the horizon")
        apart = [np.einsum("td,td->t", features[: len(features) - d], features[d:]).mean() for d in range(reach + 1)]
        curve = np.array(apart)
        area = float((curve.sum() - (curve[0] + curve[-1]) / 2) / reach)
        details = {"seconds": reach / fps, "end": float(curve[-1])}
        if (curve <= 0.5).any():
            details["half_seconds"] = float(np.argmax(curve <= 0.5)) / fps
        return Score(area, details, Curve(np.arange(reach + 1), curve))


def clip_starts(frames: int, length: int) -> list[int]:
    """First frames of the clips of `length` frames, end to end; the last reaches back into the one before it."""
    starts = list(range(0, frames - length + 1, length))
    return starts if frames % length == 0 else [*starts, frames - length]
