"""Point tracks: where points are in each frame, and whether they are seen."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.info import VideoInfo, array_info
from vbench_py.video.npz import member_frames, member_names, read_header
from vbench_py.video.viewnames import stored_views

_MEND = "store `tracks` (T, N, 2) floats (x, y) and `visible` (T, N) bool; a grid has an axis of views before these"


def probe_tracks(path: Path) -> VideoInfo:
    """Facts of `tracks` (T, N, 2) floats and `visible` (T, N) bool, or of both with an axis of views before."""
    names = member_names(path)
    if "visible" not in names:
        raise BadMedia(f"{path}: tracks without `visible`", mend=_MEND)
    points, visible = read_header(path, "tracks"), read_header(path, "visible")
    shape = points.shape
    if len(shape) not in (3, 4) or shape[-1] != 2 or min(shape) < 1 or points.dtype.kind != "f":
        raise BadMedia(f"{path}: tracks of shape {shape}, dtype {points.dtype}", mend=_MEND)
    if visible.shape != shape[:-1] or visible.dtype != bool:
        raise BadMedia(
            f"{path}: visible of shape {visible.shape}, dtype {visible.dtype}, for tracks of shape {shape}", mend=_MEND
        )
    views = stored_views(path, names, shape[0]) if len(shape) == 4 else ()
    return array_info(path, "tracks", points.dtype, shape[-3], kind="tracks", points=shape[-2], views=views)


def track_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop, counted view after view, as (N, 3, 1) float32: x, y in pixels, visible (0 or 1).

    Raises BadMedia for a visible point that is nowhere.
    """
    leading = 2 if info.views else 1
    places = member_frames(info.path, "tracks", start, stop, leading=leading)
    seen = member_frames(info.path, "visible", start, stop, leading=leading)
    for index, (place, visible) in enumerate(zip(places, seen, strict=True), start):
        lost = visible & ~np.isfinite(place).all(axis=1)
        if lost.any():
            raise BadMedia(
                f"{info.path}: point {int(np.flatnonzero(lost)[0])} is visible in frame {index % info.frames} and has "
                "no place",
                mend="mark it as not visible",
            )
        frame = np.empty((*visible.shape, 3, 1), np.float32)
        frame[:, :2, 0] = place
        frame[:, 2, 0] = visible
        yield frame
