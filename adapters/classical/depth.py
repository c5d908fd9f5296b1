"""Depth that looks at no pixel: the floors of depth estimation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.types import UsageError
from vbench_py.video import Unit, probe


def constant(height: int, width: int, *, metres: float) -> np.ndarray:
    """A wall `metres` away, (height, width) float32."""
    return np.full((height, width), metres, np.float32)


def vertical_gradient(height: int, width: int, *, top: float, bottom: float) -> np.ndarray:
    """Disparity that grows evenly from `top` to `bottom`, as over level ground: (height, width) float32, no unit."""
    rows = (np.arange(height, dtype=np.float32) + 0.5) / height
    return np.repeat((top + (bottom - top) * rows)[:, None], width, axis=1).astype(np.float32)


OPERATIONS: Mapping[str, tuple[Callable[..., np.ndarray], Unit]] = {
    "depth-constant": (constant, "metres"),
    "depth-vertical-gradient": (vertical_gradient, "disparity"),
}


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a value that is not positive: that is no depth, and no disparity."""
    for name, value in parameters.items():
        if value <= 0:
            raise UsageError(f"{name} is {value}; give a number above 0")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The same depth for every frame of the source, at its size."""
    job.require_native_size("source")
    info = probe(job.request.media["source"])
    make, unit = OPERATIONS[operation]
    frame = make(info.height, info.width, **parameters)
    fps = job.geometry("source").fps
    return Stream(repeat(frame, info.frames), fps, name="depth", unit=unit, count=info.frames)
