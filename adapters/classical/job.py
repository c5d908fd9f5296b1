"""One item of work as a family of classical methods sees it: streamed media, and the geometry of the output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vbench_py.adapters.geometry import Geometry, interpolation_factor, output_geometry
from vbench_py.adapters.outputs import Clock
from vbench_py.types import Request, Unsupported
from vbench_py.video import probe, read_chunks

CHUNK_BYTES = 16 << 20


class Stream(NamedTuple):
    """Output frames (H, W, 3) uint8 RGB, made as they are asked for, and their rate a second."""

    frames: Iterator[np.ndarray]
    fps: float


@dataclass(frozen=True)
class Job:
    """A request, and the clock that its decoding is counted on."""

    request: Request
    clock: Clock

    def frames(self, role: str) -> Iterator[np.ndarray]:
        """The frames of the medium in `role`, (H, W, 3) uint8 RGB each; a few at a time are in memory."""
        chunks = read_chunks(self.request.media[role], chunk_bytes=CHUNK_BYTES)
        for chunk in self.clock.timed("decode", chunks):
            yield from chunk

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
