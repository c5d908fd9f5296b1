"""Sizes and readability: one header for each role of each clip, whole files only where names cannot tell the length."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vbench_py.cards import SuiteCard
from vbench_py.layout.scan import Clip, Scan, by_clip
from vbench_py.types import BadMedia
from vbench_py.video import probe

_DPT_TAG = 202021.25


def header_faults(card: SuiteCard, seen: Scan) -> list[str]:
    """What cannot be read, or is not as large or long as the card says: what, where, expected, found; a line each."""
    return [fault for clip in seen.clips for fault in _clip(card, clip, seen.root)]


def _clip(card: SuiteCard, clip: Clip, root: Path) -> list[str]:
    assert card.layout is not None
    faults, sizes = [], {}
    for role, found in clip.found.items():
        how = card.layout.roles[role]
        headers: list[tuple[int, int, int]] = []
        for file in found.ends:
            where = f"{clip.id}: {role}: {file.relative_to(root).as_posix()}"
            try:
                headers.append(header_size(file))
            except BadMedia as error:
                faults.append(f"{where}: expected something readable, found {error}")
        if len(headers) < len(found.ends):
            continue
        width, height, frames = headers[-1]
        sizes[role] = (width, height)
        if headers[0][:2] != (width, height):
            first = "x".join(map(str, headers[0][:2]))
            faults.append(f"{where}: expected {width}x{height} in all frames, found {first} in {found.ends[0].name}")
            continue
        wanted = by_clip(how.count, clip.id, clip.row)
        if found.length is None and wanted is not None and frames != wanted:
            faults.append(f"{where}: expected {wanted} frames, found {frames}")
        size = by_clip(how.size, clip.id, clip.row)
        if how.like in sizes and how.shrink:
            like = sizes[how.like]
            size = (like[0] // how.shrink, like[1] // how.shrink)
        if size is not None and (width, height) != tuple(size):
            why = f" ({how.like} is {like[0]}x{like[1]})" if how.like in sizes and how.shrink else ""
            faults.append(f"{where}: expected {size[0]}x{size[1]}{why}, found {width}x{height}")
    return faults


def header_size(file: Path) -> tuple[int, int, int]:
    """(width, height, frames) of a file, by its header where it has one. Raises `BadMedia`."""
    if file.suffix.lower() == ".dpt":
        head = file.read_bytes()[:12]
        if len(head) < 12 or np.frombuffer(head[:4], "<f4")[0] != np.float32(_DPT_TAG):
            raise BadMedia(f"{file.name} is no Sintel depth file")
        width, height = (int(side) for side in np.frombuffer(head[4:], "<i4"))
        return width, height, 1
    info = probe(file)
    return info.width, info.height, info.frames
