"""Streaming reads: frames in chunks bounded by bytes, whatever the medium."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia, UsageError
from vbench_py.video.grid import Order, cell_count, grid_frames
from vbench_py.video.images import read_image
from vbench_py.video.info import VideoInfo, frame_dtype, frame_shape
from vbench_py.video.probe import probe
from vbench_py.video.readers import frames_of

__all__ = ["CHUNK_BYTES", "read", "read_chunks", "read_image"]

CHUNK_BYTES = 64 << 20


def read_chunks(
    path: Path | str,
    *,
    start: int = 0,
    stop: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    info: VideoInfo | None = None,
    order: Order = "",
) -> Generator[np.ndarray, None, None]:
    """Frames start..stop (None: the end) as (n, H, W, 3) uint8 RGB arrays of at most `chunk_bytes` (one frame at
    least); of other kinds than video as `frame_shape` says.

    Depth is float32, NaN where it is invalid; flow float32, NaN where unknown, and in the last frame; cameras are
    float64 [K | R t]; tracks float32 x, y, visible. Of a grid, start and stop count cells in the `order` that
    `grid_cells` tells (view after view by default); without a grid there is but one order.
    Pass `info` where the file was probed already. Closing the generator frees the decoder. A stop past the end ends at
    the end. Raises BadMedia, also when fewer frames decode than were counted.
    """
    known = info or probe(path)
    total = cell_count(known, order)
    last = total if stop is None else min(stop, total)
    if start < 0 or last < 0:
        raise UsageError(f"{path}: frames {start} to {stop}", mend="count from 0, never from the end")
    if start > total:
        raise BadMedia(f"{path}: no frame {start}, it has {total}", mend="ask for frames it has")
    shape, dtype = frame_shape(known), frame_dtype(known)
    room = max(1, chunk_bytes // (int(np.prod(shape)) * dtype.itemsize))
    given = start
    source = grid_frames(known, order, start, last) if known.views else frames_of(known, start, last)
    with closing(source) as frames:
        while given < last:
            chunk = np.empty((min(room, last - given), *shape), dtype=dtype)
            for place in range(len(chunk)):
                frame = next(frames, None)
                if frame is None:
                    raise BadMedia(
                        f"{path}: truncated: {given + place} of {total} frames decode",
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


def read(path: Path | str, start: int = 0, stop: int | None = None, *, order: Order = "") -> np.ndarray:
    """Frames start..stop of a short clip as one array (n, ...), see `read_chunks`, where long clips go."""
    chunks = list(read_chunks(path, start=start, stop=stop, order=order))
    if len(chunks) == 1:
        return chunks[0]
    if not chunks:
        raise BadMedia(f"{path}: frames {start} to {stop} are none", mend="ask for one frame at least")
    return np.concatenate(chunks)
