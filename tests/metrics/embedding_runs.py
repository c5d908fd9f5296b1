"""What tests of metrics on features share: the references' numbers, small networks' features, hand-made features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.networks.embeddings import REAL_CLIP
from tests.metrics.running import METRICS, build, metric
from vbench_py.features.geometry import apply
from vbench_py.metrics.views import view_of
from vbench_py.types import Ask, Facts, Score, Series

DATA = Path(__file__).parents[1] / "data"
WHICH = [
    "texture",
    pytest.param("lavie", marks=pytest.mark.skipif(not REAL_CLIP.is_file(), reason="shared/data is not here")),
]


@cache
def references() -> dict[str, Any]:
    """The reference repositories' numbers; see tests/data/make_embedding_references.py."""
    return dict(json.loads((DATA / "embedding_references.json").read_text(encoding="utf-8")))


@cache
def reference_features() -> Mapping[str, np.ndarray]:
    with np.load(DATA / "embedding_references.npz") as arrays:
        return dict(arrays)


def small(extractor: str) -> Any:
    """The small network under an extractor's id, loaded on the CPU."""
    return build(Ask(extractor, ("video",)))


def features(extractor: str, clip: np.ndarray, geometry_of: str, name: str = "features") -> np.ndarray:
    """What the small network says of (T, H, W, 3) uint8 frames under the geometry of the metric `geometry_of`."""
    frames = apply(view_of(METRICS[geometry_of].protocol).geometry, clip)
    return np.asarray(small(extractor)(frames[:, None])[name])


def score_features(name: str, arrays: Mapping[str, Mapping[str, Any]], **facts: Any) -> Score:
    """The score of a metric on hand-made arrays by need and name."""
    made = {
        need: Series(np.arange(len(next(iter(values.values())))), {k: np.asarray(v) for k, v in values.items()})
        for need, values in arrays.items()
    }
    return metric(name).score(made, Facts(facts))  # type: ignore[no-any-return]
