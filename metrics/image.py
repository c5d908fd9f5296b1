"""Whether a video keeps to an image it was made from, or to another video of the same sample: cosines of features."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.consistency import adjacent, slope
from vbench_py.metrics.embedding import EmbeddingMetric
from vbench_py.types import Curve, Facts, Score, Series


class ImageAlignment(EmbeddingMetric):
    """0.4 max_t c(image, f_t) + 0.3 mean_t c(f_{t-1}, f_t) + 0.3 min_t c(f_{t-1}, f_t), c the cosine, negative as 0.

    The image is the card's second role. The curve is c(image, f_t): only its best frame enters the number.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        features = self.frames(arrays, least=2)
        image = self.frames(arrays, self.card.roles[1])[0]
        conformity = np.maximum(features @ image, 0.0)
        steps = np.maximum(adjacent(features), 0.0)
        best, middle, worst = float(conformity.max()), float(steps.mean()), float(steps.min())
        details = {"best_frame": best, "mean_step": middle, "worst_step": worst}
        return Score(0.4 * best + 0.3 * middle + 0.3 * worst, details, Curve(arrays["video"].index, conformity))


class IdentityDrift(EmbeddingMetric):
    """Cosine of the image (the card's second role) with the last frame; the curve is that with every frame.

    Details: `mean` of the curve, `slope_per_frame` and, where the fps is known, `slope_per_second`.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        index = arrays["video"].index
        curve = self.frames(arrays) @ self.frames(arrays, self.card.roles[1])[0]
        details = {"mean": float(curve.mean()), "slope_per_frame": slope(index.astype(np.float64), curve)}
        fps = float(facts.get("fps") or 0)
        if fps > 0:
            details["slope_per_second"] = details["slope_per_frame"] * fps
        return Score(float(curve[-1]), details, Curve(index, curve))


class FrameByFrame(EmbeddingMetric):
    """Mean over frames of the cosine of the video's frame with that of the card's second role."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        role = self.card.roles[1]
        features, other = self.frames(arrays), self.frames(arrays, role)
        self.same_length(features, other, role)
        return self.mean(Curve(arrays["video"].index, np.einsum("td,td->t", features, other)), facts)
