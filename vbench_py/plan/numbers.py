"""The numbers that existing outputs still lack, and what each would be computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py import derive
from vbench_py.keys import key
from vbench_py.metricset import MetricSpec
from vbench_py.store import Row, RunFolder, age, better
from vbench_py.types import BadMedia, Media, Sample

if TYPE_CHECKING:
    from vbench_py.features.bank import FeatureBank


@dataclass(frozen=True)
class PlannedNumber:
    """One metric to compute; `known` is a row of equal content (a copied video), whose number holds here too.

    Of a metric over sets, the arrays of this output are to be made; its number comes when all are there.
    """

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
    identities: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def output_path(run: RunFolder, row: Row, name: str = "video") -> Path:
    """Where an output lies: outputs of the run are relative to its folder, videos scored in place are absolute."""
    return run.path / str(row["outputs"][name]["path"])


VIEWS = "views"
"""The role of an output's views together; each is an output of its own, `view/000`, `view/030`."""


def views_of(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that are views, by name."""
    return {name: item for name, item in outputs.items() if name.startswith("view/")}


def facts_of(row: Row, sample: Sample) -> dict[str, Any]:
    """The facts a metric may read of one output."""
    names = ("frames", "fps", "width", "height", "encoding", "seconds", "peak_memory_bytes", "timeline", "prompt_used")
    code = {"code_bytes": (row.get("provenance") or {}).get("code_bytes")}
    schedule = {"prompt_schedule": [list(item) for item in sample.prompt_schedule]} if sample.prompt_schedule else {}
    own = {name: row.get(name) for name in names}
    return {**sample.facts, **schedule, "prompt": sample.prompt, **code, **own}


def texts_of(sample: Sample, output: Row) -> dict[str, str]:
    """The strings of a sample that an extractor of texts may be asked about, by name; empty ones are left out."""
    facts = {name: value for name, value in sample.facts.items() if isinstance(value, str)}
    texts = {
        "prompt": sample.prompt, "source_prompt": sample.source_prompt, "negative_prompt": sample.negative_prompt,
        "class_label": sample.class_label, "prompt_used": output.get("prompt_used") or "",
    }  # fmt: skip
    return {name: text for name, text in {**facts, **texts}.items() if text}


def plan_scores(
    run: RunFolder,
    pairs: Sequence[tuple[Sample, int]],
    specs: Sequence[MetricSpec],
    outputs: Mapping[tuple[str, int], Row],
    rows: Iterable[Row],
    baseline: Mapping[tuple[str, int], tuple[str, Path]] | None = None,
    bank: FeatureBank | None = None,
) -> list[PlannedScore]:
    """The numbers that existing outputs still lack; `baseline` gives (identity, path) of another run's outputs.

    Metrics over sets lack what `bank` does not keep of an output; without a bank they are left out.
    """
    best: dict[tuple[str, str, int], Row] = {}
    newest: dict[tuple[str, str, int, str], Row] = {}
    by_content: dict[str, Row] = {}
    for row in rows:
        mark = (row["key"], row["sample"], row["seed"])
        if better(row, best.get(mark)):
            best[mark] = row
        place = (row.get("encode_as", ""), row["sample"], row["seed"], row["metric"])
        if place not in newest or age(row) > age(newest[place]):
            newest[place] = row
        if row["status"] == "ok":
            by_content[row["key"]] = row
    wanted = [spec for spec in specs if bank is not None or not spec.of_sets]
    prefixes = [(spec, spec.protocol_hash, spec.protocol.get("encode_as", "")) for spec in wanted]
    reads_texts = any(ask.view.unit == "text" for spec in wanted for ask in spec.asks.values())
    siblings = _siblings(outputs) if any("sibling" in spec.roles for spec in wanted) else {}
    planned = []
    for sample, seed in pairs:
        output = outputs.get((sample.id, seed))
        if output is None or output["status"] != "ok":
            continue
        identities = identities_of(sample, seed, output, baseline)
        texts = texts_of(sample, output) if reads_texts else {}
        identities |= {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        if (sample.id, seed) in siblings:
            identities["sibling"] = siblings[sample.id, seed]["outputs"]["video"]["sha256"]
        facts = facts_of(output, sample)
        todo, told = [], {}
        for spec, prefix, encode_as in prefixes:
            last = newest.get((encode_as, sample.id, seed, spec.column))
            in_order = last is None or last["status"] != "failed"
            if bank is not None and spec.of_sets and in_order and _kept(spec, identities, sample, bank):
                continue  # else its arrays are wanted, whatever rows there are, but for a refusal
            if spec.card.facts not in told:
                told[spec.card.facts] = spec.told(facts)
            score_key = spec.score_key(prefix, identities, told[spec.card.facts])
            known_row = best.get((score_key, sample.id, seed))
            # A number that an answer to another question has replaced since (another baseline, say) is written anew.
            again = {"failed", "ok"} if spec.of_sets else {"failed"}
            if known_row is None or known_row["status"] in again or last is None or last["key"] != score_key:
                attempt = last.get("attempt", 0) + 1 if last else 1
                known = None if spec.of_sets else by_content.get(score_key)
                todo.append(PlannedNumber(spec, score_key, attempt, known))
        if todo:
            paths = _paths(run, sample, seed, output, baseline or {})
            if (sample.id, seed) in siblings:
                paths["sibling"] = output_path(run, siblings[sample.id, seed])
            planned.append(PlannedScore(sample, seed, output, tuple(todo), paths, identities, facts, texts))
    return planned


def _kept(spec: MetricSpec, identities: Mapping[str, str], sample: Sample, bank: FeatureBank) -> bool:
    """Whether everything that the metric over sets reads of this output, and of its target, is in the bank."""
    asks = [*spec.asks.values(), *(spec.target_asks.values() if "target" in sample.media else ())]
    return all((ask.extractor, spec.array_key(ask, identities)) in bank for ask in asks)


def _siblings(outputs: Mapping[tuple[str, int], Row]) -> dict[tuple[str, int], Row]:
    """For each output the next one of the same prompt group and prompt, the first after the last, if there are two."""
    twins: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for place, row in sorted(outputs.items()):
        if row["status"] == "ok" and "video" in row["outputs"]:
            twins.setdefault((row.get("group", place[0]), row.get("prompt", "")), []).append(place)
    return {
        place: outputs[following]
        for places in twins.values()
        if len(places) > 1
        for place, following in zip(places, [*places[1:], places[0]], strict=True)
    }


def set_identity(members: Iterable[tuple[str, int, str]]) -> str:
    """The identity of a set of outputs from each one's (sample, seed, identity)."""
    return key("set", sorted(members))


def identities_of(
    sample: Sample,
    seed: int,
    output: Row,
    baseline: Mapping[tuple[str, int], tuple[str, Path]] | None = None,
) -> dict[str, str]:
    """What stands in each role: content, not place. The method's outputs hide inputs of the same name."""
    identities = {}
    for role, media in sample.media.items():
        try:
            identities[role] = derive.identity(media)
        except BadMedia:  # told by the row of every number that needs it
            identities[role] = ""
    if baseline and (sample.id, seed) in baseline:
        identities["baseline"] = baseline[(sample.id, seed)][0]
    views = {name: item["sha256"] for name, item in views_of(output["outputs"]).items()}
    together = {VIEWS: key("views", sorted(views.items()))} if views else {}
    return identities | together | {name: item["sha256"] for name, item in output["outputs"].items()}


def _paths(
    run: RunFolder, sample: Sample, seed: int, output: Row, baseline: Mapping[tuple[str, int], tuple[str, Path]]
) -> dict[str, Path]:
    paths = {role: place_of(media) for role, media in sample.media.items()}
    if (sample.id, seed) in baseline:
        paths["baseline"] = baseline[(sample.id, seed)][1]
    first = next(iter(views_of(output["outputs"])), None)
    views = {VIEWS: output_path(run, output, first).parent} if first else {}
    return paths | views | {name: output_path(run, output, name) for name in output["outputs"]}


def place_of(media: Media) -> Path:
    """Where a medium is or will be; one that cannot be read is told of where it should have been."""
    try:
        return derive.place(media)
    except BadMedia:
        return media.path
