"""Whether a video's motion is the one that was asked for, by points followed through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.reduce import worst_second
from vbench_py.types import FILE, Ask, BadMedia, Curve, Facts, Score, Series, Unsupported


class TrajectoryError:
    """Mean, over asked points where they are to be seen and frames from the second on, of distance / frame diagonal.

    A point that is lost counts with its last known place. Details: `pixels`, the mean distance; `lost_share` of what
    is counted; `points`, how many start, and `points_left_out`, those that are not in frame 0. The curve is by frame.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.options = tuple(sorted(protocol["options"].items()))
        self.needs: Mapping[str, Ask] = {"points": Ask(card.extractors[0], ("video", "tracks"), FILE, self.options)}

    def distances(self, arrays: Mapping[str, Series]) -> np.ndarray:
        """How far each point is off in each frame, (T, N) in pixels, NaN where it does not count."""
        return np.asarray(arrays["points"].values["distance"], dtype=np.float64)

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` where no asked point can be compared."""
        series = arrays["points"]
        distance, lost = self.distances(arrays)[1:], np.asarray(series.values["lost"], dtype=np.float64)[1:]
        counts = ~np.isnan(distance)
        if not counts.any():
            raise Unsupported("tracks", f"{self.card.id}: no asked point is seen in the first frame and in a later one")
        share = np.where(counts, distance, 0.0) / np.asarray(series.values["diagonal"])[1:, None]
        some = counts.any(axis=1)
        curve = Curve(series.index[1:][some], share.sum(axis=1)[some] / counts.sum(axis=1)[some])
        started = ~np.isnan(np.asarray(series.values["distance"], dtype=np.float64)[0])
        details = {
            "pixels": float(np.mean(distance[counts])),
            "lost_share": float(np.mean(lost[counts])),
            "points": float(started.sum()),
            "points_left_out": float((~started).sum()),
        }
        worst = worst_second(curve, float(facts.get("fps") or 0), self.card.direction)
        if worst is not None:
            details["worst_second"] = worst
        return Score(float(share.sum() / counts.sum()), details, curve)


class TrajectoryMatch(TrajectoryError):
    """`TrajectoryError` with the places where the same points of the target, followed likewise, are found.

    What the tracker cannot follow it does not follow in either, so that the target itself has no error at all.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        self.needs = {**self.needs, "target": Ask(card.extractors[0], ("target", "tracks"), FILE, self.options)}

    def distances(self, arrays: Mapping[str, Series]) -> np.ndarray:
        """As there; `BadMedia` when video and target have different numbers of frames."""
        here, there = (np.asarray(arrays[n].values["position"], dtype=np.float64) for n in ("points", "target"))
        if here.shape != there.shape:
            raise BadMedia(f"{self.card.id}: the video has {len(here)} frames, the target {len(there)}")
        return np.where(np.isnan(super().distances(arrays)), np.nan, np.linalg.norm(here - there, axis=2))


def similarity(first: np.ndarray, second: np.ndarray, still: float) -> np.ndarray:
    """Mean cosine of the steps of every track of one video with every track of another, (N, M) float64.

    `first` (N, T, 2), `second` (M, T, 2) in pixels. A step no longer than `still` has no direction: two such agree (1),
    one of them and a step that has one do not (0).
    Source: diffusion-motion-transfer@da9d4c3 `motion_fidelity_score.py:get_similarity_matrix`, equal to 1e-6 where
    every step is longer (a step of length 0 makes it NaN there).
    """
    rows = []
    for tracks in (first, second):
        steps = np.diff(np.asarray(tracks, dtype=np.float64), axis=1)
        lengths = np.linalg.norm(steps, axis=2, keepdims=True)
        moves = lengths > still
        rows.append(np.concatenate([np.where(moves, steps / np.where(moves, lengths, 1.0), 0.0), ~moves], axis=2))
    one, other = (row.reshape(len(row), row.shape[1] * 3) for row in rows)
    return np.asarray(one @ other.T / (first.shape[1] - 1))


class MotionFidelity:
    """Mean over tracks of the similarity to the most similar track of the other video, the mean of both directions.

    Only points count that are followed to the last frame. Details: `video_to_source` and `source_to_video`, the two
    directions; `video_followed` and `source_followed`, the share of the grid's points that count.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.still = float(protocol["still"])
        options = tuple(sorted(protocol["options"].items()))
        self.needs: Mapping[str, Ask] = {role: Ask(card.extractors[0], (role,), FILE, options) for role in card.roles}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `BadMedia` for unlike lengths, `Unsupported` where no point can be followed."""
        tracks, details = [], {}
        for role in self.card.roles:
            series = arrays[role]
            kept = np.asarray(series.values["followed"], dtype=bool)[-1]
            if not kept.any():
                raise Unsupported(role, f"{self.card.id}: no point of the grid can be followed through the {role}")
            tracks.append(np.moveaxis(np.asarray(series.values["position"]), 0, 1)[kept])
            details[f"{role}_followed"] = float(kept.mean())
        one, other = tracks
        if one.shape[1] != other.shape[1]:
            raise BadMedia(f"{self.card.id}: the video has {one.shape[1]} frames, the source {other.shape[1]}")
        if one.shape[1] < 2:
            raise Unsupported("frames", f"{self.card.id} needs at least 2 frames")
        found = similarity(one, other, self.still)
        there, back = float(found.max(axis=1).mean()), float(found.max(axis=0).mean())
        return Score((there + back) / 2, {"video_to_source": there, "source_to_video": back, **details})
