"""What the rays of a moment meet first."""

from dataclasses import dataclass

import numpy as np

from vbench_py.world.camera import Camera
from vbench_py.world.exact import Array, Matrix, Point, Vector, apply, three
from vbench_py.world.looks import ROOM, ROOM_CENTRE
from vbench_py.world.scene import Moment, Placed

BODIES = 6  # labels 0..5 are the room's faces, 6 + i the moment's i-th body


@dataclass(frozen=True)
class Eye:
    """The camera in the coordinates of a body or of the room: a ray is origin + t (right x + down y + forward)."""

    origin: Point
    axes: Matrix

    def rays(self, x: Array, y: Array) -> Vector:
        """Directions through points (x, y) of the plane at depth 1."""
        right, down, forward = self.axes
        return three(r * x + (d * y + f) for r, d, f in zip(right, down, forward, strict=True))


def eye_in(camera: Camera, placed: Placed | None) -> Eye:
    """The camera seen from a body, or from the room if there is none."""
    if placed is None:
        return Eye(_less(camera.at, ROOM_CENTRE), camera.axes)
    right, down, forward = (placed.turned(axis) for axis in camera.axes)
    return Eye(placed.inside(camera.at), (right, down, forward))


def plane_points(camera: Camera, x: Array, y: Array) -> tuple[Array, Array]:
    """Pixel coordinates (centres at + 0.5) to points of the plane at depth 1."""
    across, down = camera.centre
    return (x - across) / camera.focal, (y - down) / camera.focal


def window(camera: Camera, placed: Placed) -> tuple[float, float, float, float]:
    """(left, right, top, bottom) on the plane at depth 1 that holds all of a body."""
    x, y, z = apply(camera.axes, _less(placed.centre, camera.at))
    reach = placed.body.solid.reach * 1.001
    if z <= reach + 1e-3:
        return -np.inf, np.inf, -np.inf, np.inf
    near, far = z - reach, z + reach
    left, right, top, bottom = x - reach, x + reach, y - reach, y + reach
    return (
        min(left / near, left / far),
        max(right / near, right / far),
        min(top / near, top / far),
        max(bottom / near, bottom / far),
    )


def first_hits(now: Moment, x: Array, y: Array) -> tuple[Array, Array]:
    """(depth, label int8), both (rows, columns), of the rays through a grid: x (1, columns), y (rows, 1) at depth 1."""
    eye = eye_in(now.camera, None)
    depth, label = ROOM.leave(eye.origin, eye.rays(x, y))
    for index, placed in enumerate(now.bodies):
        left, right, top, bottom = window(now.camera, placed)
        columns = slice(*np.searchsorted(x[0], (left, right)).tolist())
        rows = slice(*np.searchsorted(y[:, 0], (top, bottom)).tolist())
        if columns.start == columns.stop or rows.start == rows.stop:
            continue
        eye = eye_in(now.camera, placed)
        found = placed.body.solid.hit(eye.origin, eye.rays(x[:, columns], y[rows]))
        seen = depth[rows, columns]
        nearer = found < seen
        np.copyto(seen, found, where=nearer, casting="same_kind")
        np.copyto(label[rows, columns], np.int8(BODIES + index), where=nearer)
    return depth, label


def _less(a: Point, b: Point) -> Point:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])
