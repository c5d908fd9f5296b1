"""Known damage to a ground truth, in rungs: each is worse than the one before for whatever looks at it.

Frames get all of it at once: they tremble and slide, blur, gain noise and fade with time, so that a metric of any
family has something to see. The random directions are the same on every rung; only their size grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Rung:
    """How much of each damage. `tremble` and `slide` in pixels at a diagonal of 200, `blur` a sigma in pixels, `noise`
    a standard deviation in levels, `fade` the share of light that is gone in the last frame; `depth` the standard
    deviation of its logarithm, `outliers` the share of depth that is four times too near; `turn` in degrees and
    `shift` in metres what camera poses are off by; `lost` how many shots are missing.
    """

    tremble: float
    slide: float
    blur: float
    noise: float
    fade: float
    depth: float
    outliers: float
    turn: float
    shift: float
    lost: int


RUNGS = {
    "damage-1": Rung(0.35, 2.0, 0.6, 3.0, 0.08, 0.03, 0.01, 1.0, 0.02, 1),
    "damage-2": Rung(1.0, 6.0, 1.3, 9.0, 0.25, 0.1, 0.05, 4.0, 0.08, 2),
    "damage-3": Rung(3.0, 16.0, 2.6, 22.0, 0.6, 0.3, 0.2, 15.0, 0.3, 3),
}
_DIAGONAL = 200.0
_CELL = 16
"""Side of a block of depth outliers, and of a patch of wrong scale, in pixels."""


def frames(source: Iterator[np.ndarray], count: int, rung: Rung, random: np.random.Generator) -> Iterator[np.ndarray]:
    """`count` frames (H, W, 3) uint8, damaged."""
    heading = random.uniform(0, 2 * np.pi)
    for index, frame in enumerate(source):
        height, width = frame.shape[:2]
        scale = np.hypot(height, width) / _DIAGONAL
        done = index / max(count - 1, 1)
        along = rung.slide * done * scale * np.array([np.cos(heading), np.sin(heading)])
        x, y = along + rung.tremble * scale * random.standard_normal(2)
        moved = cv2.warpAffine(
            frame.astype(np.float32), np.array([[1, 0, x], [0, 1, y]]), (width, height), borderMode=cv2.BORDER_REFLECT
        )
        soft = cv2.GaussianBlur(moved, (0, 0), rung.blur * scale)
        noisy = soft + rung.noise * random.standard_normal(frame.shape, dtype=np.float32)
        yield np.rint((noisy * (1 - rung.fade * done)).clip(0, 255)).astype(np.uint8)


def depth(source: Iterator[np.ndarray], rung: Rung, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Frames (H, W) float32 of depth: patches off scale, other ones in each frame, soft edges, blocks too near."""
    for frame in source:
        height, width = frame.shape
        cells = (height // _CELL + 2, width // _CELL + 2)
        patches = cv2.resize(
            random.standard_normal(cells).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        near = cv2.resize(random.random(cells).astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
        valid, sigma = np.isfinite(frame), rung.depth * _CELL
        weight = cv2.GaussianBlur(valid.astype(np.float32), (0, 0), sigma)
        filled = cv2.GaussianBlur(np.where(valid, frame, 0), (0, 0), sigma)
        soft = filled / np.maximum(weight, 1e-6)
        yield np.where(valid, soft * np.exp(rung.depth * patches) * np.where(near < rung.outliers, 0.25, 1), np.nan)


def poses(world_to_camera: np.ndarray, rung: Rung, random: np.random.Generator) -> np.ndarray:
    """(..., T, 4, 4) turned and shifted, each pose by itself; the first is kept, as others are told relative to it."""
    made = world_to_camera.copy()
    for index in np.ndindex(made.shape[:-2]):
        axis, offset = random.standard_normal(3), random.standard_normal(3)
        if index[-1] == 0:
            continue
        turn, _ = cv2.Rodrigues(np.radians(rung.turn) * axis / np.linalg.norm(axis))
        made[index][:3] = turn @ made[index][:3]
        made[index][:3, 3] += rung.shift * offset
    return made


def lost_shots(source: Iterator[np.ndarray], count: int, shots: int, rung: Rung) -> Iterator[np.ndarray]:
    """The last `rung.lost` of `shots` shots of equal length are the frame before them, held."""
    length = count / shots
    kept = max(shots - rung.lost, 1) * length
    held = None
    for index, frame in enumerate(source):
        if index < kept or held is None:
            held = frame
        yield held
