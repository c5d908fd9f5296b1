"""Which video belongs to which sample and seed: what was found, what is missing, what is left over and why."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vbench_py.adapters.counting import check_start
from vbench_py.adapters.manifest import Key, Row
from vbench_py.adapters.names import NameIndex, Number, seeds_of
from vbench_py.types import Sample, UsageError
from vbench_py.video import find_media, natural_key
from vbench_py.video.info import ARRAY_SUFFIXES

_FROM_ONE = "rename them, or name the layout: --set layout=vbench --set first=1"


@dataclass(frozen=True)
class Matching:
    """`found` rows by (sample id, seed); `missing` pairs without a video; `unmatched` videos that belong to no pair.

    `reasons` tell of unmatched videos why, where more is known than that no name fits.
    """

    found: Mapping[Key, Row]
    missing: Sequence[Key]
    unmatched: Sequence[Path]
    reasons: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """What lies below a folder: `media`, `unnamed` media whose names are no text, `passed` files that are no media."""

    media: Sequence[Path]
    unnamed: Sequence[Path]
    passed: Mapping[Path, str]


class Claims:
    """Collects which file a layout gives to which pair, and refuses two for one."""

    def __init__(self, root: Path, samples: Iterable[Sample]) -> None:
        self.root = root
        self.samples = list(samples)
        self._found: dict[Key, Row] = {}
        self._left: dict[Path, str] = {}

    def relative(self, path: Path) -> Path:
        """Its place below the root, without a file's suffix."""
        relative = path.relative_to(self.root)
        return relative if path.is_dir() else relative.with_suffix("")

    def row(self, path: Path) -> Row:
        """A row for this file alone, named by its place below the root."""
        return Row(path, path.relative_to(self.root).as_posix())

    def has(self, key: Key) -> Row | None:
        """The row that was taken for this pair, if any."""
        return self._found.get(key)

    def take(self, key: Key, row: Row) -> None:
        """`row` belongs to `key`. Raises `UsageError` when another does as well."""
        other = self._found.setdefault(key, row)
        if other is not row:
            raise UsageError(
                f"sample {key[0]!r}, seed {key[1]}: both {other.name!r} and {row.name!r} fit; "
                "remove one, or give a manifest"
            )

    def leave(self, path: Path, reason: str = "") -> None:
        """`path` belongs to nothing."""
        self._left[path] = reason

    def leave_unnamed(self, path: Path) -> None:
        """`path`, whose name is no text, belongs to nothing: it could stand in no row. Its bytes are spelt out."""
        spelt = Path(os.fsencode(path).decode("utf-8", "backslashreplace"))
        self._left[spelt] = "its name is not UTF-8: rename it"

    def matching(self) -> Matching:
        """Everything collected. Raises `UsageError` when a file that is left differs in case alone from one taken."""
        self._refuse_twins()
        wanted = _wanted(self.samples)
        found = {key: self._found[key] for key in wanted if key in self._found}
        reasons = {path: reason for path, reason in self._left.items() if reason}
        return Matching(found, [key for key in wanted if key not in found], list(self._left), reasons)

    def _refuse_twins(self) -> None:
        taken = {_folded(row.name): row.name for row in self._found.values()}
        for path in (path for path in self._left if path.is_relative_to(self.root)):
            name = path.relative_to(self.root).as_posix()
            twin = taken.get(_folded(name))
            if twin is not None and twin != name:
                raise UsageError(
                    f"{twin!r} and {name!r} differ in case or composition of letters alone",
                    mend="remove or rename the one that is not meant: on other disks they are one file",
                )


def match_rows(rows: Mapping[Key, Row], samples: Iterable[Sample]) -> Matching:
    """The manifest's rows for `samples`; rows for other ids or seeds are unmatched."""
    samples = list(samples)
    wanted = _wanted(samples)
    found = {key: rows[key] for key in wanted if key in rows}
    asked, known = set(wanted), {sample.id: sample.seeds for sample in samples}
    reasons: dict[Path, str] = {}
    for key, row in rows.items():
        if key not in asked:
            seeds = ", ".join(map(str, known.get(key[0], ())))
            reasons[row.path] = f"seed {key[1]}: the sample has {seeds}" if seeds else f"no sample {key[0]!r}"
    return Matching(found, [key for key in wanted if key not in found], list(reasons), reasons)


def list_folder(folder: Path) -> Listing:
    """Videos, arrays and image folders anywhere below `folder`. Raises `UsageError` when it is no folder."""
    if not folder.is_dir():
        raise UsageError(f"videos {folder} is no folder; give --set videos=FOLDER")
    found, skipped = find_media(folder, recursive=True)
    unnamed = [path for path in found if not _is_text(path)]
    return Listing([path for path in found if _is_text(path)], unnamed, dict(skipped))


def match_folder(folder: Path, samples: Iterable[Sample], media: Iterable[Path]) -> Matching:
    """`media` below `folder`, matched to samples by name: see `names`.

    A file called `video` (the harness's own layout) goes by its folder's name. Raises `UsageError` for a name that
    fits two samples, or two files for one sample and seed.
    """
    claims = Claims(folder, samples)
    by_name(claims, media)
    return claims.matching()


def by_name(claims: Claims, media: Iterable[Path]) -> None:
    """Gives each medium to the samples that its name claims, and leaves the others."""
    index = NameIndex(claims.samples)
    by_sample: defaultdict[str, list[tuple[Path, Number | None]]] = defaultdict(list)
    past: defaultdict[str, set[int]] = defaultdict(set)
    for path in media:
        made = next((made for name in _names(claims.relative(path)) if (made := index.claims(name))), [])
        for claim in made:
            by_sample[claim.sample.id].append((path, claim.number))
        if made:
            continue
        claims.leave(path, _why_not(path, claims, index))
        for sample, value in index.beyond(_names(claims.relative(path))[-1]):
            past[sample.id].add(value)
    for sample in claims.samples:
        files = by_sample.get(sample.id, [])
        if past[sample.id] and sample.seeds == tuple(range(len(sample.seeds))) and len(sample.seeds) > 1:
            numbers = past[sample.id] | {number.value for _, number in files if number}
            check_start(numbers, 0, len(sample.seeds), f"sample {sample.id!r}", mend=_FROM_ONE)
        seeds = seeds_of(sample, [number for _, number in files])
        for path, number in files:
            claims.take((sample.id, seeds[number]), claims.row(path))


def _why_not(path: Path, claims: Claims, index: NameIndex) -> str:
    for sample, number in index.beyond(_names(claims.relative(path))[-1]):
        return f"number {number}: the sample {sample.id!r} has seeds {', '.join(map(str, sample.seeds))}"
    if path.stem.isdecimal():
        return "its name is a number alone; the layouts evalcrafter and t2v-compbench say what it counts"
    if path.suffix.lower() in ARRAY_SUFFIXES and path.stem.endswith(("_depths", "_pred", "_rgb_left")):
        return "the layout depth-npz reads such names"
    return ""


def _names(relative: Path) -> list[str]:
    if relative.name == "video" and len(relative.parts) > 1:
        relative = relative.parent
    return list(dict.fromkeys((relative.as_posix(), relative.name)))


def _wanted(samples: Iterable[Sample]) -> list[Key]:
    return [(sample.id, seed) for sample in samples for seed in sample.seeds]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _is_text(path: Path) -> bool:
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def frames_of(path: Path) -> list[Path]:
    """The files that `path` stands for: itself, or, where its name holds `*` and is no file, what fits, in order."""
    if "*" not in path.name or path.exists():
        return [path]
    return sorted(path.parent.glob(path.name), key=lambda file: natural_key(file.name))
