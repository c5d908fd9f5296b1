"""A correct tree for any layout, in seconds: right names and counts, small flat pictures, most of them hard links."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from vbench_py.cards import LayoutCard, RoleCard, SuiteCard
from vbench_py.layout.rows import varied
from vbench_py.layout.scan import by_clip
from vbench_py.layout.text import Row, fields, fill
from vbench_py.types import UsageError
from vbench_py.video import write_video
from vbench_py.video.info import ARRAY_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES

SIZE = (32, 24)
_FRAMES = 3
_UNCOUNTED = 3
_VIEWS = ("000", "090", "180", "270")
_FILES = IMAGE_SUFFIXES | VIDEO_SUFFIXES | ARRAY_SUFFIXES | {".json"}


def make(card: SuiteCard, folder: Path) -> Path:
    """Writes the tree of `card` as `folder`/<root> and returns `folder`, fit for --data.

    Clips, frames and fixed sizes are those of the card; where it leaves them open: 3 clips, 3 frames, 32x24. Companions
    (roles that could also be made) are left out. Raises `UsageError` where something lies there already.
    """
    layout = card.layout
    if layout is None:
        raise UsageError(f"suite {card.id}: has no layout: its data comes with it")
    root = folder / layout.root
    if root.exists():
        raise UsageError(f"{root} exists", mend="give a new folder for the tiny tree")
    root.mkdir(parents=True)
    rows = list(_rows(layout))
    if layout.clips.file:
        _write_list(layout, rows, root / layout.clips.file)
    tree = _Tree(root)
    for number, row in enumerate(rows):
        for how in layout.roles.values():
            if how.path and not how.origin:
                for full in varied(layout.clips, [row]):
                    _role(tree, layout, how, full, _count(layout, how, row, number, len(rows)))
    return folder


def _rows(layout: LayoutCard) -> Iterable[Row]:
    clips = layout.clips
    if clips.names:
        yield from ({"clip": name} for name in clips.names)
        return
    names = fields(clips.match) if clips.match else _columns(layout)
    for number in range(clips.count or clips.first or _UNCOUNTED):
        made = {name: clips.example.get(name, name + "-{n:05}").format(n=number) for name in dict.fromkeys(names)}
        yield {**made, **clips.only}


def _columns(layout: LayoutCard) -> list[str]:
    """The list's columns: as the card gives them, else every field that it reads and does not make."""
    clips = layout.clips
    if clips.columns:
        return list(clips.columns)
    texts = [layout.id, layout.group, *layout.texts.values(), *(v for v in layout.facts.values() if isinstance(v, str))]
    for how in layout.roles.values():
        texts += [how.path, *how.pick, *how.views.values()]
    made = {"variant"}
    for variant in clips.variants.values():
        texts += variant.values()
        made |= set(variant)
    read = [name for text in texts for name in fields(text) if name not in made]
    return list(dict.fromkeys([*read, *clips.example, *clips.only]))


def _write_list(layout: LayoutCard, rows: list[Row], file: Path) -> None:
    clips = layout.clips
    file.parent.mkdir(parents=True, exist_ok=True)
    if clips.format == "lines":
        text = "".join(" ".join(row[name] for name in clips.columns) + "\n" for row in rows)
    elif clips.format == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        names = _columns(layout)
        writer.writerows([] if clips.columns else [names])
        writer.writerows([row[name] for name in names] for row in rows)
        text = out.getvalue()
    elif clips.format == "jsonl":
        text = "".join(orjson.dumps(row).decode() + "\n" for row in rows)
    else:
        items: Any = rows
        for key in reversed([key for key in clips.at.split(".") if key]):
            items = {key: items}
        text = orjson.dumps(items).decode()
    file.write_text(text, encoding="utf-8")


def _role(tree: _Tree, layout: LayoutCard, how: RoleCard, row: Row, count: int) -> None:
    place, size = fill(how.path, row).replace("*", "any"), _size(layout, how, row)
    if how.views:
        for sub in _VIEWS if "*" in how.views else how.views.values():
            _folder(tree, f"{place}/{fill(sub, row)}", how, size, _before_slice(how, count))
    elif how.pick:
        for name in how.pick:
            number = _before_slice(how, count) if "*" in name else 1
            for index in range(number):
                tree.put(f"{place}/{fill(name, row).replace('*', f'{index:05d}')}", how, size, 1)
    elif Path(place).suffix.lower() in _FILES:
        tree.put(place, how, size, count)
    else:
        sliced = layout.roles[how.stems] if how.stems else how
        _folder(tree, place, how, size, _before_slice(sliced, count))


def _folder(tree: _Tree, place: str, how: RoleCard, size: tuple[int, int], count: int) -> None:
    suffix = ".dpt" if how.format == "dpt" else ".png"
    for index in range(count):
        tree.put(f"{place}/{index:05d}{suffix}", how, size, 1)


def _count(layout: LayoutCard, how: RoleCard, row: Row, number: int, clips: int) -> int:
    """Frames of one of so many clips; a total is shared out, the rest to the first."""
    own: int | None = by_clip(how.count, row.get("clip", ""), row)
    if own is None and how.total is not None:
        own = how.total // clips + (how.total % clips if number == 0 else 0)
    if own is None and how.like:
        return _count(layout, layout.roles[how.like], row, number, clips)
    return own or _FRAMES


def _before_slice(how: RoleCard, count: int) -> int:
    """So many frames that the role's slice leaves `count`."""
    start, stop, step = (how.frames + "::").split(":")[:3] if how.frames else ("", "", "")
    return int(start or 0) + (count - 1) * int(step or 1) + 1 - min(int(stop or 0), 0)


def _size(layout: LayoutCard, how: RoleCard, row: Row) -> tuple[int, int]:
    own: tuple[int, int] | None = by_clip(how.size, row.get("clip", ""), row)
    if own is None and how.like and how.shrink:
        width, height = _size(layout, layout.roles[how.like], row)
        return width // how.shrink, height // how.shrink
    return own or SIZE


class _Tree:
    """Files below a root; those of one kind and size are written once and linked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made: dict[tuple[Any, ...], Path] = {}

    def put(self, name: str, how: RoleCard, size: tuple[int, int], frames: int) -> None:
        place = self.root / name
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        kind = (place.suffix.lower(), how.kind, how.factor, how.unit, size, frames)
        if kind in self.made:
            try:
                os.link(self.made[kind], place)
                return
            except OSError:
                pass  # no hard links here, or too many of one file: write it once more, and link that
        _write(place, how, size, frames)
        self.made[kind] = place


def _write(place: Path, how: RoleCard, size: tuple[int, int], frames: int) -> None:
    import cv2

    width, height = size
    suffix = place.suffix.lower()
    if suffix == ".dpt":
        head = np.float32(202021.25).tobytes() + np.array([width, height], "<i4").tobytes()
        place.write_bytes(head + np.ones((height, width), "<f4").tobytes())
    elif suffix in VIDEO_SUFFIXES:
        write_video(place, np.full((frames, height, width, 3), 128, np.uint8), fps=24.0)
    elif suffix == ".npz":
        np.savez(place, **dict(_arrays(how, size, frames)), allow_pickle=False)
    elif suffix == ".json":
        place.write_bytes(orjson.dumps({name: value.tolist() for name, value in _arrays(how, size, frames).items()}))
    elif how.kind == "depth":
        cv2.imwrite(str(place), np.full((height, width), min(65535, round(2 * how.factor)), np.uint16))
    else:
        cv2.imwrite(str(place), np.full((height, width, 3), 128, np.uint8))


def _arrays(how: RoleCard, size: tuple[int, int], frames: int) -> Mapping[str, np.ndarray]:
    width, height = size
    if how.kind == "depth":
        return {"depth": np.full((frames, height, width), 2.0, np.float32), "unit": np.array(how.unit or "metres")}
    if how.kind == "flow":
        return {"flow": np.zeros((frames, height, width, 2), np.float32)}
    if how.kind == "tracks":
        return {"tracks": np.zeros((frames, 4, 2), np.float32), "visible": np.ones((frames, 4), bool)}
    if how.kind == "camera":
        intrinsics = np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1]])
        poses = np.tile(np.eye(4), (frames, 1, 1))
        return {
            "intrinsics": np.tile(intrinsics, (frames, 1, 1)), "world_to_camera": poses,
            "convention": np.array("opencv"),
        }  # fmt: skip
    return {"frames": np.full((frames, height, width, 3), 128, np.uint8)}
