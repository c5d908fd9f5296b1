"""Frames by PyAV: reads everything that FFmpeg reads, and says so when a frame is damaged."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.info import VideoInfo
from vbench_py.video.opening import MEND, decoded, opened
from vbench_py.video.orientation import orientation_of
from vbench_py.video.seek import SeekPoint, find_seek_point, packets_from

SEEK_FROM = 48
"""First frame from which looking for a seek point (reading all packets) is cheaper than decoding and dropping."""


def pyav_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop as (H, W, 3) uint8 RGB, upright, in display order, none repeated or dropped.

    Raises BadMedia, also for a damaged frame among those decoded on the way.
    """
    with ExitStack() as stack:
        orientation = None
        for frame in islice(_frames_from(stack, info, start), stop - start):
            orientation = orientation or orientation_of(frame)
            yield orientation.apply(to_rgb(frame))


def to_rgb(frame: Any) -> np.ndarray:
    """A decoded frame as stored, (H, W, 3) uint8 RGB.

    swscale converts with the matrix and range that the stream is tagged with; untagged means BT.601, limited range.
    At even sizes 8-bit 4:2:0 chroma is repeated, not smoothed; all else goes through swscale's bicubic path. Both are
    what FFmpeg and OpenCV do by default: frames equal OpenCV's bit for bit, 10-bit ones too. Alpha is dropped, not
    blended. Interlaced pictures stay woven.
    """
    if any(component.bits > 8 for component in frame.format.components):
        # swscale dithers by channel order, and OpenCV asks it for BGR
        return np.asarray(frame.to_ndarray(format="bgr24", interpolation="BICUBIC"))[..., ::-1]
    return np.asarray(frame.to_ndarray(format="rgb24", interpolation="BICUBIC"))


def _frames_from(stack: ExitStack, info: VideoInfo, start: int) -> Iterator[Any]:
    point: SeekPoint | None = None
    if start >= SEEK_FROM:
        with opened(info.path) as (container, stream):
            point = find_seek_point(container, stream, start)
    if point is not None:
        inner = stack.enter_context(ExitStack())
        container, stream = inner.enter_context(opened(info.path))
        packets = packets_from(container, stream, point)
        if packets is not None:
            return _from_time(decoded(info.path, packets), point.target, info, start)
        inner.close()
    container, stream = stack.enter_context(opened(info.path))
    return islice(decoded(info.path, container.demux(stream)), start, None)


def _from_time(frames: Iterator[Any], target: int, info: VideoInfo, start: int) -> Iterator[Any]:
    for frame in frames:
        if frame.pts == target:
            yield frame
            yield from frames
            return
        if frame.pts is None or frame.pts > target:
            raise BadMedia(f"{info.path}: frame {start} was passed over while seeking", mend=MEND)
