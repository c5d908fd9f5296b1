"""Small clips and files for trying promises: made from a seed, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from vbench_py.promises.finding import Skipped

STILL_ROLES = ("first", "last", "keyframe", "reference")
VIDEO_ROLES = ("source", "target", "baseline", "prefix", "control")
MASK_ROLES = ("mask", "reference_mask", "subject_mask")
VIEWS = ("000", "030")
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
    """A file for every role: the clip, its first frame as PNG, or an ellipse as mask. Raises `Skipped` for others."""
    import cv2

    paths: dict[str, Path] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for role in roles:
        base = role.partition("/")[0]
        if base in STILL_ROLES:
            paths[role] = folder / f"{base}.png"
            paths[role].write_bytes(cv2.imencode(".png", clip[0][..., ::-1])[1].tobytes())
        elif base in MASK_ROLES:
            paths[role] = folder / f"{base}.png"
            paths[role].write_bytes(cv2.imencode(".png", ellipse(*clip.shape[1:3]))[1].tobytes())
        elif base in VIDEO_ROLES:
            paths[role] = write(folder / f"{role.replace('/', '-')}.mkv", clip)
        else:
            raise Skipped(f"no made-up medium for role {role!r}; try it on a suite with --limit 1")
    return paths


def write_inputs(folder: Path, roles: Iterable[str], clip: np.ndarray, task: str) -> dict[str, Path]:
    """As `write_media`, and the geometry of a wall 4 m away past which cameras slide right, 0.2 m a frame.

    `source_depth` in metres, `camera` and `source_camera`, `tracks` of four points of the wall. For depth, `target` is
    that depth; for novel_view_4d it is a grid of two views, as is `camera`, the second 0.2 m to the right.
    """
    from vbench_py.video import write_camera, write_depth, write_tracks

    frames, height, width = clip.shape[:3]
    inner = np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1]], np.float64)
    world = np.tile(np.eye(4), (frames, 1, 1))
    world[:, 0, 3] = -0.2 * np.arange(frames)
    paths, others = {}, []
    for role in roles:
        path = folder / f"{role}.npz"
        if role == "source_depth" or (role, task) == ("target", "depth"):
            write_depth(path, np.full((frames, height, width), 4, np.float32), unit="metres")
        elif (role, task) == ("target", "novel_view_4d"):
            path = folder / role
            path.mkdir(parents=True, exist_ok=True)
            for view in VIEWS:
                write(path / f"{view}.mkv", clip)
        elif (role, task) == ("camera", "novel_view_4d"):
            beside = world.copy()
            beside[:, 0, 3] -= 0.2
            write_camera(path, inner, np.stack([world, beside]), views=VIEWS)
        elif role in ("camera", "source_camera"):
            write_camera(path, inner, world)
        elif role == "tracks":
            corners = np.array([[x * width, y * height] for y in (0.3, 0.7) for x in (0.3, 0.7)])
            slide = world[:, None, :1, 3] * [width / 4, 0]
            write_tracks(path, corners + slide, np.ones((frames, len(corners)), bool))
        else:
            others.append(role)
            continue
        paths[role] = path
    return paths | write_media(folder, others, clip)


def ellipse(height: int, width: int) -> np.ndarray:
    """A mask of half the frame's sides about its centre: (H, W) uint8, 0 or 255."""
    y, x = np.mgrid[0:height, 0:width]
    inside = ((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2 < 0.25**2
    return inside.astype(np.uint8) * 255
