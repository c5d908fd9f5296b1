"""Agreement of a clip, seen as a whole, with a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.views import view_of
from vbench_py.types import TEXT, Ask, Curve, Facts, Score, Series, Unsupported, View


class ClipTextSimilarity:
    """Cosine of the vector of a clip and that of a text, the mean over clips where the view cuts several.

    The card's first extractor sees windows of its first role, the second its second role, a text. Details:
    `tokens_cut`, tokens of the text beyond what its encoder reads. The curve is by clip.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        (clips, texts), (video, text) = card.extractors, card.roles
        self.needs: Mapping[str, Ask] = {
            "clips": Ask(clips, (video,), view_of(protocol, View(length=8, stride=8))),
            "text": Ask(texts, (text,), TEXT),
        }

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without a whole clip."""
        clips, text = arrays["clips"], arrays["text"]
        if not len(clips.index):
            raise Unsupported("frames", f"{self.card.id} needs at least {self.card.minimum_frames} frames")
        cosines = _units(clips.values["features"]) @ _units(text.values["features"])[0]
        details = {"tokens_cut": float(text.values["truncated"][0])}
        return Score(float(cosines.mean()), details, Curve(clips.index, cosines))


def _units(vectors: np.ndarray) -> np.ndarray:
    """(N, D) to float64 rows of length one."""
    rows = np.asarray(vectors, dtype=np.float64)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
