"""One decode, many views: chunks of frames go past once, every ask gets its windows, in batches that may span videos.

Roles that are compared advance in step. A role of one frame (a first image) is broadcast against longer ones.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

import numpy as np

from vbench_py.features.asks import UNIT, roles_of
from vbench_py.features.batches import Gathered, Line, Piece, fitted_name, lines_of
from vbench_py.features.fitting import fit
from vbench_py.features.sampling import sampled_frames
from vbench_py.features.streams import Chunks, RoleStream, ViewStream
from vbench_py.types import Ask, Extractor, Geometry, Series, View

CHUNK_BYTES = 24 << 20


@dataclass(frozen=True)
class About:
    """What is known of one video: frames, their rate, the length of a run, units by role, what asks were fitted to."""

    frames: int | None
    fps: float | None
    run: int | None
    units: Mapping[str, str]
    fitted: Mapping[Ask, np.ndarray]

    def constants(self, group: Sequence[Ask]) -> dict[str, np.ndarray]:
        """What every window of these asks comes with, by name."""
        told = {entry for ask in group for entry in ask.on if entry.startswith(UNIT)}
        found = {entry: np.array(self.units.get(entry.removeprefix(UNIT), "")) for entry in told}
        return found | {fitted_name(ask): self.fitted[ask] for ask in group if ask in self.fitted}


@dataclass
class Reader:
    """One line of asks walking over one video: where its next window starts, in picked frames."""

    line: Line
    view: View
    streams: Mapping[str, ViewStream]
    gathered: Mapping[Ask, Gathered]
    next_start: int
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What is the same for every window of the video, by the name under which extractors find it."""

    @property
    def alive(self) -> bool:
        return any(item.error is None for item in self.gathered.values())

    @property
    def done(self) -> bool:
        """Whether no window is to come."""
        return not self.alive or all(stream.complete for stream in self.streams.values() if not stream.role.still)

    def emit(self, last: bool) -> None:
        """Hands over every whole batch of windows; with `last` whatever is there."""
        buffers = [stream.buffer for stream in self.streams.values()]
        if not self.alive or any(buffer.frames is None for buffer in buffers):
            return
        end = min((buffer.end for buffer in buffers if not buffer.still), default=1)
        length, stride = self.view.length, self.view.stride
        frames = buffers[0].frames
        assert frames is not None
        full = self.line.capacity((length, *frames.shape[1:]))
        while self.next_start + length <= end and self.alive:
            count = (end - length - self.next_start) // stride + 1
            wanted = max(full - self.line.pending, 1) if self.line.together else full
            if self.line.together and count < wanted and not last:
                return
            starts = [self.next_start + i * stride for i in range(min(count, wanted))]
            windows = {role: stream.buffer.windows(starts, length) for role, stream in self.streams.items()}
            windows |= {name: np.broadcast_to(it, (len(starts), *it.shape)) for name, it in self.constants.items()}
            timed = next((s for s in self.streams.values() if not s.role.still), next(iter(self.streams.values())))
            at = timed.source_frames(np.asarray(starts, dtype=np.int64))
            self.line.add(Piece(at, windows, self.gathered))
            self.next_start = starts[-1] + stride


class Extraction:
    """Extractors at work over any number of videos. `feed` one after another, `flush` for what still waits."""

    def __init__(self) -> None:
        self._lines: dict[tuple[Ask, ...], Line] = {}

    def feed(
        self,
        asks: Mapping[Ask, Extractor],
        open_role: Callable[[str], Chunks],
        stills: frozenset[str] = frozenset(),
        *,
        sources: Mapping[Ask, Extractor] | None = None,
        frames: int | None = None,
        fps: float | None = None,
        run: int | None = None,
        units: Mapping[str, str] | None = None,
    ) -> dict[Ask, Gathered]:
        """One pass over each role of one video, for all asks. What waits for a fuller batch comes later.

        `open_role` gives a role's chunks, of equal length for all roles but the `stills`, one-frame roles to broadcast,
        each time it is called: extractors that are fitted first make passes of their own.
        `sources` are the extractors whose outputs the asks read; `frames` and `fps` are needed where a view samples,
        `run`, the length of a run in frames, where a view wants runs, and `units` of roles by name where one is told.
        An extractor that fails leaves its exception; an error while decoding is raised, and the asks start anew.
        """

        def about(known: Mapping[Ask, np.ndarray]) -> About:
            return About(frames, fps, run or frames, units or {}, known)

        def fitting(rounds: Mapping[Ask, Extractor], known: Mapping[Ask, np.ndarray]) -> dict[Ask, Exception | None]:
            work = Extraction()
            found = work._feed(rounds, open_role, stills, {**(sources or {}), **rounds}, about(known))
            work.flush()
            return {ask: item.error for ask, item in found.items()}

        answers = fit(asks, fitting)
        broken = {ask: Gathered(ask, error=found) for ask, found in answers.items() if isinstance(found, Exception)}
        known = {ask: found for ask, found in answers.items() if isinstance(found, np.ndarray)}
        whole = {ask: made for ask, made in asks.items() if ask not in broken}
        return broken | self._feed(whole, open_role, stills, {**(sources or {}), **whole}, about(known))

    def _feed(
        self,
        asks: Mapping[Ask, Extractor],
        open_role: Callable[[str], Chunks],
        stills: frozenset[str],
        extractors: Mapping[Ask, Extractor],
        about: About,
    ) -> dict[Ask, Gathered]:
        roles = sorted({role for ask in asks for role in roles_of(ask)})
        gathered = {ask: Gathered(ask) for ask in asks}
        with ThreadPoolExecutor(max_workers=max(len(roles), 1)) as pool, ExitStack() as opened:
            streams = {
                role: RoleStream(opened.enter_context(closing(_ahead(open_role(role), pool))), role in stills)
                for role in roles
            }
            views: dict[tuple[str, str, Geometry | None], ViewStream] = {}
            readers = []
            for group in lines_of(list(asks)):
                try:
                    readers.append(self._reader(group, extractors, streams, views, gathered, about))
                except Exception as error:
                    for ask in group:
                        gathered[ask].error = error
            self._read(list(streams.values()), list(views.values()), readers)
        return gathered

    def _reader(
        self,
        group: tuple[Ask, ...],
        extractors: Mapping[Ask, Extractor],
        streams: Mapping[str, RoleStream],
        views: dict[tuple[str, str, Geometry | None], ViewStream],
        gathered: Mapping[Ask, Gathered],
        about: About,
    ) -> Reader:
        view = group[0].view
        picked = None if view.sampling == "all" else sampled_frames(view.sampling, about.frames or 0, about.fps)
        if view.unit == "run":
            length = (about.run or 1) if picked is None else len(picked)
            view = replace(view, length=length, stride=length)
        mine = {}
        for role in sorted({role for ask in group for role in roles_of(ask)}):
            place = (role, view.sampling, view.geometry)
            if place not in views:
                views[place] = ViewStream(streams[role], picked, view.geometry)
            mine[role] = views[place]
        line = self._lines.setdefault(group, Line(group, extractors))
        return Reader(line, view, mine, {ask: gathered[ask] for ask in group}, view.offset, about.constants(group))

    def _read(self, streams: Sequence[RoleStream], views: Sequence[ViewStream], readers: Sequence[Reader]) -> None:
        if not streams:
            return
        leader = next((stream for stream in streams if not stream.still), streams[0])
        position = -1
        while leader.end > position and not leader.ended:
            position = leader.end
            leader.advance_to(position + 1)
            for stream in streams:
                stream.advance_to(1 if stream.still else leader.end)
            for view in views:
                view.take()
            finished = leader.ended or all(reader.done for reader in readers)
            for reader in readers:
                reader.emit(last=finished)
            if finished:
                return
            for view in views:
                wanted = [r.next_start for r in readers if view in r.streams.values() and r.alive]
                if not view.plain:
                    view.buffer.drop_before(min(wanted, default=view.buffer.end))
            for stream in streams:
                needs = [view.needs for view in views if view.role is stream and not view.plain]
                needs += [
                    reader.next_start
                    for reader in readers
                    if reader.alive and any(v.plain and v.role is stream for v in reader.streams.values())
                ]
                stream.drop_before(min(needs, default=stream.end))

    def flush(self) -> None:
        """Runs every batch that waits."""
        for line in self._lines.values():
            line.flush()


def extract(
    asks: Mapping[Ask, Extractor],
    open_role: Callable[[str], Chunks],
    stills: frozenset[str] = frozenset(),
    *,
    sources: Mapping[Ask, Extractor] | None = None,
    frames: int | None = None,
    fps: float | None = None,
    run: int | None = None,
    units: Mapping[str, str] | None = None,
) -> dict[Ask, Series | Exception]:
    """Everything the window asks want of one video, see `Extraction.feed`."""
    work = Extraction()
    gathered = work.feed(asks, open_role, stills, sources=sources, frames=frames, fps=fps, run=run, units=units)
    work.flush()
    return {ask: item.error or item.series() for ask, item in gathered.items()}


def of_texts(extractor: Extractor, texts: Iterable[str]) -> Series:
    """What an extractor of texts says of one string a role."""
    arrays = {name: np.asarray(array) for name, array in extractor(*([text] for text in texts)).items()}
    return Series(np.zeros(1, dtype=np.int64), arrays)


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
