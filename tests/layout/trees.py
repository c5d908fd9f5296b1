"""Tiny datasets for the suites with a layout, cut to a few clips, and ways of breaking them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson

from vbench_py import catalogue, layout
from vbench_py.cards import RoleCard, SuiteCard
from vbench_py.layout.files import Found
from vbench_py.layout.text import fields, fill, fixed
from vbench_py.layout.tiny import make
from vbench_py.video import write_video
from vbench_py.video.info import IMAGE_SUFFIXES, VIDEO_SUFFIXES

CLIPS = 4
SUITES = [name for name, found in catalogue.entries("suite").items() if "layout" in found.data]


def few(card: SuiteCard) -> SuiteCard:
    """The card with at most four clips and five frames more than it needs, for quick trees; names and rules stay."""
    assert card.layout is not None
    clips = card.layout.clips
    names = clips.names[:CLIPS]
    count = min(clips.count or CLIPS, CLIPS) if clips.count or names else None
    roles = {role: _few_frames(how, names) for role, how in card.layout.roles.items()}
    cut = clips.model_copy(update={"names": names, "count": count})
    return card.model_copy(update={"layout": card.layout.model_copy(update={"clips": cut, "roles": roles})})


def _few_frames(how: RoleCard, names: tuple[str, ...]) -> RoleCard:
    count: Any = {name: how.count[name] for name in names} if isinstance(how.count, Mapping) else how.count
    size: Any = {name: how.size[name] for name in names} if isinstance(how.size, Mapping) else how.size
    return how.model_copy(update={"count": count, "size": size, "total": 5 * CLIPS if how.total else None})


def tree(card: SuiteCard, folder: Path) -> Path:
    """A correct tiny tree in `folder`; the root of the dataset."""
    assert card.layout is not None
    return make(card, folder) / card.layout.root


def faults(card: SuiteCard) -> str:
    """Everything that is said of the tree: names, counts and headers."""
    seen = layout.scan(card)
    return "\n".join([*seen.faults, *layout.header_faults(card, seen)])


Breakage = Callable[[SuiteCard, Path], str]
"""Spoils a tree; gives what the message must name, "" where such a fault cannot exist in this layout."""


def _found(card: SuiteCard, clip: int = -1) -> dict[str, Found]:
    return dict(layout.scan(card).clips[clip].found)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def missing_clip(card: SuiteCard, root: Path) -> str:
    """One clip's files of the first role are gone."""
    assert card.layout is not None
    found = _found(card)
    clips = card.layout.clips
    if not found or not (clips.names or clips.count or clips.file):
        return ""
    role, files = next(iter(found.items()))
    if not any(fields(text) for text in (card.layout.roles[role].path, *card.layout.roles[role].pick)):
        return ""
    if card.layout.roles[role].pick:
        for frame in files.frames:
            frame.unlink(missing_ok=True)
        return "found"
    if clips.match:
        _remove(root / fill(clips.match, layout.scan(card).clips[-1].row))
        return f"expected {clips.count} clips"
    _remove(files.path)
    return "found nothing"


def extra_clip(card: SuiteCard, root: Path) -> str:
    """One clip more than the card knows, in the folder or in the list."""
    assert card.layout is not None
    clips = card.layout.clips
    if clips.file:
        return _one_row_more(card, root)
    if not clips.names and clips.count is None:
        return ""
    roles = [how for how in card.layout.roles.values() if how.path and not how.origin]
    text = clips.match or next(place for how in roles for place in (how.path, *how.pick) if "{clip}" in place)
    parts = text.split("/")
    at = max(index for index, part in enumerate(parts) if fields(part))
    if clips.match:
        last = root / _first_match(root, parts[:at]) / parts[at].replace("{" + fields(parts[at])[-1] + "}", "zz-extra")
        last = Path(str(last).replace("{", "").replace("}", ""))
        (last / "/".join(parts[at + 1 :])).mkdir(parents=True)
        return f"expected {clips.count} clips"
    at = next(index for index, part in enumerate(parts) if "{clip}" in part)
    (root / "/".join(parts[:at]) / parts[at].replace("{clip}", "zz-extra")).mkdir(parents=True)
    return "zz-extra"


def _first_match(root: Path, parts: list[str]) -> Path:
    """A place that is there and has the form of these parts."""
    place = root
    for part in parts:
        place = next(entry for entry in sorted(place.iterdir()) if entry.is_dir()) if fields(part) else place / part
    return place.relative_to(root)


def _one_row_more(card: SuiteCard, root: Path) -> str:
    assert card.layout is not None
    clips = card.layout.clips
    if clips.first is not None or clips.count is None:
        return ""

    def longer(rows: list[Any]) -> list[Any]:
        return [*rows, _other(rows[-1])]

    _change_rows(card, root, longer)
    return f"expected {clips.count} rows, found {clips.count + 1}"


def _other(row: Any) -> Any:
    """A row that differs in every 0."""
    return orjson.loads(orjson.dumps(row).replace(b"0", b"1")) if isinstance(row, dict) else row.replace("0", "1")


def _change_rows(card: SuiteCard, root: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    """The list file with other rows: lines of text, or objects where it is JSON."""
    assert card.layout is not None
    clips = card.layout.clips
    file = root / clips.file
    if clips.format != "json":
        file.write_text("\n".join(change(file.read_text().splitlines())) + "\n")
        return
    whole = orjson.loads(file.read_bytes())
    keys = [key for key in clips.at.split(".") if key]
    if not keys:
        file.write_bytes(orjson.dumps(change(whole)))
        return
    inner = whole
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = change(inner[keys[-1]])
    file.write_bytes(orjson.dumps(whole))


def missing_frame(card: SuiteCard, root: Path) -> str:
    """One frame of one clip is gone, or its video is a frame short."""
    assert card.layout is not None
    for role, files in _found(card).items():
        how = card.layout.roles[role]
        told = how.count or how.total or how.like or how.numbered or how.stems or how.pick
        frames = files.views[0][1] if files.views else files.frames
        if len(frames) > 2 and (told or files.views):
            frames[1].unlink()
            return role
        if files.path.suffix in VIDEO_SUFFIXES and isinstance(how.count, int) and how.count > 1:
            first = layout.header_size(files.path)
            files.path.unlink()
            write_video(files.path, np.zeros((how.count - 1, first[1], first[0], 3), np.uint8), fps=24.0)
            return f"expected {how.count} frames"
    return ""


def missing_role(card: SuiteCard, root: Path) -> str:
    """Everything of one role is gone: the folder that all clips share, or each clip's own."""
    assert card.layout is not None
    for how in reversed(card.layout.roles.values()):
        if how.path and not how.origin and fixed(how.path) != ".":
            (root / fixed(how.path)).rename(root / "elsewhere")
            return fixed(how.path).rpartition("/")[2]
    clips = layout.scan(card).clips
    for role in reversed(clips[0].found if clips else ()):
        for clip in clips:
            files = clip.found[role]
            for place in files.frames if card.layout.roles[role].pick else (files.path,):
                if place.exists():
                    _remove(place)
        return "found" if card.layout.clips.match else role
    return ""


def wrong_size(card: SuiteCard, root: Path) -> str:
    """The first frame of a clip has another size than the card, or than the role that it must be like."""
    assert card.layout is not None
    for role, files in reversed(_found(card).items()):
        how = card.layout.roles[role]
        told = how.size or (how.like and how.shrink) or len(files.ends) > 1
        if files.ends[0].suffix in IMAGE_SUFFIXES and told:
            files.ends[0].unlink()
            cv2.imwrite(str(files.ends[0]), np.zeros((10, 14, 3), np.uint8))
            return "found 14x10"
    return ""


def unreadable(card: SuiteCard, root: Path) -> str:
    """The first file of a clip is no image, video or array."""
    return _spoilt(card, b"not what it says")


def empty_file(card: SuiteCard, root: Path) -> str:
    return _spoilt(card, b"")


def _spoilt(card: SuiteCard, content: bytes) -> str:
    found = _found(card)
    if not found:
        return ""
    first = next(iter(found.values())).ends[0]
    first.unlink()
    first.write_bytes(content)
    return first.name


def no_clips(card: SuiteCard, root: Path) -> str:
    """The dataset's folder is empty, but for an empty list."""
    assert card.layout is not None
    for entry in list(root.iterdir()):
        _remove(entry)
    file = card.layout.clips.file
    if file:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return "found"


def missing_list(card: SuiteCard, root: Path) -> str:
    assert card.layout is not None
    file = card.layout.clips.file
    if file:
        (root / file).unlink()
    return file


def short_list(card: SuiteCard, root: Path) -> str:
    """The list lacks its last row."""
    assert card.layout is not None
    clips = card.layout.clips
    if not clips.file or clips.count is None:
        return ""
    _change_rows(card, root, lambda rows: rows[:-1])
    return f"expected {clips.count} rows, found {clips.count - 1}"


def twice_listed(card: SuiteCard, root: Path) -> str:
    """A row of the list stands twice."""
    assert card.layout is not None
    clips = card.layout.clips
    if not clips.file or clips.first is not None:
        return ""
    _change_rows(card, root, lambda rows: [*rows, rows[-1]])
    return "stands 2 times"


def torn_list(card: SuiteCard, root: Path) -> str:
    """A row of the list is cut off, or the list is no text."""
    assert card.layout is not None
    if card.layout.clips.file:
        (root / card.layout.clips.file).write_bytes(b"\xff\xfe\xff")
    return card.layout.clips.file


BREAKAGES: dict[str, Breakage] = {
    breakage.__name__: breakage
    for breakage in (
        missing_clip,
        extra_clip,
        missing_frame,
        missing_role,
        wrong_size,
        unreadable,
        empty_file,
        no_clips,
        missing_list,
        short_list,
        twice_listed,
        torn_list,
    )
}
