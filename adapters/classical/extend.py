"""A clip made long without any model: what long-video methods must surpass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from vbench_py.adapters.classical.job import CHUNK_BYTES, Job, Stream
from vbench_py.adapters.frames import cover
from vbench_py.video import probe, read_chunks


def loop(job: Job) -> Iterator[np.ndarray]:
    """The prefix from its start, again and again: frames (H, W, 3) uint8, without end."""
    for _ in count():
        yield from job.frames("prefix")


def ping_pong(job: Job) -> Iterator[np.ndarray]:
    """The prefix forwards and backwards in turn, its first and last frame shown once a turn; without end."""
    path = job.request.media["prefix"]
    info = probe(path)
    if info.frames == 1:
        yield from loop(job)
    step = max(1, CHUNK_BYTES // (info.width * info.height * 3))
    yield from job.frames("prefix")
    for _ in count():
        for stop in range(info.frames - 1, 0, -step):
            with job.clock.phase("decode"):
                part = np.concatenate(list(read_chunks(path, start=max(0, stop - step), stop=stop, info=info)))
            yield from part[::-1]
        forwards = job.frames("prefix")
        next(forwards)
        yield from forwards


OPERATIONS: Mapping[str, Callable[[Job], Iterator[np.ndarray]]] = {"extend-loop": loop, "extend-ping-pong": ping_pong}


def check(parameters: Mapping[str, Any]) -> None:
    """There is nothing to set."""


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The request's number of frames, the prefix first (without one: four times the prefix's), at the prefix's rate."""
    geometry = job.geometry("prefix")
    endless = OPERATIONS[operation](job)
    frames = (cover(next(endless), geometry.width, geometry.height) for _ in range(geometry.frames))
    return Stream(frames, geometry.fps)
