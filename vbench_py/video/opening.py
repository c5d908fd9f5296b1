"""Opening a video with libav and decoding it, with errors for people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vbench_py.types import BadMedia
from vbench_py.video.structure import missing_end

DECODER_THREADS = 4
"""Bound on decoder threads: each holds frames of its own, and many readers run side by side."""

MEND = "make or download it again"
_PLAYLISTS = frozenset({"concat", "hls", "dash", "tty", "imf", "applehttp"})
"""Texts that FFmpeg would follow to other files or draw as a terminal: from outside, never a video."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """(container, video stream) of a file, decoder threads bounded; cover pictures are no video. Raises BadMedia."""
    import av
    from av.stream import Disposition

    check_present(path)
    try:
        # an absolute path keeps names such as "concat:a" from being read as a protocol
        container = av.open(str(path.absolute()), options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, OSError) as error:
        raise BadMedia(f"{path}: {_why_unopened(path, error)}", mend=MEND) from error
    with container:
        if _PLAYLISTS & set(container.format.name.split(",")):
            raise BadMedia(f"{path}: is text, not a video ({container.format.name})", mend=MEND)
        streams = [item for item in container.streams.video if not item.disposition & Disposition.attached_pic]
        if not streams:
            kinds = ", ".join(sorted({item.type for item in container.streams})) or "nothing"
            raise BadMedia(f"{path}: has no video stream (it holds {kinds})", mend="give a file with video")
        stream = streams[0]
        if stream.codec_context is None:
            raise BadMedia(f"{path}: no decoder for its video codec", mend="re-encode it, for example to H.264")
        stream.thread_type = "AUTO"
        stream.thread_count = min(DECODER_THREADS, os.cpu_count() or 1)
        yield container, stream


def decoded(path: Path, packets: Iterable[Any]) -> Iterator[Any]:
    """The frames of a stream's packets in display order. Damage that the decoder would paper over raises BadMedia.

    Packets that fail before the first frame are passed over: a stream cut in the middle begins with such. Frames that
    an edit list cuts do not come.
    """
    import av

    index = 0
    for packet in packets:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            if index == 0 and packet.size:
                continue
            raise BadMedia(
                f"{path}: damaged: frame {index} or one close after it does not decode", mend=MEND
            ) from error
        for frame in frames:
            if frame.is_corrupt:
                raise BadMedia(f"{path}: damaged: frame {index} decodes with errors", mend=MEND)
            index += 1
            yield frame


def check_present(path: Path) -> None:
    """Raises BadMedia when the file is missing, empty, or a pipe or device: reading those may never end."""
    if not path.exists():
        link = path.is_symlink()
        raise BadMedia(f"{path}: {'is a link that leads nowhere' if link else 'does not exist'}", mend="check the path")
    if not path.is_file() and not path.is_dir():
        raise BadMedia(f"{path}: is no regular file", mend="store the video in a file")
    if path.is_file() and path.stat().st_size == 0:
        raise BadMedia(f"{path}: is empty (0 bytes)", mend=MEND)


def _why_unopened(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        cut = missing_end(path)
    except OSError as failure:
        return f"cannot be read ({failure.strerror})"
    if cut:
        return f"truncated: {cut}"
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the video"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return f"is no video that FFmpeg knows ({getattr(error, 'strerror', None) or error})"
    return "is no video that FFmpeg knows" if b"\0" in head else "is text, not a video"
