"""Size, length and frame rate of an output: one rule for the classical methods and the controls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vbench_py.types import Request, Unsupported
from vbench_py.video import VideoInfo, probe

VSR_SCALE = 4
INTERPOLATION_FACTOR = 2
ANIMATION_FRAMES = 16
FALLBACK_FPS = 8.0
FREE_SIDE = 256
EXTENSION = 4
"""Times the length of its prefix, a long video without a length asked for."""
FREE_TASKS = ("i2v", "motion_control", "customization", "storytelling")
"""Tasks whose input is an image: length and rate are the request's, or our own."""


@dataclass(frozen=True)
class Geometry:
    """Width and height in pixels, length in frames, frames a second."""

    width: int
    height: int
    frames: int
    fps: float


def output_geometry(request: Request, input_path: Path | None, *, scale: int = VSR_SCALE, factor: int = 0) -> Geometry:
    """What a method that sees `input_path` (video or image) must give back.

    Size: the request's width and height; one of them alone keeps the input's shape; else the input's size, times
    `scale` for vsr. Length: the request's or 16 for tasks that begin with an image (i2v, motion_control, customization,
    storytelling), the request's or 4 times the input's for long_video; `factor` (n - 1) + 1 for frame_interpolation,
    the factor being taken from the request's frames when they fit, else 2; else the input's. Rate: the request's, else
    the input's (times the factor), else 8 a second. Without an input: 16 frames of 256 x 256 at 8 a second, where the
    request leaves it open.
    Raises `Unsupported("frames", ...)` when the request asks for a length that the input cannot give.
    """
    if input_path is None:
        side = request.width or request.height or FREE_SIDE
        frames, fps = request.frames or ANIMATION_FRAMES, request.fps or FALLBACK_FPS
        return Geometry(request.width or side, request.height or side, frames, fps)
    info = probe(input_path)
    task = request.sample.task
    width, height = _size(request, info, scale if task == "vsr" else 1)
    rate = info.fps or FALLBACK_FPS
    if task in FREE_TASKS:
        frames, rate = request.frames or ANIMATION_FRAMES, FALLBACK_FPS
    elif task == "long_video":
        frames = request.frames or EXTENSION * info.frames
    elif task == "frame_interpolation":
        factor = factor or interpolation_factor(request, info.frames)
        frames, rate = factor * (info.frames - 1) + 1, rate * factor
    else:
        frames = info.frames
    if request.frames is not None and frames != request.frames:
        reason = f"{input_path.name} has {info.frames} frames and gives {frames}, not {request.frames}"
        raise Unsupported("frames", reason)
    return Geometry(width, height, frames, request.fps or rate)


def interpolation_factor(request: Request, given: int) -> int:
    """Intervals of the output for each interval of an input of `given` frames: 2 unless the request says otherwise."""
    if request.frames is None or given < 2:
        return INTERPOLATION_FACTOR
    return max(1, (request.frames - 1) // (given - 1))


def _size(request: Request, info: VideoInfo, scale: int) -> tuple[int, int]:
    if request.width and request.height:
        return request.width, request.height
    if request.width:
        return request.width, max(1, round(info.height * request.width / info.width))
    if request.height:
        return max(1, round(info.width * request.height / info.height)), request.height
    return info.width * scale, info.height * scale
