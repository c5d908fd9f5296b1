"""Finding videos and image folders under a folder, in the order a person expects."""

from __future__ import annotations

import os
import re
from pathlib import Path

from vbench_py.types import BadMedia
from vbench_py.video.info import ARRAY_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which "frame2" comes before "frame10"; names that differ stay apart."""
    parts = re.split(r"([0-9]+)", name)
    key = tuple((1, int(part), part) if index % 2 else (0, 0, part.casefold()) for index, part in enumerate(parts))
    return (*key, (2, 0, name))


def is_hidden(path: Path) -> bool:
    """Dot files (.DS_Store, ._clip.mp4) and the droppings of Windows and of archivers."""
    return path.name.startswith(".") or path.name.lower() in {"thumbs.db", "desktop.ini", "__macosx"}


def image_files(folder: Path) -> list[Path]:
    """The images directly in a folder, in natural order, hidden files left out. (N,) paths; may be empty."""
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not is_hidden(path) and path.is_file()
    ]
    return sorted(found, key=lambda path: natural_key(path.name))


def find_media(folder: Path | str, *, recursive: bool = False) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Media under a folder: video files, arrays and folders of images; nothing is opened, so broken files are found
    too.

    Returns (found, skipped): paths in natural order of their place below `folder`, and (path, reason) for what was
    passed over. A folder that holds images and no videos is one medium; lone images beside videos
    are skipped with a reason.
    Without `recursive`, sub-folders other than image folders are skipped with a reason.
    Raises BadMedia where `folder` is no folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise BadMedia(f"{root}: not a folder", mend="give the folder that holds the videos")
    found: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    _collect(root, recursive, found, skipped, {root.resolve()})
    return found, skipped


def _collect(
    folder: Path, recursive: bool, found: list[Path], skipped: list[tuple[Path, str]], seen: set[Path]
) -> None:
    for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name)):
        suffix = path.suffix.lower()
        if is_hidden(path):
            skipped.append((path, "hidden file"))
        elif path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
            skipped.append((path, "a folder that cannot be read: check its permissions"))
        elif path.is_dir():
            if _is_image_folder(path):
                found.append(path)
            elif recursive and path.resolve() in seen:
                skipped.append((path, "a link to a folder that was looked into"))
            elif recursive:
                seen.add(path.resolve())
                _collect(path, recursive, found, skipped, seen)
            else:
                skipped.append((path, "a folder without images; recursive=True looks inside"))
        elif suffix in VIDEO_SUFFIXES or suffix in ARRAY_SUFFIXES:
            found.append(path)
        elif suffix in IMAGE_SUFFIXES:
            skipped.append((path, "a lone image; put the frames of a clip in a folder of their own"))
        else:
            skipped.append((path, f"no video, array or image folder (suffix {suffix or 'missing'})"))


def _is_image_folder(folder: Path) -> bool:
    entries = [path for path in folder.iterdir() if not is_hidden(path)]
    if any(path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES for path in entries):
        return False
    return any(path.suffix.lower() in IMAGE_SUFFIXES for path in entries)
