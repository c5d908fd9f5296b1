"""Exact facts about a video without reading its frames, where that is possible."""

from __future__ import annotations

import functools
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

from vbench_py.types import BadMedia
from vbench_py.video.cameras import probe_camera
from vbench_py.video.decord_reader import decord_fits
from vbench_py.video.find import image_files
from vbench_py.video.grid import probe_grid, view_media
from vbench_py.video.images import probe_images
from vbench_py.video.info import ARRAY_SUFFIXES, IMAGE_SUFFIXES, VideoInfo
from vbench_py.video.kinds import probe_array
from vbench_py.video.opening import MEND, check_present, decoded, opened
from vbench_py.video.orientation import orientation_of
from vbench_py.video.packets import PacketScan, codec_name, is_variable, scan_packets
from vbench_py.video.structure import missing_end

_LOSSLESS_CODECS = frozenset({"ffv1", "png", "rawvideo", "huffyuv", "ffvhuff", "utvideo", "qtrle", "bmp", "apng"})


def probe(path: Path | str) -> VideoInfo:
    """Facts of a video file, image folder, image, .npz, .npy, camera .json, or folder of views (a grid).

    `frames` is what reading yields, never a promise. Video packets are read once; all frames are decoded only where
    packets cannot be counted on (see `scan_packets`). Of arrays the headers are read, of cameras everything. A folder
    without loose images is a grid with a view for each video, array or image folder in it.
    Raises BadMedia for what is missing, empty, no media, without video, truncated, a folder of unequal images or views,
    depth without its unit, and cameras that are not in the OpenCV convention, not rigid or not as many as they say.
    Damage inside a file of full length shows only when its frames are read.
    """
    path = Path(path)
    check_present(path)
    suffix = path.suffix.lower()
    if path.is_dir() and not image_files(path):
        views = view_media(path)
        return probe_grid(path, views, probe) if views else probe_images(path)
    if path.is_dir() or suffix in IMAGE_SUFFIXES:
        return probe_images(path)
    if suffix == ".json":
        return probe_camera(path)
    if suffix in ARRAY_SUFFIXES:
        return probe_array(path)
    status = path.stat()
    chosen = os.environ.get("VBENCH_PY_READER", "")
    return _probe_unchanged(path, chosen, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _probe_unchanged(path: Path, *_identity: str | int) -> VideoInfo:
    """A file that is the same as a moment ago is not read again: whoever made it has looked at it already."""
    return _probe_video(path)


def _probe_video(path: Path) -> VideoInfo:
    import av

    with opened(path) as (container, stream):
        try:
            scan = scan_packets(container, stream)
        except av.error.FFmpegError as error:
            raise BadMedia(f"{path}: cannot be read to its end ({error.strerror})", mend=MEND) from error
        _refuse_truncated(path, container, stream, scan)
        is_gif = container.format.name == "gif"
        codec = codec_name(stream)
        has_audio = bool(container.streams.audio)
        # VP8 and VP9 keep alpha in a second picture that their decoders here leave aside
        side_alpha = stream.metadata.get("alpha_mode") == "1"
        rate = stream.average_rate or stream.guessed_rate
        tick = stream.time_base
    with opened(path) as (container, stream):
        frames = decoded(path, container.demux(stream))
        first = next(frames, None)
        if first is None:
            raise BadMedia(f"{path}: none of its {scan.packets} packets decodes to a frame", mend=MEND)
        # two interlaced fields may be two packets
        exact = scan.exact and not first.interlaced_frame
        count = scan.packets if exact else 1 + sum(1 for _ in frames)
    orientation = orientation_of(first)
    width, height = (first.height, first.width) if orientation.transpose else (first.width, first.height)
    variable = is_variable(scan.pts, coarse_clock=is_gif)
    fps = _fps(scan, rate, tick, steady=not variable and not is_gif)
    components = first.format.components
    return VideoInfo(
        path=path,
        frames=count,
        width=width,
        height=height,
        fps=fps,
        duration=count / fps if fps else None,
        codec=codec,
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in components),
        rotation=orientation.rotation,
        has_audio=has_audio,
        has_alpha=side_alpha or _has_alpha(first, is_gif),
        variable_frame_rate=variable,
        lossless=codec in _LOSSLESS_CODECS,
        encoding=codec,
        reader="decord" if decord_fits(codec, first, orientation, variable, exact) else "pyav",
    )


def _has_alpha(frame: Any, is_gif: bool) -> bool:
    if is_gif:
        # GIF always decodes with an alpha plane; only a clear pixel makes it one
        return bool((frame.to_ndarray(format="rgba")[..., 3] < 255).any())
    return any(component.is_alpha for component in frame.format.components)


def _refuse_truncated(path: Path, container: Any, stream: Any, scan: PacketScan) -> None:
    cut = missing_end(path)
    # MP4's sample table counts frames that an edit list takes out; FFmpeg's index after the edits does not
    edited = "mp4" in container.format.name.split(",") and stream.frames
    promised = len(stream.index_entries) if edited else stream.frames
    if not cut and scan.packets >= promised and not scan.damaged:
        return
    whole, total = scan.packets - scan.damaged, max(promised, scan.packets)
    if whole < total:
        raise BadMedia(f"{path}: truncated: {whole} of {total} frames decode", mend=MEND)
    raise BadMedia(f"{path}: truncated: {whole} frames are left and {cut}", mend=MEND)


def _fps(scan: PacketScan, rate: Fraction | None, tick: Fraction | None, steady: bool) -> float | None:
    """The stated rate where frame times bear it out to a tick over the clip; else frames over shown time."""
    steps = len(scan.pts) - 1
    if steps < 1 or not tick:
        return float(rate) if rate else None
    span = (scan.pts[-1] - scan.pts[0]) * tick
    if steady and rate and abs(steps / rate - span) <= tick:
        return float(rate)
    if steady or not scan.last_duration:
        return float(steps / span)
    return float((steps + 1) / (span + scan.last_duration * tick))
