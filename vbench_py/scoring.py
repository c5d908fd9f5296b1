"""Outputs to numbers: each video is decoded once, in chunks, for all its metrics; every number becomes a row."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vbench_py.align import Pass, open_aligned
from vbench_py.curves import write_curves
from vbench_py.engine import Local
from vbench_py.failures import Failures
from vbench_py.features import extract
from vbench_py.generate import error_of, iterator
from vbench_py.metricset import MetricSpec, ScoreOptions
from vbench_py.plan import PlannedNumber, PlannedScore
from vbench_py.pool import ExtractorPool
from vbench_py.progress import Progress
from vbench_py.role_files import role_files
from vbench_py.store import Row, RunFolder, raise_if_full
from vbench_py.types import (
    Ask,
    BadMedia,
    Curve,
    Engine,
    Extractor,
    Outcome,
    Score,
    Series,
    Task,
    Unsupported,
    VbenchError,
)

log = logging.getLogger(__name__)
Result = Score | BaseException


@dataclass
class ScoreWorker:
    """Scores outputs one after another."""

    options: ScoreOptions
    pool: ExtractorPool

    def __call__(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        for task in tasks:
            try:
                outcome = Outcome(task, value=self.score(task.payload))
            except Exception as error:
                raise_if_full(error)
                outcome = Outcome(task, error=error)
            yield outcome

    def close(self) -> None:
        """The pool belongs to the caller, whose next run may ask for the same extractors."""

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
        series = self._series(planned, wanted)
        for spec in wanted:
            results[spec.column] = _reduce(spec, series, planned.facts)
        return results

    def _series(self, planned: PlannedScore, specs: Sequence[MetricSpec]) -> dict[Ask, Series | Exception]:
        asks = list(dict.fromkeys(ask for spec in specs for ask in spec.asks.values()))
        roles = sorted({role for ask in asks for role in ask.on})
        paths, problems = role_files(planned, roles, self.options.encode_as)
        aligned = open_aligned(paths, self.options.align, problems)
        series: dict[Ask, Series | Exception] = {}
        windows: dict[Ask, Extractor] = {}
        for ask in asks:
            try:
                aligned.check(ask)
                extractor = self.pool.get(ask)
                if ask.view.unit == "file":
                    arrays = dict(extractor(*(paths[role] for role in ask.on)))
                    series[ask] = Series(np.asarray(arrays.pop("index")), arrays)
                else:
                    windows[ask] = extractor
            except Exception as error:
                raise_if_full(error)
                series[ask] = error
        for step in aligned.passes(windows):
            series.update(_decode(step, windows))
        return series


def _decode(step: Pass, windows: Mapping[Ask, Extractor]) -> dict[Ask, Series | Exception]:
    """One pass over the frames. A file that breaks on the way takes along only the asks that need it."""
    try:
        return extract({ask: windows[ask] for ask in step.asks}, step.chunks, step.aligned.stills)
    except Exception as error:
        raise_if_full(error)
        apart = {ask.on: [other for other in step.asks if other.on == ask.on] for ask in step.asks}
        if len(apart) == 1:
            return dict.fromkeys(step.asks, error)
        series: dict[Ask, Series | Exception] = {}
        for asks in apart.values():
            series.update(_decode(replace(step, asks=tuple(asks)), windows))
        return series


def _precheck(spec: MetricSpec, planned: PlannedScore) -> Exception | None:
    """What can be refused from facts alone."""
    frames = planned.facts.get("frames")
    if frames is not None and frames < spec.card.minimum_frames:
        return Unsupported("frames", f"{spec.card.id} needs {spec.card.minimum_frames} frames, the video has {frames}")
    for role in spec.roles:
        if role not in planned.paths:
            mend = "give a --reference-run that has it" if role == "baseline" else "choose metrics without it"
            return Unsupported(role, f"{spec.card.id} compares with the {role}, and this sample has none ({mend})")
    return None


def _reduce(spec: MetricSpec, series: Mapping[Ask, Series | Exception], facts: Mapping[str, Any]) -> Result:
    try:
        score = spec.reduce(series, facts)
        if not math.isfinite(score.value):
            raise BadMedia(f"{spec.card.id} gave no number ({score.value})")
    except Exception as error:
        return error
    return score


def score(
    planned: Sequence[PlannedScore],
    run: RunFolder,
    *,
    options: ScoreOptions,
    progress: Progress,
    failures: Failures,
    pool: ExtractorPool,
    engine: Engine | None = None,
) -> None:
    """Computes every number that is still missing; each output's numbers become rows as soon as they are known."""
    writer = run.writer("scores")
    progress.start("score", len(planned))
    try:
        tasks = (Task(f"{item.sample.id}:{item.seed}", item) for item in planned)
        with closing(iterator((engine or Local()).run(lambda: ScoreWorker(options, pool), tasks))) as outcomes:
            for outcome in outcomes:
                rows = list(_rows(run, outcome))
                for row in rows:
                    writer.append(row)
                progress.advance(outcome.task.payload.facts.get("frames") or 0)
                for row in (row for row in rows if row["status"] != "ok"):
                    name = failures.name(run, row["sample"], row["seed"])
                    failures.add(row["status"], name, row["error"]["message"], row["metric"])
    finally:
        writer.close()


def _rows(run: RunFolder, outcome: Outcome) -> Iterator[Row]:
    item: PlannedScore = outcome.task.payload
    results: Mapping[str, Result] = outcome.value or {}
    curves = {c: r.curve for c, r in results.items() if isinstance(r, Score) and r.curve is not None}
    file = _write_curves(run, item, curves)
    for number in item.todo:
        result = results.get(number.spec.column) or outcome.error or VbenchError("no outcome")
        yield _row(item, number, result, file)


def _write_curves(run: RunFolder, item: PlannedScore, curves: Mapping[str, Curve]) -> str | None:
    if not curves:
        return None
    name = f"{run.output_folder(item.sample.id, item.seed).name}-{item.todo[0].key[:8]}-{run.writer_id}.npz"
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
