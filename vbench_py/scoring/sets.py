"""Numbers over many outputs: the kept arrays of a run, sorted by (sample, seed), against a reference set."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vbench_py.curves import write_curves
from vbench_py.failures import Failures
from vbench_py.features.asks import ask_key
from vbench_py.features.bank import FeatureBank
from vbench_py.keys import key
from vbench_py.leaderboard.comparable import encoding_class
from vbench_py.metricset import MetricSpec
from vbench_py.plan import PlannedNumber, PlannedScore, identities_of, set_identity
from vbench_py.reference import ReferenceSet, open_reference, rows_of
from vbench_py.scoring.rows import told
from vbench_py.scoring.worker import ScoreWorker
from vbench_py.store import Row, RunFolder, age, better, raise_if_full
from vbench_py.types import Ask, BadMedia, Sample, Score, Series, SetRow, Task, Unsupported, VbenchError

log = logging.getLogger(__name__)
SEED = -1
"""The seed of a number that belongs to no single output."""


class Damaged(VbenchError):
    """A kept array cannot be read. The bank has forgotten it, so that it is made again when asked for."""


@dataclass(frozen=True)
class Member:
    """One output that stands now."""

    sample: Sample
    seed: int
    output: Row
    identities: Mapping[str, str]


def members_of(pairs: Iterable[tuple[Sample, int]], outputs: Mapping[tuple[str, int], Row]) -> list[Member]:
    """The outputs that went well, sorted by (sample, seed)."""
    found = [
        Member(sample, seed, outputs[sample.id, seed], identities_of(sample, seed, outputs[sample.id, seed]))
        for sample, seed in pairs
        if outputs.get((sample.id, seed), {}).get("status") == "ok"
    ]
    return sorted(found, key=lambda member: (member.sample.id, member.seed))


def score_sets(
    run: RunFolder, specs: Sequence[MetricSpec], members: Sequence[Member], *, worker: ScoreWorker, failures: Failures
) -> bool:
    """Computes every number over sets whose members or reference changed since it was last computed.

    False when kept arrays turned out to be damaged: those numbers are left out until the arrays are made again.
    """
    specs = [spec for spec in specs if spec.of_sets]
    if not specs or not members:
        return True
    whole = True
    known: dict[str, Row] = {}
    newest: dict[tuple[str, str, str], Row] = {}
    for row in run.rows("scores"):
        if row["seed"] != SEED:
            continue
        if better(row, known.get(row["key"])):
            known[row["key"]] = row
        place = (row.get("encode_as", ""), row["sample"], row["metric"])
        if place not in newest or age(row) > age(newest[place]):
            newest[place] = row
    writer = run.writer("scores")
    try:
        for spec in specs:
            for name, part in _parts(spec, members):
                try:
                    made = _number(run, spec, name, part, known, newest, worker)
                except Damaged:
                    whole = False
                    continue
                if made is None:
                    continue
                writer.append(made)
                if made["status"] != "ok":
                    named = failures.name(run, name or "the set", SEED)
                    failures.add(made["status"], named, made["error"]["message"], spec.column)
    finally:
        writer.close()
    return whole


def _parts(spec: MetricSpec, members: Sequence[Member]) -> Iterator[tuple[str, Sequence[Member]]]:
    """The sets that the metric gives a number for, each under the sample id of its row: all, or each prompt group."""
    if spec.card.over == "set":
        yield "", members
        return
    groups: dict[str, list[Member]] = {}
    for member in members:
        groups.setdefault(member.sample.group, []).append(member)
    for part in groups.values():
        yield part[0].sample.id, part


def _number(
    run: RunFolder,
    spec: MetricSpec,
    name: str,
    part: Sequence[Member],
    known: Mapping[str, Row],
    newest: Mapping[tuple[str, str, str], Row],
    worker: ScoreWorker,
) -> Row | None:
    """The row of one number; None when it stands already."""
    kept = [m for m in part if _places(spec, spec.asks, m.identities, worker.bank) is not None]
    made_of = [(m.sample.id, m.seed, m.output["identity"]) for m in part]
    targets = sorted({m.identities.get("target", "") for m in part}) if spec.target_asks else []
    row_key = key("set-score", [spec.protocol_hash, made_of, [(m.sample.id, m.seed) for m in kept], targets])
    encode_as = str(spec.protocol.get("encode_as", ""))
    last = newest.get((encode_as, name, spec.column))
    found = known.get(row_key)
    if found is not None and found["status"] != "failed" and last is not None and last["key"] == row_key:
        return None
    try:
        result: Score | Exception = _compute(spec, part, kept, worker)
    except Damaged:
        raise
    except Exception as error:
        raise_if_full(error)
        log.debug("%s: not computed", spec.column, exc_info=True)
        result = error
    file = None
    if isinstance(result, Score) and result.curve is not None:
        file = f"arrays/set-{row_key[:8]}-{run.writer_id}.npz"
        write_curves(run.path / file, {spec.column: result.curve})
    return {
        "key": row_key, "sample": name, "seed": SEED, "group": part[0].sample.group if name else "",
        "metric": spec.column, "version": spec.card.version, "protocol": spec.protocol_hash,
        "output": set_identity(made_of), "encode_as": encode_as,
        "attempt": last.get("attempt", 0) + 1 if last else 1, "created": time.time(), **told(result, file),
    }  # fmt: skip


def _places(
    spec: MetricSpec, asks: Mapping[str, Ask], identities: Mapping[str, str], bank: FeatureBank
) -> dict[str, tuple[str, str]] | None:
    """Where the bank keeps each need, None when it lacks one. Reads no array."""
    places = {need: (ask.extractor, spec.array_key(ask, identities)) for need, ask in asks.items()}
    return places if all(place in bank for place in places.values()) else None


def _arrays(
    spec: MetricSpec, asks: Mapping[str, Ask], identities: Mapping[str, str], bank: FeatureBank
) -> dict[str, Series] | None:
    """The kept arrays, None when one was never kept. Raises `Damaged` when one that was cannot be read."""
    arrays = {}
    for need, place in (_places(spec, asks, identities, bank) or {}).items():
        series = bank.get(*place)
        if series is None:
            raise Damaged(f"{spec.card.id}: a kept array is damaged", mend="run the same command again")
        arrays[need] = series
    return arrays or None


def _compute(spec: MetricSpec, part: Sequence[Member], kept: Sequence[Member], worker: ScoreWorker) -> Score:
    least = spec.card.minimum_outputs
    if len(kept) < least:
        raise Unsupported("outputs", f"{spec.card.id} needs {least} outputs at least, {len(kept)} have what it reads")
    rows = [
        SetRow(m.sample.id, m.seed, m.sample.group, arrays)
        for m in kept
        if (arrays := _arrays(spec, spec.asks, m.identities, worker.bank)) is not None
    ]
    reference: Sequence[SetRow] = ()
    if spec.card.reference_set:
        reference = _reference(spec, part, worker)
        if len(reference) < least:
            raise Unsupported("reference set", f"{spec.card.id} needs {least} clips at least, it has {len(reference)}")
    made = spec.compute(rows, reference)
    if not math.isfinite(made.value):
        raise BadMedia(f"{spec.card.id} gave no number ({made.value})")
    counts = {"n": len(rows), "outputs": len(part)} | ({"n_reference": len(reference)} if reference else {})
    return Score(made.value, {**made.details, **counts}, made.curve, made.interval)


def _reference(spec: MetricSpec, part: Sequence[Member], worker: ScoreWorker) -> list[SetRow]:
    if spec.target_asks:
        return _targets(spec, part, worker.bank)
    chosen = open_reference(spec.options.reference_set)
    outputs = {
        "frames": {m.output["frames"] for m in part},
        "size": {f"{m.output['width']}x{m.output['height']}" for m in part},
        "encoding": {encoding_class(spec.options.encode_as or m.output.get("encoding") or "lossless") for m in part},
    }
    if problem := chosen.mismatch(outputs, spec.options.align.split("+")):
        raise Unsupported("reference set", problem)
    if chosen.saved:
        return rows_of(chosen, {need: ask_key(ask) for need, ask in spec.asks.items()})
    return clip_rows(spec, chosen, worker)


def _targets(spec: MetricSpec, part: Sequence[Member], bank: FeatureBank) -> list[SetRow]:
    """The ground truth of these outputs, each piece of media once."""
    found: dict[str, SetRow] = {}
    for member in part:
        target = member.identities.get("target")
        if target and target not in found:
            arrays = _arrays(spec, spec.target_asks, member.identities, bank)
            if arrays is not None:
                named = dict(zip(spec.asks, arrays.values(), strict=True))
                found[target] = SetRow(member.sample.id, 0, member.sample.group, named)
    return list(found.values())


def clip_rows(spec: MetricSpec, chosen: ReferenceSet, worker: ScoreWorker) -> list[SetRow]:
    """The rows of a set whose clips are here, in order of content; what the bank lacks is extracted now.

    Raises `BadMedia` naming the clip when one cannot be read: leaving it out would make another set.
    """
    clips = sorted(chosen.clips, key=lambda clip: (clip.sha256, clip.id))
    kept = {clip.id: {"video": clip.sha256} for clip in clips}
    number = PlannedNumber(spec, "", 1)
    todo = [
        Task(clip.id, PlannedScore(
            Sample(clip.id, "reference"), 0, {"outputs": {"video": {"sha256": clip.sha256}}}, (number,),
            {"video": clip.path}, {"video": clip.sha256}, {"frames": clip.frames},
        ))
        for clip in clips
        if _arrays(spec, spec.asks, kept[clip.id], worker.bank) is None
    ]  # fmt: skip
    for outcome in worker(iter(todo)):
        problem = outcome.error or (outcome.value or {}).get(spec.column)
        if isinstance(problem, BaseException):
            raise BadMedia(f"reference set {chosen.name!r}: {outcome.task.id}: {problem}") from problem
    rows = []
    for clip in clips:
        arrays = _arrays(spec, spec.asks, kept[clip.id], worker.bank)
        if arrays is None:
            raise VbenchError(f"reference set {chosen.name!r}: {clip.id}: no arrays were kept")
        rows.append(SetRow(clip.id, 0, clip.id, arrays))
    return rows
