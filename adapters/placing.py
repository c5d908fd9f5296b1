"""Files that exist already, brought into an output folder without touching them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def place(source: Path, folder: Path, name: str = "video") -> Path:
    """`source` (file or image folder) as `folder/name<suffix>`, by hard link where possible, else by copy."""
    source = source.resolve()
    path = folder / name if source.is_dir() else folder / f"{name}{source.suffix.lower()}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if source == path.resolve():
        return path
    if source.is_dir():
        shutil.copytree(source, path, copy_function=link)
    else:
        link(source, path)
    return path


def link(source: str | Path, destination: str | Path) -> None:
    """`destination` becomes a hard link to the file, or a copy where the disk allows none."""
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)
