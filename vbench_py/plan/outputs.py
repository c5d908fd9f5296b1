"""The state of every output that a run should have: done, to do, or refused with the reason."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vbench_py import derive
from vbench_py.keys import key
from vbench_py.method import Method
from vbench_py.plan.numbers import output_path
from vbench_py.samples import Suite
from vbench_py.store import Row, RunFolder, age, better, standing
from vbench_py.types import (
    LADDER,
    METRIC_ONLY_ROLES,
    Adapter,
    Media,
    Request,
    Resolved,
    Sample,
    StorageError,
    Unsupported,
    UsageError,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedOutput:
    """One (sample, seed): done (its row and its files are here), todo, or unsupported with the reason.

    `error` stands where planning itself failed (an input that is gone): still to do, and a failed row until mended.
    """

    sample: Sample
    seed: int
    key: str
    state: Literal["done", "todo", "unsupported"]
    resolved: Resolved | None = None
    reason: str = ""
    row: Row | None = None
    attempt: int = 1
    error: Exception | None = None


def visible_media(sample: Sample, control: str) -> dict[str, Media]:
    """The media a method may see: not the ground truth, unless it is a control that is made from it."""
    return {r: m for r, m in sample.media.items() if r not in METRIC_ONLY_ROLES or control in LADDER}


def request_for(sample: Sample, seed: int, method: Method, suite: Suite) -> Request:
    media = visible_media(sample, method.card.control)
    output = suite.card.output
    return Request(
        sample=sample,
        seed=seed,
        media={role: derive.place(item) for role, item in media.items()},
        parameters={name: value for name, value in method.overrides.items() if not callable(value)},
        axes=method.axes,
        frames=sample.facts.get("frames", output.frames),
        fps=sample.facts.get("fps", output.fps),
        width=sample.facts.get("width", output.width),
        height=sample.facts.get("height", output.height),
        size_policy=output.size_policy,
    )


def plan_outputs(
    suite: Suite,
    pairs: Sequence[tuple[Sample, int]],
    method: Method,
    adapter: Adapter,
    rows: Iterable[Row],
    run: RunFolder | None = None,
) -> list[PlannedOutput]:
    """The state of every pair, from the rows that are there; with `run`, an output whose files are gone is to do."""
    best: dict[str, Row] = {}
    newest: dict[tuple[str, int], Row] = {}
    for row in rows:
        if better(row, best.get(row["key"])):
            best[row["key"]] = row
        pair = (row["sample"], row["seed"])
        if pair not in newest or age(row) > age(newest[pair]):
            newest[pair] = row
    method_key = method.key(adapter)
    planned = []
    for sample, seed in pairs:
        last: Row = newest.get((sample.id, seed), {})
        attempt = last.get("attempt", 0) + 1
        resolved, reason, error = None, "", None
        content: list[Any] = [method_key, sample.id, seed]
        try:
            request = request_for(sample, seed, method, suite)
            content += _content(request, method)
            resolved = adapter.plan(request)
            content += [dict(resolved.parameters), resolved.prompt_used]
        except Unsupported as refusal:
            reason = str(refusal)
            content += ["unsupported", reason]
        except (UsageError, StorageError):
            raise
        except Exception as failure:
            log.debug("%s: planning failed", sample.id, exc_info=True)
            error, resolved = failure, None
            content += ["failed", str(failure)]
        row_key = key("generation", content)
        found: Row | None = best.get(row_key)
        current = found is not None and last["key"] == row_key
        state: Literal["done", "todo", "unsupported"]
        if reason:
            # Refused again after it was served in between: the refusal has to stand, as a new row.
            state, found = "unsupported", found if current else None
        else:
            done = found is not None and current and found["status"] == "ok" and (run is None or _there(run, found))
            state = "done" if done else "todo"
        planned.append(PlannedOutput(sample, seed, row_key, state, resolved, reason, found, attempt, error))
    return planned


def _content(request: Request, method: Method) -> list[Any]:
    """What is asked, as it enters the key: media by content, prompts, geometry."""
    sample = request.sample
    seen = sorted((r, derive.identity(m)) for r, m in visible_media(sample, method.card.control).items())
    asked = [request.frames, request.fps, request.width, request.height, request.size_policy]
    prompts = [sample.source_prompt, sample.prompt_schedule, sample.class_label]
    return [sample.prompt, sample.negative_prompt, seen, asked, *prompts]


def _there(run: RunFolder, row: Row) -> bool:
    return all(output_path(run, row, name).exists() for name in row["outputs"])


def current_outputs(rows: Iterable[Row]) -> dict[tuple[str, int], Row]:
    """The row that stands for each (sample, seed): of the newest key, the best row."""
    return standing(rows, lambda row: (row["sample"], row["seed"]))
