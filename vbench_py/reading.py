"""Run folders to records: what stands for each sample now, which numbers are current, what is missing and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from vbench_py import catalogue
from vbench_py.metricset import MetricSpec
from vbench_py.plan import current_outputs, set_identity
from vbench_py.records import MetricFacts, OutputRecord, RunRecords, ScoreRecord
from vbench_py.store import Row, RunFolder, run_folders, standing, to_json, write_atomic
from vbench_py.types import UsageError

SAMPLES_FILE = "samples.json"


def write_samples(
    run: RunFolder, wanted: Sequence[tuple[str, int, str, str]], media: Mapping[str, Mapping[str, str]]
) -> None:
    """What the run should have, (sample, seed, group, prompt) each, and where the inputs lie."""
    write_atomic(run.path / SAMPLES_FILE, to_json({"wanted": [list(w) for w in wanted], "media": media}))


def columns_of(specs: Iterable[MetricSpec], known: Mapping[str, Any]) -> dict[str, Any]:
    """The `columns` of run.json with these metrics added: by encoding the outputs were scored in, then by column."""
    columns = {encoding: dict(group) for encoding, group in known.items()}
    for spec in specs:
        facts = asdict(spec.facts())
        facts["range"] = [_number(bound) for bound in facts["range"]]
        group = columns.setdefault(str(spec.protocol.get("encode_as", "")), {})
        group[spec.column] = {**facts, "settings": dict(spec.protocol), "id": spec.card.id}
    return columns


def _number(bound: float) -> float | str:
    return bound if abs(bound) != float("inf") else str(bound)


def read_run(run: RunFolder) -> list[RunRecords]:
    """The records of one run folder: one set, and one more for each encoding that its outputs were re-scored in."""
    info = run.read_info()
    if not info:
        raise UsageError(f"{run.path}: no run.json, so this is not a run folder")
    current = current_outputs(run.rows("generated"))
    outputs, encoding = _outputs(run, current)
    identities = _identities_of(current)
    columns: dict[str, dict[str, Any]] = info.get("columns") or {"": {}}
    scores = _scores(run, identities, columns)
    return [
        RunRecords(
            suite=info["suite"]["id"],
            suite_version=info["suite"]["version"],
            task=info["suite"]["task"],
            method=info["method"]["id"],
            title=info["method"]["title"],
            name=info["method"]["name"],
            control=info["method"]["control"],
            folder=run.path,
            axes=info["method"]["axes"],
            prompt_policy=info["method"]["prompt_policy"],
            encoding=encode_as or encoding,
            partial=info["partial"],
            expected=len(outputs),
            outputs=outputs,
            scores=scores.get(encode_as, []),
            metrics={name: _facts(values) for name, values in group.items()},
            primary=_primary(info["suite"]["primary"], group),
            protocol={
                "settings": {name: values["settings"] for name, values in group.items()},
                "output": info["suite"].get("output", {}),
                "identity": info["method"].get("identity", {}),
            },
            suite_title=info["suite"].get("title", ""),
            summary=info["suite"].get("summary", ""),
            unavailable=info.get("unavailable", {}),
        )
        for encode_as, group in columns.items()
    ]


def _primary(name: str, columns: Mapping[str, Any]) -> str:
    """The primary metric's column among these: another command may have scored it under another protocol since."""
    metric = catalogue.bare(name.partition("[")[0])
    return name if name in columns else next((c for c, values in columns.items() if values["id"] == metric), name)


def _facts(values: Mapping[str, Any]) -> MetricFacts:
    low, high = values["range"]
    names = ("title", "version", "direction", "unit", "decimals", "protocol")
    later = {name: values[name] for name in ("family", "over") if name in values}  # older runs do not tell them
    return MetricFacts(range=(float(low), float(high)), **later, **{name: values[name] for name in names})


def _outputs(run: RunFolder, current: Mapping[tuple[str, int], Row]) -> tuple[list[OutputRecord], str]:
    try:
        listed = orjson.loads((run.path / SAMPLES_FILE).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        wanted = [[s, seed, row.get("group", s), row.get("prompt", "")] for (s, seed), row in current.items()]
        listed = {"wanted": wanted}
    media = listed.get("media", {})
    records, encodings = [], set()
    for sample, seed, group, prompt in listed["wanted"]:
        row = current.get((sample, seed))
        paths = media.get(sample, {})
        if row is None:
            records.append(OutputRecord(sample, seed, group, "missing", "not generated yet", prompt, media=paths))
            continue
        ok = row["status"] == "ok"
        if ok:
            encodings.add(row.get("encoding") or "lossless")
        records.append(
            OutputRecord(
                sample=sample,
                seed=seed,
                group=group,
                status=row["status"],
                reason="" if ok else row["error"]["message"],
                prompt=prompt,
                prompt_used=row.get("prompt_used", prompt),
                files={name: item["path"] for name, item in row.get("outputs", {}).items()},
                frames=row.get("frames"),
                fps=row.get("fps"),
                width=row.get("width"),
                height=row.get("height"),
                encoding=row.get("encoding") or "lossless",
                seconds=row.get("seconds") or {},
                peak_memory_bytes=row.get("peak_memory_bytes"),
                media=paths,
            )
        )
    return records, "+".join(sorted(encodings)) or "lossless"


def _identities_of(current: Mapping[tuple[str, int], Row]) -> dict[tuple[str, int], str]:
    """The identity of every output by (sample, seed), of the whole set under ("", -1), of groups under their first."""
    ok = {pair: row for pair, row in sorted(current.items()) if row["status"] == "ok"}
    members = [(sample, seed, row.get("identity", "")) for (sample, seed), row in ok.items()]
    groups: dict[str, list[tuple[str, int, str]]] = {}
    for member, row in zip(members, ok.values(), strict=True):
        groups.setdefault(row.get("group", member[0]), []).append(member)
    found = {(sample, seed): identity for sample, seed, identity in members}
    found |= {(part[0][0], -1): set_identity(part) for part in groups.values()}
    return found | {("", -1): set_identity(members)}


def _scores(
    run: RunFolder, identities: Mapping[tuple[str, int], str], columns: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[ScoreRecord]]:
    """Numbers of the outputs that stand now, under the protocols that stand now."""
    protocols = {(enc, name): facts["protocol"] for enc, group in columns.items() for name, facts in group.items()}
    current = (
        row
        for row in run.rows("scores")
        if protocols.get((row.get("encode_as", ""), row["metric"])) == row["protocol"]
        and identities.get((row["sample"], row["seed"])) == row["output"]
    )
    stands = standing(current, lambda row: (row.get("encode_as", ""), row["sample"], row["seed"], row["metric"]))
    scores: dict[str, list[ScoreRecord]] = {}
    for (encode_as, sample, seed, metric), row in stands.items():
        if row["status"] == "ok" and row["value"] is None:
            continue  # an output of a set, whose arrays are kept after all
        error = row.get("error")
        reason = error["message"] if error else ""
        interval = tuple(row["interval"]) if row.get("interval") else None
        found = (row["status"], reason, row["value"], row["details"], row["curve"], interval)
        scores.setdefault(encode_as, []).append(ScoreRecord(sample, seed, row["group"], metric, *found))
    return scores


def read_runs(roots: Sequence[Path]) -> list[RunRecords]:
    """The records of every run under these folders. Raises `UsageError` when there is none."""
    folders = {run.path.resolve(): run for root in roots for run in run_folders(root)}
    if not folders:
        places = ", ".join(str(root) for root in roots)
        raise UsageError(f"no runs under {places}", mend="start one with `vbench-py run`")
    return [records for run in folders.values() for records in read_run(run)]
