"""Stills and H.264 previews for the report, made once and kept while they are newer than their source."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vbench_py.types import VbenchError

log = logging.getLogger(__name__)

STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
PREVIEW_WIDTH = 480
WORKERS = 2


@dataclass(frozen=True)
class Shown:
    """What stands in a tile: `url` relative to the report, or the `reason` why there is nothing to show."""

    kind: Literal["video", "image", "none"]
    url: str = ""
    reason: str = ""


class Gallery:
    """Makes previews under `destination`/media. With `previews` off, only those already there are shown."""

    def __init__(self, destination: Path, *, previews: bool = True) -> None:
        self._folder = destination / "media"
        self._previews = previews
        self._shown: dict[Path, Shown] = {}
        self._facts: dict[Path, tuple[str, ...]] = {}

    def show(self, source: Path, fps: float | None = None) -> Shown:
        """The preview of a video, image folder or still. Media that cannot be read become a reason, not an error.

        `fps` is for media without a clock of their own (folders of images).
        """
        if source not in self._shown:
            self._shown[source] = self._make(source, fps)
        return self._shown[source]

    def prepare(self, sources: Mapping[Path, float | None]) -> None:
        """Makes the previews of several sources, each with the `fps` of `show`, in threads."""
        with ThreadPoolExecutor(WORKERS, "preview") as pool:
            list(pool.map(self.show, sources.keys(), sources.values()))

    def facts(self, source: Path) -> tuple[str, ...]:
        """What a caption says of media that no run describes: native size, fps, frames, encoding; () if unreadable."""
        from vbench_py.video import probe

        if source not in self._facts:
            try:
                info = probe(source)
            except (VbenchError, OSError, ValueError) as error:
                if source.exists():  # else its tile says so
                    log.warning("no facts: %s", error)
                self._facts[source] = ()
            else:
                self._facts[source] = captions(
                    info.width, info.height, info.fps, info.frames if info.frames > 1 else None, info.encoding
                )
        return self._facts[source]

    def _make(self, source: Path, fps: float | None) -> Shown:
        still = source.suffix.lower() in STILLS
        # Named by path: a name from outside never becomes a path of the report.
        name = hashlib.sha256(os.fsencode(source.absolute())).hexdigest()[:16] + (".png" if still else ".mp4")
        target = self._folder / name
        shown = Shown("image" if still else "video", f"media/{name}")
        try:
            if not source.exists():
                return Shown("none", reason="file not found")
            if target.exists() and target.stat().st_mtime >= _modified(source):
                return shown
            if not self._previews:
                return Shown("none", reason="previews are off")
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f"part-{os.getpid()}-{name}")
            try:
                if still:
                    _write_still(source, partial)
                else:
                    _write_video(source, partial, fps)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        except (VbenchError, OSError, ValueError) as error:
            log.warning("no preview of %s: %s", source, error)
            return Shown("none", reason=f"no preview: {error}".replace(str(source), source.name))
        return shown


def captions(
    width: int | None, height: int | None, fps: float | None, frames: int | None, *more: str
) -> tuple[str, ...]:
    """What is known of a picture, in words."""
    size = f"{width}×{height}" if width and height else ""
    return tuple(filter(None, (size, f"{fps:g} fps" if fps else "", f"{frames} frames" if frames else "", *more)))


def _modified(source: Path) -> float:
    """Seconds since the epoch; of a folder, its newest entry's."""
    entries = list(source.iterdir()) if source.is_dir() else []
    return max(path.stat().st_mtime for path in [source, *entries])


def _write_video(source: Path, destination: Path, fps: float | None) -> None:
    from vbench_py.video import write_preview

    write_preview(source, destination, max_width=PREVIEW_WIDTH, fps=None if source.is_file() else fps)


def _write_still(source: Path, destination: Path) -> None:
    from PIL import Image

    with Image.open(source) as image:
        small = image.convert("RGB")
        small.thumbnail((PREVIEW_WIDTH, 4 * PREVIEW_WIDTH))
        small.save(destination)
