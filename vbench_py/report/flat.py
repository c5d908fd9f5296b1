"""Flat files in a run folder, rewritten whole at the end of every command: scores.csv, missing.csv, protocol.json."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vbench_py.records import RunRecords
from vbench_py.store import write_atomic


def write_flat(*runs: RunRecords) -> None:
    """Writes the three files of a run folder, each whole or not at all. Raises `StorageError` when it cannot.

    Several records of one folder (its outputs re-scored in other encodings) share the files, told apart by encoding.
    """
    folder = runs[0].folder
    details = sorted({name for run in runs for score in run.scores for name in score.details})
    # Only numbers over sets bring intervals along: without any, there is no column for them.
    ends = ["low", "high"] if any(score.interval for run in runs for score in run.scores) else []
    header = ["sample", "seed", "group", "metric", "version", "value", "status", "encoding", *ends, *details]
    lines = (row for run in runs for row in _scores_rows(run, details, bool(ends)))
    write_text(folder / "scores.csv", csv_text(header, lines))
    header, _ = missing_rows(runs[0])
    # An output that is missing is missing in every encoding: once is enough.
    missing = {tuple(row): None for run in runs for row in missing_rows(run)[1]}
    write_text(folder / "missing.csv", csv_text(header, missing))
    told = {run.encoding: protocol(run) for run in runs}
    write_json(folder / "protocol.json", protocol(runs[0]) if len(runs) == 1 else {"encodings": told})


def _scores_rows(run: RunRecords, details: Sequence[str], intervals: bool) -> list[list[Any]]:
    versions = {name: facts.version for name, facts in run.metrics.items()}
    return [
        [s.sample, s.seed, s.group, s.metric, versions.get(s.metric, ""), "" if s.value is None else repr(s.value),
         s.status, run.encoding, *((s.interval or ("", "")) if intervals else ()),
         *(s.details.get(name, "") for name in details)]
        for s in sorted(run.scores, key=lambda s: (s.sample, s.seed, s.metric))
    ]  # fmt: skip


def missing_rows(run: RunRecords) -> tuple[list[str], list[list[Any]]]:
    """One line per output or score that is not ok, with the stage that lost it and the reason."""
    outputs = [[o.sample, o.seed, "generate", "", o.status, o.reason] for o in run.outputs if o.status != "ok"]
    lost = {(row[0], row[1]) for row in outputs}
    # A score lost because its output is missing is the output's line, not another one.
    scores = [
        [s.sample, s.seed, "score", s.metric, s.status, s.reason]
        for s in run.scores
        if s.status != "ok" and (s.sample, s.seed) not in lost
    ]
    return ["sample", "seed", "stage", "metric", "status", "reason"], sorted(outputs) + sorted(scores)


def protocol(run: RunRecords) -> dict[str, Any]:
    """Everything that changes a number, for people."""
    return {
        "suite": run.suite, "suite_version": run.suite_version, "task": run.task, "method": run.method,
        "name": run.name, "axes": dict(run.axes), "prompt_policy": run.prompt_policy,
        "encoding": run.encoding, "primary": run.primary,
        "metrics": {
            name: {"title": it.title, "version": it.version, "direction": it.direction, "unit": it.unit,
                   "protocol": it.protocol}
            for name, it in sorted(run.metrics.items())
        },
        **dict(run.protocol),
    }  # fmt: skip


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def write_text(path: Path, text: str) -> None:
    """Replaces `path` with UTF-8 `text` in one step."""
    write_atomic(path, text.encode())
