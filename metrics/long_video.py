"""Consistency of a long video within short clips of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.consistency import adjacent
from vbench_py.metrics.embedding import EmbeddingMetric
from vbench_py.types import Curve, Facts, Score, Series, Unsupported


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


def clip_starts(frames: int, length: int) -> list[int]:
    """First frames of the clips of `length` frames, end to end; the last reaches back into the one before it."""
    starts = list(range(0, frames - length + 1, length))
    return starts if frames % length == 0 else [*starts, frames - length]
