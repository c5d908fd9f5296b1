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
        first = found.first
        where = f"{clip.id}: {role}: {first.relative_to(root).as_posix() if first.is_relative_to(root) else first}"
        try:
            width, height, frames = _header(first)
        except BadMedia as error:
            faults.append(f"{where}: expected something readable, found {error}")
            continue
        sizes[role] = (width, height)
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


def _header(file: Path) -> tuple[int, int, int]:
    """(width, height, frames)."""
    if file.suffix.lower() == ".dpt":
        head = file.read_bytes()[:12]
        if len(head) < 12 or np.frombuffer(head[:4], "<f4")[0] != np.float32(_DPT_TAG):
            raise BadMedia(f"{file.name} is no Sintel depth file")
        width, height = (int(side) for side in np.frombuffer(head[4:], "<i4"))
        return width, height, 1
    info = probe(file)
    return info.width, info.height, info.frames
