"""The whole catalogue on small networks: each real card under an id of its own, its checkpoints small files on disk.

Extractors and metrics are the real classes, and so are their protocols and options but for the sizes of networks
(`tests.metrics.networks`) and of sets (`SETS`): everything between a folder of videos and a number runs, on weights
that mean nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.metrics.networks import Small, small_networks
from tests.metrics.running import tables
from vbench_py.adapters.modes import capabilities
from vbench_py.cards import MethodCard
from vbench_py.checkpoints.cache import sha256_of
from vbench_py.promises.truths import VIEWS, spoilt, write_role
from vbench_py.types import Capability, Chunk, Generated, Request, Resolved
from vbench_py.video import read, write_video

PREFIX = "small-"
SETS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "fvd-infinity": ({"minimum_outputs": 6}, {"smallest": 0.0075}),
    "kid-frames-torch-fidelity": ({}, {"subset_size": 50}),
}
"""Metrics of more outputs than a test makes: what changes in the card and in its protocol."""
METHODS = """
[[adapter]]
id = "small-maker"
version = "1"
title = "The source with noise"
entry = "tests.e2e.small:Maker"
"""
METHOD = """
[[method]]
id = "{name}"
title = "The source with noise"
adapter = "small-maker"
status = "runs"
defaults = {{ amplitude = {amplitude} }}
modes = [
  {{ task = "editing", required = ["source", "camera"], optional = ["first"], outputs = ["video", "poses"] }},
  {{ task = "depth", required = ["source_depth"], outputs = ["depth"] }},
  {{ task = "novel_view_4d", required = ["source"], outputs = ["view/000", "view/015", "view/030"] }},
]
"""


class Maker:
    """What it is given with noise of its seed, in two chunks, with every fact that a metric may read."""

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        self.amplitude = int(options["amplitude"])

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def plan(self, request: Request) -> Resolved:
        return Resolved(request=request)

    def load(self, device: str) -> None: ...
    def close(self) -> None: ...

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        for resolved, folder in zip(batch, out, strict=True):
            media = resolved.request.media
            made: dict[str, Path] = {}
            frames = len(read(media["source_depth"] if "source_depth" in media else media["source"]))
            match resolved.request.sample.task:
                case "editing":
                    write_video(folder / "video.mkv", self._noisy(resolved), fps=8)
                    made = {"video": folder / "video.mkv"}
                    posed = spoilt("poses", read(media["camera"]), self.amplitude)
                    made["poses"] = write_role(folder, "poses", "camera", posed)
                case "depth":
                    made = {"depth": write_role(folder, "depth", "depth", self._depth(resolved))}
                case _:
                    for view in VIEWS:
                        made[f"view/{view}"] = folder / "view" / f"{view}.mkv"
                        made[f"view/{view}"].parent.mkdir(exist_ok=True)
                        write_video(made[f"view/{view}"], self._noisy(resolved), fps=8)
            half = frames // 2
            yield Generated(
                resolved=resolved, outputs=made, peak_memory_bytes=1_000_000,
                seconds={"generate": 1.0, "encode_code": 0.5, "decode_code": 0.25}, provenance={"code_bytes": 5000},
                timeline=(Chunk(0, half - 1, 0.5), Chunk(half, frames - 1, 1.0)),
            )  # fmt: skip

    def _noisy(self, resolved: Resolved) -> np.ndarray:
        source = read(resolved.request.media["source"])
        noise = np.random.RandomState(resolved.request.seed).randint(-self.amplitude, self.amplitude + 1, source.shape)
        return np.clip(source.astype(np.int64) + noise, 0, 255).astype(np.uint8)

    def _depth(self, resolved: Resolved) -> np.ndarray:
        return spoilt("depth", read(resolved.request.media["source_depth"]), self.amplitude + resolved.request.seed)


def renamed(name: str) -> str:
    return PREFIX + name


def put_up(folder: Path, only: Collection[str] = ()) -> Path:
    """Writes cards of two methods and, as `small-<id>`, of metrics (all, or `only` these) and their extractors."""
    folder.mkdir(parents=True)
    extractors = []
    smalls, made_files = small_networks(), dict[str, Path]()
    chosen = [table for table, _ in tables("metric") if not only or table["id"] in only]
    asked = {extractor for table in chosen for extractor in table.get("extractors", [])}
    for table in (table for table, _ in tables("extractor") if table["id"] in asked):
        small = smalls.get(table["id"], Small())
        made = {
            **table, "id": renamed(table["id"]), "options": {**table.get("options", {}), **small.options},
            "checkpoints": _checkpoints(table, small, folder.parent / "weights" / table["id"], made_files),
        }  # fmt: skip
        extractors.append("[[extractor]]\n" + _table(made))
    metrics = ["[[metric]]\n" + _table(_metric(table)) for table in chosen]
    (folder / "small.toml").write_text("\n".join([*extractors, *metrics]), encoding="utf-8")
    methods = [METHOD.format(name=name, amplitude=n) for name, n in (("small-maker", 12), ("small-other", 4))]
    (folder / "methods.toml").write_text("\n".join([METHODS, *methods]), encoding="utf-8")
    return folder


def _checkpoints(table: Mapping[str, Any], small: Small, folder: Path, known: dict[str, Path]) -> list[dict[str, Any]]:
    """The small files of one extractor; those of a name that is `known` are the same file."""
    names = [item["name"] for item in table.get("checkpoints", [])]
    if not set(names) <= set(known):
        folder.mkdir(parents=True)
        known |= small.make(folder)
    return [
        {
            "name": name, "licence": "random numbers", "sha256": sha256_of(known[name]),
            "sources": [{"kind": "file", "path": str(known[name])}],
        }
        for name in names
    ]  # fmt: skip


def _metric(table: Mapping[str, Any]) -> dict[str, Any]:
    card, protocol = SETS.get(table["id"], ({}, {}))
    told = {**table.get("protocol", {}), **protocol}
    if "on" in told:
        told["on"] = [_entry(entry) for entry in told["on"]]
    if "flow" in told:
        told["flow"] = renamed(told["flow"])
    extractors = [renamed(extractor) for extractor in table.get("extractors", [])]
    return {**table, **card, "id": renamed(table["id"]), "extractors": extractors, "protocol": told}


def _entry(text: str) -> str:
    """An entry of `Ask.on` with its extractor renamed."""
    output, colon, extractor = text.partition(":")
    return f"{output}:{renamed(extractor)}" if colon else text


def _table(values: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items())


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_value(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
