"""A sample's media in the form that a program reads: images, videos without loss, folders of frames, arrays, masks."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.adapters.command.scope import Item
from vbench_py.recipe_card import InputCard
from vbench_py.recipes.values import fill
from vbench_py.types import Unsupported, UsageError
from vbench_py.video import VideoWriter, check_mask, read_chunks

VIDEO_ENCODINGS = {".mkv": "ffv1", ".mp4": "h264-crf0"}
"""What we write where the medium's own file cannot be handed over; libx264 at crf 0 loses only what 4:2:0 drops."""
_DEFAULT_FPS = 8.0


def write_medium(card: InputCard, item: Item, path: Path) -> str:
    """Writes the medium for one sample, and says what was done to it ("" for nothing that changes a pixel)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = item.resolved.request.media[card.role]
    size = _size(card, item)
    count = fill(card.frames, item)
    if card.kind == "video" and size is None and count is None and source.is_file() and source.suffix == path.suffix:
        _same(source, path)
        return ""
    frames = _frames(card, item, source, size, count)
    told = [f"stretched to {size[0]}x{size[1]}"] if size else []
    if card.kind == "image":
        _image(next(frames), path)
        return told[0] if told else ""
    if card.kind == "frames":
        path.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(frames):
            _image(frame, path / (card.names % number))
    elif card.kind == "array":
        _array(frames, path)
    elif path.suffix == ".png":
        _image(next(frames), path)
    else:
        told += [f"written as {_video(card, item, frames, path)}"]
    return ", ".join(told)


def _size(card: InputCard, item: Item) -> tuple[int, int] | None:
    if card.size is None:
        return None
    width, height = fill(card.size, item)
    info = item.info(card.role)
    if width is None or height is None or (int(width), int(height)) == (info.width, info.height):
        return None
    return int(width), int(height)


def _frames(
    card: InputCard, item: Item, source: Path, size: tuple[int, int] | None, count: int | None
) -> Iterator[np.ndarray]:
    info = item.info(card.role)
    if count is not None and info.frames < int(count):
        raise Unsupported("frames", f"{card.role} has {info.frames}; the code takes {count}")
    frames = (frame for chunk in read_chunks(source) for frame in chunk)
    for index, frame in enumerate(itertools.islice(frames, count if count is None else int(count))):
        if card.kind == "mask":
            check_mask(source, frame[..., 0], index)
        yield _stretched(frame, size, nearest=card.kind == "mask") if size else frame


def _stretched(frame: np.ndarray, size: tuple[int, int], *, nearest: bool) -> np.ndarray:
    import cv2

    smaller = size[0] * size[1] < frame.shape[0] * frame.shape[1]
    kernel = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, size, interpolation=kernel))


def _image(frame: np.ndarray, path: Path) -> None:
    from PIL import Image

    options: dict[str, Any] = {"quality": 100, "subsampling": 0} if path.suffix.lower() in (".jpg", ".jpeg") else {}
    Image.fromarray(np.ascontiguousarray(frame)).save(path, **options)


def _array(frames: Iterator[np.ndarray], path: Path) -> None:
    """.npy (T, H, W, 3) uint8, written as it is read: the count goes into the header at the end."""
    first = next(frames)
    count = 0
    with path.open("wb") as sink:
        _header(sink, (0, *first.shape))
        for count, frame in enumerate(itertools.chain([first], frames), 1):  # noqa: B007
            sink.write(np.ascontiguousarray(frame).data)
        sink.seek(0)
        _header(sink, (count, *first.shape))


def _header(sink: object, shape: tuple[int, ...]) -> None:
    # Padded by NumPy for a first axis of any length, so that it can be written again.
    np.lib.format.write_array_header_1_0(sink, {"descr": "|u1", "fortran_order": False, "shape": shape})  # type: ignore[arg-type]


def _video(card: InputCard, item: Item, frames: Iterator[np.ndarray], path: Path) -> str:
    if path.suffix not in VIDEO_ENCODINGS:
        raise UsageError(f"recipe: input {card.path}: a video ends in .mp4 or .mkv")
    fps = fill(card.fps, item) or item.info(card.role).fps or item("fps") or _DEFAULT_FPS
    with VideoWriter(path, fps=float(fps), encoding=VIDEO_ENCODINGS[path.suffix]) as writer:
        for frame in frames:
            writer.write(frame)
    return VIDEO_ENCODINGS[path.suffix]


def _same(source: Path, path: Path) -> None:
    """A copy: foreign code may write into its inputs."""
    if source.is_dir():
        shutil.copytree(source, path)
    else:
        shutil.copyfile(os.fspath(source), path)
