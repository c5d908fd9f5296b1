"""Outputs on their way to disk: frames streamed into a lossless file with honest times, errors turned into rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from vbench_py.types import Chunk, Generated, Resolved, StorageError, Unsupported
from vbench_py.video import Unit, VideoWriter, write_depth

Item = TypeVar("Item")
FRAMES_PER_CHUNK = 16
GENERATE, WRITE = "generate", "encode"
_END: Any = object()


class Clock:
    """Seconds by phase, measured on the calling thread."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Adds the time spent inside the `with` block to `name`."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - start

    def told(self) -> dict[str, float]:
        """Seconds by phase, each second in one phase only: "generate" without the phases that passed inside it."""
        inside = sum(value for name, value in self.seconds.items() if name not in (GENERATE, WRITE))
        return {**self.seconds, GENERATE: max(0.0, self.seconds[GENERATE] - inside)}

    def timed(self, phase: str, items: Iterable[Item]) -> Iterator[Item]:
        """Yields `items`, adding the time spent waiting for each to `phase`."""
        iterator = iter(items)
        while True:
            with self.phase(phase):
                item = next(iterator, _END)
            if item is _END:
                return
            yield item


def write_frames(
    resolved: Resolved, folder: Path, frames: Iterable[np.ndarray], *, fps: float, clock: Clock, name: str = "video"
) -> Generated:
    """Streams (H, W, 3) uint8 RGB frames into `folder/name.mkv` (FFV1, exact) as they are made.

    `clock` may hold seconds of phases inside `frames` (decode): these are taken out of "generate". The timeline says
    when each group of 16 frames was made, writing left out.
    """
    path = folder / f"{name}.mkv"
    path.parent.mkdir(parents=True, exist_ok=True)
    timeline: list[Chunk] = []
    count = 0
    with VideoWriter(path, fps=fps, encoding="ffv1") as writer:
        for count, frame in enumerate(clock.timed(GENERATE, frames), start=1):
            if count % FRAMES_PER_CHUNK == 0:
                timeline.append(Chunk(count - FRAMES_PER_CHUNK, count - 1, clock.seconds[GENERATE]))
            with clock.phase(WRITE):
                writer.write(frame)
    rest = count % FRAMES_PER_CHUNK
    if rest:
        timeline.append(Chunk(count - rest, count - 1, clock.seconds[GENERATE]))
    return Generated(resolved=resolved, outputs={name: path}, seconds=clock.told(), timeline=tuple(timeline))


def write_depth_frames(
    resolved: Resolved,
    folder: Path,
    frames: Iterable[np.ndarray],
    *,
    unit: Unit,
    count: int,
    clock: Clock,
    name: str = "depth",
) -> Generated:
    """Streams `count` depth frames (H, W) float32 in `unit`, NaN where unknown, into `folder/name.npz`; see above."""
    path = folder / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    before = clock.seconds[GENERATE]
    with clock.phase(WRITE):
        write_depth(path, clock.timed(GENERATE, frames), unit=unit, frames=count)
    clock.seconds[WRITE] -= clock.seconds[GENERATE] - before
    return Generated(resolved=resolved, outputs={name: path}, seconds=clock.told())


def each(
    batch: Sequence[Resolved], out: Sequence[Path], make: Callable[[Resolved, Path], Generated]
) -> Iterator[Generated]:
    """One `Generated` per item: an error of one item is its row, the batch goes on. `StorageError` stops everything."""
    for resolved, folder in zip(batch, out, strict=True):
        try:
            generated = make(resolved, folder)
        except StorageError:
            raise
        except Unsupported as error:
            generated = Generated(resolved=resolved, status="unsupported", error=error)
        except Exception as error:
            generated = Generated(resolved=resolved, status="failed", error=error)
        yield generated
