"""Frames by decord, a second reader for the files where it gives what PyAV gives.

It is used only when VBENCH_PY_READER=decord asks for it. Measured (decord 0.6.0, PyAV 18.1): on sound, steady, upright,
progressive 8-bit 4:2:0 H.264 of even size the frames are identical, and PyAV is as fast. Elsewhere decord is wrong and
does not say so: it conceals damaged frames, repeats frames where an edit list cuts or a group of pictures lost its
start, and gives other levels for 10 bits, interlaced pictures and odd sizes. It refuses turned files, GIF and AV1.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator
from typing import Any

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.info import VideoInfo
from vbench_py.video.opening import DECODER_THREADS, MEND
from vbench_py.video.orientation import Orientation


def decord_fits(codec: str, frame: Any, orientation: Orientation, variable: bool, exact: bool) -> bool:
    """Whether decord is asked for, installed (x86-64 only) and known to give this stream's frames as PyAV does."""
    return (
        os.environ.get("VBENCH_PY_READER") == "decord"
        and importlib.util.find_spec("decord") is not None
        and codec == "h264"
        and frame.format.name in {"yuv420p", "yuvj420p"}
        and frame.width % 2 == frame.height % 2 == 0
        and orientation == Orientation()
        and not frame.interlaced_frame
        and not variable
        and exact
    )


def decord_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop as (H, W, 3) uint8 RGB, decoded forwards from the first frame. Raises BadMedia."""
    import decord

    try:
        reader = decord.VideoReader(str(info.path.absolute()), num_threads=min(DECODER_THREADS, os.cpu_count() or 1))
        for index in range(stop):
            picture = reader.next()
            if index >= start:
                yield picture.asnumpy()
    except (decord.DECORDError, StopIteration) as error:
        raise BadMedia(f"{info.path}: decord stopped early ({error})", mend=MEND) from error
