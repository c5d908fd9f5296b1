"""Runs one metric on clips in memory, without the harness: cards, windows, extractor, metric."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import vbench_py.metrics
from vbench_py.cards import ExtractorCard, MetricCard, validate
from vbench_py.types import Facts, Score, Series

FOLDER = Path(str(vbench_py.metrics.__file__)).parent


def tables(kind: str, folder: Path = FOLDER) -> Iterator[tuple[dict[str, Any], Path]]:
    """Every `[[kind]]` table of the catalogue with its file."""
    for path in sorted(folder.rglob("*.toml")):
        for table in tomllib.loads(path.read_text(encoding="utf-8")).get(kind, []):
            yield table, path


METRICS: dict[str, MetricCard] = {table["id"]: validate("metric", table, path) for table, path in tables("metric")}
EXTRACTORS: dict[str, ExtractorCard] = {
    table["id"]: validate("extractor", table, path) for table, path in tables("extractor")
}
WINDOWED = [
    name for name, card in METRICS.items() if card.extractors and card.extractors[0] not in ("vmaf", "lpips-vgg")
]


def entry(text: str) -> Any:
    module, _, name = text.partition(":")
    return getattr(importlib.import_module(module), name)


def score(
    name: str,
    roles: Mapping[str, np.ndarray],
    *,
    facts: Mapping[str, Any] | None = None,
    weights: Mapping[str, Path] | None = None,
    batch: int = 0,
) -> Score:
    """The score of metric `name` on (T, H, W, 3) uint8 clips by role, in batches of `batch` windows (0: all)."""
    card = METRICS[name]
    metric = entry(card.entry)(card, card.protocol)
    frames = len(next(iter(roles.values())))
    arrays = {}
    for key, ask in metric.needs.items():
        extractor_card = EXTRACTORS[ask.extractor]
        extractor = entry(extractor_card.entry)({**extractor_card.options, **dict(ask.options)}, weights or {})
        extractor.load("cpu")
        index = np.arange(ask.view.offset, frames - ask.view.length + 1, ask.view.stride)
        if not len(index):
            arrays[key] = Series(index, {"value": np.zeros(0)})
            continue
        windows = [np.stack([roles[role][i : i + ask.view.length] for i in index]) for role in ask.on]
        step = batch or len(index)
        parts = [extractor(*(w[i : i + step] for w in windows)) for i in range(0, len(index), step)]
        arrays[key] = Series(index, {k: np.concatenate([part[k] for part in parts]) for k in parts[0]})
        extractor.close()
    return metric.score(arrays, Facts({"frames": frames, **(facts or {})}))  # type: ignore[no-any-return]


def values(name: str, roles: Mapping[str, np.ndarray], **keywords: Any) -> np.ndarray:
    """The curve of metric `name` as (W,) float64."""
    curve = score(name, roles, **keywords).curve
    assert curve is not None
    return curve.values
