"""A frame with known depth, seen from another camera."""

from __future__ import annotations

import cv2
import numpy as np

FINER = 2
"""Source pixels are split in so many a side, so that a surface seen up to so much larger has no cracks."""


def splat(
    frame: np.ndarray, depth: np.ndarray, source: tuple[np.ndarray, np.ndarray], target: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """`frame` (H, W, 3) uint8 with `depth` z (H, W) in metres (NaN: unknown) as the camera `target` sees its points.

    Cameras are intrinsics (3, 3), pixel centres at +0.5, and world-to-camera (4, 4), metres. Each point colours the
    target pixel that it falls into; the nearest point wins. Gives (H, W, 3) uint8, and (H, W) bool: where a point fell.
    """
    height, width = depth.shape
    size = (width * FINER, height * FINER)
    # Repeated, not mixed: depth between two surfaces is on neither, and the given camera gets its own frame back.
    colours = frame.repeat(FINER, axis=0).repeat(FINER, axis=1).reshape(-1, 3)
    z = depth.astype(np.float64).repeat(FINER, axis=0).repeat(FINER, axis=1).ravel()
    x = np.tile((np.arange(size[0]) + 0.5) / FINER, size[1])
    y = np.repeat((np.arange(size[1]) + 0.5) / FINER, size[0])
    rays = np.linalg.inv(source[0]) @ np.stack([x, y, np.ones_like(x)])
    relative = target[1] @ np.linalg.inv(source[1])
    points = target[0] @ (relative[:3, :3] @ (rays * z) + relative[:3, 3:])
    with np.errstate(invalid="ignore", divide="ignore"):
        column, row = np.floor(points[0] / points[2]), np.floor(points[1] / points[2])
    # Comparisons with NaN are false: unknown depth falls nowhere.
    kept = (points[2] > 1e-6) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    place = (row[kept] * width + column[kept]).astype(np.int64)
    far_first = np.argsort(-points[2][kept], kind="stable")
    made = np.zeros((height * width, 3), np.uint8)
    seen = np.zeros(height * width, bool)
    # Of equal indices NumPy assigns the last, here the nearest.
    made[place[far_first]] = colours[kept][far_first]
    seen[place] = True
    return made.reshape(height, width, 3), seen.reshape(height, width)


def filled(frame: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`frame` (H, W, 3) with every pixel that is not `seen` (H, W) bool taken from the nearest that is."""
    if seen.all() or not seen.any():
        return frame
    holes = (~seen).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(holes, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colour_of = np.zeros((int(labels.max()) + 1, 3), frame.dtype)
    colour_of[labels[seen]] = frame[seen]
    return np.where(seen[..., None], frame, colour_of[labels])
