"""The colour of surface points: texture, one lamp, ambient light, soft shadows on the floor, darker corners."""

from dataclasses import dataclass

import numpy as np

from vbench_py.world.exact import Array, Point, Vector, inner, three
from vbench_py.world.looks import ROOM, ROOM_CENTRE, Look
from vbench_py.world.rays import BODIES, Eye, eye_in
from vbench_py.world.scene import Moment, Placed
from vbench_py.world.texture import colour

FLOOR = 3
_AMBIENT, _DIFFUSE = 0.32, 0.74
_SHADOW = 0.8  # how much light the middle of a shadow loses


@dataclass(frozen=True)
class Shadow:
    """An ellipse on the floor with soft edges: nothing where q, the squared distance in radii, reaches 1."""

    x: float
    z: float
    xx: float
    xz: float
    zz: float
    strength: float

    def lost(self, x: Array, z: Array) -> Array:
        """Share of the light lost at points of the floor; exactly 0 outside the ellipse."""
        dx, dz = x - self.x, z - self.z
        inside = np.maximum(1.0 - (dx * (self.xx * dx + self.xz * dz) + self.zz * (dz * dz)), 0.0)
        return np.asarray(inside * inside * (3.0 - 2.0 * inside) * self.strength)


def shadow(placed: Placed, look: Look) -> Shadow:
    """The shadow of a body: its ball's, thrown from the lamp, wider and fainter the higher it hovers."""
    solid = placed.body.solid
    lift = max(0.0, -placed.centre[1] - solid.half_height)
    lamp = look.lamp
    share = 0.6 * placed.centre[1] / (lamp[1] - placed.centre[1])
    x = placed.centre[0] + (placed.centre[0] - lamp[0]) * share
    z = placed.centre[2] + (placed.centre[2] - lamp[2]) * share
    away = (x - lamp[0], z - lamp[2])
    across = 1.7 * solid.half_width + 0.35 * lift
    # Longer along the direction to the lamp, by the slant of the light.
    slant = (away[0] * away[0] + away[1] * away[1]) / (lamp[1] * lamp[1])
    less = slant / (1.0 + slant) / max(away[0] * away[0] + away[1] * away[1], 1e-9)
    scale = 1.0 / (across * across)
    return Shadow(
        x,
        z,
        scale * (1.0 - less * away[0] * away[0]),
        scale * (-2.0 * less * away[0] * away[1]),
        scale * (1.0 - less * away[1] * away[1]),
        _SHADOW / (1.0 + 2.0 * lift),
    )


def shaded(now: Moment, label: int, x: Array, y: Array, depth: Array, pixel: float) -> Vector:
    """Display colours (about 0..1) where rays through (x, y) at depth 1 meet the surface `label`; 1-d arrays.

    `pixel` is the width of a sample on the plane at depth 1.
    """
    placed = now.bodies[label - BODIES] if label >= BODIES else None
    eye = eye_in(now.camera, placed)
    ray = eye.rays(x, y)
    at = three(o + depth * d for o, d in zip(eye.origin, ray, strict=True))
    lamp: Point
    normal: Vector | Point
    if placed is None:
        lamp = (now.look.lamp[0], now.look.lamp[1] - ROOM_CENTRE[1], now.look.lamp[2])
        normal, texture = _face_normal(label), now.look.faces[label]
    else:
        lamp, texture = placed.inside(now.look.lamp), placed.body.texture
        normal = placed.body.solid.normal(at)
    red, green, blue = colour(texture, at, _footprint(eye, ray, normal, depth * pixel))
    light = _lambert(lamp, at, normal)
    if placed is None:
        light *= _corners(label, at)
    if label == FLOOR:
        for other in now.bodies:
            light *= 1.0 - shadow(other, now.look).lost(at[0], at[2])
    light = np.sqrt(light)
    return red * light, green * light, blue * light


def _face_normal(face: int) -> Point:
    sign = -1.0 if face % 2 else 1.0
    axis = face // 2
    return (sign * (axis == 0), sign * (axis == 1), sign * (axis == 2))


def _lambert(lamp: Point, at: Vector, normal: Vector | Point) -> Array:
    to = three(a - b for a, b in zip(lamp, at, strict=True))
    facing = inner(normal, to) / np.sqrt(inner(to, to))
    return np.asarray(_AMBIENT + _DIFFUSE * np.maximum(facing, 0.0))


def _corners(face: int, at: Vector) -> Array:
    dim: Array | float = 1.0
    for axis in range(3):
        if axis != face // 2:
            near = np.maximum(1.0 - (ROOM.half[axis] - np.abs(at[axis])) * (1.0 / 0.9), 0.0)
            dim = dim * (1.0 - 0.3 * (near * near))
    return np.asarray(dim)


def _footprint(eye: Eye, ray: Vector, normal: Vector | Point, size: Array) -> Vector:
    # How far the point on the tangent plane moves, along each axis, from one sample to the next.
    right, down, _ = eye.axes
    facing = np.minimum(inner(normal, ray), -0.02)
    over, under = inner(normal, right) / facing, inner(normal, down) / facing
    wide = ((np.abs(r - d * over) + np.abs(u - d * under)) * size for r, u, d in zip(right, down, ray, strict=True))
    return three(wide)
