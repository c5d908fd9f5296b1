"""Reference sets: the clips that FVD and its like compare with, from a folder, a card, or a file of saved features.

A saved file (.npz) holds the arrays that extractors gave for the clips, so the clips need not be at hand; it also holds
what a comparison must agree on: number of clips, frames, size, encoding, and the hash of the set.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import ReferenceSetCard
from vbench_py.keys import key
from vbench_py.types import Series, SetRow, UsageError

FORMAT = 1


@dataclass(frozen=True)
class Clip:
    """One clip of a set; `encoding` is "lossless" or the codec's label."""

    id: str
    path: Path
    sha256: str
    frames: int
    width: int
    height: int
    encoding: str


@dataclass(frozen=True)
class ReferenceSet:
    """A named set of clips. `identity` hashes the clips' contents (not names or places), so copies are one set.

    `facts` are what all clips agree on, by name (frames, size, encoding); None where they differ. `saved` holds arrays
    by `<ask key>` for a set whose clips are not here.
    """

    name: str
    identity: str
    count: int
    facts: Mapping[str, Any]
    clips: tuple[Clip, ...] = ()
    saved: Mapping[str, Sequence[Series]] = field(default_factory=dict)

    def mismatch(self, outputs: Mapping[str, set[Any]], allowed: Sequence[str]) -> str:
        """Why outputs with these facts (by name, the values found) may not be compared with the set, "" if they may."""
        permits = {"frames": "trim", "size": "resize", "encoding": "encoding"}
        for name, found in outputs.items():
            if permits[name] in allowed or found == {self.facts[name]}:
                continue
            theirs = "several" if self.facts[name] is None else self.facts[name]
            ours = " and ".join(sorted(str(item) for item in found)[:3])
            return (
                f"the reference set {self.name!r} has {name} {theirs}, the outputs {ours}; numbers would measure that "
                f"difference too: pass --align {permits[name]} to compare all the same (recorded in the protocol)"
            )
        return ""


def open_reference(place: str) -> ReferenceSet:
    """The set at `place`: a folder of videos, a saved .npz, or the id of a reference card.

    Raises `UsageError` when there is none, or when a card's set is not the one that the card describes.
    """
    path = Path(place)
    if path.is_dir():
        return _of_folder(path.resolve(), path.name)
    if path.is_file():
        return _of_file(path.resolve(), _stamp(path))
    return _of_card(place)


def _of_card(name: str) -> ReferenceSet:
    if name not in catalogue.entries("reference"):
        known = ", ".join(sorted(catalogue.entries("reference"))) or "no reference card is installed"
        raise UsageError(
            f"--reference-set {name}: no such folder, file or reference card",
            mend=f"known cards: {known}; make a set with `vbench-py reference`",
        )
    from vbench_py.checkpoints import fetch

    card: ReferenceSetCard = catalogue.card("reference", name)
    made = open_reference(str(fetch(card.file))) if card.file else _of_folder(card.place(), name)
    if card.identity and card.identity != made.identity:
        raise UsageError(
            f"reference set {name!r}: its clips hash to {made.identity}, the card says {card.identity}",
            mend=f"lay the data out as the card says: {card.layout}",
        )
    return ReferenceSet(name, made.identity, made.count, made.facts, made.clips, made.saved)


def _of_folder(folder: Path, name: str) -> ReferenceSet:
    from vbench_py.video import find_media

    found, _ = find_media(folder, recursive=True)
    if not found:
        raise UsageError(f"--reference-set {folder}: no videos in it")
    clips = tuple(_clip(path, path.relative_to(folder).as_posix(), _stamp(path)) for path in sorted(found))
    facts = {
        "frames": _common([clip.frames for clip in clips]),
        "size": _common([f"{clip.width}x{clip.height}" for clip in clips]),
        "encoding": _common([clip.encoding for clip in clips]),
    }
    return ReferenceSet(name, identity_of([clip.sha256 for clip in clips]), len(clips), facts, clips)


def identity_of(sha256s: Sequence[str]) -> str:
    """The identity of a set of clips, whatever their names and order."""
    return key("reference", sorted(sha256s))


def _common(values: Sequence[Any]) -> Any:
    return values[0] if len(set(values)) == 1 else None


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@functools.cache
def _clip(path: Path, name: str, stamp: tuple[int, int]) -> Clip:
    """Measured and hashed once a process for each state of the file."""
    from vbench_py.video import file_sha256, probe

    info = probe(path)
    encoding = "lossless" if info.lossless else info.encoding
    return Clip(name, path, file_sha256(path), info.frames, info.width, info.height, encoding)


@functools.cache
def _of_file(path: Path, stamp: tuple[int, int]) -> ReferenceSet:
    import numpy as np
    import orjson

    try:
        with np.load(path) as arrays:
            about = orjson.loads(arrays["about"].tobytes())
            if about["format"] != FORMAT:
                raise UsageError(f"{path}: saved in format {about['format']}", mend="update vbench_py to read it")
            saved = {ask: _series(arrays, ask, about["count"]) for ask in about["asks"]}
    except (OSError, ValueError, KeyError) as error:
        mend = "make it with `vbench-py reference`"
        raise UsageError(f"{path}: no file of saved reference features ({error})", mend=mend) from error
    return ReferenceSet(about["name"], about["identity"], about["count"], about["facts"], saved=saved)


def _series(arrays: Mapping[str, Any], ask: str, count: int) -> list[Series]:
    ends = arrays[f"{ask}/ends"]
    names = [name.split("/", 2)[2] for name in arrays if name.startswith(f"{ask}/values/")]
    values = {name: arrays[f"{ask}/values/{name}"] for name in names}
    index = arrays[f"{ask}/index"]
    starts = [0, *ends[:-1]]
    return [
        Series(index[start:end], {name: array[start:end] for name, array in values.items()})
        for start, end in zip(starts, ends[:count], strict=True)
    ]


def save_reference(path: Path, made: ReferenceSet, arrays: Mapping[str, Sequence[Series]]) -> None:
    """Writes the features of a whole set, by ask key (in the order of its clips), so that its clips can stay away."""
    import numpy as np
    import orjson

    from vbench_py.store import write_atomic

    kept: dict[str, Any] = {}
    for ask, parts in arrays.items():
        kept[f"{ask}/ends"] = np.cumsum([len(part.index) for part in parts])
        kept[f"{ask}/index"] = np.concatenate([part.index for part in parts])
        for name in parts[0].values:
            kept[f"{ask}/values/{name}"] = np.concatenate([part.values[name] for part in parts])
    about = {
        "format": FORMAT, "name": made.name, "identity": made.identity, "count": made.count,
        "facts": dict(made.facts), "asks": list(arrays),
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, about=np.frombuffer(orjson.dumps(about), np.uint8), **kept)
    write_atomic(path, buffer.getvalue())


def rows_of(made: ReferenceSet, asks: Mapping[str, str]) -> list[SetRow]:
    """The rows of a saved set; `asks` gives the ask key of each need. `UsageError` where it was saved without one."""
    for need, ask in asks.items():
        if ask not in made.saved:
            raise UsageError(
                f"reference set {made.name!r}: saved without what this metric needs ({need})",
                mend="save it again with `vbench-py reference --metrics`, naming this metric",
            )
    return [
        SetRow(f"{number:08d}", 0, f"{number:08d}", {need: made.saved[ask][number] for need, ask in asks.items()})
        for number in range(made.count)
    ]
