"""The moments of one camera shown from others: what novel-view methods must surpass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.classical.reproject import filled, splat
from vbench_py.types import BadMedia, Sample, Unsupported
from vbench_py.video import Cameras, probe, read_camera


def nearest_view(job: Job, asked: Cameras, view: int) -> Iterator[np.ndarray]:
    """The given clip, whatever the view: there is no nearer one. Frames (H, W, 3) uint8."""
    return job.frames("source")


def depth_reprojection(job: Job, asked: Cameras, view: int) -> Iterator[np.ndarray]:
    """Each given frame carried through its depth into the asked camera, nearest point first; what the given camera did
    not see takes the nearest pixel's colour. A view of which nothing was seen is the given frame's mean colour."""
    given = read_camera(job.request.media["source_camera"])
    inner, outer = asked.intrinsics[view], asked.world_to_camera[view]
    moments = zip(job.frames("source"), job.frames("source_depth"), strict=True)
    for index, (frame, depth) in enumerate(moments):
        source = (given.intrinsics[index], given.world_to_camera[index])
        made, seen = splat(frame, depth[..., 0], source, (inner[index], outer[index]))
        if not seen.any():
            made = np.broadcast_to(np.rint(frame.mean(axis=(0, 1))).astype(np.uint8), frame.shape)
        yield filled(made, seen)


OPERATIONS: Mapping[str, Callable[[Job, Cameras, int], Iterator[np.ndarray]]] = {
    "views-nearest": nearest_view,
    "views-depth-reprojection": depth_reprojection,
}


def view_names(sample: Sample, cameras: Cameras) -> list[str]:
    """Of the fact `azimuths` (degrees) three digits each, "000" to "359"; without it, the names in the camera file."""
    azimuths = sample.facts.get("azimuths")
    if azimuths is None:
        return list(cameras.views)
    return [f"{round(float(azimuth)) % 360:03d}" for azimuth in azimuths]


def check(parameters: Mapping[str, Any]) -> None:
    """There is nothing to set."""


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> list[Stream]:
    """One output `view/<name>` for each view of `camera`, of the source's size, length and rate.

    Raises `BadMedia` when counts do not agree, `Unsupported("source_depth", ...)` for depth that is not in metres.
    """
    job.require_native_size("source")
    asked = _asked(job)
    names = view_names(job.request.sample, asked)
    if len(names) != len(asked.world_to_camera):
        raise BadMedia(f"{len(names)} azimuths for {len(asked.world_to_camera)} views of cameras")
    if operation == "views-depth-reprojection":
        _check_given(job)
    fps = job.geometry("source").fps
    make = partial(OPERATIONS[operation], job, asked)
    return [Stream(make(view), fps, name=f"view/{name}") for view, name in enumerate(names)]


def _asked(job: Job) -> Cameras:
    path, frames = job.request.media["camera"], probe(job.request.media["source"]).frames
    cameras = read_camera(path)
    if cameras.world_to_camera.ndim != 4 or cameras.world_to_camera.shape[1] != frames:
        shape = cameras.world_to_camera.shape[:-2]
        raise BadMedia(f"{path}: cameras of shape {shape}, not views x {frames} frames of source")
    return cameras


def _check_given(job: Job) -> None:
    media = job.request.media
    info, depth = probe(media["source"]), probe(media["source_depth"])
    cameras = read_camera(media["source_camera"]).world_to_camera
    if depth.unit != "metres":
        raise Unsupported("source_depth", f"is in the unit {depth.unit or 'none'!r}; reprojection needs metres")
    if (depth.frames, depth.width, depth.height) != (info.frames, info.width, info.height):
        raise BadMedia(
            f"{media['source_depth']}: {depth.frames} frames of {depth.width}x{depth.height}, "
            f"source has {info.frames} of {info.width}x{info.height}"
        )
    if cameras.shape != (info.frames, 4, 4):
        raise BadMedia(f"{media['source_camera']}: cameras of shape {cameras.shape[:-2]} for {info.frames} frames")
