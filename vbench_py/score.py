"""Outputs to numbers: each video is decoded once, in chunks, for all its metrics; every number becomes a row at once."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vbench_py import catalogue, derive
from vbench_py.align import Aligned, open_aligned
from vbench_py.curves import write_curves
from vbench_py.engine import Local
from vbench_py.failures import Failures
from vbench_py.features import extract
from vbench_py.generate import error_of
from vbench_py.metricset import MetricSpec, ScoreOptions
from vbench_py.plan import PlannedNumber, PlannedScore
from vbench_py.progress import Progress
from vbench_py.store import Row, RunFolder
from vbench_py.types import (
    Ask,
    BadMedia,
    Curve,
    Engine,
    Extractor,
    Facts,
    Outcome,
    Score,
    Series,
    StorageError,
    Task,
    Unsupported,
    VbenchError,
)

log = logging.getLogger(__name__)
Result = Score | Exception


@dataclass
class ScoreWorker:
    """Scores outputs one after another; extractors are loaded once, when the first output needs them."""

    options: ScoreOptions
    device: str = "cpu"
    extractors: dict[tuple[str, tuple[tuple[str, Any], ...]], Extractor] = field(default_factory=dict)

    def __call__(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        for task in tasks:
            yield Outcome(task, value=self.score(task.payload))

    def close(self) -> None:
        for extractor in self.extractors.values():
            extractor.close()

    def extractor(self, ask: Ask) -> Extractor:
        place = (ask.extractor, ask.options)
        if place not in self.extractors:
            made: Extractor = catalogue.load("extractor", ask.extractor, **dict(ask.options))
            made.load(self.device)
            self.extractors[place] = made
        return self.extractors[place]

    def score(self, planned: PlannedScore) -> dict[str, Result]:
        """A score, or the error that stood in its way, for every number asked for, by column."""
        results: dict[str, Result] = {}
        wanted: list[MetricSpec] = []
        for number in planned.todo:
            if number.known is None:
                problem = _precheck(number.spec, planned)
                if problem is None:
                    wanted.append(number.spec)
                else:
                    results[number.spec.column] = problem
        if not wanted:
            return results
        try:
            series = self._series(planned, wanted)
        except StorageError:
            raise
        except (VbenchError, OSError, ValueError) as error:
            return {**results, **{spec.column: error for spec in wanted}}
        for spec in wanted:
            results[spec.column] = _reduce(spec, series, planned.facts)
        return results

    def _series(self, planned: PlannedScore, specs: Sequence[MetricSpec]) -> dict[Ask, Series | Exception]:
        asks = list(dict.fromkeys(ask for spec in specs for ask in spec.asks.values()))
        roles = sorted({role for ask in asks for role in ask.on})
        for role in roles:
            if role in planned.sample.media:
                derive.materialise(planned.sample.media[role])
        paths = {role: planned.paths[role] for role in roles}
        aligned = open_aligned(paths, self.options.align) if roles else Aligned()
        series: dict[Ask, Series | Exception] = {}
        windows: dict[Ask, Extractor] = {}
        for ask in asks:
            try:
                extractor = self.extractor(ask)
                aligned.check(ask)
                if ask.view.unit == "file":
                    arrays = dict(extractor(*(paths[role] for role in ask.on)))
                    series[ask] = Series(np.asarray(arrays.pop("index")), arrays)
                else:
                    windows[ask] = extractor
            except StorageError:
                raise
            except Exception as error:
                series[ask] = error
        for step in aligned.passes(windows):
            series.update(extract({ask: windows[ask] for ask in step.asks}, step.chunks, aligned.stills))
        return series


def _precheck(spec: MetricSpec, planned: PlannedScore) -> Exception | None:
    """What can be refused from facts alone."""
    frames = planned.facts.get("frames")
    if frames is not None and frames < spec.card.minimum_frames:
        return Unsupported("frames", f"{spec.card.id} needs {spec.card.minimum_frames} frames, the video has {frames}")
    for role in spec.roles:
        if role not in planned.paths:
            mend = "give --reference-run" if role == "baseline" else "choose metrics that need no such role"
            return Unsupported(role, f"{spec.card.id} compares with the {role}, and this sample has none ({mend})")
    return None


def _reduce(spec: MetricSpec, series: Mapping[Ask, Series | Exception], facts: Mapping[str, Any]) -> Result:
    arrays = {}
    for need, ask in spec.asks.items():
        found = series[ask]
        if isinstance(found, Exception):
            return found
        arrays[need] = found
    try:
        score = spec.metric.score(arrays, Facts({name: facts.get(name) for name in spec.card.facts}))
    except Exception as error:
        return error
    if math.isnan(score.value):
        return BadMedia(f"{spec.card.id} gave no number (NaN)")
    return score


def score(
    planned: Sequence[PlannedScore],
    run: RunFolder,
    *,
    options: ScoreOptions,
    progress: Progress,
    failures: Failures,
    device: str = "cpu",
    engine: Engine | None = None,
    replace_paths: Callable[[PlannedScore], PlannedScore] = lambda item: item,
) -> None:
    """Computes every number that is still missing."""
    writer = run.writer("scores")
    progress.start("score", len(planned))
    try:
        tasks = (Task(f"{item.sample.id}:{item.seed}", replace_paths(item)) for item in planned)
        for outcome in (engine or Local()).run(lambda: ScoreWorker(options, device), tasks):
            item: PlannedScore = outcome.task.payload
            results: Mapping[str, Result] = outcome.value or {}
            curves = {c: r.curve for c, r in results.items() if isinstance(r, Score) and r.curve is not None}
            file = _write_curves(run, item, curves)
            for number in item.todo:
                result = results.get(number.spec.column) or outcome.error or VbenchError("no outcome")
                row = _row(item, number, result, file)
                writer.append(row)
                if row["status"] != "ok":
                    what = f"{item.sample.id} (seed {item.seed}) {number.spec.column}"
                    failures.add(row["status"], what, row["error"]["message"])
            progress.advance(item.facts.get("frames") or 0)
    finally:
        writer.close()


def _write_curves(run: RunFolder, item: PlannedScore, curves: Mapping[str, Curve]) -> str | None:
    if not curves:
        return None
    name = f"{run.output_folder(item.sample.id, item.seed).name}-{item.output['identity'][:8]}-{run.writer_id}.npz"
    write_curves(run.path / "arrays" / name, curves)
    return f"arrays/{name}"


def _row(item: PlannedScore, number: PlannedNumber, result: Result, curves: str | None) -> Row:
    spec = number.spec
    row: Row = {
        "key": number.key,
        "sample": item.sample.id,
        "seed": item.seed,
        "group": item.sample.group,
        "metric": spec.column,
        "version": spec.card.version,
        "protocol": spec.protocol_hash,
        "output": item.output["identity"],
        "encode_as": spec.protocol.get("encode_as", ""),
        "attempt": number.attempt,
        "created": time.time(),
    }
    if number.known is not None:
        kept = {name: number.known.get(name) for name in ("status", "value", "details", "curve")}
        return {**row, **kept, "copied_from": [number.known["sample"], number.known["seed"]]}
    if isinstance(result, Score):
        curve = curves if result.curve is not None else None
        return {**row, "status": "ok", "value": float(result.value), "details": dict(result.details), "curve": curve}
    status = "unsupported" if isinstance(result, Unsupported) else "failed"
    return {**row, "status": status, "value": None, "details": {}, "curve": None, "error": error_of(result)}
