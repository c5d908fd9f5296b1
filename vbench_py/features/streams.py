"""Frames going past, once: buffers of what is at hand, a role's decoded frames, and a view's samples of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from vbench_py.features.geometry import apply
from vbench_py.types import Geometry

Chunks = Iterator[np.ndarray]


class Buffer:
    """Consecutive frames at hand: `frames` (n, H, W, C) starting at number `first`. `still`: one frame for all."""

    def __init__(self, still: bool = False) -> None:
        self.still = still
        self.first = 0
        self.frames: np.ndarray | None = None

    @property
    def end(self) -> int:
        return self.first + (0 if self.frames is None else len(self.frames))

    def append(self, parts: Sequence[np.ndarray]) -> None:
        whole = [*([] if self.frames is None else [self.frames]), *parts]
        if whole:
            self.frames = whole[0] if len(whole) == 1 else np.concatenate(whole)

    def drop_before(self, frame: int) -> None:
        if self.frames is None or self.still or frame <= self.first:
            return
        gone = min(frame - self.first, len(self.frames))
        rest = self.frames[gone:]
        self.frames = rest.copy() if 0 < len(rest) * 4 < len(self.frames) else (rest if len(rest) else None)
        self.first += gone

    def windows(self, starts: Sequence[int], length: int) -> np.ndarray:
        """(B, length, H, W, C) for window starts at equal distances: a view where the distance allows, never a copy."""
        assert self.frames is not None
        if self.still:
            return np.broadcast_to(self.frames[None, :1], (len(starts), length, *self.frames.shape[1:]))
        step = starts[1] - starts[0] if len(starts) > 1 else 1
        base = self.frames[starts[0] - self.first :]
        frame = base.strides[0]
        shape = (len(starts), length, *base.shape[1:])
        strides = (step * frame, frame, *base.strides[1:])
        return np.lib.stride_tricks.as_strided(base, shape, strides, writeable=False)


class RoleStream(Buffer):
    """The decoded frames of one role, as far as they have been read."""

    def __init__(self, chunks: Chunks, still: bool = False) -> None:
        super().__init__(still)
        self.chunks = chunks
        self.ended = False

    def advance_to(self, wanted: int) -> None:
        """Reads until frame `wanted - 1` is at hand or the stream ends."""
        parts: list[np.ndarray] = []
        end = self.end
        while end < wanted and not self.ended:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.ended = True
            else:
                parts.append(chunk)
                end += len(chunk)
        self.append(parts)


class ViewStream:
    """One role as one view sees it: its `picked` frames (None: all), resized. Positions count picked frames.

    Without sampling and resizing its buffer is the role's own, so nothing is copied.
    """

    def __init__(self, role: RoleStream, picked: np.ndarray | None, geometry: Geometry | None) -> None:
        self.role = role
        self.picked = None if role.still else picked
        self.geometry = geometry
        self.plain = self.picked is None and geometry is None
        self.buffer: Buffer = role if self.plain else Buffer(role.still)
        self._taken = 0

    def take(self) -> None:
        """Samples and resizes what the role has read since the last call."""
        source = self.role
        if self.plain or source.frames is None or (source.still and self.buffer.frames is not None):
            return
        if self.picked is None:
            new, self._taken = source.frames[self._taken - source.first :], source.end
        else:
            upto = int(np.searchsorted(self.picked, source.end))
            new, self._taken = source.frames[self.picked[self._taken : upto] - source.first], upto
        if len(new):
            self.buffer.append([apply(self.geometry, new)])

    @property
    def needs(self) -> int:
        """The first source frame that is still wanted of the role."""
        if not self.plain:
            if self.picked is None:
                return self._taken
            return int(self.picked[self._taken]) if self._taken < len(self.picked) else self.role.end
        return self.role.first

    @property
    def complete(self) -> bool:
        """Whether no frame to come is picked."""
        return self.picked is not None and self._taken >= len(self.picked)

    def source_frames(self, positions: np.ndarray) -> np.ndarray:
        """Source frame numbers of picked positions."""
        return positions if self.picked is None else self.picked[positions]
