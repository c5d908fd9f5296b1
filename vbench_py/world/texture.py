"""Procedural surface colour, filtered to the pixel's footprint so that no size of picture aliases.

A texture is a hard pattern (checks, stripes, tiles: averaged exactly over the footprint along each axis) times a sum of
waves (each faded out as its period nears two pixels). It lives in the coordinates of its object and moves with it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vbench_py.world.draw import Draw
from vbench_py.world.exact import Array, Point, Vector, three

Pattern = Literal["checkered", "striped", "tiled", "marbled", "plain"]


# Cycles per metre along x, y and z; the phase in cycles; the share of the whole relief.
Wave = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Texture:
    """Colours are display values in 0..1; `period` metres; `axes` are those along which the pattern changes."""

    pattern: Pattern
    first: Point
    second: Point
    period: float
    axes: tuple[int, ...]
    waves: tuple[Wave, ...]
    relief: float  # how far the waves change the colour, 0..1


def waves(draw: Draw, longest: float, octaves: int) -> tuple[Wave, ...]:
    """Three waves an octave, from the period `longest` metres downwards, weaker as they get finer, in any direction."""
    found = []
    for octave in range(octaves):
        for _ in range(3):
            cycles = 2.0**octave / longest * draw.uniform(0.7, 1.4)
            x, y, z = draw.direction()
            found.append((x * cycles, y * cycles, z * cycles, draw.uniform(), 0.8**octave))
    scale = sum(wave[4] ** 2 for wave in found) ** -0.5
    return tuple((x, y, z, phase, share * scale) for x, y, z, phase, share in found)


def colour(texture: Texture, at: Vector, wide: Vector) -> Vector:
    """Red, green and blue (about 0..1) at points `at` of a surface whose pixel covers `wide` metres along each axis."""
    if texture.waves:
        relief = _waves(texture, at, wide)
        relief *= texture.relief
        relief += 1.0
    else:
        relief = np.ones_like(at[0])
    if texture.pattern in ("marbled", "plain"):
        return three(relief * channel for channel in texture.first)
    share = _pattern(texture, at, wide)
    ends = zip(texture.first, texture.second, strict=True)
    return three((share * (two - one) + one) * relief for one, two in ends)


def mixed(a: Point, b: Point, share: float) -> Point:
    """The colour that lies `share` of the way from a to b."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _waves(texture: Texture, at: Vector, wide: Vector) -> Array:
    total = np.zeros_like(at[0])
    bent: Array | float = 0.0
    for x, y, z, phase, share in texture.waves:
        # Cycles within a pixel: at one half the wave is gone.
        fade = abs(x) * wide[0]
        fade += abs(y) * wide[1]
        fade += abs(z) * wide[2]
        fade *= -2.0
        fade += 1.0
        np.maximum(fade, 0.0, out=fade)
        turn = x * at[0]
        turn += y * at[1]
        turn += z * at[2]
        turn += phase
        # Each wave bends the next a little: straight waves alone look woven.
        turn += bent
        turn -= np.floor(turn + 0.5)
        # 8t - 16t|t| is a sine to within 6 %, with a continuous slope.
        wave = np.abs(turn)
        wave *= -16.0
        wave += 8.0
        wave *= turn
        wave *= fade
        bent = wave * 0.08
        wave *= share
        total += wave
    return total


def _pattern(texture: Texture, at: Vector, wide: Vector) -> Array:
    cells = 1.0 / texture.period
    if texture.pattern == "tiled":
        joint = np.ones_like(at[0])
        for axis in texture.axes:
            joint *= _pulse(at[axis] * cells, wide[axis] * cells, 0.92)
        return joint
    checks: Array | None = None
    for axis in texture.axes:
        stripe = _pulse(at[axis] * cells + 0.25, wide[axis] * cells, 0.5)
        stripe *= 2.0
        stripe -= 1.0
        checks = stripe if checks is None else checks * stripe
    assert checks is not None
    return 0.5 * checks + 0.5


def _pulse(x: Array, wide: Array, duty: float) -> Array:
    # The mean over [x - wide/2, x + wide/2] of a wave of period 1 that is 1 on [0, duty) and else 0.
    wide = np.maximum(wide, 4e-3)
    half = 0.5 * wide
    return (_pulse_sum(x + half, duty) - _pulse_sum(x - half, duty)) / wide


def _pulse_sum(x: Array, duty: float) -> Array:
    whole = np.floor(x)
    x -= whole
    np.minimum(x, duty, out=x)
    whole *= duty
    x += whole
    return x
