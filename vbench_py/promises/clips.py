"""Small clips and files for trying promises: made from a seed, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from vbench_py.promises.finding import Skipped

STILL_ROLES = ("first", "last", "keyframe", "reference")
VIDEO_ROLES = ("source", "target", "baseline", "prefix", "mask", "control")
FPS = 8.0


def texture(frames: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth colour texture sliding down 1 and right 2 pixels a frame: (T, H, W, 3) uint8 RGB."""
    import cv2

    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.random((height + frames, width + 2 * frames, 3), dtype=np.float32), (0, 0), 2.0)
    canvas = np.rint((noise - noise.min()) / np.ptp(noise) * 255).astype(np.uint8)
    return np.stack([canvas[t : t + height, 2 * t : 2 * t + width] for t in range(frames, 0, -1)])


def noisy(clip: np.ndarray, amplitude: int) -> np.ndarray:
    """The clip with uniform noise of up to `amplitude` levels, other noise in every frame, clipped to 8 bits."""
    noise = np.random.default_rng(1).integers(-amplitude, amplitude + 1, clip.shape)
    return np.clip(clip.astype(np.int64) + noise, 0, 255).astype(np.uint8)


def write(path: Path, clip: np.ndarray) -> Path:
    """The clip as an FFV1 file, exact."""
    from vbench_py.video import write_video

    write_video(path, clip, fps=FPS)
    return path


def write_media(folder: Path, roles: Iterable[str], clip: np.ndarray) -> dict[str, Path]:
    """A file for every role: the clip, or its first frame as PNG. Raises `Skipped` for a role that is neither."""
    import cv2

    paths: dict[str, Path] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for role in roles:
        base = role.partition("/")[0]
        if base in STILL_ROLES:
            paths[role] = folder / f"{base}.png"
            paths[role].write_bytes(cv2.imencode(".png", clip[0][..., ::-1])[1].tobytes())
        elif base in VIDEO_ROLES:
            paths[role] = write(folder / f"{role.replace('/', '-')}.mkv", clip)
        else:
            raise Skipped(f"no made-up medium for role {role!r}; try it on a suite with --limit 1")
    return paths
