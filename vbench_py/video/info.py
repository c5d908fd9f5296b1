"""What is known about a piece of video before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Reader = Literal["decord", "pyav", "images", "npz"]

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
ARRAY_SUFFIXES = frozenset({".npz", ".npy"})
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".flv", ".wmv", ".y4m", ".ogv"}
)


@dataclass(frozen=True)
class VideoInfo:
    """Facts about a video, image folder, image or array, as reading will yield it.

    `frames` is exact: the number of frames that `read_chunks` yields. `width` and `height` hold after rotation.
    `fps` is the average over the clip in frames a second, `duration` in seconds; both None where the medium has no
    clock (images, arrays). `bit_depth` counts bits a channel as stored; frames are always handed out as 8 bits.
    `rotation` is the clockwise turn in degrees (0, 90, 180, 270) that a player applies, and so does reading.
    `has_alpha`: stored with transparency, which reading drops. `lossless`: the pixels are stored without loss.
    `encoding` is a short label: "ffv1", "h264", "gif", "png", "jpeg", "npz". `reader` says who will decode.
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
