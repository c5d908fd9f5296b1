"""Small synthetic clips, made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def moving_texture(
    frames: int = 16, height: int = 48, width: int = 64, *, seed: int = 0, speed: tuple[int, int] = (1, 2)
) -> np.ndarray:
    """A smooth colour texture sliding by `speed` (down, right) pixels a frame: (T, H, W, 3) uint8 RGB."""
    import cv2

    rng = np.random.default_rng(seed)
    down, right = speed
    shape = (height + abs(down) * frames, width + abs(right) * frames, 3)
    noise = cv2.GaussianBlur(rng.random(shape, dtype=np.float32), (0, 0), 2.0)
    canvas = ((noise - noise.min()) / (noise.max() - noise.min()) * 255).astype(np.uint8)
    tops = [(frames - index if down > 0 else index) * abs(down) for index in range(frames)]
    lefts = [(frames - index if right > 0 else index) * abs(right) for index in range(frames)]
    return np.stack([canvas[top : top + height, left : left + width] for top, left in zip(tops, lefts, strict=True)])


def moving_gradient(frames: int = 16, height: int = 48, width: int = 64) -> np.ndarray:
    """A colour ramp that shifts by one level a frame: (T, H, W, 3) uint8 RGB."""
    rows, columns = np.mgrid[0:height, 0:width]
    ramp = np.stack([rows * 200 // max(height, 1), columns * 200 // max(width, 1), (rows + columns) % 200], axis=-1)
    return np.stack([(ramp + index % 50).astype(np.uint8) for index in range(frames)])


def numbered_frames(frames: int = 16, height: int = 32, width: int = 32) -> np.ndarray:
    """Flat grey frames, the index readable from the level (10 * index % 250): (T, H, W, 3) uint8 RGB."""
    levels = (10 * np.arange(frames) % 250).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (frames, height, width, 3)).copy()


def encode(
    path: Path,
    frames: np.ndarray,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    fps: int = 24,
    times: list[int] | None = None,
    options: dict[str, str] | None = None,
    container: str | None = None,
) -> Path:
    """Write a clip by PyAV with every setting in the test's hand; `times` are presentation times in 1/(1000) s."""
    from fractions import Fraction

    import av

    with av.open(str(path), "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=fps, options=options or {})
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], pixel_format
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            if times is not None:
                picture.pts, picture.time_base = times[index], Fraction(1, 1000)
            output.mux(stream.encode(picture))
        output.mux(stream.encode())
    return path
