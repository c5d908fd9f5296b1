"""Outputs to numbers: every number becomes a row as soon as it is known."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from vbench_py.curves import write_curves
from vbench_py.engine import Local
from vbench_py.failures import Failures
from vbench_py.features.bank import FeatureBank
from vbench_py.generate import error_of, iterator
from vbench_py.metricset import ScoreOptions
from vbench_py.plan import PlannedNumber, PlannedScore
from vbench_py.pool import ExtractorPool
from vbench_py.progress import Progress
from vbench_py.scoring.worker import Result, ScoreWorker
from vbench_py.store import Row, RunFolder
from vbench_py.types import Curve, Engine, Outcome, Score, Task, Unsupported, VbenchError

log = logging.getLogger(__name__)


def score(
    planned: Sequence[PlannedScore],
    run: RunFolder,
    *,
    options: ScoreOptions,
    progress: Progress,
    failures: Failures,
    pool: ExtractorPool,
    bank: FeatureBank,
    control: str = "",
    engine: Engine | None = None,
) -> None:
    """Computes every number that is still missing; each output's numbers become rows as soon as they are known.

    What does not apply to a `control` (the code size of a ground truth, say) is a row with the reason, and no failure.
    """
    writer = run.writer("scores")
    progress.start("score", len(planned))
    try:
        tasks = (Task(f"{item.sample.id}:{item.seed}", item) for item in planned)
        work = (engine or Local()).run(lambda: ScoreWorker(options, pool, bank), tasks)
        with closing(iterator(work)) as outcomes:
            for outcome in outcomes:
                rows = list(_rows(run, outcome))
                for row in rows:
                    writer.append(row)
                progress.advance(outcome.task.payload.facts.get("frames") or 0)
                fine = ("ok", "unsupported") if control else ("ok",)
                for row in (row for row in rows if row["status"] not in fine):
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
        result = results.get(number.spec.column) or outcome.error
        if result is None and number.spec.of_sets:
            # Its arrays are kept; the number comes with those of the others. An earlier failure is taken back.
            if number.attempt > 1:
                yield _row(item, number, None, file)
            continue
        yield _row(item, number, result or VbenchError("no outcome"), file)


def _write_curves(run: RunFolder, item: PlannedScore, curves: Mapping[str, Curve]) -> str | None:
    if not curves:
        return None
    name = f"{run.output_folder(item.sample.id, item.seed).name}-{item.todo[0].key[:8]}-{run.writer_id}.npz"
    write_curves(run.path / "arrays" / name, curves)
    return f"arrays/{name}"


def _row(item: PlannedScore, number: PlannedNumber, result: Score | BaseException | None, curves: str | None) -> Row:
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
    return {**row, **told(result, curves)}


def told(result: Score | BaseException | None, curves: str | None) -> Row:
    """What a row says of a result; `curves` is the file that holds its curve. None: well, and no number of its own."""
    if result is None:
        return {"status": "ok", "value": None, "details": {}, "curve": None}
    if isinstance(result, Score):
        interval = list(result.interval) if result.interval is not None else None
        curve = curves if result.curve is not None else None
        made: Row = {"status": "ok", "value": float(result.value), "details": dict(result.details), "curve": curve}
        return made | ({"interval": interval} if interval else {})
    status = "unsupported" if isinstance(result, Unsupported) else "failed"
    return {"status": status, "value": None, "details": {}, "curve": None, "error": error_of(result)}
