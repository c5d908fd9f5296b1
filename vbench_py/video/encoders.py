"""What VideoWriter can write: FFV1, H.264 and PNG, behind one small face."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from vbench_py.types import UsageError

_H264 = re.compile(r"h264-crf([0-9]|[1-4][0-9]|5[01])")
_BT601, _LIMITED = 6, 1


class Encoder(Protocol):
    """Takes (H, W, 3) uint8 RGB frames in order; `close` writes what is held back, `abort` drops it."""

    def add(self, frame: np.ndarray) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


def check_encoding(encoding: str) -> None:
    """Raises UsageError for a name that is no encoding."""
    if encoding not in ("ffv1", "png") and not _H264.fullmatch(encoding):
        raise UsageError(f"encoding {encoding!r} is unknown", mend="use ffv1, png or h264-crf0 to h264-crf51")


def make_encoder(path: Path, encoding: str, rate: Fraction, width: int, height: int) -> Encoder:
    """An encoder to a file, or to a folder for "png"."""
    if encoding == "png":
        return PngFolder(path)
    if encoding == "ffv1":
        # g=1 and slicecrc: every frame stands alone and carries its checksum
        options = {"level": "3", "g": "1", "slicecrc": "1"}
        return LibavFile(path, "matroska", "ffv1", "bgr0", rate, width, height, options)
    pixel_format = "yuv420p" if width % 2 == height % 2 == 0 else "yuv444p"
    # x264's pictures depend on its number of threads: a fixed one makes machines agree. Its assembly reads beyond
    # the picture for the macroblock tree: equal frames gave up to 19 files in 60 writes, its C code gave one.
    options = {"crf": encoding.removeprefix("h264-crf"), "preset": "medium", "threads": "4", "x264-params": "asm=0"}
    return LibavFile(path, "mp4", "libx264", pixel_format, rate, width, height, options)


class LibavFile:
    """One video stream in one file. bitexact keeps random segment ids, dates and library versions out of it."""

    def __init__(
        self,
        path: Path,
        container: str,
        codec: str,
        pixel_format: str,
        rate: Fraction,
        width: int,
        height: int,
        options: dict[str, str],
        *,
        movflags: str = "",
    ) -> None:
        import av

        flags = {"fflags": "+bitexact"} | ({"movflags": movflags} if movflags else {})
        self._container: Any = av.open(str(path), "w", format=container, options=flags)
        stream = self._container.add_stream(codec, rate=rate, options=options | {"flags": "+bitexact"})
        self._stream = cast(Any, stream)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, pixel_format
        self._yuv = pixel_format.startswith("yuv")
        if self._yuv:
            # what swscale does to RGB by default, said aloud so that players agree
            self._stream.codec_context.colorspace = _BT601
            self._stream.codec_context.color_range = _LIMITED
        self._rate = rate
        self._frames = 0

    def add(self, frame: np.ndarray) -> None:
        import av

        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        size = (self._stream.width, self._stream.height)
        if (picture.width, picture.height) != size:
            picture = picture.reformat(*size, format=self._stream.pix_fmt, interpolation="AREA")
        picture.pts, picture.time_base = self._frames, 1 / self._rate
        self._frames += 1
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        self._container.mux(self._stream.encode())
        self._container.close()

    def abort(self) -> None:
        import av

        try:
            self._container.close()
        except (av.error.FFmpegError, OSError):
            # closing writes the trailer: it may fail for the reason that brought us here, which is the one to tell
            return


class PngFolder:
    """000000.png, 000001.png, ..."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames = 0
        path.mkdir()

    def add(self, frame: np.ndarray) -> None:
        from PIL import Image

        Image.fromarray(np.ascontiguousarray(frame)).save(self._path / f"{self._frames:06d}.png", compress_level=3)
        self._frames += 1

    def close(self) -> None:
        return

    def abort(self) -> None:
        return
