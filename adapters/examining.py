"""What existing media are, told from their headers, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vbench_py.adapters.bringing import check_content, content_sha256, is_array
from vbench_py.adapters.depths import SAY, stored_depth
from vbench_py.adapters.manifest import Row
from vbench_py.adapters.matching import frames_of
from vbench_py.types import BadMedia
from vbench_py.video import VideoInfo, probe


def examine(row: Row, *, depth: bool) -> dict[str, Any]:
    """frames, width, height, fps (None: no clock), encoding, kind, unit and views of a row, as it would be scored.

    Raises `BadMedia` for what is broken or missing, or not what its row's sha256 says, depth without a unit, and views
    of unequal length or size.
    """
    if not row.parts:
        return _one(row, depth)
    parts = {name: _one(part, depth) for name, part in row.parts.items()}
    first_name, first = next(iter(parts.items()))
    views = [name.removeprefix("view/") for name in parts if name.startswith("view/")]
    for name, part in parts.items():
        for what in ("frames", "width", "height"):
            if part[what] != first[what]:
                raise BadMedia(
                    f"{row.name}: {first_name} has {what} {first[what]}, {name} {part[what]}",
                    mend="give every view the same frames and size",
                )
    return {**first, "views": views}


def _one(row: Row, depth: bool) -> dict[str, Any]:
    check_content(row)
    if is_array(row, depth):
        stored = stored_depth(row.path)
        if not (row.unit or stored.unit or stored.array == "disparity"):
            raise BadMedia(f"{row.name}: depth without a unit", mend=SAY)
        frames, height, width = stored.shape
        return {"frames": frames, "width": width, "height": height, "fps": None, "encoding": "lossless",
                "kind": "depth", "unit": row.unit or stored.unit or "disparity", "views": []}  # fmt: skip
    files = frames_of(row.path)
    if not files:
        raise BadMedia(f"{row.name}: no file fits", mend="check the path")
    info = probe(files[0])
    return _facts(info, len(files) if "*" in row.path.name else info.frames, row)


def _facts(info: VideoInfo, frames: int, row: Row) -> dict[str, Any]:
    return {
        "frames": frames, "width": info.width, "height": info.height, "fps": info.fps or row.fps,
        "encoding": row.encoding or ("lossless" if info.lossless else info.encoding), "kind": info.kind,
        "unit": info.unit, "views": list(info.views),
    }  # fmt: skip


def complete(row: Row, facts: Mapping[str, Any]) -> Row:
    """`row` with its content's hash, encoding, unit and rate, as a manifest states them."""
    parts = {name: complete(part, facts) for name, part in row.parts.items()}
    return replace(
        row, sha256="" if parts else content_sha256(row.path), encoding=row.encoding or facts["encoding"],
        unit=facts["unit"], fps=row.fps, parts=parts,
    )  # fmt: skip
