"""Audio kept beside frames: tracks are carried over as they are stored, never decoded."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from vbench_py.types import BadMedia, Unsupported
from vbench_py.video.opening import check_present, opened
from vbench_py.video.storage import STORAGE_ERRNOS, writing


def copy_audio(source: Path | str, silent_video: Path | str, destination: Path | str) -> None:
    """Write `destination`: the pictures of `silent_video` and every audio track of `source`, both packet for packet.

    The container follows the destination's suffix; audio that the silent video may have is left behind. Neither is cut
    to the other's length. Raises BadMedia when the source has no audio or a file cannot be read, Unsupported when the
    container cannot hold a track, StorageError.
    """
    import av

    source, silent_video, destination = Path(source), Path(silent_video), Path(destination)
    check_present(source)
    try:
        sound = av.open(str(source.absolute()))
    except (av.error.FFmpegError, OSError) as error:
        raise BadMedia(f"{source}: cannot be opened ({error.strerror})", mend="give a file with audio") from error
    with sound, opened(silent_video) as (pictures, video), writing(destination) as part:
        if not sound.streams.audio:
            raise BadMedia(f"{source}: has no audio track", mend="keep the silent video")
        try:
            _mux(part, [_packets(pictures, [video]), _packets(sound, list(sound.streams.audio))])
        except (av.error.FFmpegError, ValueError) as error:
            if getattr(error, "errno", None) in STORAGE_ERRNOS:
                raise
            raise Unsupported("audio", f"{destination}: cannot hold the audio of {source} ({error})") from error


Flow = tuple[list[Any], Iterator[Any]]


def _packets(container: Any, streams: list[Any]) -> Flow:
    return streams, (packet for packet in container.demux(*streams) if packet.size)


def _mux(path: Path, flows: list[Flow]) -> None:
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as output:
        targets = {
            (number, stream.index): output.add_stream_from_template(stream)
            for number, (streams, _) in enumerate(flows)
            for stream in streams
        }
        routed = [
            _routed({stream.index: targets[number, stream.index] for stream in streams}, packets)
            for number, (streams, packets) in enumerate(flows)
        ]
        for _, target, packet in heapq.merge(*routed, key=_seconds):
            packet.stream = target
            output.mux(packet)


def _routed(targets: dict[int, Any], packets: Iterator[Any]) -> Iterator[tuple[Fraction, Any, Any]]:
    for packet in packets:
        if packet.dts is None:
            raise ValueError("a packet has no decoding time; write the silent video as FFV1 or MP4")
        yield packet.dts * packet.time_base, targets[packet.stream_index], packet


def _seconds(item: tuple[Fraction, Any, Any]) -> Fraction:
    return item[0]
