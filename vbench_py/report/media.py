"""Pictures for the report: stills, H.264 previews and what is drawn of them, kept while newer than their sources."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vbench_py.report import drawing, errors, profiles
from vbench_py.report.unlike import Unlike
from vbench_py.types import VbenchError

if TYPE_CHECKING:
    from vbench_py.video import VideoInfo

log = logging.getLogger(__name__)

STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
WORKERS = 2
EDITION = "2"
"""Part of every file's name: goes up when pictures of the same sources come to look otherwise."""

Writer = Callable[[tuple[Path, ...], Path, float | None], None]
WRITERS: Mapping[str, Writer] = {
    "preview": drawing.preview,
    "outline": drawing.outline,
    "trails": drawing.trails,
    "error": errors.write,
    "profile": profiles.write,
}


@dataclass(frozen=True)
class Shown:
    """What stands in a tile: `url` relative to the report, or the `reason` why there is nothing to show."""

    kind: Literal["video", "image", "none"]
    url: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Recipe:
    """How a picture is made of its `sources`, by one of `WRITERS`. `fps` is for media without a clock of their own."""

    sources: tuple[Path, ...]
    fps: float | None = None
    what: str = "preview"

    @property
    def still(self) -> bool:
        return self.what == "profile" or self.sources[0].suffix.lower() in STILLS


class Gallery:
    """Makes pictures under `destination`/media. With `previews` off, only those already there are shown."""

    def __init__(self, destination: Path, *, previews: bool = True) -> None:
        self._folder = destination / "media"
        self._previews = previews
        self._shown: dict[Recipe, Shown] = {}
        self._infos: dict[Path, VideoInfo | None] = {}
        self._ends: dict[Path, tuple[float, float] | None] = {}

    def show(self, recipe: Recipe) -> Shown:
        """The picture of a recipe. Media that cannot be read become a reason, not an error."""
        if recipe not in self._shown:
            self._shown[recipe] = self._make(recipe)
        return self._shown[recipe]

    def prepare(self, recipes: Iterable[Recipe]) -> None:
        """Makes several pictures in threads."""
        with ThreadPoolExecutor(WORKERS, "preview") as pool:
            list(pool.map(self.show, dict.fromkeys(recipes)))

    def info(self, source: Path) -> VideoInfo | None:
        """What is known of a medium; None where it cannot be read, which its tile then says."""
        from vbench_py.video import probe

        if source not in self._infos:
            try:
                self._infos[source] = probe(source)
            except (VbenchError, OSError, ValueError) as error:
                log.debug("no facts: %s", error)
                self._infos[source] = None
        return self._infos[source]

    def depth_ends(self, source: Path) -> tuple[float, float] | None:
        """The values of depth between which colours differ, in its unit; None where it cannot be read."""
        if source not in self._ends:
            try:
                self._ends[source] = drawing.depth_ends(source)
            except (VbenchError, OSError, ValueError) as error:
                log.debug("no range: %s", error)
                self._ends[source] = None
        return self._ends[source]

    def _make(self, recipe: Recipe) -> Shown:
        # Named by paths: a name from outside never becomes a path of the report.
        words = (EDITION, recipe.what, *(os.fsencode(path.absolute()).hex() for path in recipe.sources))
        name = hashlib.sha256(" ".join(words).encode()).hexdigest()[:16] + (".png" if recipe.still else ".mp4")
        target = self._folder / name
        shown = Shown("image" if recipe.still else "video", f"media/{name}")
        try:
            if not all(path.exists() for path in recipe.sources):
                return Shown("none", reason="file not found")
            if target.exists() and target.stat().st_mtime >= max(map(_modified, recipe.sources)):
                return shown
            if not self._previews:
                return Shown("none", reason="previews are off")
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f"part-{os.getpid()}-{name}")
            try:
                WRITERS[recipe.what](recipe.sources, partial, recipe.fps)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        except Unlike as error:
            return Shown("none", reason=str(error))
        except (VbenchError, OSError, ValueError) as error:
            log.warning("no %s of %s: %s", recipe.what, recipe.sources[0], error)
            text = str(error)
            for path in recipe.sources:
                text = text.replace(str(path), path.name)
            return Shown("none", reason=f"no {recipe.what}: {text}")
        return shown


def captions(
    width: int | None, height: int | None, fps: float | None, frames: int | None, *more: str
) -> tuple[str, ...]:
    """What is known of a picture, in words."""
    size = f"{width}×{height}" if width and height else ""
    return tuple(filter(None, (size, f"{fps:g} fps" if fps else "", f"{frames} frames" if frames else "", *more)))


def _modified(source: Path) -> float:
    """Seconds since the epoch; of a folder, the newest of what is in it, two levels deep as in a grid of views."""
    entries = [*source.glob("*"), *source.glob("*/*")] if source.is_dir() else []
    return max(path.stat().st_mtime for path in [source, *entries])
