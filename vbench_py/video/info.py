"""What is known about a medium before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

Reader = Literal["decord", "pyav", "images", "npz", "mask", "depth", "flow", "camera", "tracks", "grid"]
Kind = Literal["video", "depth", "flow", "camera", "tracks"]
Unit = Literal["metres", "disparity", "relative"]

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
ARRAY_SUFFIXES = frozenset({".npz", ".npy"})
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".flv", ".wmv", ".y4m", ".ogv"}
)


@dataclass(frozen=True)
class VideoInfo:
    """Facts about a video, image folder, image, array or grid of views, as reading will yield it.

    `frames` is exact: the number of frames that `read_chunks` yields; of a grid, of one of its views. `width` and
    `height` hold after rotation; both are 0 for cameras and tracks, which have no pixels.
    `fps` is the average over the clip in frames a second, `duration` in seconds; both None where the medium has no
    clock (images, arrays). `bit_depth` counts bits a channel as stored; pictures are always handed out as 8 bits.
    `rotation` is the clockwise turn in degrees (0, 90, 180, 270) that a player applies, and so does reading.
    `has_alpha`: stored with transparency, which reading drops. `lossless`: the pixels are stored without loss.
    `encoding` is a short label: "ffv1", "h264", "gif", "png", "jpeg", "npz". `reader` says who will decode.
    `kind` says what a frame is (see `frame_shape`); masks are videos. `unit` is that of depth, else "".
    `points` counts the points of tracks, else 0.
    `views` are the names of a grid's views in natural order, () where there is no grid; `members` their media, where
    each view is a medium of its own (cameras and tracks of a grid lie in one file).
    """

    path: Path
    frames: int
    width: int
    height: int
    fps: float | None
    duration: float | None
    codec: str
    pixel_format: str
    bit_depth: int
    rotation: int
    has_audio: bool
    has_alpha: bool
    variable_frame_rate: bool
    lossless: bool
    encoding: str
    reader: Reader
    kind: Kind = "video"
    unit: str = ""
    points: int = 0
    views: tuple[str, ...] = ()
    members: tuple[VideoInfo, ...] = field(default=(), repr=False)

    @property
    def cells(self) -> int:
        """Frames of all views together."""
        return self.frames * max(1, len(self.views))


def view_outputs(info: VideoInfo) -> dict[str, Path]:
    """The media of a grid's views by the names of the outputs that hold them: `view/<name>`."""
    return {f"view/{name}": view.path for name, view in zip(info.views, info.members, strict=True)}


def frame_shape(info: VideoInfo) -> tuple[int, int, int]:
    """Shape of one frame as `read_chunks` yields it.

    video (H, W, 3), depth (H, W, 1), flow (H, W, 2), camera (3, 7), tracks (N, 3); the last two with a last axis of 1.
    """
    if info.kind == "camera":
        return (3, 7, 1)
    if info.kind == "tracks":
        return (info.points, 3, 1)
    return (info.height, info.width, {"video": 3, "depth": 1, "flow": 2}[info.kind])


def frame_dtype(info: VideoInfo) -> np.dtype:
    """Of frames as `read_chunks` yields them: uint8 for video, float64 for cameras, else float32."""
    return np.dtype({"video": np.uint8, "camera": np.float64}.get(info.kind, np.float32))


def array_info(
    path: Path,
    reader: Reader,
    dtype: np.dtype,
    frames: int,
    size: tuple[int, int] = (0, 0),
    *,
    kind: Kind = "video",
    unit: str = "",
    points: int = 0,
    views: tuple[str, ...] = (),
) -> VideoInfo:
    """Facts of a medium stored as plain arrays; `size` is (height, width)."""
    return VideoInfo(
        path=path,
        frames=frames,
        width=size[1],
        height=size[0],
        fps=None,
        duration=None,
        codec="rawvideo",
        pixel_format="rgb24" if reader == "npz" and dtype == np.uint8 else str(dtype),
        bit_depth=dtype.itemsize * 8,
        rotation=0,
        has_audio=False,
        has_alpha=False,
        variable_frame_rate=False,
        lossless=True,
        encoding=path.suffix[1:].lower(),
        reader=reader,
        kind=kind,
        unit=unit,
        points=points,
        views=views,
    )
