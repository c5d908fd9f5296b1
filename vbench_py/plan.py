"""What is missing, and what cannot be done and why, before any time is spent. Reads rows; runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py import derive
from vbench_py.keys import key
from vbench_py.method import Method
from vbench_py.metricset import MetricSpec
from vbench_py.samples import Suite
from vbench_py.store import Row, RunFolder, better
from vbench_py.types import METRIC_ONLY_ROLES, Adapter, Media, Request, Resolved, Sample, Unsupported, UsageError


@dataclass(frozen=True)
class Selection:
    """Which part of a suite a command works on. A limit or a seed makes the run partial; a shard is a part of a whole."""

    limit: int | None = None
    seeds: tuple[int, ...] = ()
    shard: tuple[int, int] = (1, 1)

    @property
    def partial(self) -> bool:
        return self.limit is not None or bool(self.seeds)

    def wanted(self, suite: Suite) -> list[tuple[Sample, int]]:
        """Every (sample, seed) that the run as a whole should have."""
        samples = suite.samples[: self.limit] if self.limit is not None else suite.samples
        return [(sample, seed) for sample in samples for seed in (self.seeds or sample.seeds)]

    def mine(self, suite: Suite) -> list[tuple[Sample, int]]:
        """The pairs of this shard: every n-th."""
        index, count = self.shard
        return self.wanted(suite)[index - 1 :: count]


def parse_shard(text: str) -> tuple[int, int]:
    """ "2/8" -> (2, 8)."""
    index, _, count = text.partition("/")
    if index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
        return int(index), int(count)
    raise UsageError(f"--shard {text}: expected i/n with 1 <= i <= n, for example 1/4")


@dataclass(frozen=True)
class PlannedOutput:
    """One (sample, seed): done (its row is here), todo, or unsupported with the reason."""

    sample: Sample
    seed: int
    key: str
    state: str
    resolved: Resolved | None = None
    reason: str = ""
    row: Row | None = None
    attempt: int = 1


def visible_media(sample: Sample, control: str) -> dict[str, Media]:
    """The media a method may see: not the ground truth, unless it is the ceiling."""
    return {r: m for r, m in sample.media.items() if r not in METRIC_ONLY_ROLES or control == "ceiling"}


def request_for(sample: Sample, seed: int, method: Method, suite: Suite) -> Request:
    media = visible_media(sample, method.card.control)
    output = suite.card.output
    return Request(
        sample=sample,
        seed=seed,
        media={role: derive.place(item) for role, item in media.items()},
        axes=method.axes,
        frames=sample.facts.get("frames", output.frames),
        fps=sample.facts.get("fps", output.fps),
        width=sample.facts.get("width", output.width),
        height=sample.facts.get("height", output.height),
        size_policy=output.size_policy,
    )


def plan_outputs(
    suite: Suite, pairs: Sequence[tuple[Sample, int]], method: Method, adapter: Adapter, rows: Iterable[Row]
) -> list[PlannedOutput]:
    """The state of every pair, from the rows that are there."""
    best: dict[str, Row] = {}
    attempts: dict[tuple[str, int], int] = {}
    for row in rows:
        if better(row, best.get(row["key"])):
            best[row["key"]] = row
        pair = (row["sample"], row["seed"])
        attempts[pair] = max(attempts.get(pair, 0), row.get("attempt", 0))
    method_key = method.key(adapter)
    fingerprint = getattr(adapter, "fingerprint", None)
    planned = []
    for sample, seed in pairs:
        request = request_for(sample, seed, method, suite)
        attempt = attempts.get((sample.id, seed), 0) + 1
        seen = sorted((r, derive.identity(m)) for r, m in visible_media(sample, method.card.control).items())
        asked = [request.frames, request.fps, request.width, request.height, request.size_policy]
        content: list[Any] = [method_key, sample.id, seed, sample.prompt, sample.negative_prompt, seen, asked]
        content += [sample.source_prompt, sample.prompt_schedule, sample.class_label]
        try:
            resolved = adapter.plan(request)
        except Unsupported as error:
            row_key = key("generation", [*content, "unsupported", str(error)])
            planned.append(
                PlannedOutput(sample, seed, row_key, "unsupported", None, str(error), best.get(row_key), attempt)
            )
            continue
        content += [dict(resolved.parameters), resolved.prompt_used, fingerprint(request) if fingerprint else ""]
        row_key = key("generation", content)
        row = best.get(row_key)
        state = "done" if row is not None and row["status"] == "ok" else "todo"
        planned.append(PlannedOutput(sample, seed, row_key, state, resolved, "", row, attempt))
    return planned


def current_outputs(rows: Iterable[Row]) -> dict[tuple[str, int], Row]:
    """The row that stands for each (sample, seed): of the newest key, the best row."""
    newest: dict[tuple[str, int], Row] = {}
    best: dict[str, Row] = {}
    for row in rows:
        pair = (row["sample"], row["seed"])
        held = newest.get(pair)
        if held is None or (row.get("attempt", 0), row["writer"]) > (held.get("attempt", 0), held["writer"]):
            newest[pair] = row
        if better(row, best.get(row["key"])):
            best[row["key"]] = row
    return {pair: best[row["key"]] for pair, row in newest.items()}


@dataclass(frozen=True)
class PlannedNumber:
    """One metric to compute; `known` is a row of equal content (a copied video), whose number holds here too."""

    spec: MetricSpec
    key: str
    attempt: int
    known: Row | None = None


@dataclass(frozen=True)
class PlannedScore:
    """One output with the numbers that it still lacks."""

    sample: Sample
    seed: int
    output: Row
    todo: tuple[PlannedNumber, ...]
    paths: Mapping[str, Path] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def output_path(run: RunFolder, row: Row, name: str = "video") -> Path:
    """Where an output lies: outputs of the run are relative to its folder, videos scored in place are absolute."""
    return run.path / str(row["outputs"][name]["path"])


def facts_of(row: Row, sample: Sample) -> dict[str, Any]:
    """The facts a metric may read of one output."""
    names = ("frames", "fps", "width", "height", "encoding", "seconds", "peak_memory_bytes", "timeline", "prompt_used")
    return {**sample.facts, "prompt": sample.prompt, **{name: row.get(name) for name in names}}


def plan_scores(
    run: RunFolder,
    pairs: Sequence[tuple[Sample, int]],
    specs: Sequence[MetricSpec],
    outputs: Mapping[tuple[str, int], Row],
    rows: Iterable[Row],
    baseline: Mapping[tuple[str, int], tuple[str, Path]] | None = None,
) -> list[PlannedScore]:
    """The numbers that are missing for the outputs that exist. `baseline` gives (identity, path) of another run's outputs."""
    done: dict[tuple[str, str, int], Row] = {}
    by_content: dict[str, Row] = {}
    for row in rows:
        place = (row["key"], row["sample"], row["seed"])
        if better(row, done.get(place)):
            done[place] = row
        if row["status"] == "ok":
            by_content[row["key"]] = row
    prefixes = [(spec, spec.protocol_hash) for spec in specs]
    planned = []
    for sample, seed in pairs:
        output = outputs.get((sample.id, seed))
        if output is None or output["status"] != "ok":
            continue
        identities, paths = _inputs(run, sample, seed, output, baseline or {})
        facts = facts_of(output, sample)
        todo = []
        for spec, prefix in prefixes:
            known = {role: identities.get(role, "") for role in spec.roles}
            score_key = spec.score_key(prefix, known, facts)
            row = done.get((score_key, sample.id, seed))
            if row is None or row["status"] == "failed":
                attempt = row.get("attempt", 0) + 1 if row else 1
                todo.append(PlannedNumber(spec, score_key, attempt, by_content.get(score_key)))
        if todo:
            planned.append(PlannedScore(sample, seed, output, tuple(todo), paths, facts))
    return planned


def _inputs(
    run: RunFolder, sample: Sample, seed: int, output: Row, baseline: Mapping[tuple[str, int], tuple[str, Path]]
) -> tuple[dict[str, str], dict[str, Path]]:
    identities, paths = {}, {}
    for role, media in sample.media.items():
        identities[role], paths[role] = derive.identity(media), derive.place(media)
    if (sample.id, seed) in baseline:
        identities["baseline"], paths["baseline"] = baseline[(sample.id, seed)]
    for name, item in output["outputs"].items():
        identities[name], paths[name] = item["sha256"], output_path(run, output, name)
    return identities, paths
