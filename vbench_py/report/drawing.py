"""What a tile shows: the medium itself, a mask's outline on it, or the paths of tracked points."""

from __future__ import annotations

import colorsys
from collections.abc import Generator
from contextlib import closing
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vbench_py.report.unlike import Unlike

if TYPE_CHECKING:
    from vbench_py.video.colours import DepthPainter

WIDTH = 480
POINTS = 48
LINE = 240
"""Pixels of width for each pixel of line, so that lines stay fine and are still seen in a small copy."""


def preview(sources: tuple[Path, ...], destination: Path, fps: float | None) -> None:
    """The first source; depth in the range of colours of the second, where there is one in the same unit."""
    from vbench_py.video import write_preview
    from vbench_py.video.preview import preview_info

    source, *ranges = sources
    if destination.suffix == ".png":
        _write_still(_still(source), destination)
        return
    shared = ranges and preview_info(ranges[0]).unit == preview_info(source).unit
    painter = _depth_painter(ranges[0], ranges[0].stat().st_mtime_ns) if shared else None
    write_preview(source, destination, max_width=WIDTH, fps=fps, painter=painter)


def depth_ends(source: Path) -> tuple[float, float] | None:
    """The values between which the colours of depth differ; None of other media. Raises BadMedia."""
    painter = _depth_painter(source, source.stat().st_mtime_ns)
    return painter.ends if painter else None


@lru_cache(16)
def _depth_painter(source: Path, modified: int) -> DepthPainter | None:
    """Of depth as it was at the time `modified`: every method of a sample is shown with the range of one truth."""
    from vbench_py.video.colours import DepthPainter
    from vbench_py.video.preview import painter_of, preview_info

    painter = painter_of(preview_info(source))
    return painter if isinstance(painter, DepthPainter) else None


def outline(sources: tuple[Path, ...], destination: Path, fps: float | None) -> None:
    """The first source with the outline of the mask in the second; a mask of one frame holds for all frames.

    Raises `Unlike` where their sizes or lengths differ.
    """
    from vbench_py.video import read
    from vbench_py.video.preview import preview_frames, preview_info, write_pictures

    base, mask = preview_info(sources[0]), preview_info(sources[1])
    unlike = [what for what in ("width", "height", "views") if getattr(base, what) != getattr(mask, what)]
    if mask.frames not in (1, base.frames):
        unlike.append("frames")
    if unlike or base.kind != "video" or mask.kind != "video":
        raise Unlike(f"the mask differs in {', '.join(unlike) or 'kind'}")
    if destination.suffix == ".png":
        _write_still(outlined(_still(sources[0]), read(sources[1], 0, 1)[0, ..., 0] > 127), destination)
        return

    def pictures() -> Generator[np.ndarray, None, None]:
        with closing(preview_frames(base)) as frames, closing(preview_frames(mask)) as masks:
            found = repeat(next(masks)) if mask.cells == 1 else masks
            for frame, shape in zip(frames, found, strict=mask.cells > 1):
                yield outlined(frame, shape[..., 0] > 127)

    with closing(pictures()) as drawn:
        write_pictures(drawn, base, destination, max_width=WIDTH, fps=fps)


def outlined(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 with a white line round the mask (H, W) and a black one round that, so that one of them shows."""
    import cv2

    width = max(1, round(frame.shape[1] / LINE))
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    inside = mask.astype(np.uint8)
    near = cv2.dilate(inside, kernel)
    far = cv2.dilate(near, kernel)
    picture: np.ndarray = frame.copy()
    picture[near > inside] = 255
    picture[far > near] = 0
    return picture


def trails(sources: tuple[Path, ...], destination: Path, fps: float | None) -> None:
    """The first frame of the first source with the paths of the tracks in the second, a dot where each begins.

    Raises `Unlike` for a video, which the paths of a whole clip would cover.
    """
    from vbench_py.video import probe, read

    info = probe(sources[1])
    if destination.suffix != ".png" or info.kind != "tracks" or info.views:
        raise Unlike("paths are drawn on a still")
    frame, tracks = _still(sources[0]), read(sources[1])[..., 0]
    scale = max(1, round(WIDTH / frame.shape[1]))  # a small frame has no room for fine lines
    frame = frame.repeat(scale, axis=0).repeat(scale, axis=1)
    _write_still(trailed(frame, tracks * (scale, scale, 1)), destination)


def trailed(frame: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 with the paths of tracks (T, N, 3) x, y, visible; at most `POINTS` of the points."""
    import cv2

    picture: np.ndarray = frame.copy()
    width = max(1, round(frame.shape[1] / LINE))
    chosen = np.unique(np.linspace(0, tracks.shape[1] - 1, min(POINTS, tracks.shape[1])).astype(int))
    for number, point in enumerate(chosen):
        path = tracks[:, point]
        path = path[path[:, 2] > 0, :2]
        if not len(path):
            continue
        hue = colorsys.hsv_to_rgb(number / len(chosen), 0.75, 1.0)
        tint = tuple(round(255 * part) for part in hue)
        corners = np.rint(path).astype(np.int32)
        cv2.polylines(picture, [corners], False, (0, 0, 0), 3 * width, cv2.LINE_AA)
        cv2.polylines(picture, [corners], False, tint, width, cv2.LINE_AA)
        start = (int(corners[0, 0]), int(corners[0, 1]))
        cv2.circle(picture, start, 3 * width, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(picture, start, 2 * width, tint, -1, cv2.LINE_AA)
    return picture


def _still(source: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB of an image file."""
    from PIL import Image

    with Image.open(source) as image:
        return np.asarray(image.convert("RGB")).copy()


def _write_still(picture: np.ndarray, destination: Path) -> None:
    from PIL import Image

    small = Image.fromarray(picture)
    small.thumbnail((WIDTH, 4 * WIDTH))
    small.save(destination)
