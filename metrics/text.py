"""Whether a video shows what a text says: cosines between features of frames and of texts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.embedding import EmbeddingMetric, units
from vbench_py.types import Curve, Facts, Score, Series, Unsupported


class TextSimilarity(EmbeddingMetric):
    """Mean over frames of the protocol's `scale` times the cosine of frame and text."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        cosines = self.frames(arrays) @ self.text(arrays, self.texts[0])
        curve = Curve(arrays["video"].index, float(self.protocol["scale"]) * cosines)
        return self.mean(curve, facts, self.cut(arrays))


class MeanFeatureSimilarity(EmbeddingMetric):
    """Cosine of the text with the mean of the frames' unit features."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        features, text = self.frames(arrays), self.text(arrays, self.texts[0])
        value = float(units(features.mean(0)) @ text)
        return Score(value, self.cut(arrays), Curve(arrays["video"].index, features @ text))


class PickScore(EmbeddingMetric):
    """Mean over frames of exp(logit_scale) times the cosine of frame and text."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        text = self.texts[0]
        scale = float(arrays[text].values["scale"][0])
        curve = Curve(arrays["video"].index, scale * (self.frames(arrays) @ self.text(arrays, text)))
        return self.mean(curve, facts, self.cut(arrays))


class SuccessRate(EmbeddingMetric):
    """Share of frames that lie at least as near to the target text as to the source text.

    Detail `margin`: mean over frames of the difference of the two cosines.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        features = self.frames(arrays)
        target, source = (self.text(arrays, role) for role in self.texts)
        margins = features @ target - features @ source
        curve = Curve(arrays["video"].index, (margins >= 0).astype(np.float64))
        return self.mean(curve, facts, {"margin": float(margins.mean()), **self.cut(arrays)})


class DirectionalSimilarity(EmbeddingMetric):
    """Mean over frames of the cosine of (edited - source frame) with (target - source text), all of unit length first.

    A frame that the edit left as it was has no direction and counts 0. `Unsupported` when the two texts are one.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        edited, source = self.frames(arrays), self.frames(arrays, "source")
        self.same_length(edited, source, "source")
        target_text, source_text = (self.text(arrays, role) for role in self.texts)
        wanted = target_text - source_text
        if not wanted.any():
            raise Unsupported("source_prompt", f"{self.card.id}: source and target text are the same")
        curve = Curve(arrays["video"].index, units(edited - source) @ units(wanted))
        return self.mean(curve, facts, self.cut(arrays))
