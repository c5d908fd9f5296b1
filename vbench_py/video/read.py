"""Streaming reads: frames in chunks bounded by bytes, whatever the medium."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia, UsageError
from vbench_py.video.arrays import array_frames
from vbench_py.video.decord_reader import decord_frames
from vbench_py.video.images import image_frames, read_image
from vbench_py.video.info import VideoInfo
from vbench_py.video.probe import probe
from vbench_py.video.pyav_reader import pyav_frames

__all__ = ["CHUNK_BYTES", "read", "read_chunks", "read_image"]

CHUNK_BYTES = 64 << 20

_READERS: dict[str, Callable[[VideoInfo, int, int], Generator[np.ndarray, None, None]]] = {
    "decord": decord_frames,
    "pyav": pyav_frames,
    "images": image_frames,
    "npz": array_frames,
}


def read_chunks(
    path: Path | str,
    *,
    start: int = 0,
    stop: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    info: VideoInfo | None = None,
) -> Generator[np.ndarray, None, None]:
    """Frames start..stop (None: the end) as (n, H, W, 3) uint8 RGB arrays of at most `chunk_bytes` (one frame at
    least).

    Pass `info` where the file was probed already. Closing the generator frees the decoder. A stop past the end ends at
    the end. Raises BadMedia, also when fewer frames decode than were counted.
    """
    known = info or probe(path)
    last = known.frames if stop is None else min(stop, known.frames)
    if start < 0 or last < 0:
        raise UsageError(f"{path}: frames {start} to {stop}", mend="count from 0, never from the end")
    if start > known.frames:
        raise BadMedia(f"{path}: no frame {start}, it has {known.frames}", mend="ask for frames it has")
    shape = (known.height, known.width, 3)
    room = max(1, chunk_bytes // int(np.prod(shape)))
    given = start
    with closing(_READERS[known.reader](known, start, last)) as frames:
        while given < last:
            chunk = np.empty((min(room, last - given), *shape), dtype=np.uint8)
            for place in range(len(chunk)):
                frame = next(frames, None)
                if frame is None:
                    raise BadMedia(
                        f"{path}: truncated: {given + place} of {known.frames} frames decode",
                        mend="make or download it again",
                    )
                if frame.shape != shape:
                    raise BadMedia(
                        f"{path}: the picture changes from {shape[1]}x{shape[0]} to {frame.shape[1]}x{frame.shape[0]} "
                        f"at frame {given + place}",
                        mend="cut it into clips of one size",
                    )
                chunk[place] = frame
            given += len(chunk)
            yield chunk


def read(path: Path | str, start: int = 0, stop: int | None = None) -> np.ndarray:
    """Frames start..stop of a short clip as one (n, H, W, 3) uint8 RGB array; long clips go through `read_chunks`."""
    chunks = list(read_chunks(path, start=start, stop=stop))
    if len(chunks) == 1:
        return chunks[0]
    if not chunks:
        raise BadMedia(f"{path}: frames {start} to {stop} are none", mend="ask for one frame at least")
    return np.concatenate(chunks)
