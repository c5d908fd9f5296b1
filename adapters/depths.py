"""Depth as the field's repositories store it, brought into our .npz with the unit that somebody states for it.

The values stay as they are; only the name of the array, its empty axes and the unit change. Arrays by repository:
`depth` (Tencent/DepthCrafter@e5186120a71e, depthcrafter/inference.py), `depths`
(DepthAnything/Video-Depth-Anything@4f5ae23172ba, run.py), `disparity` (DepthCrafter's benchmark/dataset_extract), .npy
of all frames (prs-eth/RollingDepth@c233765fb7ad, run_video.py), and .npy of one frame each in a folder
(Video-Depth-Anything's benchmark/infer/infer.py). None of them says its unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video import Unit, natural_key, write_depth
from vbench_py.video.npz import Header, member_frames, member_label, member_names, read_header, whole_member

NAMES = ("depth", "depths", "disparity")
SAY = "say --set unit=disparity, relative or metres (docs/precomputed.md tells which)"


@dataclass(frozen=True)
class Stored:
    """Depth on disk: `shape` (T, H, W) as it will be, the array's name, and the unit the file states ("": none)."""

    path: Path
    array: str
    shape: tuple[int, int, int]
    dtype: np.dtype
    unit: str = ""


def is_depth_folder(path: Path) -> bool:
    """Whether it is a folder with .npy files, a frame each."""
    return path.is_dir() and any(file.suffix.lower() == ".npy" for file in path.iterdir())


def stored_depth(path: Path) -> Stored:
    """What `path`, an .npz, an .npy or a folder of .npy, holds, from headers alone.

    Raises `BadMedia` for what is no depth: other arrays, several, levels of a picture, frames of unlike size.
    """
    if path.is_dir():
        files = _frames(path)
        headers = {file: read_header(file, "depth") for file in files}
        sizes = {header.shape for header in headers.values()}
        if len(sizes) != 1:
            raise BadMedia(f"{path}: frames of unlike shape {sorted(sizes)}", mend="keep one clip in it")
        return _checked(path, "", headers[files[0]], count=len(files))
    if path.suffix.lower() == ".npy":
        return _checked(path, "", read_header(path, "depth"))
    names = member_names(path)
    held = [name for name in NAMES if name in names]
    if len(held) != 1:
        found = ", ".join(names) or "nothing"
        raise BadMedia(f"{path}: holds {found}; depth is one of {', '.join(NAMES)}", mend="store it under that name")
    unit = member_label(path, "unit") if "unit" in names else ""
    return _checked(path, held[0], read_header(path, held[0]), unit=unit or "")


def _checked(path: Path, array: str, header: Header, *, count: int = 0, unit: str = "") -> Stored:
    shape = tuple(header.shape)
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        shape = (shape[0], shape[2], shape[3]) if shape[1] == 1 else shape[:3]
    if count and len(shape) == 2:
        shape = (count, *shape)
    if len(shape) != 3 or min(shape) < 1:
        raise BadMedia(f"{path}: depth of shape {header.shape}", mend="store (T, H, W), or (H, W) a file in a folder")
    if header.dtype.kind != "f":
        raise BadMedia(f"{path}: depth of dtype {header.dtype}", mend="store floats, not the levels of a picture")
    return Stored(path, array, shape, header.dtype, unit)


def write_with_unit(stored: Stored, unit: str, destination: Path) -> str:
    """Writes it as our .npz; the answer is the record of what was done.

    Raises `BadMedia` without a unit, and where the file states another, or is named after another.
    """
    said = stored.unit or ("disparity" if stored.array == "disparity" else "")
    if not (unit or said):
        raise BadMedia(f"{stored.path.name}: depth without a unit", mend=SAY)
    if said and unit not in ("", said):
        raise BadMedia(f"{stored.path.name}: holds {said}, and unit={unit} was said", mend="leave out the wrong one")
    write_depth(destination, _planes(stored), unit=cast("Unit", unit or said), frames=stored.shape[0])
    what = f"array {stored.array!r}" if stored.array else ".npy"
    return f"{what} {stored.dtype} written as depth in {unit or said}; values unchanged"


def _planes(stored: Stored) -> Iterator[np.ndarray]:
    """(H, W) frames, in native byte order."""
    path, (count, height, width) = stored.path, stored.shape
    if path.is_dir():
        frames: Iterator[np.ndarray] = (whole_member(file, "depth") for file in _frames(path))
    else:
        frames = member_frames(path, stored.array or "depth", 0, count)
    for frame in frames:
        yield frame.reshape(height, width).astype(stored.dtype.newbyteorder("="), copy=False)


def _frames(folder: Path) -> list[Path]:
    found = [file for file in folder.iterdir() if file.suffix.lower() == ".npy" and not file.name.startswith(".")]
    return sorted(found, key=lambda file: natural_key(file.name))
