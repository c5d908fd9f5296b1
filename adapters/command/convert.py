"""Outputs that are no media of ours yet (images, arrays, depth volumes), streamed into lossless ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from vbench_py.isolate.errors import ForeignAnswer
from vbench_py.video import Unit, VideoWriter, read_image, write_depth


def write_images(images: Sequence[Path], path: Path, fps: float) -> Path:
    """Image files in order as one FFV1 video."""
    with VideoWriter(path, fps=fps, encoding="ffv1") as writer:
        for image in images:
            writer.write(read_image(image))
    return path


def write_array(
    source: Path, path: Path, fps: float, *, key: str = "", scale: tuple[float, float] | None = None, cut: str = ""
) -> Path:
    """An array (T, H, W, 3), uint8, or floats in `scale`, as one FFV1 video; `cut` "a:b" keeps those frames.

    Raises `ForeignAnswer` for an array of another shape or type.
    """
    frames = _cut(opened(source, key), cut)
    if frames.ndim != 4 or frames.shape[-1] != 3 or not len(frames):
        raise ForeignAnswer(f"its array {source.name} is {frames.shape}; (frames, height, width, 3) is wanted")
    if frames.dtype != np.uint8 and scale is None:
        raise ForeignAnswer(f"its array {source.name} is {frames.dtype}; uint8 is wanted, or a scale in the recipe")
    with VideoWriter(path, fps=fps, encoding="ffv1") as writer:
        for frame in frames:
            writer.write(as_uint8(frame, scale))
    return path


def write_depth_array(source: Path, path: Path, *, key: str = "", unit: str = "") -> Path:
    """Depth (T, H, W) or (T, 1, H, W) or (T, H, W, 1) as our .npz in `unit`. Raises `ForeignAnswer`."""
    depth = opened(source, key)
    if depth.ndim == 4 and 1 in (depth.shape[1], depth.shape[3]):
        depth = depth[:, 0] if depth.shape[1] == 1 else depth[..., 0]
    if depth.ndim != 3 or not np.issubdtype(depth.dtype, np.floating):
        raise ForeignAnswer(f"its depth {source.name} is {depth.dtype} {depth.shape}; floats (T, H, W) are wanted")
    if not unit:
        raise ForeignAnswer(f"the recipe does not say the unit of depth {source.name}")
    frames = (np.asarray(frame, dtype=np.float32) for frame in depth)
    write_depth(path, frames, unit=cast("Unit", unit), frames=len(depth))
    return path


def opened(source: Path, key: str) -> np.ndarray:
    """An array on disk: .npy as a memory map, of an .npz the array `key` (or its only one). Objects are refused."""
    try:
        found: Any = np.load(source, mmap_mode="r" if source.suffix == ".npy" else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ForeignAnswer(f"its array {source.name} cannot be read: {error}") from error
    if isinstance(found, np.ndarray):
        return found
    names = list(found.files)
    if not key and len(names) == 1:
        key = names[0]
    if key not in names:
        raise ForeignAnswer(f"{source.name} has no array {key!r}; it has {', '.join(names)}")
    return np.asarray(found[key])


def as_uint8(frame: np.ndarray, scale: tuple[float, float] | None) -> np.ndarray:
    """A frame of floats in `scale` as 8 bits, to the nearest level."""
    if scale is None:
        return frame
    low, high = scale
    return np.clip(np.rint((frame.astype(np.float32) - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)


def _cut(frames: np.ndarray, cut: str) -> np.ndarray:
    if not cut:
        return frames
    start, _, stop = cut.partition(":")
    return frames[int(start or 0) : int(stop) if stop else None]
