"""New frames between given ones: the classical baselines of frame interpolation. Given frames are kept bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from vbench_py.adapters.classical import flow
from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.types import UsageError


def repeat(first: np.ndarray, second: np.ndarray, times: Sequence[float]) -> list[np.ndarray]:
    """Holds `first` until `second` comes. (H, W, 3) uint8 twice and times in (0, 1) -> one (H, W, 3) uint8 a time."""
    return [first] * len(times)


def blend(first: np.ndarray, second: np.ndarray, times: Sequence[float]) -> list[np.ndarray]:
    """(1 - t) first + t second, rounded: a cross-fade, which ghosts what moves. Shapes as `repeat`."""
    start, end = first.astype(np.float32), second.astype(np.float32)
    return [np.rint(start + time * (end - start)).astype(np.uint8) for time in times]


def dis_flow(first: np.ndarray, second: np.ndarray, times: Sequence[float], *, preset: str) -> list[np.ndarray]:
    """Warps both frames along dense optical flow to each time, weighted by what each can see. Shapes as `repeat`.

    Flow: Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016 (OpenCV's implementation). Carried to
    the time between after Baker et al., A database and evaluation methodology for optical flow, IJCV 2011, section 3.3.
    """
    return flow.between(first, second, times, preset=preset)


OPERATIONS: Mapping[str, Callable[..., list[np.ndarray]]] = {
    "interpolate-repeat": repeat,
    "interpolate-blend": blend,
    "interpolate-dis-flow": dis_flow,
}


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a factor below 0 (0: as the request's frames say, else 2) or an unknown preset."""
    if parameters["factor"] < 0:
        raise UsageError(f"factor is {parameters['factor']}; give 2 or more, or 0 to follow the suite")
    if "preset" in parameters and parameters["preset"] not in flow.PRESETS:
        raise UsageError(f"preset is {parameters['preset']!r}; choose among {', '.join(flow.PRESETS)}")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """n frames become `factor` (n - 1) + 1: frame k of the source stands at place `factor` k, unchanged."""
    job.require_native_size("source")
    factor, geometry = job.interpolation("source", parameters["factor"])
    rest = {name: value for name, value in parameters.items() if name != "factor"}
    times = [step / factor for step in range(1, factor)]
    between = OPERATIONS[operation]

    def frames() -> Iterator[np.ndarray]:
        last = None
        for first, second in pairwise(job.frames("source")):
            yield first
            yield from between(first, second, times, **rest)
            last = second
        yield job.image("source") if last is None else last

    return Stream(frames(), geometry.fps)
