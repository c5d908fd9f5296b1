"""Whether a video keeps to itself: cosines between features of its frames."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.embedding import EmbeddingMetric
from vbench_py.types import Curve, Facts, Score, Series, Unsupported


def adjacent(features: np.ndarray) -> np.ndarray:
    """Cosine of each unit feature (T, D) with the one before, (T - 1,)."""
    return np.asarray(np.einsum("td,td->t", features[1:], features[:-1]))


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """Least-squares slope of `y` over `x`; 0 where all `x` are equal."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    return float(centred @ y) / spread if spread else 0.0


class FirstAndPrevious(EmbeddingMetric):
    """Mean over frames t >= 1 of half the cosine with frame t - 1 and half that with frame 0, negative ones as 0."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        features = self.frames(arrays, least=2)
        with_first = np.maximum(features[1:] @ features[0], 0.0)
        with_previous = np.maximum(adjacent(features), 0.0)
        details = {"first": float(with_first.mean()), "previous": float(with_previous.mean())}
        return self.mean(Curve(arrays["video"].index[1:], (with_first + with_previous) / 2), facts, details)


class Adjacent(EmbeddingMetric):
    """Mean cosine of consecutive frames; the protocol's `clamp` counts negative cosines as 0."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        values = adjacent(self.frames(arrays, least=2))
        return self.mean(
            Curve(arrays["video"].index[1:], np.maximum(values, 0.0) if self.protocol["clamp"] else values), facts
        )


class AllPairs(EmbeddingMetric):
    """Mean cosine over all ordered pairs of different frames; the curve is each frame's mean with the others.

    Works on the sum of the unit features: memory grows with the frames, not with their square.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        features = self.frames(arrays, least=2)
        own = np.einsum("td,td->t", features, features)
        others = (features @ features.sum(0) - own) / (len(features) - 1)
        return self.mean(Curve(arrays["video"].index, others), facts)


class Drift(EmbeddingMetric):
    """Mean over the distances `frames` of the mean over t of cos(f_t, f_{t + distance}); the curve is cos(f_0, f_t).

    Distances that the video is too short for are left out: details name the rest as `after_<n>_frames`, beside
    `after_<n>_seconds` for the distances `seconds` where the fps is known, `area` (the curve's mean), `slope_per_frame`
    and `slope_per_second` of the curve.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        features = self.frames(arrays, least=2)
        fps = float(facts.get("fps") or 0)
        after = {n: distant(features, n) for n in self.protocol["frames"] if n < len(features)}
        if not after:
            raise Unsupported("frames", f"{self.card.id} needs more than {min(self.protocol['frames'])} frames")
        details = {f"after_{n}_frames": value for n, value in after.items()}
        if fps > 0:
            for seconds in self.protocol["seconds"]:
                frames = round(seconds * fps)
                if 0 < frames < len(features):
                    details[f"after_{seconds}_seconds"] = distant(features, frames)
        index = arrays["video"].index
        curve = features @ features[0]
        details["area"] = float(curve.mean())
        details["slope_per_frame"] = slope(index.astype(np.float64), curve)
        if fps > 0:
            details["slope_per_second"] = details["slope_per_frame"] * fps
        return Score(float(np.mean([*after.values()])), details, Curve(index, curve))


def distant(features: np.ndarray, frames: int) -> float:
    """Mean cosine of unit features (T, D) that lie `frames` apart."""
    return float(np.einsum("td,td->t", features[frames:], features[:-frames]).mean())
