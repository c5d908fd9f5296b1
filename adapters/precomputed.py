"""Videos that exist already, made by any means: matched to samples, linked into the results, scored as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from vbench_py.adapters.manifest import Row, read_manifest
from vbench_py.adapters.matching import Key, Matching, list_folder, match_folder, match_rows
from vbench_py.adapters.modes import capabilities, checked_options, choose_mode, resolve
from vbench_py.adapters.outputs import Clock, each
from vbench_py.adapters.placing import place
from vbench_py.cards import MethodCard
from vbench_py.types import Capability, Generated, Request, Resolved, Sample, Unsupported, UsageError
from vbench_py.video import VideoInfo, probe, view_outputs

_ENDS = 64 << 10


class Precomputed:
    """Options: `videos`, a folder matched by name (rules: `vbench_py.adapters.names`), or `manifest`, a .csv or .jsonl.

    Call `match(samples)` with all samples first: names are then told apart among all of them, and `plan` is a lookup.
    Raises `UsageError` unless exactly one of the two options is given.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        given = checked_options(card, options, also=("videos", "manifest"))
        if bool(given.get("videos")) == bool(given.get("manifest")):
            raise UsageError(f"method {card.id}: give either --set videos=FOLDER or --set manifest=FILE")
        self.videos = Path(given["videos"]).expanduser() if given.get("videos") else None
        self.manifest = Path(given["manifest"]).expanduser() if given.get("manifest") else None
        self._known: dict[Key, Row | None] = {}

    def identity(self) -> str:
        """The folder's or manifest's own name: where it lies on this machine is no part of a method."""
        return f"videos:{self.videos.resolve().name}" if self.videos else f"manifest:{Path(str(self.manifest)).name}"

    @cached_property
    def _media(self) -> list[Path]:
        return list_folder(self.videos) if self.videos else []

    @cached_property
    def _rows(self) -> Mapping[Key, Row]:
        return read_manifest(self.manifest) if self.manifest else {}

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def match(self, samples: Sequence[Sample]) -> Matching:
        """Which (sample id, seed) has a video, which has none, and which videos belong to nothing.

        Raises `UsageError` when two files fit one pair, or one file two samples.
        """
        if self.videos is not None:
            matching = match_folder(self.videos, samples, self._media)
        else:
            matching = match_rows(self._rows, samples)
        self._known.update(matching.found)
        self._known.update(dict.fromkeys(matching.missing))
        return matching

    def plan(self, request: Request) -> Resolved:
        """The row's parameters beside the file's name and fingerprint, so that a replaced file is another output.

        Raises `Unsupported("video", ...)` when no file fits, or the manifest names a file that is not there.
        """
        choose_mode(self.card, request)
        row = self._row(request)
        if row is None:
            raise Unsupported("video", self._looked_for(request))
        if not row.path.exists():
            raise Unsupported("video", f"{row.name}, named for sample {request.sample.id!r}, is not on disk")
        parameters = {**row.parameters, "file": row.name, "fingerprint": fingerprint(row.path)}
        return resolve(self.card, request, parameters, seed_applied=False)

    def load(self, device: str) -> None:
        """Nothing to load."""

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        """Files are hard-linked where the disk allows it, else copied; never moved, never re-encoded."""
        return each(batch, out, self._one)

    def close(self) -> None:
        """Nothing is held."""

    def _one(self, resolved: Resolved, folder: Path) -> Generated:
        row = self._row(resolved.request)
        if row is None:
            raise Unsupported("video", self._looked_for(resolved.request))
        info = probe(row.path)
        clock = Clock()
        with clock.phase("copy"):
            paths = {name: place(path, folder, name) for name, path in _outputs(row.path, info).items()}
        encoding = row.encoding or ("lossless" if info.lossless else info.encoding)
        return Generated(
            resolved=resolved,
            outputs=paths,
            seconds=dict(clock.seconds),
            encoding=encoding,
            provenance={"file": row.name, "encoding_stated_by": "manifest" if row.encoding else "file"},
        )

    def _row(self, request: Request) -> Row | None:
        key = (request.sample.id, request.seed)
        if key not in self._known:
            seeds = dict.fromkeys((*request.sample.seeds, request.seed))
            self.match([replace(request.sample, seeds=tuple(seeds))])
        return self._known.get(key)

    def _looked_for(self, request: Request) -> str:
        sample = request.sample
        if self.manifest is not None:
            return f"{self.manifest.name} has no row with id {sample.id!r} and seed {request.seed}"
        names = f"{sample.id!r}, {sample.id + '-<seed>'!r}"
        names += f", {sample.prompt[:60] + '-<seed>'!r}" if sample.prompt else ""
        return f"no file in {self.videos} is named {names} (any suffix) for seed {request.seed}"


def _outputs(path: Path, info: VideoInfo) -> dict[str, Path]:
    """What the file is, by the name of the output: depth, a grid's views, or a video."""
    if info.members:
        return view_outputs(info)
    return {"depth" if info.kind == "depth" else "video": path}


def fingerprint(path: Path) -> str:
    """16 hex digits over size, first and last 64 KiB (of each file of a folder): tells a replaced video cheaply."""
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if not part.is_file():
            continue
        size = part.stat().st_size
        digest.update(f"{part.relative_to(path).as_posix()}\0{size}\0".encode())
        with part.open("rb") as file:
            digest.update(file.read(_ENDS))
            file.seek(max(0, size - _ENDS))
            digest.update(file.read(_ENDS))
    return digest.hexdigest()[:16]
