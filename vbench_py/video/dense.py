"""Depth, optical flow and masks stored as .npz: one value, or one vector, a pixel."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import get_args

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.info import Unit, VideoInfo, array_info
from vbench_py.video.npz import member_frames, member_label, member_names, read_header

UNITS: tuple[str, ...] = get_args(Unit)


def probe_depth(path: Path) -> VideoInfo:
    """Facts of `depth` (T, H, W) float16, float32 or float64 with `unit` metres, disparity or relative."""
    header = read_header(path, "depth")
    if len(header.shape) != 3 or min(header.shape) < 1 or header.dtype.kind != "f":
        raise BadMedia(
            f"{path}: depth of shape {header.shape}, dtype {header.dtype}",
            mend="store (T, H, W) as float16, float32 or float64",
        )
    if "unit" not in member_names(path):
        raise BadMedia(f"{path}: depth without a unit", mend='store numpy.savez(path, depth=depth, unit="metres")')
    unit = member_label(path, "unit")
    if unit not in UNITS:
        raise BadMedia(f"{path}: depth in the unit {unit!r}", mend=f"convert it and say one of {', '.join(UNITS)}")
    frames, height, width = header.shape
    return array_info(path, "depth", header.dtype, frames, (height, width), kind="depth", unit=unit)


def depth_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop as (H, W, 1) float32. NaN is invalid: all that is not finite, and for metres
    also zero and below."""
    for stored in member_frames(info.path, "depth", start, stop):
        with np.errstate(over="ignore"):
            depth = stored.astype(np.float32)
        valid = np.isfinite(depth) & (depth > 0) if info.unit == "metres" else np.isfinite(depth)
        depth[~valid] = np.nan
        yield depth[..., None]


def probe_flow(path: Path) -> VideoInfo:
    """Facts of `flow` (T, H, W, 2) floats: right and down in pixels from frame t to t + 1."""
    header = read_header(path, "flow")
    if len(header.shape) != 4 or header.shape[3] != 2 or min(header.shape) < 1 or header.dtype.kind != "f":
        raise BadMedia(
            f"{path}: flow of shape {header.shape}, dtype {header.dtype}",
            mend="store (T, H, W, 2) as floats, in pixels",
        )
    frames, height, width, _ = header.shape
    return array_info(path, "flow", header.dtype, frames, (height, width), kind="flow")


def flow_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop as (H, W, 2) float32, both components NaN where either is not finite.

    Raises BadMedia where the last frame, after which there is none, holds flow.
    """
    for index, stored in enumerate(member_frames(info.path, "flow", start, stop), start):
        with np.errstate(over="ignore"):
            flow = stored.astype(np.float32)
        flow[~np.isfinite(flow).all(axis=2)] = np.nan
        if index == info.frames - 1:
            check_last_flow(info.path, flow)
        yield flow


def check_last_flow(path: Path, flow: np.ndarray) -> None:
    """Raises BadMedia unless the flow (H, W, 2) of a last frame is unknown throughout."""
    if np.isfinite(flow).any():
        raise BadMedia(
            f"{path}: its last frame holds flow, and there is no next frame (is it backward flow?)",
            mend="store the flow from frame t to t + 1, as many frames as the video has, the last all NaN",
        )


def probe_mask(path: Path) -> VideoInfo:
    """Facts of `mask` (T, H, W), bool, or uint8 of 0 and 255: a video in black and white."""
    header = read_header(path, "mask")
    if len(header.shape) != 3 or min(header.shape) < 1 or header.dtype not in (np.dtype(bool), np.dtype(np.uint8)):
        raise BadMedia(
            f"{path}: mask of shape {header.shape}, dtype {header.dtype}",
            mend="store (T, H, W) as bool, or as uint8 of 0 and 255; cut a soft mask at a level first",
        )
    frames, height, width = header.shape
    return array_info(path, "mask", header.dtype, frames, (height, width))


def mask_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop as (H, W, 3) uint8 of 0 and 255. Raises BadMedia for a soft mask."""
    for index, stored in enumerate(member_frames(info.path, "mask", start, stop), start):
        plane = stored.astype(np.uint8) * 255 if stored.dtype == bool else stored
        check_mask(info.path, plane, index)
        yield np.repeat(plane[..., None], 3, axis=2)


def check_mask(path: Path | str, frames: np.ndarray, first: int = 0) -> None:
    """Raises BadMedia unless the uint8 values of `frames`, of any shape, are 0 and 255; `first` counts for the message.

    For the frames of every medium that serves as a mask: a lossy video does not pass.
    """
    soft = (frames != 0) & (frames != 255)
    if soft.any():
        raise BadMedia(
            f"{path}: a soft mask: {int(frames[soft][0])} at or after frame {first}, where only 0 and 255 stand",
            mend="cut it at a level and store it without loss (PNG, FFV1, or .npz with a bool array `mask`)",
        )
