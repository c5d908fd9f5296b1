"""Starting in the middle of a video, only where that provably gives the same frames as decoding from the front."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any

from vbench_py.video.packets import codec_name

_RESET_AT_KEY = frozenset({"ffv1", "mjpeg", "png", "rawvideo", "huffyuv", "ffvhuff", "utvideo", "prores", "vp9"})
"""Codecs whose key frames forget all that came before. In H.264 only IDR pictures do: a file may mark others as key too
(recovery points, intra refresh), after which some frames differ; HEVC and AV1 have such too and are not parsed here."""

_IDR = 5


@dataclass(frozen=True)
class SeekPoint:
    """In ticks: `target`, the time of the wanted frame; `ask`, what to ask the demuxer for; `safe`, where to begin."""

    target: int
    ask: int
    safe: frozenset[int]


def find_seek_point(container: Any, stream: Any, start: int) -> SeekPoint | None:
    """Read all packets, decoding nothing, for a way to frame `start`; None: only decoding from the front is exact."""
    times: list[tuple[int, int]] = []
    resets: list[bool] = []
    length_bytes = _nal_length_bytes(stream)
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if packet.pts is None or packet.dts is None or packet.is_discard:
            return None
        times.append((packet.pts, packet.dts))
        resets.append(packet.is_keyframe and _resets(packet, stream, length_bytes))
    shown = sorted(pts for pts, _ in times)
    if len(set(shown)) != len(shown) or start >= len(shown):
        return None
    latest_before = list(accumulate((pts for pts, _ in times), max))
    earliest_after = list(accumulate((pts for pts, _ in reversed(times)), min))[::-1]
    # frames shown before a key frame must come before it in the file, and the others after it
    safe = [
        (pts, dts)
        for (pts, dts), reset, latest, earliest in zip(times, resets, latest_before, earliest_after, strict=True)
        if reset and latest == pts == earliest
    ]
    reachable = [(pts, dts) for pts, dts in safe if pts <= shown[start]]
    if not reachable or reachable[-1] == safe[0]:
        return None
    return SeekPoint(shown[start], reachable[-1][1], frozenset(pts for pts, _ in reachable))


def packets_from(container: Any, stream: Any, point: SeekPoint) -> Iterator[Any] | None:
    """Packets from a safe key frame at or before the target on; None when the demuxer went elsewhere."""
    container.seek(point.ask, stream=stream)
    packets = container.demux(stream)
    first = next(packets, None)
    if first is None or first.pts not in point.safe:
        return None
    return chain([first], packets)


def _resets(packet: Any, stream: Any, length_bytes: int) -> bool:
    name = codec_name(stream)
    if name != "h264":
        return name in _RESET_AT_KEY
    data, place, kinds = bytes(packet), 0, set()
    while length_bytes and place + length_bytes < len(data):
        size = int.from_bytes(data[place : place + length_bytes], "big")
        kinds.add(data[place + length_bytes] & 31)
        place += length_bytes + size
    return _IDR in kinds


def _nal_length_bytes(stream: Any) -> int:
    """Bytes before each NAL unit (ISO/IEC 14496-15, avcC); 0 for streams with start codes, which are not parsed."""
    extra = stream.codec_context.extradata or b""
    return (extra[4] & 3) + 1 if codec_name(stream) == "h264" and len(extra) > 4 and extra[0] == 1 else 0
