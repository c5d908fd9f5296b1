"""Whether a video shows the subject of reference images: cosines of features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.embedding import EmbeddingMetric, units
from vbench_py.metrics.views import view_of
from vbench_py.types import FRAME, Ask, Curve, Facts, Score, Series, Unsupported


class ReferenceSimilarity(EmbeddingMetric):
    """Mean over frames and over the reference's images of the cosine of their features; the curve is by frame.

    Details: `references`, how many images; `best_reference` and `worst_reference`, the means over frames.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without a frame or an image."""
        return self.compare(self.frames(arrays), arrays["video"].index, self.frames(arrays, "reference"), facts)

    def compare(self, features: np.ndarray, index: np.ndarray, images: np.ndarray, facts: Facts) -> Score:
        """From unit features of frames (T, D), their numbers (T,), and unit features of images (R, D)."""
        cosines = features @ images.T
        means = cosines.mean(axis=0)
        details = {
            "references": float(len(images)),
            "best_reference": float(means.max()),
            "worst_reference": float(means.min()),
        }
        return self.mean(Curve(index, cosines.mean(axis=1)), facts, details)


class SubjectSimilarity(ReferenceSimilarity):
    """`ReferenceSimilarity` of the subject cut out by a mask: the card's first extractor reads video and mask.

    The reference's images are taken whole, by the second extractor. Frames without the subject are left out: detail
    `frames_left_out`.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        self.texts = ()
        self.needs = {
            "video": Ask(card.extractors[0], ("video", "subject_mask"), FRAME),
            "reference": Ask(card.extractors[1], ("reference",), view_of(protocol)),
        }

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` where no frame's mask holds a pixel."""
        features = np.asarray(arrays["video"].values["features"], dtype=np.float64)
        seen = ~np.isnan(features).any(axis=1)
        if not seen.any():
            raise Unsupported("subject_mask", f"{self.card.id}: the mask is empty in every frame")
        made = self.compare(units(features[seen]), arrays["video"].index[seen], self.frames(arrays, "reference"), facts)
        return Score(made.value, {**made.details, "frames_left_out": float(np.sum(~seen))}, made.curve)
