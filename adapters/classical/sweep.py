"""Plane sweep: the depth at which a frame and its neighbours, seen through known cameras, agree best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

WINDOWS = (5, 11)
"""Sides in pixels of the windows whose correlations are added: the small one keeps edges, the large one finds more."""
FLAT = 1.0
"""Variance in squared levels added to each window's, so that what has no texture correlates with nothing."""
PLACES = 4
HALF_PIXEL = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])


class Camera(NamedTuple):
    """Intrinsics (3, 3) in pixels, pixel centres at +0.5, and world-to-camera (4, 4) in metres."""

    intrinsics: np.ndarray
    world_to_camera: np.ndarray


@dataclass(frozen=True)
class Posed:
    """A grey frame (H, W) float32 with its camera."""

    grey: np.ndarray
    camera: Camera


def plane_sweep(frame: Posed, neighbours: Sequence[Posed], *, near: float, far: float, planes: int) -> np.ndarray:
    """Depth z of `frame` in metres, (H, W) float32: of `planes` planes z = const, evenly spaced in 1 / z, the best.

    Score: zero-mean normalised cross-correlation (ZNCC), added over two window sizes, the best over the neighbours, so
    that what one of them does not see the other decides. A parabola through the best plane and those beside it gives
    the place between; a median of 3 x 3 takes lone errors out. Collins, A space-sweep approach to true multi-image
    matching, CVPR 1996.
    """
    inverse = np.linspace(1 / far, 1 / near, planes)
    shape = frame.grey.shape
    best, before, after = (np.full(shape, -np.inf, np.float32) for _ in range(3))
    index = np.zeros(shape, np.int32)
    last = np.full(shape, -np.inf, np.float32)
    statistics = [_statistics(frame.grey, window) for window in WINDOWS]
    for plane, value in enumerate(inverse):
        score = np.full(shape, -np.inf, np.float32)
        for neighbour in neighbours:
            np.maximum(score, _agreement(frame, neighbour, float(value), statistics), out=score)
        np.copyto(after, score, where=index == plane - 1)
        better = score > best
        np.copyto(before, last, where=better)
        np.copyto(best, score, where=better)
        index[better] = plane
        last = score
    between = np.isfinite(before) & (index < planes - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = (before - after) / (2 * (before - 2 * best + after))
    offset = np.where(between & np.isfinite(offset), np.clip(offset, -0.5, 0.5), 0)
    found = inverse[0] + (index + offset) * (inverse[1] - inverse[0])
    return np.asarray(1 / cv2.medianBlur(found.astype(np.float32), 3), np.float32)


def homography(frame: Camera, neighbour: Camera, inverse_depth: float) -> np.ndarray:
    """(3, 3): from pixel indices of `frame` to those of `neighbour`, for points of the plane z = 1 / inverse_depth."""
    relative = neighbour.world_to_camera @ np.linalg.inv(frame.world_to_camera)
    through = relative[:3, :3] + inverse_depth * np.outer(relative[:3, 3], (0, 0, 1))
    mapped: np.ndarray = neighbour.intrinsics @ through @ np.linalg.inv(frame.intrinsics)
    return np.asarray(np.linalg.inv(HALF_PIXEL) @ mapped @ HALF_PIXEL)


def parallax(frame: Camera, neighbour: Camera, depth: float, size: tuple[int, int]) -> float:
    """How many pixels lie between a point `depth` metres before `frame` and one at infinity, as `neighbour` sees them:
    the mean over places spread over `size` = (height, width). 0 where the camera only turned."""
    y, x = np.meshgrid(*(np.linspace(0, side - 1, PLACES) for side in size), indexing="ij")
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    near, far = (homography(frame, neighbour, inverse) @ places for inverse in (1 / depth, 0.0))
    return float(np.linalg.norm(near[:2] / near[2] - far[:2] / far[2], axis=0).mean())


def _agreement(
    frame: Posed, neighbour: Posed, inverse_depth: float, statistics: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    matrix = homography(frame.camera, neighbour.camera, inverse_depth)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # Beyond the neighbour's border all is one level, which correlates with nothing.
    warped = cv2.warpPerspective(neighbour.grey, matrix, frame.grey.shape[::-1], flags=flags, borderValue=0.0)
    total = np.zeros(frame.grey.shape, np.float32)
    for window, (mean, variance) in zip(WINDOWS, statistics, strict=True):
        other_mean, other_variance = _statistics(warped, window)
        product = cv2.blur(frame.grey * warped, (window, window))
        total += (product - mean * other_mean) / np.sqrt(variance * other_variance)
    return total


def _statistics(grey: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    mean = cv2.blur(grey, (window, window))
    return mean, np.maximum(cv2.blur(grey * grey, (window, window)) - mean * mean, 0) + FLAT
