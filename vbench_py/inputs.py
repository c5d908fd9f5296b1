"""What a suite's own files must be before anything runs: kinds, units, counts and sizes that fit together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from vbench_py.faultlist import listed
from vbench_py.metricset import MetricSpec
from vbench_py.samples import Suite
from vbench_py.types import BadMedia, Sample, UsageError
from vbench_py.video import VideoInfo, check_mask, probe, read_chunks

MASKS = ("mask", "subject_mask", "reference_mask")
_SHOWN = 10
_LEADERS = ("source", "target", "first", "prefix", "reference")


def check_inputs(suite: Suite, specs: Sequence[MetricSpec]) -> None:
    """Raises one `UsageError` naming every fault of masks, depth, cameras, tracks and views that the samples bring.

    Videos are left to the rows: one that cannot be read fails its own numbers. Media that are still to be made from a
    recipe are right by making.
    """
    faults = [fault for sample in suite.samples for fault in _faults(sample, specs)]
    if faults:
        raise UsageError(f"suite {suite.card.id}: what its samples bring cannot be used:\n{listed(faults, _SHOWN)}")


def _faults(sample: Sample, specs: Sequence[MetricSpec]) -> Iterator[str]:
    files = {role: media.path for role, media in sample.media.items() if not media.steps and media.path.exists()}
    kinds = {role: kind for spec in specs for role, kind in spec.card.kinds.items() if role in files}
    exact = {role: path for role, path in files.items() if role in kinds or role in MASKS or _special(path)}
    if not exact:
        return
    infos: dict[str, VideoInfo] = {}
    for role, path in files.items():
        try:
            infos[role] = _known(path, *_stamp(path))
        except BadMedia as error:
            if role in exact:
                yield f"{sample.id}: {role}: {error}"
    for role, kind in kinds.items():
        if role in infos and infos[role].kind != kind:
            yield f"{sample.id}: {role}: {files[role]} is of kind {infos[role].kind}, the metrics here read {kind}"
        elif kind == "depth" and role in infos and infos[role].unit != "metres":
            yield f"{sample.id}: {role}: {files[role]} holds {infos[role].unit}; ground truth must be in metres"
    for role in exact:
        if role in infos:
            yield from _beside(sample.id, role, infos)
    for role in (role for role in MASKS if role in infos):
        try:
            _check_hard(files[role], *_stamp(files[role]))
        except BadMedia as error:
            yield f"{sample.id}: {role}: {error}"


def _special(path: Path) -> bool:
    return path.suffix.lower() in (".npz", ".json")


def _beside(sample: str, role: str, infos: Mapping[str, VideoInfo]) -> Iterator[str]:
    """What does not fit the clip that the role goes with."""
    own = infos[role]
    leader = next((name for name in _order(role) if name in infos and name != role), None)
    if leader is None:
        return
    clip = infos[leader]
    where = f"{sample}: {role}: {own.path}"
    if own.frames not in (clip.frames, 1) and clip.frames > 1:
        yield f"{where}: {own.frames} {'poses' if own.kind == 'camera' else 'frames'}, the {leader} has {clip.frames}"
    if own.views and clip.views and len(own.views) != len(clip.views):
        yield f"{where}: {len(own.views)} views, the {leader} has {len(clip.views)}"
    if role in MASKS and (own.width, own.height) != (clip.width, clip.height):
        yield f"{where}: {own.width}x{own.height} pixels, the {leader} has {clip.width}x{clip.height}"


def _order(role: str) -> Iterable[str]:
    if role == "reference_mask":
        return ("reference",)
    return ("target", "source") if role in ("subject_mask", "depth_target", "camera") else _LEADERS


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns


@functools.lru_cache(maxsize=1 << 16)
def _known(path: Path, size: int, changed: int) -> VideoInfo:
    """Each method of a suite asks for the same files."""
    return probe(path)


@functools.lru_cache(maxsize=1 << 16)
def _check_hard(path: Path, size: int, changed: int) -> None:
    first = 0
    for chunk in read_chunks(path, chunk_bytes=16 << 20):
        check_mask(path, chunk, first)
        first += len(chunk)
