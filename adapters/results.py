"""What functions return, told apart: frames, paths, named outputs; all else is an error that names it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np

from vbench_py.frames import is_array
from vbench_py.types import BadMedia
from vbench_py.video import Unit

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*$")


class Output(NamedTuple):
    """One output: a path, or frames in a form that `iter_frames` takes; `fps` is None where the function names none.

    `unit` is that of depth, (T, H, W) floats, which a function returns as (array, "metres"); else "".
    """

    content: Any
    fps: float | None
    streamed: bool
    unit: Unit | Literal[""] = ""


def named_outputs(result: Any) -> dict[str, Output]:
    """Outputs by name. A mapping keeps its names; anything else is "video", or "depth" where it comes with a unit.

    Raises `BadMedia` for None, no output at all, or a name that is no safe relative path.
    """
    # diffusers' outputs are mappings as well: their frames are the video.
    if not isinstance(result, Mapping) or hasattr(result, "frames"):
        output = _output(result)
        return {"depth" if output.unit else "video": output}
    if not result:
        raise BadMedia("the function returned an empty dict; return outputs by name, such as {'video': frames}")
    for name in result:
        if not isinstance(name, str) or not _NAME.match(name):
            raise BadMedia(f"the function returned an output named {name!r}; use letters, digits, '-', '_' and '/'")
    return {name: _output(value) for name, value in result.items()}


def _output(value: Any) -> Output:
    fps = None
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str) and is_array(value[0]):
        if value[1] not in get_args(Unit):
            raise BadMedia(f"the function returned depth in {value[1]!r}; say one of {', '.join(get_args(Unit))}")
        return Output(value[0], None, streamed=False, unit=cast("Unit", value[1]))
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Real) and not is_array(value[1]):
        value, fps = value[0], float(value[1])
        if not (np.isfinite(fps) and fps > 0):
            raise BadMedia(f"the function returned {fps} frames a second; return a number above 0")
    if value is None:
        raise BadMedia("the function returned None; return frames, a path, or outputs by name")
    if hasattr(value, "frames") and not is_array(value):
        value = value.frames
    if isinstance(value, str | os.PathLike):
        path = Path(os.fspath(value))
        if not path.exists():
            raise BadMedia(f"{path}: the function returned this path, and nothing is there")
        return Output(path, fps, streamed=False)
    if isinstance(value, list | tuple):
        value = _unbatched(value)
        return Output(value, fps, streamed=False)
    if not is_array(value) and not isinstance(value, Iterator):
        raise BadMedia(f"the function returned {type(value).__name__}; return frames, a path, or outputs by name")
    return Output(value, fps, streamed=isinstance(value, Iterator))


def _unbatched(value: Sequence[Any]) -> Any:
    if value and isinstance(value[0], list | tuple):
        if len(value) > 1:
            raise BadMedia(f"the function returned a batch of {len(value)} videos; it is asked for one at a time")
        return value[0]
    if len(value) == 1 and is_array(value[0]) and value[0].ndim == 4:
        return value[0]
    return value
