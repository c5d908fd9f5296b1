"""Where the surface points that one moment sees are in another moment, and whether that one sees them."""

from dataclasses import dataclass

import numpy as np

from vbench_py.world.exact import Array, Vector, inner, rotate, transposed
from vbench_py.world.rays import BODIES, Eye, eye_in, window
from vbench_py.world.scene import Moment, Placed


@dataclass(frozen=True)
class Surface:
    """Points of surfaces, 1-d arrays: labels as in `rays`, float64 coordinates in the label's body or the world."""

    label: Array
    at: Vector


def surface(now: Moment, x: Array, y: Array, depth: Array, label: Array) -> Surface:
    """The points at `depth` on rays through (x, y) at depth 1."""
    x, y, depth, label = (part.ravel() for part in np.broadcast_arrays(x, y, depth, label))
    at = tuple(np.empty(depth.size) for _ in range(3))
    for where, placed in _by_body(now, label):
        eye = Eye(now.camera.at, now.camera.axes) if placed is None else eye_in(now.camera, placed)
        rays = eye.rays(x[where], y[where])
        for axis in range(3):
            at[axis][where] = eye.origin[axis] + depth[where] * rays[axis]
    return Surface(label, (at[0], at[1], at[2]))


def seen_in(then: Moment, points: Surface) -> tuple[Array, Array, Array, Array]:
    """(pixel x, pixel y, depth, visible bool) of the points in another moment of the same shot.

    Visible: inside the picture, in front of the camera, facing it, and with no other body before it. All exact, by rays
    and not by comparing depth maps.
    """
    camera = then.camera
    world = tuple(np.empty(points.label.size) for _ in range(3))
    facing = np.ones(points.label.size, bool)
    for where, placed in _by_body(then, points.label):
        at = points.at[0][where], points.at[1][where], points.at[2][where]
        if placed is not None:
            eye = placed.inside(camera.at)
            towards = eye[0] - at[0], eye[1] - at[1], eye[2] - at[2]
            facing[where] = inner(placed.body.solid.normal(at), towards) > 0.0
            at = _added(rotate(placed.rotation, at), placed.centre)
        for axis in range(3):
            world[axis][where] = at[axis]
    away = world[0] - camera.at[0], world[1] - camera.at[1], world[2] - camera.at[2]
    right, down, depth = rotate(camera.axes, away)
    front = depth > 1e-6
    near = np.where(front, depth, 1.0)
    x, y = right / near, down / near
    across, below = camera.centre
    pixel_x, pixel_y = x * camera.focal + across, y * camera.focal + below
    visible = facing & front & (pixel_x >= 0) & (pixel_x < camera.width) & (pixel_y >= 0) & (pixel_y < camera.height)
    _hide(then, points.label, (x, y), away, visible)
    return pixel_x, pixel_y, depth, visible


def _hide(then: Moment, label: Array, plane: tuple[Array, Array], away: Vector, visible: Array) -> None:
    # Bodies are convex and the room is too: only another body can stand between a facing point and the camera.
    x, y = plane
    for index, placed in enumerate(then.bodies):
        left, right, top, bottom = window(then.camera, placed)
        inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom) & visible & (label != BODIES + index)
        where = np.flatnonzero(inside)
        if not where.size:
            continue
        ray = rotate(transposed(placed.rotation), (away[0][where], away[1][where], away[2][where]))
        with np.errstate(divide="ignore", invalid="ignore"):
            visible[where] = placed.body.solid.hit(placed.inside(then.camera.at), ray) >= 1.0


def _by_body(now: Moment, label: Array) -> list[tuple[Array, Placed | None]]:
    found: list[tuple[Array, Placed | None]] = [(np.flatnonzero(label < BODIES), None)]
    found += [(np.flatnonzero(label == BODIES + index), placed) for index, placed in enumerate(now.bodies)]
    return [(where, placed) for where, placed in found if where.size]


def _added(a: Vector, b: tuple[float, float, float]) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
