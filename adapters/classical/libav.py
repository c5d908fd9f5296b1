"""H.264, H.265 and AV1 as libav's encoders make them, held to the same bytes each time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np

from vbench_py.types import UsageError
from vbench_py.video import read_chunks
from vbench_py.video.write import frame_rate

SMALLEST_SIDE = 64
"""Pixels: x265 and SVT-AV1 refuse frames much smaller."""
BT601, LIMITED = 6, 1


@dataclass(frozen=True)
class Codec:
    """An encoder of libav; `fixed` are options that make it deterministic, `strip` a filter that drops what is no code.

    x264's assembly reads beyond the picture, so that equal frames give unlike bytes: its C code does not, at a quarter
    of the speed. All three run on one thread, which the pictures of x264 and x265 depend on.
    """

    encoder: str
    highest_crf: int
    fixed: Mapping[str, str]
    strip: str = ""


CODECS: Mapping[str, Codec] = {
    # x264 writes its settings as text into the stream (a unit of type 6), x265 does so unless told not to.
    "h264": Codec("libx264", 51, {"threads": "1", "x264-params": "asm=0"}, "filter_units=remove_types=6"),
    "h265": Codec("libx265", 51, {"x265-params": "pools=none:frame-threads=1:info=0:log-level=none"}),
    "av1": Codec("libsvtav1", 63, {"svtav1-params": "lp=1"}),
}


@dataclass(frozen=True)
class Code:
    """A coded video: `size` in bytes of its packets and codec headers, without the container around them."""

    path: Path
    size: int
    settings: Mapping[str, Any]
    height: int
    width: int

    def frames(self) -> Iterator[np.ndarray]:
        """The decoded frames, (H, W, 3) uint8 RGB."""
        for chunk in read_chunks(self.path):
            yield from chunk[:, : self.height, : self.width]


@contextmanager
def compressed(
    frames: Iterable[np.ndarray],
    parameters: Mapping[str, Any],
    fps: float,
    encoding: Callable[[], AbstractContextManager[None]],
) -> Iterator[Code]:
    """Encodes (H, W, 3) uint8 RGB frames by `parameters` `codec`, `crf` and `preset`, each step inside `encoding()`.

    8-bit 4:2:0, BT.601 limited range. Sides are made even, and 64 pixels at least, by repeating the last row and
    column, which decoding cuts off again. The code lies in a temporary folder until the block ends.
    Raises `UsageError` for a preset that the encoder does not have, and without a frame.
    """
    codec = CODECS[parameters["codec"]]
    with TemporaryDirectory(prefix="vbench-py-code-") as folder:
        path = Path(folder) / "code.mkv"
        encoder: _Encoder | None = None
        for frame in frames:
            with encoding():
                encoder = encoder or _Encoder(path, codec, parameters, frame_rate(fps), frame.shape)
                encoder.add(frame)
        if encoder is None:
            raise UsageError("no frame came to be encoded")
        with encoding():
            size = encoder.close()
        yield Code(path, size, encoder.settings, *encoder.shape)


class _Encoder:
    def __init__(
        self, path: Path, codec: Codec, parameters: Mapping[str, Any], rate: Fraction, shape: tuple[int, ...]
    ) -> None:
        # SVT-AV1 tells its settings on standard error, whatever libav's log level.
        os.environ.setdefault("SVT_LOG", "1")
        import av
        from av.bitstream import BitStreamFilterContext

        self.shape = (shape[0], shape[1])
        height, width = (max(SMALLEST_SIDE, side + side % 2) for side in self.shape)
        self._padding = ((0, height - shape[0]), (0, width - shape[1]), (0, 0))
        self._rate, self._count, self._size = rate, 0, 0
        self._container: Any = av.open(str(path), "w", format="matroska", options={"fflags": "+bitexact"})
        told = {"crf": str(parameters["crf"]), "preset": str(parameters["preset"])}
        options = {**codec.fixed, **told, "flags": "+bitexact"}
        self._stream: Any = cast(Any, self._container.add_stream(codec.encoder, rate=rate, options=options))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.colorspace, self._stream.codec_context.color_range = BT601, LIMITED
        try:
            self._stream.codec_context.open()
        except av.error.FFmpegError as error:
            raise UsageError(f"{codec.encoder} does not take {told} at {width}x{height}: {error}") from error
        self._strip = BitStreamFilterContext(codec.strip, self._stream) if codec.strip else None
        self.settings = {"library": codec.encoder, "pixel_format": "yuv420p", **told, **codec.fixed}

    def add(self, frame: np.ndarray) -> None:
        import av

        whole = np.pad(frame, self._padding, mode="edge") if any(map(sum, self._padding)) else frame
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(whole), format="rgb24")
        picture.pts, picture.time_base = self._count, 1 / self._rate
        self._count += 1
        self._write(self._stream.encode(picture))

    def close(self) -> int:
        """Ends the stream; gives its size in bytes."""
        self._write(self._stream.encode())
        size = self._size + len(self._stream.codec_context.extradata or b"")
        self._container.close()
        return size

    def _write(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            for kept in self._strip.filter(packet) if self._strip else [packet]:
                self._size += kept.size
                self._container.mux(kept)
