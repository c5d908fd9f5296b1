"""Error maps: how far each pixel of an output is from the ground truth, on one scale for every sample and method."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vbench_py.report.drawing import WIDTH
from vbench_py.report.unlike import Unlike

if TYPE_CHECKING:
    from vbench_py.video import VideoInfo

LEVELS = 64.0
LOG_RATIO = 0.3
_UNKNOWN = 128
_THINNED = 5000


def write(sources: tuple[Path, ...], destination: Path, fps: float | None) -> None:
    """The error of the first source (an output) against the second (ground truth). Raises `Unlike`, BadMedia."""
    from vbench_py.video.preview import preview_frames, preview_info, write_pictures

    made, truth = (preview_info(path) for path in sources)
    check(made, truth)
    distance = depth_distance(made, truth) if truth.kind == "depth" else colour_distance

    def pictures() -> Generator[np.ndarray, None, None]:
        with closing(preview_frames(made)) as ours, closing(preview_frames(truth)) as theirs:
            for one, other in zip(ours, theirs, strict=True):
                yield painted(distance(one, other))

    with closing(pictures()) as drawn:
        write_pictures(drawn, made, destination, max_width=WIDTH, fps=fps)


def check(made: VideoInfo, truth: VideoInfo) -> None:
    """Raises `Unlike` unless each pixel of the output has its counterpart."""
    if made.kind != truth.kind or made.kind not in ("video", "depth"):
        raise Unlike(f"no error map: {made.kind} against {truth.kind}")
    for what in ("frames", "width", "height", "views"):
        if getattr(made, what) != getattr(truth, what):
            raise Unlike(f"no error map: its {what} are not those of the ground truth")
    if "relative" in (made.unit, truth.unit):
        raise Unlike("no error map: relative depth has no ratio")


def scale(kind: str) -> tuple[str, str]:
    """What is shown, and where the scale ends, in words."""
    if kind == "depth":
        return "|log ratio| of depth, after the ratio of medians", f"{LOG_RATIO:g}"
    return "mean absolute error over R, G, B", f"{LEVELS:g} of 255 levels"


def painted(share: np.ndarray) -> np.ndarray:
    """(H, W) error, 1 at the end of the scale, as (H, W, 3) uint8 RGB: black is none, light is much, NaN is grey."""
    import cv2

    level = np.rint(np.nan_to_num(np.clip(share, 0, 1)) * 255).astype(np.uint8)
    picture: np.ndarray = np.ascontiguousarray(cv2.applyColorMap(level, cv2.COLORMAP_MAGMA)[..., ::-1])
    picture[np.isnan(share)] = _UNKNOWN
    return picture


def colour_distance(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """(H, W) float32 of two (H, W, 3) uint8 frames, 1 at `LEVELS`."""
    difference = np.abs(ours.astype(np.int16) - theirs)
    found: np.ndarray = difference.mean(axis=2, dtype=np.float32) / np.float32(LEVELS)
    return found


def depth_distance(made: VideoInfo, truth: VideoInfo) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Turns two frames (H, W, 1) into (H, W), 1 at `LOG_RATIO`; the median ratio over the clip is taken out first."""
    from vbench_py.video.preview import preview_frames

    # The logarithm of depth is minus that of disparity, up to the scale that the median takes out.
    sign = np.float32(1 if made.unit == truth.unit else -1)

    def ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        found: np.ndarray = sign * np.log(one[..., 0]) - np.log(other[..., 0])
        return found

    parts = []
    with closing(preview_frames(made)) as ours, closing(preview_frames(truth)) as theirs:
        for one, other in zip(ours, theirs, strict=True):
            found = ratio(one, other)
            valid = found[np.isfinite(found)]
            parts.append(valid[:: max(1, len(valid) // _THINNED)].copy())
    pixels = np.concatenate(parts)
    middle = np.float32(np.median(pixels)) if len(pixels) else np.float32(0)
    return lambda one, other: np.abs(ratio(one, other) - middle) / np.float32(LOG_RATIO)
