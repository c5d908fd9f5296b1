"""Depth and optical flow as pictures, for eyes only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

_INVALID = 128
_WHEEL_STEPS = (15, 6, 4, 11, 13, 6)
"""Steps from red to yellow, green, cyan, blue, magenta and back: the wheel of Baker et al., "A Database and Evaluation
Methodology for Optical Flow" (IJCV 2011), which spaces hues as the eye tells them apart."""
_SAMPLES = 20_000


class Painter(Protocol):
    """Turns (H, W, C) float32 frames with NaN into (H, W, 3) uint8 RGB, NaN grey."""

    def __call__(self, frame: np.ndarray) -> np.ndarray: ...


class DepthPainter:
    """Near is bright: inverse depth in the map "inferno" between the 2nd and 98th percentile of the `frames` given.

    Metres are inverted; disparity and relative values are taken as they are.
    """

    def __init__(self, frames: Iterable[np.ndarray], unit: str) -> None:
        self._invert = unit == "metres"
        values = _finite([self._near(_thinned(frame)) for frame in frames])
        low, high = np.percentile(values, (2, 98)) if len(values) else (0.0, 1.0)
        self._low, self._span = float(low), max(float(high - low), 1e-12)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the greatest value, in the unit, whose colours differ."""
        low, high = self._low, self._low + self._span
        return (1 / max(high, 1e-12), 1 / max(low, 1e-12)) if self._invert else (low, high)

    def _near(self, depth: np.ndarray) -> np.ndarray:
        return np.reciprocal(depth) if self._invert else depth

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        import cv2

        near = self._near(frame[..., 0])
        share = (near - self._low) / self._span
        level = np.rint(np.nan_to_num(np.clip(share, 0, 1)) * 255).astype(np.uint8)
        picture = np.ascontiguousarray(cv2.applyColorMap(level, cv2.COLORMAP_INFERNO)[..., ::-1])
        picture[np.isnan(near)] = _INVALID
        return picture


class FlowPainter:
    """Direction as hue, speed as saturation, full at the 98th percentile of speed over the `frames` given; still is
    white."""

    def __init__(self, frames: Iterable[np.ndarray]) -> None:
        speeds = _finite([np.linalg.norm(_thinned(frame), axis=-1) for frame in frames])
        self._full = max(float(np.percentile(speeds, 98)) if len(speeds) else 1.0, 1e-6)
        self._wheel = _wheel()

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        unknown = np.isnan(frame).any(axis=-1)
        flow = np.nan_to_num(frame)
        speed = np.clip(np.linalg.norm(flow, axis=-1) / self._full, 0, 1)[..., None]
        turn = (np.arctan2(-flow[..., 1], -flow[..., 0]) / np.pi + 1) / 2 * len(self._wheel)
        below = np.floor(turn).astype(np.int64)
        part = (turn - below)[..., None]
        hue = self._wheel[below % len(self._wheel)] * (1 - part) + self._wheel[(below + 1) % len(self._wheel)] * part
        picture: np.ndarray = np.rint(255 * (1 - speed * (1 - hue))).astype(np.uint8)
        picture[unknown] = _INVALID
        return picture


def _wheel() -> np.ndarray:
    """(55, 3) float RGB of 0..1 round the colour wheel."""
    corners = np.array([(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0)], dtype=np.float64)
    arcs = [
        corners[index] + (corners[index + 1] - corners[index]) * (np.arange(steps)[:, None] / steps)
        for index, steps in enumerate(_WHEEL_STEPS)
    ]
    return np.concatenate(arcs)


def _thinned(frame: np.ndarray) -> np.ndarray:
    """Pixels of a frame at equal distances, about `_SAMPLES` of them."""
    pixels = frame.reshape(-1, frame.shape[-1])
    # a copy: a view would keep the whole chunk of frames
    return pixels[:: max(1, len(pixels) // _SAMPLES)].copy()


def _finite(parts: list[np.ndarray]) -> np.ndarray:
    values = np.concatenate([part.ravel() for part in parts]) if parts else np.empty(0)
    found: np.ndarray = values[np.isfinite(values)]
    return found
