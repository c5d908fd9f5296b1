"""A frame between two frames, by dense optical flow both ways, carried to the time between and weighted by sight."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
SMALLEST_SIDE = 16
CONSISTENCY_PIXELS = 1.0
LITTLE = 1e-3


def between(first: np.ndarray, second: np.ndarray, times: Sequence[float], *, preset: str) -> list[np.ndarray]:
    """(H, W, 3) uint8 frames at `times` in (0, 1) between `first` (0) and `second` (1), each (H, W, 3) uint8."""
    height, width = first.shape[:2]
    # OpenCV's DIS refuses frames smaller than its patches.
    pad = ((0, max(0, SMALLEST_SIDE - height)), (0, max(0, SMALLEST_SIDE - width)), (0, 0))
    start, end = np.pad(first, pad, mode="edge"), np.pad(second, pad, mode="edge")
    forward, backward = optical_flow(start, end, preset=preset), optical_flow(end, start, preset=preset)
    trust_start, trust_end = _trust(forward, backward), _trust(backward, forward)
    return [_at(start, end, forward, backward, trust_start, trust_end, time)[:height, :width] for time in times]


def optical_flow(first: np.ndarray, second: np.ndarray, *, preset: str) -> np.ndarray:
    """(H, W, 2) float32: where each pixel of `first` (H, W, 3) uint8 lies in `second`, in pixels right and down."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (first, second)]
    # OpenCV's stubs forget that no flow to begin from is allowed.
    search = cv2.DISOpticalFlow.create(PRESETS[preset])
    return np.asarray(search.calc(grey[0], grey[1], None))  # type: ignore[call-overload]


def _at(
    start: np.ndarray,
    end: np.ndarray,
    forward: np.ndarray,
    backward: np.ndarray,
    trust_start: np.ndarray,
    trust_end: np.ndarray,
    time: float,
) -> np.ndarray:
    moved_start, seen_start = _project(forward, trust_start, time)
    moved_end, seen_end = _project(-backward, trust_end, 1 - time, sign=-1.0)
    motion = _filled(moved_start + moved_end, seen_start + seen_end)
    from_start, inside_start = _warp(start, -time * motion)
    from_end, inside_end = _warp(end, (1 - time) * motion)
    weight_start = (1 - time) * (np.minimum(seen_start, 1) + LITTLE) * inside_start
    weight_end = time * (np.minimum(seen_end, 1) + LITTLE) * inside_end
    share = (weight_end / (weight_start + weight_end))[..., None]
    mixed = from_start + share * (from_end - from_start)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _trust(flow: np.ndarray, back: np.ndarray) -> np.ndarray:
    """(H, W) in (0, 1]: near 1 where going there and back ends where it began, near 0 where the pixel gets hidden."""
    returned, inside = _warp(back, flow)
    error = ((flow + returned) ** 2).sum(axis=-1)
    trust: np.ndarray = np.exp(-error / (2 * CONSISTENCY_PIXELS**2)) * inside + LITTLE
    return trust


def _project(motion: np.ndarray, trust: np.ndarray, time: float, sign: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Carries each pixel's motion to where it is after `time` of it: trust-weighted sums (H, W, 2), and weights."""
    height, width = trust.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x + sign * time * motion[..., 0], y + sign * time * motion[..., 1]
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    sums = np.zeros((height * width, 2))
    weights = np.zeros(height * width)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = left + right, top + down
        share = trust * (1 - np.abs(x - column)) * (1 - np.abs(y - row))
        kept = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        place, part = (row * width + column)[kept], share[kept].astype(np.float64)
        weights += np.bincount(place, part, minlength=height * width)
        for axis in (0, 1):
            sums[:, axis] += np.bincount(place, part * motion[..., axis][kept], minlength=height * width)
    return sums.reshape(height, width, 2).astype(np.float32), weights.reshape(height, width).astype(np.float32)


def _filled(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted mean motion (H, W, 2); where little arrived, the surroundings' motion by ever wider blurs."""
    numerator, denominator = sums.copy(), weights.copy()
    sigma = 1.0
    while denominator.min() < LITTLE and sigma < max(weights.shape):
        hole = (denominator < LITTLE)[..., None]
        numerator = np.where(hole, cv2.GaussianBlur(sums, (0, 0), sigma), numerator)
        denominator = np.where(hole[..., 0], cv2.GaussianBlur(weights, (0, 0), sigma), denominator)
        sigma *= 2
    return numerator / np.maximum(denominator, 1e-12)[..., None]


def _warp(image: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`image` at each pixel plus `offset` (H, W, 2), as float32, and (H, W): 1 where that lies inside, else 1e-3."""
    height, width = offset.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x + offset[..., 0], y + offset[..., 1]
    kernel = cv2.INTER_CUBIC if image.ndim == 3 and image.shape[2] == 3 else cv2.INTER_LINEAR
    sampled = cv2.remap(image.astype(np.float32), x, y, kernel, borderMode=cv2.BORDER_REPLICATE)
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return sampled, np.where(inside, 1.0, LITTLE).astype(np.float32)
