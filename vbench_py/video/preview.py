"""Small H.264 copies that browsers play."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from vbench_py.video.encoders import LibavFile
from vbench_py.video.probe import probe
from vbench_py.video.read import read_chunks
from vbench_py.video.storage import writing
from vbench_py.video.write import frame_rate

_CLOCKLESS_FPS = 8.0
_OPTIONS = {"crf": "23", "preset": "veryfast"}


def write_preview(
    source: Path | str, destination: Path | str, *, max_width: int = 480, fps: float | None = None
) -> None:
    """Write an H.264 yuv420p MP4, index in front, at most `max_width` pixels wide, both sides even, at the source's
    fps.

    Never enlarges, beyond rounding 1-pixel sides up to 2. Media without a clock play at `fps`, or 8 a second. For eyes
    only: never score a preview. Raises BadMedia, StorageError.
    """
    info = probe(source)
    width = max(2, min(info.width, max_width) // 2 * 2)
    height = max(2, round(info.height * width / info.width / 2) * 2)
    rate = frame_rate(fps or info.fps or _CLOCKLESS_FPS)
    with writing(Path(destination)) as part, closing(read_chunks(source, info=info, chunk_bytes=16 << 20)) as chunks:
        encoder = LibavFile(part, "mp4", "libx264", "yuv420p", rate, width, height, _OPTIONS, movflags="+faststart")
        try:
            for chunk in chunks:
                for frame in chunk:
                    encoder.add(frame)
            encoder.close()
        except BaseException:
            encoder.abort()
            raise
