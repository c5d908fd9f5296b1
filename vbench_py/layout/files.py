"""The files of one role of one clip: found by name, counted, and laid beside each other where they lie apart."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench_py.cards import RoleCard
from vbench_py.checkpoints import cache_dir
from vbench_py.layout.rows import listing
from vbench_py.layout.text import Row, fill
from vbench_py.types import UsageError
from vbench_py.video.find import image_files, is_hidden, natural_key


@dataclass(frozen=True)
class Found:
    """What lies there: a file (`frames` is empty), a folder of frames, or a grid's views. `whole`: nothing left out."""

    path: Path
    frames: tuple[Path, ...] = ()
    views: tuple[tuple[str, tuple[Path, ...]], ...] = ()
    whole: bool = True

    @property
    def length(self) -> int | None:
        """Frames (of each view); None for a file, whose length its name does not tell."""
        return len(self.views[0][1]) if self.views else len(self.frames) or None

    @property
    def first(self) -> Path:
        """The file whose header tells the size."""
        return self.views[0][1][0] if self.views else (self.frames or (self.path,))[0]


def find_files(role: RoleCard, row: Row, root: Path) -> Found:
    """What a role of a clip is made of, by names alone. Raises `UsageError` saying what, where, expected and found."""
    where = fill(role.path, row)
    place = root / where
    if role.views:
        views = tuple((name, _view(role, place / fill(sub, row), root)) for name, sub in role.views.items())
        lengths = {name: len(frames) for name, frames in views}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name}: {length}" for name, length in lengths.items())
            raise UsageError(f"{where}: expected views of equal length, found {found}")
        return Found(place, views=views, whole=False)
    if not role.pick and place.is_file():
        return Found(place)
    if not place.is_dir():
        raise UsageError(f"{where}: expected a file or a folder of frames, found nothing")
    frames = picked(role, row, place) if role.pick else _frames(role, place)
    kept = kept_of(role, frames)
    if not kept:
        raise UsageError(f"{where}: expected frames, found {len(frames)} of which {role.frames or 'all'} leaves none")
    whole = not role.pick and len(kept) == len(frames)
    return Found(place, tuple(kept), whole=whole)


def picked(role: RoleCard, row: Row, place: Path) -> list[Path]:
    frames: list[Path] = []
    missing: list[str] = []
    for text in role.pick:
        name = fill(text, row)
        if "*" in name:
            found = sorted(place.glob(name), key=lambda path: natural_key(path.name))
            frames += [path for path in found if not is_hidden(path)]
        elif (place / name).is_file():
            frames.append(place / name)
        else:
            missing.append(name)
    if missing:
        raise UsageError(f"{fill(role.path, row)}: expected {listing(missing)}, found no such file")
    return frames


def _view(role: RoleCard, place: Path, root: Path) -> tuple[Path, ...]:
    if not place.is_dir():
        raise UsageError(f"{place.relative_to(root).as_posix()}: expected a view's folder of frames, found nothing")
    return tuple(kept_of(role, _frames(role, place)))


def _frames(role: RoleCard, place: Path) -> list[Path]:
    if role.format == "dpt":
        return sorted(place.glob("*.dpt"), key=lambda path: natural_key(path.name))
    return image_files(place)


def kept_of(role: RoleCard, frames: list[Path]) -> list[Path]:
    """The frames that the role's slice leaves, cut to 1 + a multiple of its `keep_every`."""
    bounds = [int(part) if part else None for part in role.frames.split(":")] if role.frames else [None]
    kept = frames[slice(*bounds)]
    return kept[: len(kept) - (len(kept) - 1) % role.keep_every] if kept else kept


def media_path(found: Found) -> Path:
    """One path that holds just these frames: the file or folder itself, or a folder of links in the cache."""
    if found.whole:
        return found.path
    groups = found.views or (("", found.frames),)
    entries = [
        (f"{name}/{index:06d}{frame.suffix.lower()}".lstrip("/"), frame.resolve())
        for name, frames in groups
        for index, frame in enumerate(frames)
    ]
    return linked(entries)


def linked(entries: Sequence[tuple[str, Path]]) -> Path:
    """A folder in the cache with these (name, file) pairs as links (copies where links are refused), made once."""
    content = "\n".join(f"{name}\0{file}" for name, file in entries)
    folder = cache_dir() / "layouts" / hashlib.sha256(content.encode()).hexdigest()[:32]
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    for name, file in entries:
        place = part / name
        place.parent.mkdir(parents=True, exist_ok=True)
        _link(file, place)
    try:
        part.rename(folder)
    except OSError:
        # Another process was first, with the same links.
        shutil.rmtree(part)
    return folder


def _link(file: Path, place: Path) -> None:
    for way in (os.symlink, os.link, shutil.copyfile):
        try:
            way(file, place)
            return
        except OSError:
            if way is shutil.copyfile:
                raise
