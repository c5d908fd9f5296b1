"""Small H.264 copies that browsers play, of everything that can be seen."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.colours import DepthPainter, FlowPainter, Painter
from vbench_py.video.encoders import LibavFile
from vbench_py.video.info import VideoInfo
from vbench_py.video.probe import probe
from vbench_py.video.read import read_chunks
from vbench_py.video.storage import writing
from vbench_py.video.write import frame_rate

TILES = 12
_CLOCKLESS_FPS = 8.0
_OPTIONS = {"crf": "23", "preset": "veryfast"}
_CHUNK_BYTES = 16 << 20
_RANGE_FRAMES = 16


def write_preview(
    source: Path | str,
    destination: Path | str,
    *,
    max_width: int = 480,
    fps: float | None = None,
    painter: Painter | None = None,
) -> None:
    """Write an H.264 yuv420p MP4, index in front, at most `max_width` pixels wide, both sides even, at the source's
    fps.

    Depth comes in colour (near is bright), flow by the colour wheel, both with one range a clip and grey where nothing
    is known; a `painter` brings the range of another clip along. A grid comes as one picture with its views side by
    side, at most 12 of them at equal distances.
    Never enlarges, beyond rounding 1-pixel sides up to 2. Media without a clock play at `fps`, or 8 a second. For eyes
    only: never score a preview. Raises BadMedia, also for cameras and tracks, StorageError.
    """
    info = preview_info(source)
    painter = painter or painter_of(info)
    with closing(preview_frames(info)) as frames:
        painted: Iterator[np.ndarray] = (painter(frame) if painter else frame for frame in frames)
        write_pictures(painted, info, destination, max_width=max_width, fps=fps)


def write_pictures(
    pictures: Iterable[np.ndarray],
    info: VideoInfo,
    destination: Path | str,
    *,
    max_width: int = 480,
    fps: float | None = None,
) -> None:
    """The file of `write_preview` from pictures (H, W, 3) uint8 RGB that were made of the `preview_frames` of `info`,
    one each, at its fps or else at `fps`."""
    columns, rows = shape(len(info.views))
    tile = min(info.width, max(1, max_width // columns))
    width = max(2, tile * columns // 2 * 2)
    height = max(2, round(info.height * rows * width / (info.width * columns) / 2) * 2)
    rate = frame_rate(info.fps or fps or _CLOCKLESS_FPS)
    with writing(Path(destination)) as part:
        encoder = LibavFile(part, "mp4", "libx264", "yuv420p", rate, width, height, _OPTIONS, movflags="+faststart")
        try:
            for picture in _tiled(pictures, info, columns, rows, tile) if info.views else pictures:
                encoder.add(picture)
            encoder.close()
        except BaseException:
            encoder.abort()
            raise


def shape(views: int) -> tuple[int, int]:
    """Columns and rows of the picture of so many views, those that are left out not counted."""
    count = min(max(1, views), TILES)
    columns = ceil(sqrt(count))
    return columns, ceil(count / columns)


def preview_info(source: Path | str) -> VideoInfo:
    """The medium with the views that will be shown. Raises BadMedia, also for cameras and tracks."""
    info = probe(source)
    if info.kind in ("camera", "tracks"):
        raise BadMedia(f"{info.path}: {info.kind} has no pictures", mend="preview the video that it belongs to")
    if len(info.views) <= TILES:
        return info
    chosen = [index * len(info.views) // TILES for index in range(TILES)]
    return replace(
        info,
        views=tuple(info.views[index] for index in chosen),
        members=tuple(info.members[index] for index in chosen),
    )


def painter_of(info: VideoInfo) -> Painter | None:
    """What colours the frames, its range taken from some of them; None for pictures."""
    if info.kind == "video":
        return None
    step = ceil(info.cells / _RANGE_FRAMES)
    with closing(preview_frames(info)) as frames:
        sample = (frame for index, frame in enumerate(frames) if index % step == 0)
        return DepthPainter(sample, info.unit) if info.kind == "depth" else FlowPainter(sample)


def preview_frames(info: VideoInfo) -> Generator[np.ndarray, None, None]:
    """The frames of `frame_shape`; of a grid moment after moment, each over the views."""
    with closing(read_chunks(info.path, info=info, order="view", chunk_bytes=_CHUNK_BYTES)) as chunks:
        for chunk in chunks:
            yield from chunk


def _tiled(frames: Iterable[np.ndarray], info: VideoInfo, columns: int, rows: int, width: int) -> Iterator[np.ndarray]:
    """One picture a moment, its views side by side, each `width` wide."""
    import cv2

    views, height = len(info.views), max(1, round(info.height * width / info.width))
    canvas = np.zeros((rows * height, columns * width, 3), dtype=np.uint8)
    for index, frame in enumerate(frames):
        row, column = divmod(index % views, columns)
        small = cv2.resize(np.ascontiguousarray(frame), (width, height), interpolation=cv2.INTER_AREA)
        canvas[row * height : (row + 1) * height, column * width : (column + 1) * width] = small
        if index % views == views - 1:
            yield canvas
