"""What makes a camera a camera: the convention said aloud, matrices that are what they claim to be."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia

TOLERANCE = 1e-4
"""Largest deviation of R R^T from the identity: room for matrices written as text, none for a scale in them."""

_INVERT = "store world_to_camera = numpy.linalg.inv(camera_to_world)"
_FLIP = 'store numpy.diag([1, -1, -1, 1]) @ world_to_camera (x right, y down, z forward) with convention "opencv"'


def check_convention(path: Path, fields: Container[str], convention: object) -> None:
    """Raises BadMedia unless the convention is "opencv" and the matrices are said to be world-to-camera."""
    if "camera_to_world" in fields and "world_to_camera" not in fields:
        raise BadMedia(f"{path}: holds camera_to_world, the inverse of what is read", mend=_INVERT)
    if convention is None:
        raise BadMedia(
            f"{path}: does not say its convention", mend='add convention = "opencv" if x is right, y down, z forward'
        )
    if convention != "opencv":
        raise BadMedia(
            f"{path}: cameras in the convention {convention!r}",
            mend=_FLIP if str(convention).lower() in {"opengl", "blender", "nerf"} else f"from OpenGL: {_FLIP}",
        )


def check_cameras(path: Path, intrinsics: np.ndarray, world_to_camera: np.ndarray) -> None:
    """Raises BadMedia, naming the first bad camera, for (..., 3, 3) and (..., 4, 4) float64 that are no cameras."""
    rotation = world_to_camera[..., :3, :3]
    finite = np.isfinite(intrinsics).all(axis=(-2, -1)) & np.isfinite(world_to_camera).all(axis=(-2, -1))
    _refuse(path, ~finite, "holds NaN or infinity", "leave no camera out: a run without a pose has failed")
    upper = (intrinsics[..., 1, 0] == 0) & _equal(intrinsics[..., 2, :], (0, 0, 1))
    upper &= (intrinsics[..., 0, 0] > 0) & (intrinsics[..., 1, 1] > 0)
    _refuse(path, ~upper, "has intrinsics that are none", "store [[fx, s, cx], [0, fy, cy], [0, 0, 1]] in pixels")
    row = _equal(world_to_camera[..., 3, :], (0, 0, 0, 1))
    _refuse(path, ~row, "has a last row other than 0 0 0 1", "store 4x4 rigid transforms [[R, t], [0, 1]]")
    gap = np.abs(rotation @ np.swapaxes(rotation, -1, -2) - np.eye(3)).max(axis=(-2, -1))
    _refuse(path, gap > TOLERANCE, "has a rotation that is none", "store rigid transforms, scale and shear taken out")
    mirrored = np.linalg.det(rotation) < 0
    _refuse(path, mirrored, "mirrors the world (determinant -1)", "turn all axes to x right, y down, z forward")


def _equal(rows: np.ndarray, wanted: tuple[int, ...]) -> np.ndarray:
    """(...) bool: rows that are what they should be, but for the rounding of an inverse."""
    return np.asarray((np.abs(rows - wanted) <= 1e-9).all(axis=-1))


def _refuse(path: Path, bad: np.ndarray, what: str, mend: str) -> None:
    if bad.any():
        place = [int(index) for index in np.argwhere(bad)[0]]
        where = f"camera {place[-1]}" + (f" of view {place[0]}" if len(place) == 2 else "")
        raise BadMedia(f"{path}: {where} {what}", mend=mend)
