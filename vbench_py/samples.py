"""A suite's samples: its card and JSON-lines file, or the user's dataset, become `Sample`s: media by path or recipe.

A line: {"id", "prompt", "group", "media": {role: {..., "steps": [...]}}, ...}; a medium is one of {"data": name},
{"path": file}, {"from": role}, {"world": parameters}.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from vbench_py import catalogue, layout
from vbench_py.cards import CheckpointCard, SuiteCard
from vbench_py.checkpoints import location
from vbench_py.derive.world import SOURCE
from vbench_py.types import Media, Sample, Step, UsageError

_FIELDS = {
    "id", "prompt", "negative_prompt", "source_prompt", "prompt_schedule", "class_label", "media", "seeds", "group",
    "tags", "facts",
}  # fmt: skip


_TEXTS = ("id", "prompt", "negative_prompt", "source_prompt", "class_label", "group")


@dataclass(frozen=True)
class Suite:
    """A suite card with its samples."""

    card: SuiteCard
    samples: tuple[Sample, ...]
    file: Path | None = None
    """The card's file; None for a suite that was put together in memory."""

    @property
    def pairs(self) -> list[tuple[Sample, int]]:
        """Every (sample, seed), in the suite's order."""
        return [(sample, seed) for sample in self.samples for seed in sample.seeds]


def load_suite(name: str) -> Suite:
    """The suite of that name. Reads no data: media may still have to be fetched.

    A suite with a layout lists the user's dataset; `UsageError` where it is missing, or differs from the card.
    """
    found = catalogue.find("suite", name)
    card: SuiteCard = catalogue.card("suite", name)
    if card.layout is not None:
        return Suite(card, layout.samples(card), found.file.resolve())
    file = found.file.resolve().parent / card.samples
    data = {item.name: item for item in card.data}
    samples = []
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"suite {card.id!r}: its samples file {file} cannot be read: {error.strerror}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            samples.append(_sample(line, f"{file}:{number}", card, data, file.parent))
    ids = [sample.id for sample in samples]
    if len(set(ids)) != len(ids):
        twice = next(i for i in ids if ids.count(i) > 1)
        raise UsageError(f"{file}: sample id {twice!r} stands twice")
    return Suite(card, tuple(samples), found.file.resolve())


def _sample(line: str, where: str, card: SuiteCard, data: Mapping[str, CheckpointCard], folder: Path) -> Sample:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{where}: not valid JSON: {error}") from error
    _check(row, where)
    media: dict[str, Media] = {}
    for role, text in row.get("media", {}).items():
        media[role] = _media(text, f"{where}: media {role}", media, data, folder)
    return Sample(
        id=row["id"],
        task=card.task,
        prompt=row.get("prompt", ""),
        negative_prompt=row.get("negative_prompt", ""),
        source_prompt=row.get("source_prompt", ""),
        prompt_schedule=tuple((int(at), prompt) for at, prompt in row.get("prompt_schedule", ())),
        class_label=row.get("class_label", ""),
        media=media,
        seeds=tuple(row.get("seeds", card.seeds)),
        group=row.get("group", row["id"]),
        tags=tuple(row.get("tags", ())),
        facts=row.get("facts", {}),
    )


def _check(row: Any, where: str) -> None:
    """Raises `UsageError` for a line that is no sample: what comes from outside ends up in keys and file names."""
    if not isinstance(row, dict):
        raise UsageError(f"{where}: is no JSON object")
    unknown = sorted(set(row) - _FIELDS)
    if unknown:
        near = difflib.get_close_matches(unknown[0], _FIELDS, n=1)
        raise UsageError(f"{where}: unknown field {unknown[0]!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    if not isinstance(row.get("id"), str) or not row["id"]:
        raise UsageError(f"{where}: needs an id, a text that is not empty")
    for name in _TEXTS:
        text = row.get(name, "")
        if not isinstance(text, str):
            raise UsageError(f"{where}: {name} is {text!r}, not a text")
    seeds = row.get("seeds", [0])
    if not isinstance(seeds, list) or not seeds or not all(type(seed) is int and 0 <= seed < 1 << 63 for seed in seeds):
        raise UsageError(f"{where}: seeds is {seeds!r}", mend="give a list of whole numbers from 0, for example [0, 1]")


def _media(
    text: Mapping[str, Any], where: str, known: Mapping[str, Media], data: Mapping[str, CheckpointCard], folder: Path
) -> Media:
    steps = tuple(
        Step(step["operator"], {k: v for k, v in step.items() if k != "operator"}) for step in text.get("steps", ())
    )
    seed = int(text.get("seed", 0))
    if "from" in text:
        if text["from"] not in known:
            raise UsageError(f"{where}: made from role {text['from']!r}, which must stand before it")
        base = known[text["from"]]
        return Media(base.path, base.sha256, base.steps + steps, seed)
    if "data" in text:
        if text["data"] not in data:
            raise catalogue.unknown("data source", text["data"], data)
        item = data[text["data"]]
        return Media(location(item), item.sha256, steps, seed)
    if "world" in text:
        return Media(Path(SOURCE), SOURCE, (Step("world", text["world"]), *steps), seed)
    if "path" in text:
        return Media(folder / text["path"], text.get("sha256"), steps, seed)
    raise UsageError(f"{where}: needs one of data, path, from, world")
