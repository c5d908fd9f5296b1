"""What a video stream's packets say without decoding: exact frame counts, timing, and whether they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

ONE_PACKET_ONE_FRAME = frozenset(
    {"h264", "hevc", "vp9", "av1", "ffv1", "mjpeg", "png", "rawvideo", "prores", "huffyuv", "ffvhuff", "utvideo", "gif"}
)
"""Codecs whose container packet is one shown frame, unless the stream is interlaced or starts in the middle.

Left out, so counted by decoding: vp8 (hidden alternate references are packets), mpeg4 (packed B-frames, empty packets),
mpeg1/2 and dv-like formats (field pictures)."""


@dataclass(frozen=True)
class PacketScan:
    """`pts` are presentation times in ticks of the stream's clock, in display order, empty where one is missing or
    repeated.

    `packets` counts those with content, `damaged` those cut short. `last_duration` is how many ticks the last
    one shown lasts, 0 where unknown. `exact`: each packet is one frame that decodes.
    """

    packets: int
    pts: tuple[int, ...]
    all_key: bool
    exact: bool
    damaged: int
    last_duration: int


def scan_packets(container: Any, stream: Any) -> PacketScan:
    """Read every packet of the stream once, decoding nothing. `exact` is False where only decoding can count.

    That is so for codecs outside ONE_PACKET_ONE_FRAME, packets that an edit list discards, streams that start on no key
    frame, and leading pictures: packets shown before the first key frame, which lost their references to a cut
    (Matroska then knows no time for some packet).
    """
    pts: list[int] = []
    packets = damaged = 0
    last: tuple[int, int] | None = None
    all_key = timed = True
    plain = codec_name(stream) in ONE_PACKET_ONE_FRAME
    first_key_pts: int | None = None
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        packets += 1
        damaged += packet.is_corrupt
        all_key = all_key and packet.is_keyframe
        if packets == 1:
            plain = plain and packet.is_keyframe
            first_key_pts = packet.pts
        if packet.is_discard:
            plain = False
            continue
        if packet.pts is None:
            timed = False
            continue
        if first_key_pts is not None and packet.pts < first_key_pts:
            plain = False
        pts.append(packet.pts)
        last = max(last or (packet.pts, 0), (packet.pts, packet.duration or 0))
    ordered = tuple(sorted(pts)) if timed else ()
    if len(set(ordered)) != len(ordered):
        ordered = ()
    return PacketScan(packets, ordered, all_key, plain and (timed or all_key), damaged, last[1] if last else 0)


def is_variable(pts: tuple[int, ...], coarse_clock: bool) -> bool:
    """Whether display times are unevenly spaced beyond rounding to the clock's ticks.

    Steps may differ by one tick where a step has five or more (Matroska's milliseconds). Below that a tick is a real
    difference, unless `coarse_clock` (GIF's centiseconds): then times may lie one tick off an even grid.
    """
    steps = [after - before for before, after in pairwise(pts)]
    if not steps or min(steps) == max(steps):
        return False
    mean = (pts[-1] - pts[0]) / len(steps)
    if coarse_clock:
        return any(abs(value - pts[0] - index * mean) > 1.0 for index, value in enumerate(pts))
    return max(steps) - min(steps) > (1 if mean >= 5 else 0)


def codec_name(stream: Any) -> str:
    """The codec, whichever decoder serves it: "av1", not "libdav1d"."""
    return str(stream.codec_context.codec.canonical_name)
