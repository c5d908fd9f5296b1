"""One decode, many views: chunks of frames go past once, each ask gets its windows in batches bounded by bytes.

Roles that are compared advance in step. A role of one frame (a first image) is broadcast against longer ones.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import numpy as np

from vbench_py.types import Ask, Extractor, Series

CHUNK_BYTES = 24 << 20
BATCH_BYTES = 256 << 20
Chunks = Iterator[np.ndarray]


@dataclass
class RoleStream:
    """The frames of one role that are at hand: `frames` (n, H, W, 3) uint8 starting at frame `first`."""

    chunks: Chunks
    still: bool = False
    first: int = 0
    frames: np.ndarray | None = None
    ended: bool = False

    @property
    def end(self) -> int:
        return self.first + (0 if self.frames is None else len(self.frames))

    def advance_to(self, wanted: int) -> None:
        """Reads until frame `wanted - 1` is at hand or the stream ends."""
        parts = [] if self.frames is None else [self.frames]
        end = self.end
        while end < wanted and not self.ended:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.ended = True
            else:
                parts.append(chunk)
                end += len(chunk)
        if parts:
            self.frames = parts[0] if len(parts) == 1 else np.concatenate(parts)

    def drop_before(self, frame: int) -> None:
        if self.frames is None or self.still or frame <= self.first:
            return
        gone = min(frame - self.first, len(self.frames))
        rest = self.frames[gone:]
        self.frames = rest.copy() if 0 < len(rest) * 4 < len(self.frames) else (rest if len(rest) else None)
        self.first += gone

    def windows(self, starts: Sequence[int], length: int) -> np.ndarray:
        """(B, length, H, W, 3) for window starts at equal distances: a view where the distance allows, never a copy."""
        assert self.frames is not None
        if self.still:
            return np.broadcast_to(self.frames[None, :1], (len(starts), length, *self.frames.shape[1:]))
        step = starts[1] - starts[0] if len(starts) > 1 else 1
        base = self.frames[starts[0] - self.first :]
        frame = base.strides[0]
        shape = (len(starts), length, *base.shape[1:])
        strides = (step * frame, frame, *base.strides[1:])
        return np.lib.stride_tricks.as_strided(base, shape, strides, writeable=False)


@dataclass
class Collected:
    """What one ask has gathered so far."""

    ask: Ask
    extractor: Extractor
    next_start: int
    index: list[np.ndarray] = field(default_factory=list)
    values: dict[str, list[np.ndarray]] = field(default_factory=dict)
    error: Exception | None = None

    def add(self, starts: Sequence[int], arrays: Mapping[str, np.ndarray]) -> None:
        """Raises `ValueError` when the extractor did not give one value a window: numbers would lie at wrong frames."""
        whole = {name: np.asarray(array) for name, array in arrays.items()}
        for name, array in whole.items():
            if array.shape[:1] != (len(starts),):
                raise ValueError(
                    f"extractor {self.ask.extractor}: {name} has shape {array.shape} for {len(starts)} windows; "
                    "its first axis must be the windows"
                )
        self.index.append(np.asarray(starts, dtype=np.int64))
        for name, array in whole.items():
            self.values.setdefault(name, []).append(array)

    def series(self) -> Series:
        index = np.concatenate(self.index) if self.index else np.zeros(0, dtype=np.int64)
        return Series(index, {name: np.concatenate(parts) for name, parts in self.values.items()})


def extract(
    asks: Mapping[Ask, Extractor],
    open_role: Callable[[str], Chunks],
    stills: frozenset[str] = frozenset(),
) -> dict[Ask, Series | Exception]:
    """Everything the window asks want, from one pass over each role.

    `open_role` gives a role's chunks, of equal length for all roles but the `stills`, one-frame roles to broadcast. An
    extractor that fails yields its exception and the others go on; an error while decoding is raised.
    """
    gathered = [Collected(ask, extractor, ask.view.offset) for ask, extractor in asks.items()]
    roles = sorted({role for ask in asks for role in ask.on})
    with ThreadPoolExecutor(max_workers=max(len(roles), 1)) as pool, ExitStack() as opened:
        streams = {}
        for role in roles:
            ahead = opened.enter_context(closing(_ahead(open_role(role), pool)))
            streams[role] = RoleStream(ahead, role in stills)
        leader = next((s for s in streams.values() if not s.still), next(iter(streams.values())))
        position = -1
        while leader.end > position and not leader.ended:
            position = leader.end
            leader.advance_to(position + 1)
            for stream in streams.values():
                stream.advance_to(1 if stream.still else leader.end)
            for item in gathered:
                _emit(item, streams)
            for role, stream in streams.items():
                readers = [item.next_start for item in gathered if role in item.ask.on and item.error is None]
                stream.drop_before(min(readers, default=stream.end))
    return {item.ask: item.error or item.series() for item in gathered}


def _ahead(chunks: Chunks, pool: ThreadPoolExecutor) -> Generator[np.ndarray, None, None]:
    """The same chunks, the next one decoded while the current one is worked on. Closing it ends the decoder."""
    try:
        future = pool.submit(next, chunks, None)
        while (chunk := future.result()) is not None:
            future = pool.submit(next, chunks, None)
            yield chunk
    finally:
        future.cancel() or future.exception()
        close = getattr(chunks, "close", None)
        if close:
            close()


def _emit(item: Collected, streams: Mapping[str, RoleStream]) -> None:
    """Hands every complete window that has not been seen to the extractor, in batches bounded by bytes."""
    if item.error is not None:
        return
    view = item.ask.view
    mine = [streams[role] for role in item.ask.on]
    if any(stream.frames is None for stream in mine):
        return
    ends = [stream.end for stream in mine if not stream.still]
    end = min(ends, default=1)
    while item.next_start + view.length <= end:
        count = (end - view.length - item.next_start) // view.stride + 1
        frames = mine[0].frames
        assert frames is not None
        size = max(item.extractor.bytes_per_window((view.length, *frames.shape[1:])), 1)
        starts = [item.next_start + i * view.stride for i in range(min(count, max(BATCH_BYTES // size, 1)))]
        try:
            item.add(starts, item.extractor(*(stream.windows(starts, view.length) for stream in mine)))
        except Exception as error:
            item.error = error
            return
        item.next_start = starts[-1] + view.stride
