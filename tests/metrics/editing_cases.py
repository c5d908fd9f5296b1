"""Clips, masks and tracks that tests of editing, tracks, subjects and stories share with the script of references."""

from __future__ import annotations

import numpy as np

from tests.metrics.clips import blurred, noisy, texture


def masks(frames: int, height: int, width: int) -> np.ndarray:
    """A box that moves to the right, (T, H, W, 3) uint8, 0 or 255."""
    made = np.zeros((frames, height, width, 3), dtype=np.uint8)
    for t in range(frames):
        made[t, height // 4 : height * 5 // 8, width // 4 + 2 * t : width * 5 // 8 + 2 * t] = 255
    return made


def edited() -> tuple[np.ndarray, np.ndarray]:
    """(source, edit) of 5 frames, 96x128: other content inside the mask, a little noise outside."""
    source = texture(5, 96, 128)
    inside = masks(*source.shape[:3]) == 255
    return source, np.where(inside, texture(5, 96, 128, seed=4), noisy(source, 6))


def _smooth(frames: np.ndarray) -> np.ndarray:
    return blurred(blurred(frames, 4), 4)


def references512() -> np.ndarray:
    """A source of 4 frames that flow can follow."""
    return _smooth(texture(4, 512, 512))


def edits512() -> np.ndarray:
    """An edit of it: another contrast, noise and a slower motion below."""
    source = references512()
    edit = noisy((source.astype(np.int64) * 3 // 4 + 30).astype(np.uint8), 3)
    edit[:, 300:] = edit[:1, 300:]
    return edit


def still512() -> np.ndarray:
    """A source whose frames have nothing to do with each other: flow explains few pixels."""
    return np.concatenate([texture(1, 512, 512, seed=seed) for seed in range(4)])


def tracklets() -> tuple[np.ndarray, np.ndarray]:
    """Tracks (5, 7, 2) and (4, 7, 2) float32 that never stand still."""
    stream = np.random.RandomState(3)
    one, other = (np.cumsum(stream.uniform(0.5, 3, (n, 7, 2)) * stream.choice((-1, 1), (n, 7, 2)), 1) for n in (5, 4))
    return one.astype(np.float32), other.astype(np.float32)


def subject_frames() -> tuple[np.ndarray, np.ndarray]:
    """Frames of a video, (4, 288, 300, 3) uint8, and three reference images of that size."""
    return texture(4, 288, 300), texture(3, 288, 300, seed=2)


def cuts() -> np.ndarray:
    """Shots of 20, 18, 3, 4, 2, 20 and 30 frames, 48x64, each of its own colours, and a flash in the last."""
    tints = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)]
    shots = []
    for seed, (length, tint) in enumerate(zip((20, 18, 3, 4, 2, 20, 30), tints, strict=True)):
        shots.append(texture(length, 48, 64, seed=seed) // 2 * np.array(tint, dtype=np.uint8) + np.uint8(20))
    shots[-1][12:14] = 255
    return np.concatenate(shots)
