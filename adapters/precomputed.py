"""Videos that exist already, made by any means: matched to samples, linked into the results, scored as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from vbench_py.adapters.bringing import bring
from vbench_py.adapters.examining import complete, examine
from vbench_py.adapters.layouts import LAYOUTS
from vbench_py.adapters.manifest import Key, Row, checked_rate, checked_unit, read_manifest
from vbench_py.adapters.manifest_write import check_destination, write_manifest
from vbench_py.adapters.matching import Claims, Listing, Matching, frames_of, list_folder, match_rows
from vbench_py.adapters.modes import capabilities, checked_options, choose_mode, resolve
from vbench_py.adapters.outputs import Clock, each
from vbench_py.cards import MethodCard
from vbench_py.catalogue import unknown
from vbench_py.types import Capability, Generated, Request, Resolved, Sample, Unsupported, UsageError

_ENDS = 64 << 10
OPTIONS = ("videos", "manifest", "layout", "unit", "fps", "first")


class Precomputed:
    """Options: `videos`, a folder, or `manifest`, a .csv or .jsonl; and, where they do not say it themselves,
    `layout`, how the folder is laid out (`vbench_py.adapters.layouts`; auto: by name, see `names`), `first`, the number
    its files count from, `unit` of depth arrays, and `fps` of what has no clock.

    Call `match(samples)` with all samples first: names are then told apart among all of them, and `plan` is a lookup.
    Raises `UsageError` for options that there are not, or that contradict each other.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        given = checked_options(card, options, also=OPTIONS)
        where = f"method {card.id}"
        if bool(given.get("videos")) == bool(given.get("manifest")):
            raise UsageError(f"{where}: give either --set videos=FOLDER or --set manifest=FILE")
        self.videos = Path(given["videos"]).expanduser() if given.get("videos") else None
        self.manifest = Path(given["manifest"]).expanduser() if given.get("manifest") else None
        self.layout = str(given.get("layout") or "auto")
        if self.layout not in LAYOUTS:
            raise unknown("layout", self.layout, LAYOUTS)
        self.first = _first(given.get("first"), self.layout, where)
        if self.manifest and (self.layout != "auto" or self.first is not None):
            raise UsageError(f"{where}: layout and first are of folders, and a manifest says which file is which")
        self.unit = checked_unit(str(given.get("unit") or ""), where)
        self.fps = checked_rate(given.get("fps"), where)
        self._known: dict[Key, Row | None] = {}

    def identity(self) -> str:
        """The folder's or manifest's own name, and the options; its place on this machine is no part of a method."""
        place = f"videos:{self.videos.resolve().name}" if self.videos else f"manifest:{Path(str(self.manifest)).name}"
        said = {"layout": "" if self.layout == "auto" else self.layout, "first": self.first, "unit": self.unit,
                "fps": self.fps}  # fmt: skip
        return " ".join([place, *(f"{name}={value}" for name, value in said.items() if value not in ("", None))])

    @cached_property
    def listing(self) -> Listing:
        """What lies in the folder; nothing where there is a manifest."""
        return list_folder(self.videos) if self.videos else Listing([], [], {})

    @cached_property
    def _rows(self) -> Mapping[Key, Row]:
        return read_manifest(self.manifest) if self.manifest else {}

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def match(self, samples: Sequence[Sample]) -> Matching:
        """Which (sample id, seed) has a video, which has none, and which videos belong to nothing.

        Raises `UsageError` when two files fit one pair, or one file two samples.
        """
        matching = match_rows(self._rows, samples) if self.videos is None else self._by_layout(self.videos, samples)
        found = {key: self._completed(row) for key, row in matching.found.items()}
        self._known |= found
        self._known |= dict.fromkeys(matching.missing)
        return replace(matching, found=found)

    def _by_layout(self, folder: Path, samples: Sequence[Sample]) -> Matching:
        claims, layout = Claims(folder, samples), LAYOUTS[self.layout]
        layout.read(claims, self.listing.media, (layout.first or 0) if self.first is None else self.first)
        for path in self.listing.unnamed:
            claims.leave_unnamed(path)
        return claims.matching()

    def _completed(self, row: Row) -> Row:
        """`row` with what the options say and it does not."""
        parts = {name: self._completed(part) for name, part in row.parts.items()}
        return replace(row, unit=row.unit or self.unit, fps=row.fps or self.fps, parts=parts)

    def examine(self, row: Row, sample: Sample) -> dict[str, Any]:
        """Facts of a row's media, read from headers where they have any. Raises `BadMedia`."""
        return examine(row, depth=sample.task == "depth")

    def complete(self, row: Row, facts: Mapping[str, Any]) -> Row:
        """`row` with its content's hash, and with what `examine` told of it: as a manifest states them."""
        return complete(row, facts)

    def check_destination(self, manifest: Path) -> None:
        """Raises `UsageError` where no manifest can be written."""
        check_destination(manifest)

    def write_manifest(self, manifest: Path, rows: Mapping[Key, Row]) -> None:
        """`rows` as a file for the option `manifest`. Raises `UsageError`."""
        write_manifest(manifest, rows)

    def plan(self, request: Request) -> Resolved:
        """The row's parameters beside the file's name and fingerprint, so that a replaced file is another output.

        Raises `Unsupported("video", ...)` when no file fits, or the manifest names a file that is not there.
        """
        choose_mode(self.card, request)
        row = self._row(request)
        if row is None:
            raise Unsupported("video", self._looked_for(request))
        files = []
        for part in row.parts.values() or [row]:
            files += (found := [file for file in frames_of(part.path) if file.exists()])
            if not found:
                raise Unsupported("video", f"{part.name}, named for sample {request.sample.id!r}, is not on disk")
        said = {"unit": row.unit, "fps": row.fps}
        parameters = {**row.parameters, "file": row.name, "fingerprint": fingerprint(*files)}
        parameters |= {name: value for name, value in said.items() if value}
        return resolve(self.card, request, parameters, seed_applied=False)

    def load(self, device: str) -> None:
        """Nothing to load."""

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        """Files are hard-linked where the disk allows it, else copied; never moved, never re-encoded with loss."""
        return each(batch, out, self._one)

    def close(self) -> None:
        """Nothing is held."""

    def _one(self, resolved: Resolved, folder: Path) -> Generated:
        row = self._row(resolved.request)
        if row is None:
            raise Unsupported("video", self._looked_for(resolved.request))
        clock = Clock()
        with clock.phase("copy"):
            brought = bring(row, folder, depth=resolved.request.sample.task == "depth")
        done = {name: one.done for name, one in brought.items() if one.done}
        stated = any(part.encoding for part in row.parts.values() or [row])
        return Generated(
            resolved=resolved,
            outputs={name: one.path for name, one in brought.items()},
            seconds=dict(clock.seconds),
            encoding="+".join(sorted({one.encoding for one in brought.values()})),
            provenance={
                "file": row.name,
                "encoding_stated_by": "manifest" if stated else "file",
                **({"converted": done} if done else {}),
            },
        )

    def _row(self, request: Request) -> Row | None:
        key = (request.sample.id, request.seed)
        if key not in self._known:
            if LAYOUTS[self.layout].ordered:
                raise UsageError(
                    f"layout {self.layout} counts the prompts of a whole suite", mend="match the suite first"
                )
            seeds = dict.fromkeys((*request.sample.seeds, request.seed))
            self.match([replace(request.sample, seeds=tuple(seeds))])
        return self._known.get(key)

    def _looked_for(self, request: Request) -> str:
        sample = request.sample
        if self.manifest is not None:
            return f"{self.manifest.name} has no row with id {sample.id!r} and seed {request.seed}"
        if self.layout != "auto":
            told = (
                f"in the layout {self.layout}; `vbench-py import SUITE {self.videos} --layout {self.layout}` shows all"
            )
            return f"no file in {self.videos} is that of seed {request.seed} {told}"
        names = f"{sample.id!r}, {sample.id + '-<seed>'!r}"
        names += f", {sample.prompt[:60] + '-<seed>'!r}" if sample.prompt else ""
        return f"no file in {self.videos} is named {names} (any suffix) for seed {request.seed}"


def _first(value: Any, layout: str, where: str) -> int | None:
    if value in (None, ""):
        return None
    if LAYOUTS[layout].first is None:
        counting = ", ".join(name for name, known in LAYOUTS.items() if known.first is not None)
        raise UsageError(f"{where}: first={value}: the layout {layout} counts nothing", mend=f"these do: {counting}")
    if type(value) is not int or value < 0:
        raise UsageError(f"{where}: first={value!r} is no whole number from 0")
    return value


def fingerprint(*paths: Path) -> str:
    """16 hex digits over size, first and last 64 KiB (of each file of a folder): tells a replaced video cheaply."""
    digest = hashlib.sha256()
    for path in paths:
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
