"""Clips made of integer arithmetic and a frozen random stream: the same bytes on every machine and library version."""

from __future__ import annotations

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]


def _box(image: np.ndarray, radius: int) -> np.ndarray:
    """Integer box means along rows and columns of (H, W, C) int64; wraps around."""
    for axis in (0, 1):
        image = sum(np.roll(image, shift, axis) for shift in range(-radius, radius + 1)) // (2 * radius + 1)
    return image


def texture(frames: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth texture that slides by one row and two columns a frame: (T, H, W, 3) uint8 RGB."""
    noise = np.random.RandomState(seed).randint(0, 256, (height + frames, width + 2 * frames, 3)).astype(np.int64)
    smooth = _box(_box(noise * 16, 2), 2)
    low, high = smooth.min(), smooth.max()
    canvas = ((smooth - low) * 255 // (high - low)).astype(np.uint8)
    return np.stack([canvas[t : t + height, 2 * t : 2 * t + width] for t in range(frames)])


def noisy(clip: np.ndarray, amplitude: int, seed: int = 1) -> np.ndarray:
    """`clip` with uniform integer noise in [-amplitude, amplitude], clipped to 0..255."""
    noise = np.random.RandomState(seed).randint(-amplitude, amplitude + 1, clip.shape)
    return np.clip(clip.astype(np.int64) + noise, 0, 255).astype(np.uint8)


def blurred(clip: np.ndarray, radius: int) -> np.ndarray:
    """`clip` after a box blur of each frame."""
    return np.stack([_box(frame.astype(np.int64), radius) for frame in clip]).astype(np.uint8)


def pair(frames: int = 8, height: int = 72, width: int = 96, amplitude: int = 12) -> Pair:
    """(video, target), the video blurred a little and noisy: (T, H, W, 3) uint8 RGB each."""
    target = texture(frames, height, width)
    return noisy(blurred(target, 1), amplitude), target
