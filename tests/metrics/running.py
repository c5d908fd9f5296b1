"""Runs one metric on clips in memory, through the harness's own windows and views but without files: card to score."""

from __future__ import annotations

import functools
import importlib
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vbench_py.metrics
from tests.metrics.networks import Small, small_networks
from vbench_py.cards import ExtractorCard, MetricCard, validate
from vbench_py.features import batches
from vbench_py.features.asks import extractors_of, roles_of, sources_of
from vbench_py.features.batches import Gathered
from vbench_py.features.extraction import Extraction, of_texts
from vbench_py.promises.truths import write_role
from vbench_py.types import Ask, Extractor, Facts, Score, Series, SetRow
from vbench_py.video import Order, grid_cells

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
ISOLATED = {
    name: EXTRACTORS[item].environment
    for name, card in METRICS.items()
    for item in card.extractors
    if EXTRACTORS[item].environment
}
"""Metrics whose arithmetic is foreign code, with the environment that it runs in."""


def entry(text: str) -> Any:
    module, _, name = text.partition(":")
    return getattr(importlib.import_module(module), name)


@functools.cache
def metric(name: str) -> Any:
    return entry(METRICS[name].entry)(METRICS[name], METRICS[name].protocol)


@functools.cache
def _smalls() -> Mapping[str, Small]:
    return small_networks()


@functools.cache
def _small_weights(extractor: str) -> Mapping[str, Path]:
    """Random checkpoints of a small network, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix=f"vbench-py-{extractor}-"))
    return dict(_smalls()[extractor].make(folder))


@functools.cache
def _small(ask_extractor: str, options: tuple[tuple[str, Any], ...]) -> Extractor:
    card = EXTRACTORS[ask_extractor]
    small = _smalls().get(ask_extractor, Small())
    weights = _small_weights(ask_extractor) if ask_extractor in _smalls() else {}
    made: Extractor = entry(card.entry)({**card.options, **small.options, **dict(options)}, weights)
    made.load("cpu")
    return made


def build(ask: Ask, weights: Mapping[str, Path] | None = None, options: Mapping[str, Any] | None = None) -> Extractor:
    """The extractor of an ask: on `weights`, else small with random weights (see `tests.metrics.networks`)."""
    card = EXTRACTORS[ask.extractor]
    if card.checkpoints and weights is None:
        return _small(ask.extractor, ask.options)
    made: Extractor = entry(card.entry)({**card.options, **dict(ask.options), **(options or {})}, weights or {})
    made.load("cpu")
    return made


def needs_small(name: str) -> bool:
    """Whether a metric reads a network that no module of `tests.metrics.networks` can make small."""
    extractors = {item for ask in metric(name).needs.values() for item in extractors_of(ask)}
    return any(EXTRACTORS[item].checkpoints and item not in _smalls() for item in extractors)


def arrays(
    name: str,
    roles: Mapping[str, np.ndarray],
    *,
    facts: Mapping[str, Any] | None = None,
    weights: Mapping[str, Path] | None = None,
    batch: int = 0,
    texts: Mapping[str, str] | None = None,
) -> dict[str, Series]:
    """What extractors say for every need of a metric, on (T, H, W, 3) uint8 clips by role and texts by name.

    Other kinds than video have their own frames (see `vbench_py.types.Extractor`); a grid has an axis of views in
    front. Depth is in metres, unless the facts say another `unit`.
    """
    given = {"prompt": "a prompt", **(texts or {})}
    found: dict[str, Series] = {}
    for need, ask in metric(name).needs.items():
        if ask.view.unit == "text":
            found[need] = of_texts(build(ask, weights), [given[text] for text in ask.on])
        elif ask.view.unit == "file":
            found[need] = of_files(name, ask, roles, facts, weights)
        else:
            work = Extraction()
            gathered = feed(work, ask, roles, facts=facts, weights=weights, batch=batch)
            work.flush()
            if gathered.error is not None:
                raise gathered.error
            found[need] = gathered.series()
    return found


def feed(
    work: Extraction,
    ask: Ask,
    roles: Mapping[str, np.ndarray],
    *,
    facts: Mapping[str, Any] | None = None,
    weights: Mapping[str, Path] | None = None,
    batch: int = 0,
) -> Gathered:
    """Feeds the windows of one ask to `work`, in batches of `batch` (0: as they come); `work.flush()` ends it."""
    clips = {role: _in_order(clip, ask.view.path) for role, clip in roles.items()}
    leader, told = roles_of(ask)[0], facts or {}
    extractors = {item: build(item, weights) for item in (ask, *sources_of(ask))}
    with pytest.MonkeyPatch.context() as patch:
        if batch:
            for made in extractors.values():
                patch.setattr(made, "batch_windows", batch, raising=False)
                patch.setattr(made, "bytes_per_window", lambda shape: batches.BATCH_BYTES // batch)
        fed = work.feed(
            {ask: extractors[ask]}, lambda role: iter([clips[role]]),
            frozenset(r for r, clip in clips.items() if len(clip) == 1 and r != "video"),
            sources={source: extractors[source] for source in sources_of(ask)},
            frames=len(clips[leader]), fps=told.get("fps"), run=_run(roles[leader], ask.view.path),
            units=dict.fromkeys(roles, told.get("unit", "metres")),
        )  # fmt: skip
        if batch:
            work.flush()
    return fed[ask]


def of_files(
    name: str,
    ask: Ask,
    roles: Mapping[str, np.ndarray],
    facts: Mapping[str, Any] | None = None,
    weights: Mapping[str, Path] | None = None,
) -> Series:
    """What an extractor of files says of the roles, written for it and then gone again."""
    kinds, unit = METRICS[name].kinds, (facts or {}).get("unit", "metres")
    with tempfile.TemporaryDirectory(prefix="vbench-py-files-") as folder:
        paths = {r: write_role(Path(folder), r, kinds.get(r, "video"), roles[r], unit) for r in roles_of(ask)}
        told = dict(build(ask, weights)(*(paths[role] for role in ask.on)))
    return Series(np.asarray(told.pop("index")), told)


def _in_order(clip: np.ndarray, path: Order) -> np.ndarray:
    """The cells of a grid as a stream sees them; a plain clip as it is."""
    if clip.ndim != 5:
        return clip
    cells = grid_cells(*clip.shape[:2], path)
    return clip[cells[:, 0], cells[:, 1]]


def _run(clip: np.ndarray, path: Order) -> int | None:
    if clip.ndim != 5:
        return None
    views, frames = clip.shape[:2]
    return {"": frames, "time": frames, "view": views, "diagonal": max(views, frames), "raster": views * frames}[path]


def score(
    name: str,
    roles: Mapping[str, np.ndarray],
    *,
    facts: Mapping[str, Any] | None = None,
    weights: Mapping[str, Path] | None = None,
    batch: int = 0,
    texts: Mapping[str, str] | None = None,
) -> Score:
    """The score of metric `name` on (T, H, W, 3) uint8 clips by role, in batches of `batch` windows (0: as they come).

    Networks run on `weights` (paths by checkpoint name), else small with seeded random weights.
    """
    found = arrays(name, roles, facts=facts, weights=weights, batch=batch, texts=texts)
    known = Facts({"frames": frames_of(roles), **(facts or {})})
    return metric(name).score(found, known)  # type: ignore[no-any-return]


def frames_of(roles: Mapping[str, np.ndarray]) -> int:
    """Frames of the longest role; of a grid, those of a view."""
    return max(clip.shape[clip.ndim - 4] for clip in roles.values())


def values(name: str, roles: Mapping[str, np.ndarray], **keywords: Any) -> np.ndarray:
    """The curve of metric `name` as (W,) float64."""
    curve = score(name, roles, **keywords).curve
    assert curve is not None
    return curve.values


def rows(name: str, clips: Mapping[str, np.ndarray], *, group: str = "", **keywords: Any) -> list[SetRow]:
    """The rows that a set metric reads, one a clip, sorted as the harness sorts them."""
    return [
        SetRow(sample, 0, group or sample, arrays(name, {"video": clip}, **keywords))
        for sample, clip in sorted(clips.items())
    ]
