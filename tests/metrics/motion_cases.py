"""Frames and flows that the references of optical flow were run on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.metrics.clips import noisy, texture

LAVIE = (
    Path(__file__).parents[3]
    / "shared"
    / "data"
    / "generated"
    / "lavie"
    / "lavie_jungle_river_at_sunset,_ultra_quality.gif"
)
"""A real generated clip (Vchitect/LaVie@6ce851e), 512x320, where the data folder is beside the checkout."""

MOTIONS = (0.0075, 0.002)
"""Scales of the random flow (see `networks.motion`) about and below VBench's thresholds."""
GENTLE = 0.0015
"""One at which the published masks leave pixels over."""


def made_clip(frames: int = 3, height: int = 136, width: int = 171) -> np.ndarray:
    """(T, H, W, 3) uint8: a sliding texture with a little noise."""
    return noisy(texture(frames, height, width), 4)


def real_clip() -> np.ndarray:
    """The first 3 frames of a real clip, 150 x 171 pixels of them: (3, 150, 171, 3) uint8."""
    frames = []
    with Image.open(LAVIE) as image:
        for i in range(3):
            image.seek(i)
            frames.append(np.asarray(image.convert("RGB"))[40:190, 100:271])
    return np.stack(frames)


def made_flows(height: int = 136, width: int = 171) -> tuple[np.ndarray, np.ndarray]:
    """Flows forward and backward (H, W, 2) float32 that agree in parts, with motion boundaries and exits."""
    rows, columns = np.mgrid[:height, :width]
    forward = np.stack([3 * np.sin(columns / 20) + 1, 2 * np.cos(rows / 15)], axis=-1).astype(np.float32)
    bumps = np.random.RandomState(6).uniform(-1, 1, forward.shape).astype(np.float32)
    return forward, bumps - forward


def moving_clips() -> dict[str, tuple[np.ndarray, float]]:
    """Clips and frame rates whose sides are multiples of 8, so that padding plays no part."""
    return {"at 8": (made_clip(4, 128, 136), 8.0), "at 16": (made_clip(4, 128, 128), 16.0)}
