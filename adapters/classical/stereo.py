"""Depth from the motion of a camera whose path is known: what depth networks must surpass."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.classical.sweep import Camera, Posed, parallax, plane_sweep
from vbench_py.types import BadMedia, Unsupported, UsageError
from vbench_py.video import probe, read_camera

OPERATIONS = ("depth-motion-stereo",)
SMALLEST_PARALLAX = 0.25
"""Pixels: with less, the depth of a pixel is anybody's guess."""


def partners(parallaxes: Mapping[int, float], index: int, wanted: float) -> list[int]:
    """Of the frames before `index` and of those after, each the one whose parallax in pixels comes nearest `wanted`.

    A side whose parallax is less than a quarter of the other's gives none: it would only add noise.
    """
    sides = ([k for k in parallaxes if k < index], [k for k in parallaxes if k > index])
    found = [min(side, key=lambda k: abs(parallaxes[k] - wanted)) for side in sides if side]
    most = max((parallaxes[k] for k in found), default=0.0)
    return [k for k in found if parallaxes[k] >= most / 4]


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` unless 0 < near < far, with 3 planes or more, 1 frame or more and a positive parallax."""
    if not 0 < parameters["near"] < parameters["far"]:
        raise UsageError(f"near is {parameters['near']}, far {parameters['far']}; give 0 < near < far, in metres")
    if parameters["planes"] < 3 or parameters["reach"] < 1 or parameters["parallax"] <= 0:
        raise UsageError("give 3 planes or more, a reach of 1 frame or more, and a parallax above 0")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """Depth in metres for each frame of `source`, whose cameras are `camera`, by plane sweep against two neighbours.

    These are at most `reach` frames away, and a point at the middle depth, sqrt(near far), moves by about `parallax` of
    the frame's diagonal to them. Raises `Unsupported("camera", ...)` when the camera stays where it is, and `BadMedia`
    when there is not one camera for each frame.
    """
    job.require_native_size("source")
    media = job.request.media
    info, cameras = probe(media["source"]), read_camera(media["camera"])
    if cameras.world_to_camera.shape != (info.frames, 4, 4):
        shape = cameras.world_to_camera.shape[:-2]
        raise BadMedia(f"{media['camera']}: cameras of shape {shape} for {info.frames} frames of source")
    posed = [Camera(*both) for both in zip(cameras.intrinsics, cameras.world_to_camera, strict=True)]
    reach, size = parameters["reach"], (info.height, info.width)
    middle = math.sqrt(parameters["near"] * parameters["far"])
    chosen = []
    for index, camera in enumerate(posed):
        there = [k for k in range(index - reach, index + reach + 1) if 0 <= k < len(posed) and k != index]
        pixels = {k: parallax(camera, posed[k], middle, size) for k in there}
        chosen.append(partners(pixels, index, parameters["parallax"] * math.hypot(*size)))
        most = max((pixels[k] for k in chosen[-1]), default=0.0)
        if most < SMALLEST_PARALLAX:
            reason = (
                f"gives frame {index} a parallax of {most:.2f} pixels within {reach} frames: too little to see depth"
            )
            raise Unsupported("camera", reason)
    rest = {name: parameters[name] for name in ("near", "far", "planes")}

    def frames() -> Iterator[np.ndarray]:
        for index, window in _windows(job, posed, reach):
            yield plane_sweep(window[index], [window[other] for other in chosen[index]], **rest)

    return Stream(frames(), job.geometry("source").fps, name="depth", unit="metres", count=info.frames)


def _windows(job: Job, cameras: Sequence[Camera], reach: int) -> Iterator[tuple[int, Mapping[int, Posed]]]:
    """Each frame's index, with the posed frames up to `reach` before and after it."""
    held: deque[tuple[int, Posed]] = deque(maxlen=2 * reach + 1)
    done = 0
    for index, frame in enumerate(job.frames("source")):
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        held.append((index, Posed(grey, cameras[index])))
        if index >= reach:
            yield done, dict(held)
            done += 1
    yield from _rest(held, done)


def _rest(held: Sequence[tuple[int, Posed]], done: int) -> Iterator[tuple[int, Mapping[int, Posed]]]:
    window = dict(held)
    for index in range(done, max(window) + 1):
        yield index, window
