"""Arithmetic that gives the same bits on every machine.

Everything in the world is made of +, -, x, /, square root and floor, which IEEE 754 rounds one way only. No library
sine, no BLAS product and no long reduction takes part, because their last bit depends on the processor.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Vector = tuple[Array, Array, Array]
Point = tuple[float, float, float]
Matrix = tuple[Point, Point, Point]

IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# Up to the 19th power: the remainder on a quarter turn is below 1e-16.
_ODD_TERMS = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(9, -1, -1))


def sine(turns: float) -> float:
    """Sine of an angle in turns (1.0 is the full circle); exactly 0 at every whole turn."""
    part = turns - math.floor(turns + 0.5)
    if part > 0.25:
        part = 0.5 - part
    elif part < -0.25:
        part = -0.5 - part
    angle = 2.0 * math.pi * part
    square = angle * angle
    total = 0.0
    for term in _ODD_TERMS:
        total = total * square + term
    return total * angle


def cosine(turns: float) -> float:
    """Cosine of an angle in turns."""
    return sine(turns + 0.25)


def dot(a: Point, b: Point) -> float:
    """Scalar product of two vectors of numbers."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Point, b: Point) -> Point:
    """Vector product of two vectors of numbers."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def unit(a: Point) -> Point:
    """The vector of length 1 that points the same way."""
    length = math.sqrt(dot(a, a))
    return (a[0] / length, a[1] / length, a[2] / length)


def apply(matrix: Matrix, a: Point) -> Point:
    """Matrix times a vector of numbers."""
    return (dot(matrix[0], a), dot(matrix[1], a), dot(matrix[2], a))


def transposed(matrix: Matrix) -> Matrix:
    """Rows become columns: the inverse of a rotation."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return ((a, d, g), (b, e, h), (c, f, i))


def turned(axis: Point, turns: float) -> Matrix:
    """Rotation by `turns` about the unit vector `axis`, right-handed (Rodrigues' formula)."""
    x, y, z = axis
    s, c = sine(turns), cosine(turns)
    d = 1.0 - c
    return (
        (c + x * x * d, x * y * d - z * s, x * z * d + y * s),
        (y * x * d + z * s, c + y * y * d, y * z * d - x * s),
        (z * x * d - y * s, z * y * d + x * s, c + z * z * d),
    )


def three(parts: Iterable[Array]) -> Vector:
    """A vector of arrays out of what yields its three parts."""
    x, y, z = parts
    return x, y, z


def rotate(matrix: Matrix, v: Vector) -> Vector:
    """Matrix times arrays of vectors, held as three arrays of one shape."""
    x, y, z = v
    return three((row[0] * x + row[1] * y) + row[2] * z for row in matrix)


def inner(a: Vector | Point, b: Vector | Point) -> Array:
    """Scalar products of arrays of vectors, or of one vector of numbers with an array of them."""
    return np.asarray((a[0] * b[0] + a[1] * b[1]) + a[2] * b[2])
