"""The ground truth as a method's output, whatever it is: video, depth, views, camera poses; as it is, or damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from vbench_py.adapters.damage import Rung, depth, frames, lost_shots, poses
from vbench_py.adapters.geometry import FALLBACK_FPS
from vbench_py.adapters.outputs import Clock, write_frames
from vbench_py.adapters.placing import place
from vbench_py.types import Generated, Resolved
from vbench_py.video import Unit, probe, read_camera, read_chunks, view_outputs, write_camera, write_depth

CHUNK_BYTES = 16 << 20


def streamed(path: Path, clock: Clock) -> Iterator[np.ndarray]:
    """A medium's frames one by one, decoding counted on the clock."""
    for chunk in clock.timed("decode", read_chunks(path, chunk_bytes=CHUNK_BYTES)):
        yield from chunk


def copied(resolved: Resolved, folder: Path, clock: Clock) -> Generated:
    """The target itself; depth and views as the files they are."""
    media = resolved.request.media
    target, info = media["target"], probe(media["target"])
    if info.views:
        made = {name: place(file, folder, name) for name, file in view_outputs(info).items()}
        generated = Generated(resolved=resolved, outputs=made, seconds=dict(clock.seconds))
    elif info.kind == "depth":
        generated = Generated(resolved, {"depth": place(target, folder, "depth")}, seconds=dict(clock.seconds))
    else:
        generated = write_frames(resolved, folder, streamed(target, clock), fps=info.fps or FALLBACK_FPS, clock=clock)
    if _has_poses(resolved):
        generated.outputs = {**generated.outputs, "poses": place(media["camera"], folder, "poses")}
    return generated


def damaged(
    resolved: Resolved, folder: Path, clock: Clock, rung: Rung, random: Callable[[], np.random.Generator]
) -> Generated:
    """The target with known damage. `random` gives the sample's generator, anew each time."""
    media, facts = resolved.request.media, resolved.request.sample.facts
    target, info = media["target"], probe(media["target"])
    fps = info.fps or FALLBACK_FPS
    if info.views:
        made: dict[str, Path] = {}
        for name, file in view_outputs(info).items():
            spoilt = frames(streamed(file, clock), info.frames, rung, random())
            made |= write_frames(resolved, folder, spoilt, fps=fps, clock=clock, name=name).outputs
        generated = Generated(resolved=resolved, outputs=made, seconds=dict(clock.seconds))
    elif info.kind == "depth":
        planes = depth((frame[..., 0] for frame in streamed(target, clock)), rung, random())
        write_depth(folder / "depth.npz", planes, frames=info.frames, unit=cast("Unit", info.unit))
        generated = Generated(resolved, {"depth": folder / "depth.npz"}, seconds=dict(clock.seconds))
    else:
        source = streamed(target, clock)
        if facts.get("shots"):
            source = lost_shots(source, info.frames, int(facts["shots"]), rung)
            rung = replace(rung, noise=rung.noise / 4)  # what is lost is to be told, not drowned
        spoilt = frames(source, info.frames, rung, random())
        generated = write_frames(resolved, folder, spoilt, fps=fps, clock=clock)
    if _has_poses(resolved):
        cameras = read_camera(media["camera"])
        write_camera(folder / "poses.npz", cameras.intrinsics, poses(cameras.world_to_camera, rung, random()))
        generated.outputs = {**generated.outputs, "poses": folder / "poses.npz"}
    return generated


def _has_poses(resolved: Resolved) -> bool:
    """Whether the task asks for a camera path, which an output may claim to follow."""
    return resolved.request.sample.task == "motion_control" and "camera" in resolved.request.media
