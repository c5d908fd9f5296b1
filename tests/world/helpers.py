"""Small arithmetic the world's tests share."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vbench_py.world import WorldParameters

Array = npt.NDArray[Any]
SMALL = WorldParameters(scene=7, frames=4, width=96, height=64, camera="orbit")


def centres(height: int, width: int) -> Array:
    """(H, W, 2) pixel centres (x, y)."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y], axis=-1) + 0.5


def unproject(depth: Array, intrinsics: Array, world_to_camera: Array) -> Array:
    """(H, W, 3) points of the world at each pixel's depth."""
    pixels = centres(*depth.shape)
    rays = np.concatenate([pixels, np.ones((*depth.shape, 1))], axis=-1) @ np.linalg.inv(intrinsics).T
    inverse = np.linalg.inv(world_to_camera)
    return np.asarray((rays * depth[..., None]) @ inverse[:3, :3].T + inverse[:3, 3])


def project(points: Array, intrinsics: Array, world_to_camera: Array) -> tuple[Array, Array]:
    """(..., 2) pixels and (...) depth of points of the world."""
    seen = points @ world_to_camera[:3, :3].T + world_to_camera[:3, 3]
    image = seen @ intrinsics.T
    return image[..., :2] / image[..., 2:], seen[..., 2]


def bilinear(picture: Array, at: Array) -> Array:
    """Values of (H, W) or (H, W, C) at pixel coordinates (..., 2), with pixel centres at + 0.5."""
    height, width = picture.shape[:2]
    x, y = np.clip(at[..., 0] - 0.5, 0, width - 1.001), np.clip(at[..., 1] - 0.5, 0, height - 1.001)
    left, top = x.astype(int), y.astype(int)
    u, v = x - left, y - top
    if picture.ndim == 3:
        u, v = u[..., None], v[..., None]
    upper = picture[top, left] * (1 - u) + picture[top, left + 1] * u
    return np.asarray(upper * (1 - v) + (picture[top + 1, left] * (1 - u) + picture[top + 1, left + 1] * u) * v)


def well_inside(bodies: Array, margin: int = 2) -> Array:
    """(H, W) bool: pixels whose neighbourhood shows one body only."""
    same = np.ones(bodies.shape, bool)
    for down in range(-margin, margin + 1):
        for over in range(-margin, margin + 1):
            same &= np.roll(bodies, (down, over), axis=(0, 1)) == bodies
    same[:margin] = same[-margin:] = False
    same[:, :margin] = same[:, -margin:] = False
    return same
