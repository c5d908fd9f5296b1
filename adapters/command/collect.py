"""What a program left behind, found as the recipe says, checked, and brought into the sample's output folder."""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.adapters.command.convert import write_array, write_depth_array, write_images
from vbench_py.adapters.command.scope import Item
from vbench_py.isolate.errors import ForeignAnswer
from vbench_py.recipe_card import OutputCard
from vbench_py.recipes.values import fill, text
from vbench_py.video import natural_key, probe


@dataclass
class Collector:
    """Finds the outputs of one batch. `since` is when the program was started (seconds since the epoch)."""

    items: Sequence[Item]
    since: float

    def __post_init__(self) -> None:
        self._taken: dict[Path, str] = {}

    def collect(self, cards: Sequence[OutputCard], item: Item, folder: Path) -> dict[str, Path]:
        """Outputs by name, in `folder`. Raises `ForeignAnswer` for none, too many, or files that are not its own."""
        outputs: dict[str, Path] = {}
        for card in cards:
            found = self._found(card, item)
            if not found and card.optional:
                continue
            name = text(fill(card.output, lambda key: "{view}" if key == "view" else item(key)))
            if not found:
                raise ForeignAnswer(f"it left no output {name!r}: nothing fits {_pattern(card, item)}{_there(item)}")
            if card.kind == "tree":
                outputs |= {self._view(card, name, path): path for path in found}
            else:
                outputs[name] = self._one(card, name, found, item)
        placed = {name: self._placed(name, path, folder) for name, path in outputs.items()}
        self._count(cards, item, placed)
        return placed

    def _found(self, card: OutputCard, item: Item) -> list[Path]:
        paths = [Path(place) for place in glob.glob(_pattern(card, item), recursive=True, include_hidden=True)]  # noqa: PTH207
        paths = sorted(paths, key=lambda path: natural_key(path.as_posix()))
        if card.newest and paths:
            newest = max((path.parent for path in paths), key=lambda parent: (parent.stat().st_mtime, parent.name))
            paths = [path for path in paths if path.parent == newest]
        for path in paths:
            self._check(path, item)
        return paths

    def _check(self, path: Path, item: Item) -> None:
        shown = _shown(path, item)
        if not path.resolve().is_relative_to(item.place.scratch.resolve()):
            raise ForeignAnswer(f"its output {shown} lies outside its scratch folder, in {path.resolve().parent}")
        if not (path.is_file() or path.is_dir()):
            raise ForeignAnswer(f"its output {shown} is neither file nor folder")
        status = path.stat()
        if path.is_file() and status.st_nlink > 1:
            raise ForeignAnswer(f"its output {shown} is another file's second name: it is not its own")
        if path.is_file() and status.st_mtime < self.since - 2:
            raise ForeignAnswer(f"its output {shown} is older than the run: it is not its own")

    def _one(self, card: OutputCard, name: str, found: list[Path], item: Item) -> Path:
        if card.kind == "frames":
            self._claim(found[0].parent, item)
            return write_images(found, _made(item, name, ".mkv"), self._fps(card, item))
        if len(found) > 1:
            shown = ", ".join(_shown(path, item) for path in found[:4])
            raise ForeignAnswer(f"{len(found)} files fit output {name!r}: {shown}; one is wanted")
        self._claim(found[0], item)
        if card.kind == "array":
            place = _made(item, name, ".mkv")
            return write_array(found[0], place, self._fps(card, item), key=card.key, scale=card.scale, cut=card.cut)
        if card.kind == "depth":
            return write_depth_array(found[0], _made(item, name, ".npz"), key=card.key, unit=card.unit)
        return found[0]

    def _claim(self, path: Path, item: Item) -> None:
        other = self._taken.setdefault(path.resolve(), item.stem)
        if other != item.stem:
            raise ForeignAnswer(f"its output {_shown(path, item)} fits two samples, {other} and {item.stem}")

    def _view(self, card: OutputCard, name: str, path: Path) -> str:
        found = re.search(card.view, path.as_posix())
        if found is None:
            raise ForeignAnswer(f"output {path.name} does not tell its view: {card.view} does not fit")
        view = found[1]
        if card.degrees is not None:
            view = f"{round(int(view) * card.degrees) % 360:03d}"
        elif view.isdigit():
            view = f"{int(view):03d}"
        return name.replace("{view}", view) if "{view}" in name else f"{name}/{view}"

    def _placed(self, name: str, path: Path, folder: Path) -> Path:
        suffix = path.suffix.lower() if path.is_file() else ""
        final = folder / f"{name}{suffix}"
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(path, final)  # noqa: PTH105
        except OSError:  # another disk
            shutil.copytree(path, final) if path.is_dir() else shutil.copyfile(path, final)
        return final

    def _fps(self, card: OutputCard, item: Item) -> float:
        return float(fill(card.fps, item) or item("fps") or 8.0)

    def _count(self, cards: Sequence[OutputCard], item: Item, outputs: dict[str, Path]) -> None:
        """The number of frames has to be what was planned, where the method's rules say one."""
        wanted = item.resolved.parameters.get("frames")
        if wanted is None or "video" not in outputs:
            return
        found = probe(outputs["video"]).frames
        if found != wanted:
            raise ForeignAnswer(f"it wrote {found} frames, {wanted} were planned")


def _pattern(card: OutputCard, item: Item) -> str:
    """The glob with the sample's values in it; what they hold of `*?[` means itself."""

    def escaped(name: str) -> Any:
        value = item(name)
        return glob.escape(value) if isinstance(value, str) else value

    pattern = text(fill(card.path, escaped))
    return pattern if Path(pattern).is_absolute() else str(Path(glob.escape(str(item.place.scratch))) / pattern)


def _there(item: Item) -> str:
    """What is in the output folder instead, for the message."""
    places = (path for path in sorted(item.place.out.rglob("*")) if path.is_file()) if item.place.out.is_dir() else ()
    names = [_shown(path, item) for _, path in zip(range(5), places, strict=False)]
    return f"; there are {', '.join(names)}" if names else "; its output folder is empty"


def _shown(path: Path, item: Item) -> str:
    scratch = item.place.scratch
    return path.relative_to(scratch).as_posix() if path.is_relative_to(scratch) else str(path)


def _made(item: Item, name: str, suffix: str) -> Path:
    """Where an output in a form of ours is written before it is placed."""
    place = item.place.scratch / "made" / f"{item.index}-{name.replace('/', '-')}{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
