"""Files that exist already, brought into an output folder: as they are, or, where they lack something that their maker
states (the frame rate of images, the unit of depth), rewritten without loss and with a record of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from vbench_py.adapters.depths import is_depth_folder, stored_depth, write_with_unit
from vbench_py.adapters.manifest import Row
from vbench_py.adapters.matching import frames_of
from vbench_py.adapters.placing import link, place
from vbench_py.types import BadMedia
from vbench_py.video import VideoInfo, VideoWriter, file_sha256, probe, read_chunks, read_image, view_outputs
from vbench_py.video.info import ARRAY_SUFFIXES

_CLOCKLESS = frozenset({"images", "npz"})


@dataclass(frozen=True)
class Brought:
    """Where an output lies now, how it was encoded before, and what was done to it ("": nothing)."""

    path: Path
    encoding: str
    done: str = ""


def bring(row: Row, folder: Path, *, depth: bool) -> dict[str, Brought]:
    """The outputs of `row` below `folder`, by name. `depth`: arrays in it are depth, whatever they are called.

    Raises `BadMedia` for what cannot be read, is not what `sha256` says, lacks its unit, or has one though it is none.
    """
    if row.parts:
        named = {name: replace(part, unit=part.unit or row.unit, fps=part.fps or row.fps)
                 for name, part in row.parts.items()}  # fmt: skip
        return {name: _one(part, folder, name, depth=depth) for name, part in named.items()}
    check_content(row)
    row = replace(row, sha256="")
    if "*" not in row.path.name and not is_array(row, depth):
        info = probe(row.path)
        if info.members:
            rows = {name: replace(row, path=path) for name, path in view_outputs(info).items()}
            return {name: _one(part, folder, name, depth=depth) for name, part in rows.items()}
        if info.kind == "depth":
            return {"depth": _one(row, folder, "depth", depth=True)}
    name = "depth" if is_array(row, depth) else "video"
    return {name: _one(row, folder, name, depth=depth)}


def is_array(row: Row, depth: bool) -> bool:
    """Whether it is depth: an array that is asked for as depth, or whose unit is said, or a folder of frames."""
    if is_depth_folder(row.path):
        return True
    return row.path.suffix.lower() in ARRAY_SUFFIXES and row.path.is_file() and (depth or bool(row.unit))


def _one(row: Row, folder: Path, name: str, *, depth: bool) -> Brought:
    check_content(row)
    if is_array(row, depth):
        return _depth(row, folder, name)
    if row.unit:
        raise BadMedia(f"{row.name}: is no array, and unit={row.unit} was said", mend="give depth as .npz or .npy")
    files = frames_of(row.path)
    if not files:
        raise BadMedia(f"{row.name}: no file fits", mend="check the path")
    if "*" in row.path.name and not row.path.exists():
        return _frames(row, files, folder, name)
    info = probe(row.path)
    encoding = row.encoding or ("lossless" if info.lossless else info.encoding)
    if row.fps is None or info.fps is not None or info.reader not in _CLOCKLESS or info.frames < 2:
        return Brought(place(row.path, folder, name), encoding)
    path = folder / f"{name}.mkv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, fps=row.fps) as writer:
        for chunk in read_chunks(row.path):
            writer.write(chunk)
    return Brought(path, encoding, _told(info, row.fps))


def _frames(row: Row, files: list[Path], folder: Path, name: str) -> Brought:
    """The frames that a pattern fits: a folder of their own, or a video where their rate is said."""
    info = probe(files[0])
    encoding = row.encoding or ("lossless" if info.lossless else info.encoding)
    if row.fps is None:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(files):
            link(file.resolve(), folder / name / f"{number:06d}{file.suffix.lower()}")
        return Brought(folder / name, encoding, f"{len(files)} frames of {row.name} in a folder")
    path = folder / f"{name}.mkv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, fps=row.fps) as writer:
        for file in files:
            writer.write(read_image(file))
    return Brought(path, encoding, _told(info, row.fps))


def _told(info: VideoInfo, fps: float) -> str:
    return f"{info.encoding} frames written as ffv1 at {fps:g} frames a second, as was said; pixels unchanged"


def _depth(row: Row, folder: Path, name: str) -> Brought:
    stored = stored_depth(row.path)
    if stored.array == "depth" and stored.unit and row.unit in ("", stored.unit):
        return Brought(place(row.path, folder, name), row.encoding or "lossless")
    path = folder / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    done = write_with_unit(stored, row.unit, path)
    return Brought(path, row.encoding or "lossless", done)


def check_content(row: Row) -> None:
    """Raises `BadMedia` when the file is not what the manifest was written for."""
    if row.sha256 and content_sha256(row.path) != row.sha256:
        raise BadMedia(
            f"{row.name}: is not the file that the manifest names (another sha256)",
            mend="restore it, or write the manifest again",
        )


def content_sha256(path: Path) -> str:
    """Sha256 of a file or folder, or of the files that a pattern fits, in order. Raises `BadMedia`."""
    files = frames_of(path)
    if files == [path]:
        return file_sha256(path)
    return hashlib.sha256("".join(f"{file.name}\0{file_sha256(file)}\n" for file in files).encode()).hexdigest()
