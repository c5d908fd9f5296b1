"""Streaming writes of frames to FFV1, H.264 or PNG."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from vbench_py.types import UsageError
from vbench_py.video.encoders import Encoder, check_encoding, make_encoder
from vbench_py.video.probe import probe
from vbench_py.video.read import read_chunks
from vbench_py.video.storage import writing


def frame_rate(fps: float) -> Fraction:
    """The nearest rate with a denominator up to 1001 (24000/1001 stays exact). Raises UsageError unless positive."""
    if not 0 < fps < 1e6:
        raise UsageError(f"fps {fps} is no frame rate", mend="give frames a second, for example 24")
    return Fraction(fps).limit_denominator(1001)


class VideoWriter:
    """Writes (n, H, W, 3) or (H, W, 3) uint8 RGB frames as they come; `with VideoWriter(path, fps=24) as writer: ...`.

    `encoding`:
    - "ffv1": Matroska, pixel format bgr0; exact at any size.
    - "h264-crfN" (N 0 to 51): x264, constant rate factor N, preset medium, MP4, BT.601 limited range; yuv420p, or
      yuv444p where a side is odd, because 4:2:0 would need a padded or cut picture. Lossy even at N = 0.
    - "png": a folder of 000000.png, 000001.png, ...; exact, fps is not kept.

    The same frames give the same bytes under the same libraries, whatever the number of cores. For that, H.264 is
    encoded without x264's assembly, at a quarter of its speed (12 frames a second at 1080p on two cores).
    The file appears under its name when the block ends well; when it raises, or no frame came, nothing appears and an
    older file stays.
    Raises UsageError for a bad encoding, fps, shape or dtype; StorageError when the disk is full or read-only.
    """

    def __init__(self, path: Path | str, *, fps: float, encoding: str = "ffv1") -> None:
        check_encoding(encoding)
        self.path = Path(path)
        self.frames = 0
        self._rate = frame_rate(fps)
        self._encoding = encoding
        self._size: tuple[int, int] | None = None
        self._encoder: Encoder | None = None
        self._stack = ExitStack()
        self._part: Path | None = None

    def __enter__(self) -> VideoWriter:
        self._part = self._stack.enter_context(writing(self.path))
        self._stack.push(self._leave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def write(self, frames: np.ndarray) -> None:
        """Append frames; all must have the size of the first."""
        if self._part is None:
            raise UsageError(f"{self.path}: the writer is not open", mend="use it in a with statement")
        batch = frames[None] if frames.ndim == 3 else frames
        if batch.ndim != 4 or batch.shape[3] != 3 or batch.dtype != np.uint8:
            raise UsageError(
                f"{self.path}: frames of shape {frames.shape}, dtype {frames.dtype}",
                mend="write (n, H, W, 3) uint8 RGB",
            )
        height, width = batch.shape[1:3]
        if self._size not in (None, (height, width)):
            raise UsageError(
                f"{self.path}: frame size went from {self._size} to {(height, width)}", mend="write one size"
            )
        for frame in batch:
            if self._encoder is None:
                self._size = (height, width)
                self._encoder = make_encoder(self._part, self._encoding, self._rate, width, height)
            self._encoder.add(frame)
            self.frames += 1

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part = None
        if error is not None:
            if self._encoder is not None:
                self._encoder.abort()
        elif self._encoder is None:
            raise UsageError(f"{self.path}: no frame was written", mend="write one frame at least")
        else:
            try:
                self._encoder.close()
            except BaseException:
                self._encoder.abort()
                raise


def write_video(
    path: Path | str, frames: np.ndarray | Iterable[np.ndarray], *, fps: float, encoding: str = "ffv1"
) -> None:
    """Write (T, H, W, 3) uint8 RGB frames, or an iterable of chunks; see VideoWriter."""
    with VideoWriter(path, fps=fps, encoding=encoding) as writer:
        for chunk in [frames] if isinstance(frames, np.ndarray) else frames:
            writer.write(chunk)


def reencode(source: Path | str, destination: Path | str, encoding: str, *, fps: float | None = None) -> None:
    """Decode `source` and write it as `encoding`, streaming, at its fps (`fps` overrides, and is needed without a
    clock).

    Every stored frame is written once: a variable rate becomes its average. Audio is not carried: see `copy_audio`.
    Raises BadMedia, UsageError, StorageError.
    """
    info = probe(source)
    rate = fps or info.fps
    if rate is None:
        raise UsageError(f"{source}: has no frame rate", mend="pass fps")
    with (
        VideoWriter(destination, fps=rate, encoding=encoding) as writer,
        closing(read_chunks(source, info=info)) as chunks,
    ):
        for chunk in chunks:
            writer.write(chunk)
