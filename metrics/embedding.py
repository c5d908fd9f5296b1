"""Features of frames and texts as unit vectors: what metrics of consistency and of agreement with a text start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.reduce import worst_second
from vbench_py.metrics.views import view_of
from vbench_py.types import TEXT, Ask, BadMedia, Curve, Facts, Score, Series, Unsupported


def units(features: np.ndarray) -> np.ndarray:
    """(N, D) as float64 rows of length 1; a row of zeros stays one."""
    rows = np.asarray(features, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


class EmbeddingMetric:
    """Base of metrics on features: one ask a role, frames from the card's first extractor and texts from its second.

    The protocol names among the card's roles the `texts`; its view holds for all others, but that `image_geometry` is
    the geometry of roles in its `images` (an image is resized by other libraries than a video). `feature` is the array
    that is read.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        self.texts: tuple[str, ...] = tuple(protocol.get("texts", ()))
        self.needs: Mapping[str, Ask] = {role: self._ask(role) for role in card.roles}

    def _ask(self, role: str) -> Ask:
        if role in self.texts:
            return Ask(self.card.extractors[1], (role,), TEXT)
        view = dict(self.protocol)
        if role in self.protocol.get("images", ()):
            view["geometry"] = self.protocol["image_geometry"]
        return Ask(self.card.extractors[0], (role,), view_of(view))

    def frames(self, arrays: Mapping[str, Series], role: str = "video", least: int = 1) -> np.ndarray:
        """Unit features (T, D) float64 of `role`; `Unsupported` when there are fewer frames than `least`."""
        features = units(arrays[role].values[self.protocol.get("feature", "features")])
        if len(features) < least:
            raise Unsupported("frames", f"{self.card.id} needs at least {least} frames of {role}, not {len(features)}")
        return features

    def text(self, arrays: Mapping[str, Series], role: str) -> np.ndarray:
        """Unit feature (D,) float64 of a text."""
        return np.asarray(units(arrays[role].values["features"])[0])

    def cut(self, arrays: Mapping[str, Series]) -> dict[str, float]:
        """`tokens_cut`: how many tokens of the texts did not fit into the network."""
        return {"tokens_cut": float(sum(arrays[role].values["truncated"].sum() for role in self.texts))}

    def mean(self, curve: Curve, facts: Facts, details: Mapping[str, float] | None = None) -> Score:
        """The curve's mean, with the worst second where the fps is known."""
        told = dict(details or {})
        worst = worst_second(curve, float(facts.get("fps") or 0), self.card.direction)
        if worst is not None:
            told["worst_second"] = worst
        return Score(float(np.mean(curve.values)), told, curve)

    def same_length(self, first: np.ndarray, second: np.ndarray, role: str) -> None:
        """`BadMedia` when the video and `role` have different numbers of frames."""
        if len(first) != len(second):
            raise BadMedia(f"{self.card.id} compares frame by frame: the video has {len(first)}, {role} {len(second)}")
