"""One item of work as a family of classical methods sees it: streamed media, and the geometry of the output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.adapters.geometry import Geometry, interpolation_factor, output_geometry
from vbench_py.adapters.outputs import Clock
from vbench_py.types import BadMedia, Request, Unsupported
from vbench_py.video import Unit, check_mask, probe, read_chunks

CHUNK_BYTES = 16 << 20


@dataclass(frozen=True)
class Stream:
    """One output: frames (H, W, 3) uint8 RGB, made as they are asked for, and their rate a second.

    With a `unit` it is depth instead: `count` frames (H, W) float32 in that unit, NaN where nothing is known.
    `provenance` may be filled while the frames are made.
    """

    frames: Iterator[np.ndarray]
    fps: float
    name: str = "video"
    unit: Unit | None = None
    count: int = 0
    provenance: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A request, the clock that its decoding is counted on, and the card's weights by name."""

    request: Request
    clock: Clock
    weights: Mapping[str, Path] = field(default_factory=dict)

    def frames(self, role: str) -> Iterator[np.ndarray]:
        """The frames of the medium in `role`, (H, W, 3) uint8 RGB each; a few at a time are in memory."""
        chunks = read_chunks(self.request.media[role], chunk_bytes=CHUNK_BYTES)
        for chunk in self.clock.timed("decode", chunks):
            yield from chunk

    def masks(self, role: str, like: str) -> Iterator[np.ndarray]:
        """The mask in `role` for each frame of the medium in `like`, (H, W) bool; one frame serves all.

        Raises `BadMedia` for a soft mask, and for one of another size or length.
        """
        path, info, other = self.request.media[role], probe(self.request.media[role]), probe(self.request.media[like])
        if (info.width, info.height) != (other.width, other.height) or info.frames not in (1, other.frames):
            raise BadMedia(
                f"{path}: a mask of {info.frames} frames of {info.width}x{info.height}, "
                f"and {like} has {other.frames} of {other.width}x{other.height}",
                mend=f"give one frame, or {other.frames}, of its size",
            )
        for index, frame in enumerate(self.frames(role)):
            check_mask(path, frame[..., 0], index)
            mask = frame[..., 0] > 0
            yield from [mask] * other.frames if info.frames == 1 else [mask]

    def image(self, role: str) -> np.ndarray:
        """The image in `role`, or a video's first frame, (H, W, 3) uint8 RGB."""
        return next(self.frames(role))

    def geometry(self, role: str, **rules: int) -> Geometry:
        """What must come out, given the medium in `role`: see `output_geometry`."""
        return output_geometry(self.request, self.request.media[role], **rules)

    def interpolation(self, role: str, factor: int) -> tuple[int, Geometry]:
        """`factor` (0: the request's), and the output's geometry with that many intervals for one of the input's."""
        path = self.request.media[role]
        factor = factor or interpolation_factor(self.request, probe(path).frames)
        return factor, output_geometry(self.request, path, factor=factor)

    def require_native_size(self, role: str) -> None:
        """Raises `Unsupported("size", ...)` when the request insists on another size than the medium's in `role`."""
        info = probe(self.request.media[role])
        asked = (self.request.width or info.width, self.request.height or info.height)
        if self.request.size_policy != "native" and asked != (info.width, info.height):
            reason = f"this method keeps the input's {info.width}x{info.height}; {asked[0]}x{asked[1]} was asked for"
            raise Unsupported("size", reason)
