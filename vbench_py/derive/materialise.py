"""Recipes made into files in the cache, once, under a name that says exactly what is in them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from vbench_py.checkpoints import cache_dir
from vbench_py.derive import chain as chains
from vbench_py.derive.operator import Frames, Maker, Operator
from vbench_py.derive.temporal import Trim
from vbench_py.keys import key
from vbench_py.types import BadMedia, Media
from vbench_py.video import VideoWriter, file_sha256, probe, read_chunks
from vbench_py.video.storage import writing

FALLBACK_FPS = 24.0
"""Written where the source has no clock (folders of images, arrays)."""

_CHUNK_BYTES = 8 << 20


def identity(media: Media) -> str:
    """What `media` is, wherever it lies: a file's sha256, or a hash of source sha256, operators, parameters and seed.

    Parameters left at their default and parameters that spell it out give the same identity. Reads the file when
    `media.sha256` is None. Raises `UsageError` for a malformed recipe.
    """
    operators = chains.check(media.steps)
    source = media.sha256 or _sha256(media.path)
    if not operators:
        return source
    steps = [(operator.id, operator.version, operator.model_dump()) for operator in operators]
    return key("media", {"source": source, "steps": steps, "seed": media.seed})


def _sha256(path: Path) -> str:
    """A file is read again only when its size or time has changed: planning asks for the same one many times."""
    if not path.is_file():
        return file_sha256(path)
    about = path.stat()
    return _sha256_of(path, about.st_size, about.st_mtime_ns)


@functools.lru_cache(maxsize=1 << 16)
def _sha256_of(path: Path, size: int, changed: int) -> str:
    return file_sha256(path)


def place(media: Media, cache: Path | None = None) -> Path:
    """Where `materialise` puts the file of `media`; nothing is made. Raises `UsageError` for a malformed recipe."""
    operators = chains.check(media.steps)
    if not operators:
        return media.path
    return (cache or cache_dir()) / "media" / f"{identity(media)}{_suffix(operators)}"


def _suffix(operators: Sequence[Operator]) -> str:
    first = operators[0]
    if isinstance(first, Maker) and not first.pictures:
        return first.suffix
    return ".png" if chains.is_still(operators) else ".mkv"


def materialise(media: Media, cache: Path | None = None) -> Path:
    """The file of `media`: its own path without steps, else `cache/media/<identity>.mkv` (FFV1), `.png` for a still,
    `.npz` for depth and its like, a folder for views.

    Made once, streamed (a few frames in memory), and put in place in one move: a reader never sees a part of it, and
    two processes that make the same at once agree. `cache` None is `vbench_py.checkpoints.cache_dir()`. Raises
    `UsageError` for a malformed recipe before any work, `BadMedia` naming the source when it does not suit, and
    `StorageError` when the cache cannot be written.
    """
    target = place(media, cache)
    operators = chains.check(media.steps)
    if operators and not target.exists():
        try:
            _make(media, operators, target)
        except BadMedia as error:
            names = " > ".join(operator.id for operator in operators)
            raise BadMedia(f"{media.path}: cannot be made into {names}: {error}") from error
    return target


def _make(media: Media, operators: Sequence[Operator], target: Path) -> None:
    first = operators[0]
    if isinstance(first, Maker):
        if first.pictures:
            frames = chains.stream(operators[1:], first.draw(media.path, media.seed), media.seed)
            _write(frames, target, chains.rate(operators[1:], first.clock or FALLBACK_FPS))
            return
        with writing(target) as part:
            first.make(media.path, part, media.seed)
        return
    info = probe(media.path)
    start = 0
    if isinstance(first, Trim) and first.start + first.frames <= info.frames:
        # The reader seeks, so a clip from the end of a film costs what one from its start does.
        start, operators = first.start, (first.model_copy(update={"start": 0}), *operators[1:])
    with closing(read_chunks(media.path, start=start, chunk_bytes=_CHUNK_BYTES, info=info)) as source:
        frames = chains.stream(operators, source, media.seed)
        _write(frames, target, chains.rate(operators, info.fps or FALLBACK_FPS))


def _write(frames: Frames, target: Path, fps: float) -> None:
    if target.suffix == ".png":
        _write_image(frames, target)
        return
    with VideoWriter(target, fps=fps) as writer:
        for chunk in frames:
            writer.write(chunk)


def _write_image(frames: Frames, target: Path) -> None:
    import cv2

    first = next(frames, None)
    if first is None:
        raise BadMedia("it has no frames", mend="check the source")
    _, encoded = cv2.imencode(".png", first[0][..., ::-1])
    with writing(target) as part:
        part.write_bytes(encoded.tobytes())
