"""Pictures: rays, shading, and the mean of a pixel's samples."""

from collections.abc import Iterator

import numpy as np

from vbench_py.types import UsageError
from vbench_py.world.exact import Array
from vbench_py.world.parameters import WorldParameters
from vbench_py.world.rays import first_hits, plane_points
from vbench_py.world.scene import Moment, moment
from vbench_py.world.shade import shaded

_BAND = 1 << 15  # samples at a time: what the processor's cache holds


def rgb(p: WorldParameters) -> Iterator[Array]:
    """The frames of a video, each (H, W, 3) uint8 RGB."""
    one_view(p)
    for frame in range(p.rendered):
        yield picture(moment(p, frame), p.supersample)


def one_view(p: WorldParameters) -> None:
    """Refuses a grid, which is many videos."""
    if p.azimuths:
        raise UsageError(f"a grid of {len(p.azimuths)} views is not one video: take each of `views()` in turn")


def picture(now: Moment, supersample: int) -> Array:
    """One frame, (H, W, 3) uint8 RGB: each pixel the mean of supersample x supersample samples of display colour."""
    camera = now.camera
    frame = np.empty((camera.height, camera.width, 3), np.uint8)
    rows = max(1, _BAND // (camera.width * supersample * supersample))
    for top in range(0, camera.height, rows):
        bottom = min(top + rows, camera.height)
        frame[top:bottom] = _band(now, supersample, top, bottom)
    return frame


def sample_grid(now: Moment, supersample: int, top: int, bottom: int) -> tuple[Array, Array]:
    """x (1, W s) and y (rows s, 1) float32 at depth 1 of the samples of pixel rows [top, bottom)."""
    across = (np.arange(now.camera.width * supersample) + 0.5) / supersample
    down = (np.arange(top * supersample, bottom * supersample) + 0.5) / supersample
    x, y = plane_points(now.camera, across[None, :], down[:, None])
    return x.astype(np.float32), y.astype(np.float32)


def _band(now: Moment, supersample: int, top: int, bottom: int) -> Array:
    x, y = sample_grid(now, supersample, top, bottom)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth, label = first_hits(now, x, y)
    shape = depth.shape
    depth, label = depth.ravel(), label.ravel()
    colours = np.empty((3, depth.size), np.float32)
    pixel = 1.0 / (now.camera.focal * supersample)
    for surface in np.flatnonzero(np.bincount(label)).tolist():
        where = np.flatnonzero(label == surface)
        row, column = np.divmod(where, shape[1])
        for channel, value in enumerate(shaded(now, surface, x[0][column], y[:, 0][row], depth[where], pixel)):
            colours[channel][where] = value
    np.clip(colours, 0.0, 1.0, out=colours)
    colours = colours.reshape(3, *shape)
    total = np.zeros((3, bottom - top, now.camera.width), np.float32)
    for down in range(supersample):
        for over in range(supersample):
            total += colours[:, down::supersample, over::supersample]
    total *= np.float32(255.0 / (supersample * supersample))
    total += np.float32(0.5)
    return np.moveaxis(total.astype(np.uint8), 0, -1)
