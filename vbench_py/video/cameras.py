"""Cameras: intrinsics and world-to-camera matrices in the OpenCV convention, as .npz or .json."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.camera_checks import check_cameras, check_convention
from vbench_py.video.info import VideoInfo, array_info
from vbench_py.video.npz import member_label, member_names, whole_member
from vbench_py.video.npz_write import label, write_npz
from vbench_py.video.opening import check_present
from vbench_py.video.viewnames import checked_views

_LAYOUT = 'store `intrinsics` (T, 3, 3), `world_to_camera` (T, 4, 4) and `convention` "opencv"'


@dataclass(frozen=True)
class Cameras:
    """`intrinsics` (T, 3, 3) in pixels and `world_to_camera` (T, 4, 4) in metres, float64; x right, y down, z forward,
    pixel centres at integer + 0.5. With `views`, both have an axis of views first."""

    intrinsics: np.ndarray
    world_to_camera: np.ndarray
    views: tuple[str, ...] = ()


def read_camera(path: Path | str) -> Cameras:
    """Cameras of an .npz, or of a .json with the same keys; one matrix of intrinsics serves all frames.

    Nothing is converted: another convention, and camera-to-world matrices, raise BadMedia with the way to convert
    them; so do a wrong count, NaN, and a rotation that is none.
    """
    path = Path(path)
    check_present(path)
    fields = _json_fields(path) if path.suffix.lower() == ".json" else _npz_fields(path)
    check_convention(path, fields, fields.get("convention"))
    world = _matrices(path, "world_to_camera", fields.get("world_to_camera"))
    intrinsics = _checked(path, _matrices(path, "intrinsics", fields.get("intrinsics")), world)
    if world.ndim == 3:
        return Cameras(intrinsics, world)
    names = [str(name) for name in fields.get("views", range(len(world)))]
    return Cameras(intrinsics, world, checked_views(path, names, len(world)))


def write_camera(
    path: Path | str, intrinsics: np.ndarray, world_to_camera: np.ndarray, *, views: Sequence[str] = ()
) -> None:
    """Write an .npz of cameras: `intrinsics` (3, 3) or (T, 3, 3), `world_to_camera` (T, 4, 4).

    Both may have an axis of views first, which `views` names ("0", "1", ... without). Equal cameras give equal bytes.
    Raises BadMedia for what `read_camera` would refuse, UsageError, StorageError.
    """
    path = Path(path)
    world = np.asarray(world_to_camera, np.float64)
    inner = _checked(path, np.asarray(intrinsics, np.float64), world)
    members = {"intrinsics": inner, "world_to_camera": world, "convention": label("opencv")}
    if world.ndim == 4:
        members["views"] = label(checked_views(path, list(views) or [str(n) for n in range(len(world))], len(world)))
    write_npz(path, members)


def probe_camera(path: Path) -> VideoInfo:
    """Facts of a camera file. It is small, and read and checked as a whole. Raises BadMedia."""
    cameras = read_camera(path)
    frames = cameras.world_to_camera.shape[-3]
    return array_info(path, "camera", np.dtype(np.float64), frames, kind="camera", views=cameras.views)


def camera_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Cameras start..stop, counted view after view, as (3, 7, 1) float64: [K | R t]. Raises BadMedia."""
    cameras = read_camera(info.path)
    intrinsics = cameras.intrinsics.reshape(-1, 3, 3)[start:stop]
    world = cameras.world_to_camera.reshape(-1, 4, 4)[start:stop]
    for inner, outer in zip(intrinsics, world, strict=True):
        yield np.concatenate([inner, outer[:3]], axis=1)[..., None]


def _checked(path: Path, intrinsics: np.ndarray, world: np.ndarray) -> np.ndarray:
    """The intrinsics, one for each camera."""
    if world.ndim not in (3, 4) or world.shape[-2:] != (4, 4) or min(world.shape) < 1:
        raise BadMedia(f"{path}: world_to_camera of shape {world.shape}", mend=_LAYOUT)
    if intrinsics.ndim < 2 or intrinsics.shape[-2:] != (3, 3):
        raise BadMedia(f"{path}: intrinsics of shape {intrinsics.shape}", mend=_LAYOUT)
    lead, have = world.shape[:-2], intrinsics.shape[:-2]
    one = prod(have) == 1
    if not one and (len(have) != len(lead) or any(a not in (1, b) for a, b in zip(have, lead, strict=True))):
        raise BadMedia(
            f"{path}: intrinsics for {_times(have)} cameras, world_to_camera for {_times(lead)}",
            mend="give one matrix of intrinsics, or one for each camera",
        )
    given = intrinsics.reshape((1,) * len(lead) + (3, 3)) if one else intrinsics
    full = np.broadcast_to(given, (*lead, 3, 3))
    check_cameras(path, full, world)
    return full


def _npz_fields(path: Path) -> dict[str, Any]:
    names = member_names(path)
    fields: dict[str, Any] = dict.fromkeys(names)
    for name in {"intrinsics", "world_to_camera", "views"} & set(names):
        fields[name] = whole_member(path, name)
    if "convention" in names:
        fields["convention"] = member_label(path, "convention")
    return fields


def _json_fields(path: Path) -> Mapping[str, Any]:
    try:
        fields = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadMedia(f"{path}: is no JSON ({error})", mend=_LAYOUT) from error
    if not isinstance(fields, dict):
        raise BadMedia(f"{path}: holds a {type(fields).__name__}, no cameras", mend=_LAYOUT)
    return fields


def _matrices(path: Path, name: str, value: Any) -> np.ndarray:
    if value is None:
        raise BadMedia(f"{path}: has no {name}", mend=_LAYOUT)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise BadMedia(f"{path}: {name} is no array of matrices of one shape", mend=_LAYOUT) from error
    if array.dtype.kind not in "fiu":
        raise BadMedia(f"{path}: {name} holds {array.dtype}, no numbers", mend=_LAYOUT)
    return array.astype(np.float64)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape) or "1"
