"""Full-reference metrics refuse unequal sizes or frame counts; here is the refusal, and the alignments one may ask for.

`trim` compares the frames that all sides have; `resize` brings every side to the reference's size (area when shrinking,
bicubic when growing). Both are part of the protocol of the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vbench_py.features.asks import roles_of
from vbench_py.types import Ask, BadMedia, Extractor
from vbench_py.video import VideoInfo, probe, read_chunks
from vbench_py.video.grid import Order, cell_count, run_length

CHUNK_BYTES = 24 << 20
_REFERENCES = ("target", "baseline", "source")


@dataclass
class Aligned:
    """The roles of one output, probed, with the alignment that was asked for; `problems` by role that cannot be."""

    infos: Mapping[str, VideoInfo] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    trim: bool = False
    resize: bool = False
    problems: Mapping[str, Exception] = field(default_factory=dict)

    @property
    def stills(self) -> frozenset[str]:
        """One-frame roles that stand beside longer ones."""
        longest = max((info.cells for info in self.infos.values()), default=1)
        return frozenset(r for r, info in self.infos.items() if info.cells == 1 and longest > 1 and r != "video")

    def check(self, ask: Ask, kinds: Mapping[str, str] | None = None, *, unequal: bool = False) -> None:
        """Raises `BadMedia` naming both sides when these roles cannot be compared as they are, or one's problem.

        `kinds` are those of roles that should be no videos; `unequal`: sizes are the extractor's own business.
        """
        for role in roles_of(ask):
            if role in self.problems:
                raise self.problems[role]
            found, wanted = self.infos[role].kind, (kinds or {}).get(role, "video")
            if found != wanted:
                text = f"{self.paths[role].name}: the {role} is of kind {found}, {ask.extractor} reads {wanted}"
                raise BadMedia(text, mend="docs/media.md says how each kind is stored")
        self._check_grids(ask)
        roles = [role for role in roles_of(ask) if role not in self.stills]
        by_file = ask.view.unit == "file"
        own = f"{ask.extractor} reads the files itself, so --align does not reach it"
        for other in roles[1:]:
            first, second = self.infos[roles[0]], self.infos[other]
            name = f"{self.paths[roles[0]].name}"
            if (by_file or not self.trim) and first.cells != second.cells:
                both = min(first.frames, second.frames)
                mend = f"pass --align trim to compare the first {both} (recorded in the protocol)"
                text = f"{name}: {first.frames} frames, {other} has {second.frames}"
                raise BadMedia(text, mend=own if by_file else mend)
            pictures = first.width and second.width
            if pictures and not unequal and (by_file or not self.resize) and _size(first) != _size(second):
                sizes = f"{first.width}x{first.height} pixels, {other} has {second.width}x{second.height}"
                mend = "pass --align resize to bring it to the reference's size (recorded in the protocol)"
                raise BadMedia(f"{name}: {sizes}", mend=own if by_file else mend)

    def _check_grids(self, ask: Ask) -> None:
        """Raises `BadMedia` where grids of views stand beside a clip, or have other views."""
        grids = {role: self.infos[role].views for role in roles_of(ask) if role not in self.stills}
        counts = {len(views) for views in grids.values()}
        if len(counts) > 1 or (grids and bool(ask.view.path) != (counts != {0})):
            told = ", ".join(f"{role} has {len(views) or 'no'} views" for role, views in grids.items())
            reads = "the same views of every role" if ask.view.path else "a clip, not a grid of views"
            raise BadMedia(f"{ask.extractor} reads {reads}: {told}")

    def passes(self, asks: Mapping[Ask, Extractor]) -> list[Pass]:
        """Asks grouped so that each group can share one decode: all in one, unless an alignment or a path sets some
        apart.
        """
        groups: dict[tuple[int, tuple[int, int] | None, Order], list[Ask]] = {}
        for ask, extractor in asks.items():
            moving = [self.infos[role] for role in roles_of(ask) if role not in self.stills]
            stop = min((cell_count(info, ask.view.path) for info in moving), default=1)
            reference = next((self.infos[role] for role in _REFERENCES if role in roles_of(ask)), None)
            unlike = len({_size(self.infos[role]) for role in roles_of(ask) if self.infos[role].width}) > 1
            resized = self.resize and unlike and not getattr(extractor, "unequal", False)
            size = _size(reference) if resized and reference is not None else None
            groups.setdefault((stop, size, ask.view.path), []).append(ask)
        return [Pass(self, tuple(group), *how) for how, group in groups.items()]


@dataclass(frozen=True)
class Pass:
    """One decode for several asks: frames up to `stop`, at `size` (width, height) where an alignment asks for it."""

    aligned: Aligned
    asks: tuple[Ask, ...]
    stop: int
    size: tuple[int, int] | None
    path: Order = ""

    @property
    def units(self) -> dict[str, str]:
        """The unit of each role whose values have one."""
        return {role: info.unit for role, info in self.aligned.infos.items() if info.unit}

    @property
    def run(self) -> int:
        """The length of a run of the path, in frames; the whole clip without one."""
        infos = [self.aligned.infos[role] for ask in self.asks for role in roles_of(ask)]
        grid = next((info for info in infos if info.views), None)
        return self.stop if grid is None else min(run_length(grid, self.path), self.stop)

    def chunks(self, role: str) -> Iterator[np.ndarray]:
        info = self.aligned.infos[role]
        for chunk in read_chunks(
            self.aligned.paths[role], stop=self.stop, chunk_bytes=CHUNK_BYTES, info=info, order=self.path
        ):
            if self.size is not None and info.kind == "video":
                chunk = _resized(chunk, self.size, hard=role.endswith("mask"))
            yield chunk


def _size(info: VideoInfo) -> tuple[int, int]:
    return info.width, info.height


def _resized(chunk: np.ndarray, size: tuple[int, int], *, hard: bool) -> np.ndarray:
    """`hard` for masks, which stay black and white."""
    import cv2

    if (chunk.shape[2], chunk.shape[1]) == size:
        return chunk
    smooth = cv2.INTER_AREA if chunk.shape[1] > size[1] else cv2.INTER_CUBIC
    kernel = cv2.INTER_NEAREST if hard else smooth
    return np.stack([cv2.resize(frame, size, interpolation=kernel) for frame in chunk])


def open_aligned(paths: Mapping[str, Path], align: str, problems: Mapping[str, Exception] | None = None) -> Aligned:
    """Probes every role; one that cannot be read is a problem of those asks alone that need it."""
    infos: dict[str, VideoInfo] = {}
    found = dict(problems or {})
    for role, path in paths.items():
        try:
            infos[role] = probe(path)
        except Exception as error:
            found[role] = error
    return Aligned(infos, paths, "trim" in align, "resize" in align, found)
