"""Where rays enter convex solids and leave the room, in the coordinates of the solid.

A ray is origin + t x direction. Directions are not unit vectors: the renderer makes their part along the optical axis
1, so t is depth. Coordinates: x right, y down, z forward, metres, the solid's centre at 0.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from vbench_py.world.exact import Array, Point, Vector, inner

Kind = Literal["sphere", "box", "cylinder"]
KINDS: tuple[Kind, ...] = ("sphere", "box", "cylinder")


class Solid(Protocol):
    """A convex body round the origin."""

    @property
    def reach(self) -> float:
        """Radius of the ball round the centre that holds the body, metres."""

    @property
    def half_height(self) -> float:
        """From the centre to the floor when it stands, metres."""

    @property
    def half_width(self) -> float:
        """Radius of the upright column that holds the body, metres."""

    def hit(self, origin: Point, direction: Vector) -> Array:
        """t at which rays from outside enter; infinite where they miss."""

    def normal(self, at: Vector) -> Vector:
        """Outward unit normals at points of the surface."""


@dataclass(frozen=True)
class Sphere:
    radius: float

    @property
    def reach(self) -> float:
        return self.radius

    @property
    def half_height(self) -> float:
        return self.radius

    @property
    def half_width(self) -> float:
        return self.radius

    def hit(self, origin: Point, direction: Vector) -> Array:
        a = inner(direction, direction)
        b = inner(origin, direction)
        c = origin[0] * origin[0] + origin[1] * origin[1] + origin[2] * origin[2] - self.radius * self.radius
        inside = b * b - a * c
        near = (-b - np.sqrt(np.maximum(inside, 0.0))) / a
        return np.where((inside > 0.0) & (near > 0.0), near, np.inf)

    def normal(self, at: Vector) -> Vector:
        length = np.sqrt(inner(at, at))
        return at[0] / length, at[1] / length, at[2] / length


@dataclass(frozen=True)
class Box:
    half: Point

    @property
    def reach(self) -> float:
        return float(np.sqrt(self.half[0] ** 2 + self.half[1] ** 2 + self.half[2] ** 2))

    @property
    def half_height(self) -> float:
        return self.half[1]

    @property
    def half_width(self) -> float:
        return float(np.sqrt(self.half[0] ** 2 + self.half[2] ** 2))

    def hit(self, origin: Point, direction: Vector) -> Array:
        near, far = _slab(self.half[0], origin[0], direction[0])
        for axis in (1, 2):
            enters, leaves = _slab(self.half[axis], origin[axis], direction[axis])
            near, far = np.maximum(near, enters), np.minimum(far, leaves)
        return np.where((near < far) & (near > 0.0), near, np.inf)

    def normal(self, at: Vector) -> Vector:
        share = [np.abs(at[axis]) / self.half[axis] for axis in range(3)]
        first = (share[0] >= share[1]) & (share[0] >= share[2])
        second = ~first & (share[1] >= share[2])
        third = ~(first | second)
        x, y, z = (
            np.copysign(face.astype(side.dtype), side) for face, side in zip((first, second, third), at, strict=True)
        )
        return x, y, z


@dataclass(frozen=True)
class Cylinder:
    """Upright: its axis is y."""

    radius: float
    half: float

    @property
    def reach(self) -> float:
        return float(np.sqrt(self.radius**2 + self.half**2))

    @property
    def half_height(self) -> float:
        return self.half

    @property
    def half_width(self) -> float:
        return self.radius

    def hit(self, origin: Point, direction: Vector) -> Array:
        x, y, z = direction
        a = np.maximum(x * x + z * z, 1e-12)
        b = origin[0] * x + origin[2] * z
        inside = b * b - a * (origin[0] * origin[0] + origin[2] * origin[2] - self.radius * self.radius)
        root = np.sqrt(np.maximum(inside, 0.0))
        enters, leaves = _slab(self.half, origin[1], y)
        near, far = np.maximum((-b - root) / a, enters), np.minimum((-b + root) / a, leaves)
        return np.where((inside > 0.0) & (near < far) & (near > 0.0), near, np.inf)

    def normal(self, at: Vector) -> Vector:
        x, y, z = at
        across = np.sqrt(x * x + z * z)
        cap = np.abs(y) * self.radius > across * self.half
        across = np.maximum(across, 1e-6)
        flat = np.zeros_like(y)
        return (
            np.where(cap, flat, x / across),
            np.where(cap, np.copysign(np.ones_like(y), y), flat),
            np.where(cap, flat, z / across),
        )


@dataclass(frozen=True)
class Room:
    """The inside of a box; faces are numbered 2 x axis, plus 1 on the positive side: 3 is the floor (y is down)."""

    half: Point

    def leave(self, origin: Point, direction: Vector) -> tuple[Array, Array]:
        """(t, face int8) at which rays from inside meet a wall, the floor or the ceiling."""
        walls = [
            # along the wall it is never met: division by zero gives infinity
            np.where(along > 0.0, half - start, half + start).astype(along.dtype) / np.abs(along)
            for half, start, along in zip(self.half, origin, direction, strict=True)
        ]
        x, y, z = direction
        upright = walls[0] <= walls[2]
        t = np.where(upright, walls[0], walls[2])
        face = np.where(upright, (x > 0.0).view(np.int8), (z > 0.0).view(np.int8) + np.int8(4))
        flat = walls[1] < t
        return np.where(flat, walls[1], t), np.where(flat, (y > 0.0).view(np.int8) + np.int8(2), face)


def _slab(half: float, start: float, along: Array) -> tuple[Array, Array]:
    # A ray along the slab divides by zero: the signed infinities then answer rightly.
    one, other = (-half - start) / along, (half - start) / along
    return np.minimum(one, other), np.maximum(one, other)


def solid(kind: Kind, size: float) -> Solid:
    """A body of the kind that stands in an upright column of radius `size` metres."""
    if kind == "sphere":
        return Sphere(0.92 * size)
    if kind == "box":
        return Box((0.70 * size, 0.78 * size, 0.70 * size))
    return Cylinder(0.74 * size, 1.0 * size)
