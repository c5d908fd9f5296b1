"""The files of one role of one clip: found by name, counted, and laid beside each other where they lie apart."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
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
    def ends(self) -> tuple[Path, ...]:
        """The first and the last file: their headers tell the size."""
        files = self.frames or tuple(frame for _, frames in self.views for frame in frames) or (self.path,)
        return files[:1] + files[1:][-1:]


def find_files(role: RoleCard, row: Row, root: Path, others: Mapping[str, Found]) -> Found:
    """What a role of a clip is made of, by names alone. `others` are the roles found before it.

    Raises `UsageError` saying what, where, expected and found.
    """
    where = fill(role.path, row)
    place = _only(root, where) if "*" in where else root / where
    if role.views:
        named = _subfolders(place) if "*" in role.views else role.views
        views = tuple((name, _view(role, place / fill(sub, row), root)) for name, sub in named.items())
        if not views:
            raise UsageError(f"{where}: expected a folder for each view, found none")
        lengths = {name: len(frames) for name, frames in views}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name}: {length}" for name, length in lengths.items())
            raise UsageError(f"{where}: expected views of equal length, found {found}")
        return Found(place, views=views, whole="*" in role.views and not role.frames and role.keep_every == 1)
    if not role.pick and place.is_file():
        return Found(place)
    if not place.is_dir():
        raise UsageError(f"{where}: expected a file or a folder of frames, found nothing")
    there = picked(role, row, place) if role.pick else _frames(role, place, where)
    frames = _of_stems(there, others[role.stems].frames, where) if role.stems in others else there
    kept = kept_of(role, frames)
    if not kept:
        raise UsageError(f"{where}: expected frames, found {len(frames)} of which {role.frames or 'all'} leaves none")
    return Found(place, tuple(kept), whole=not role.pick and kept == there)


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


def _only(root: Path, where: str) -> Path:
    """The one place of that form below `root`."""
    found = sorted(root.glob(where))
    if len(found) != 1:
        names = listing(path.relative_to(root).as_posix() for path in found) or "nothing"
        raise UsageError(f"{where}: expected one place of that form, found {names}")
    return found[0]


def _subfolders(place: Path) -> dict[str, str]:
    entries = place.iterdir() if place.is_dir() else ()
    names = [entry.name for entry in entries if entry.is_dir() and not is_hidden(entry)]
    return {name: name for name in sorted(names, key=natural_key)}


def _of_stems(frames: list[Path], like: tuple[Path, ...], where: str) -> list[Path]:
    """Those frames that are named as `like` are, in its order."""
    by_stem = {frame.stem: frame for frame in frames}
    missing = [other.stem for other in like if other.stem not in by_stem]
    if missing:
        raise UsageError(f"{where}: expected {listing(missing)}, found no frame of that name")
    return [by_stem[other.stem] for other in like]


def _view(role: RoleCard, place: Path, root: Path) -> tuple[Path, ...]:
    if not place.is_dir():
        raise UsageError(f"{place.relative_to(root).as_posix()}: expected a view's folder of frames, found nothing")
    return tuple(kept_of(role, _frames(role, place, place.relative_to(root).as_posix())))


def _gap(frames: Sequence[Path]) -> str:
    """The name of the first frame that is missing between numbered ones, "" where none is."""
    numbers = [re.findall(r"\d+", frame.stem) for frame in frames]
    for before, after in pairwise(range(len(frames))):
        if numbers[before] and numbers[after] and int(numbers[after][-1]) != int(numbers[before][-1]) + 1:
            last = numbers[before][-1]
            return frames[before].stem.removesuffix(last) + f"{int(last) + 1:0{len(last)}}"
    return ""


def _frames(role: RoleCard, place: Path, where: str) -> list[Path]:
    """Every frame in a folder, in natural order; a gap in the numbers of numbered ones is a fault."""
    if role.format == "dpt":
        frames = sorted(place.glob("*.dpt"), key=lambda path: natural_key(path.name))
    else:
        frames = image_files(place)
    if role.numbered and (name := _gap(frames)):
        raise UsageError(f"{where}: expected {name}, found a gap there")
    return frames


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
        (f"{name}/{index:06d}{frame.suffix.lower()}".lstrip("/"), frame.absolute())
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
    for parent in {(part / name).parent for name, _ in entries}:
        parent.mkdir(parents=True, exist_ok=True)
    for name, file in entries:
        _link(file, part / name)
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
