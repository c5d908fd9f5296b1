"""Which video belongs to which sample and seed: a folder matched by name, or a manifest."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench_py.adapters.manifest import Row
from vbench_py.adapters.names import NameIndex, Number, seeds_of
from vbench_py.types import Sample, UsageError
from vbench_py.video import find_media

logger = logging.getLogger(__name__)
Key = tuple[str, int]


@dataclass(frozen=True)
class Matching:
    """`found` rows by (sample id, seed); `missing` pairs without a video; `unmatched` videos that belong to no pair."""

    found: Mapping[Key, Row]
    missing: Sequence[Key]
    unmatched: Sequence[Path]


def match_rows(rows: Mapping[Key, Row], samples: Iterable[Sample]) -> Matching:
    """The manifest's rows for `samples`; rows for other ids or seeds are unmatched."""
    wanted = _wanted(samples)
    found = {key: rows[key] for key in wanted if key in rows}
    asked = set(wanted)
    return Matching(found, _missing(wanted, found), [row.path for key, row in rows.items() if key not in asked])


def list_folder(folder: Path) -> list[Path]:
    """Videos and image folders anywhere below `folder`. Raises `UsageError` when it is no folder."""
    if not folder.is_dir():
        raise UsageError(f"videos {folder} is no folder; give --set videos=FOLDER")
    found, skipped = find_media(folder, recursive=True)
    for path, reason in skipped:
        logger.info("%s: passed over: %s", path, reason)
    return list(found)


def match_folder(folder: Path, samples: Iterable[Sample], media: Iterable[Path]) -> Matching:
    """`media` below `folder`, matched to samples by name: see `names`.

    A file called `video` (the harness's own layout) goes by its folder's name. Raises `UsageError` for a name that
    fits two samples, or two files for one sample and seed.
    """
    samples = list(samples)
    index = NameIndex(samples)
    by_sample: defaultdict[str, list[tuple[Path, Number | None]]] = defaultdict(list)
    unmatched = []
    for path in media:
        claims = next((claims for name in _names(path, folder) if (claims := index.claims(name))), [])
        for claim in claims:
            by_sample[claim.sample.id].append((path, claim.number))
        if not claims:
            unmatched.append(path)
    found: dict[Key, Row] = {}
    for sample in samples:
        files = by_sample.get(sample.id, [])
        seeds = seeds_of(sample, [number for _, number in files])
        for path, number in files:
            key = (sample.id, seeds[number])
            name = path.relative_to(folder).as_posix()
            if key in found:
                raise UsageError(
                    f"sample {sample.id!r}, seed {key[1]}: both {found[key].name!r} and {name!r} fit; "
                    "remove one, or give a manifest"
                )
            found[key] = Row(path, name)
    return Matching(found, _missing(_wanted(samples), found), unmatched)


def _names(path: Path, folder: Path) -> list[str]:
    relative = path.relative_to(folder)
    if path.is_file():
        relative = relative.with_suffix("")
    if relative.name == "video" and len(relative.parts) > 1:
        relative = relative.parent
    return list(dict.fromkeys((relative.as_posix(), relative.name)))


def _wanted(samples: Iterable[Sample]) -> list[Key]:
    return [(sample.id, seed) for sample in samples for seed in sample.seeds]


def _missing(wanted: Iterable[Key], found: Mapping[Key, Row]) -> list[Key]:
    return [key for key in wanted if key not in found]
