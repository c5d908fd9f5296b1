"""Grids of views x time inside a folder of samples: a video, array or folder of frames for each view of a sample.

`<sample>/<view>.mp4`, `<sample>/<view>/0000.png`, and the same below `view/` or `views/`. By repository:
`<object>/eval_0/0.png` (yanqinJiang/Consistent4D@e6d3e2584b04, README), `000000_v001.mp4` in a folder for each sample,
or `<sample>_v001.mp4` (Stability-AI/generative-models@0ad7de9a5cb5, scripts/sampling/simple_video_sample_4d2.py: its
number counts runs, and names no sample), `<object>/front_frame0.png` for front, left, right and back
(VITA-Group/Diffusion4D@41ce66e6a9d7, README; its multi_frame is an orbit, one moment a view, and no grid).

A view is called by its number (by three digits, where the sample's fact `azimuths` has it), by its side (front, back,
left, right, top, bottom), or, below `view/`, by its name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from vbench_py.adapters.layouts.tails import Tails
from vbench_py.adapters.manifest import Row
from vbench_py.adapters.matching import Claims, by_name
from vbench_py.adapters.names import Claim, NameIndex, Number, seeds_of
from vbench_py.types import Sample, UsageError
from vbench_py.video.find import image_files

_WRAPPERS = frozenset({"view", "views", "sv4d", "sv4d2", "sv4d2_8views"})
_NUMBERED = re.compile(r"(?:eval|view|azimuth|azim|v)?[_-]?(\d{1,6})")
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SIDES = frozenset({"front", "back", "left", "right", "top", "bottom"})
_SV4D = re.compile(r"(?P<base>.+)_v(?P<view>\d{3})")
_BESIDE = re.compile(r".+_(?:t\d{3}|diag|process_input)")
_DIFFUSION4D = re.compile(r"(?P<view>front|left|right|back)_frame\d+")
_ORBIT = re.compile(r"multi(?:_static)?_frame\d+")

View = tuple[tuple[str, ...], str, Path]
"""The parts of a path that name a sample, the name of a view, and where it lies."""


def views(claims: Claims, media: Sequence[Path], first: int) -> None:
    """Gathers the views of each sample into one row. Media in no sample's folder go by their own name, as videos.

    Raises `UsageError` for two media of one view, and for a folder that fits two samples.
    """
    index, tails = NameIndex(claims.samples), Tails(claims.samples)
    grids: defaultdict[str, dict[Number | None, dict[str, Path]]] = defaultdict(dict)
    samples = {sample.id: sample for sample in claims.samples}
    alone = []
    for path in media:
        for parts, view, place in _read(claims, path):
            found = _owners(parts, tails, index) if view else []
            if not found:
                alone.append(path)
            for claim in found:
                grid = grids[claim.sample.id].setdefault(claim.number, {})
                _add(grid, _view_name(view, claim.sample), place, claim.sample)
    for name, by_number in grids.items():
        seeds = seeds_of(samples[name], list(by_number))
        for number, grid in by_number.items():
            claims.take((name, seeds[number]), _grid_row(claims, grid))
    by_name(claims, dict.fromkeys(alone))


def _read(claims: Claims, path: Path) -> Iterator[View]:
    *folders, name = claims.relative(path).parts
    if _BESIDE.fullmatch(name):
        claims.leave(path, "SV4D's orbit, diagonal or input, no view")
    elif path.is_dir() and (groups := _diffusion4d(path)):
        yield from (((*folders, name), view, place) for view, place in groups.items())
    elif path.is_dir() and any(_ORBIT.fullmatch(file.stem) for file in image_files(path)):
        claims.leave(path, "an orbit with one moment a view, no grid of views x time")
    elif split := _SV4D.fullmatch(name):
        base = split["base"]
        if base.isdecimal() and not folders:
            claims.leave(path, f"{base} counts SV4D's runs: put the views of each sample in a folder of its name")
        else:
            yield tuple(folders) if base.isdecimal() else (*folders, base), split["view"], path
    else:
        numbered = _NUMBERED.fullmatch(name)
        wrapped = bool(folders) and folders[-1] in _WRAPPERS and bool(_NAMED.fullmatch(name))
        yield tuple(folders), numbered[1] if numbered else name if wrapped or name in _SIDES else "", path


def _diffusion4d(folder: Path) -> dict[str, Path]:
    """Patterns of the frames of each view, by view; {} where the folder is none of Diffusion4D's."""
    names = (_DIFFUSION4D.fullmatch(file.stem) for file in image_files(folder))
    found = dict.fromkeys(match["view"] for match in names if match)
    return {view: folder / f"{view}_frame*" for view in found}


def _owners(parts: tuple[str, ...], tails: Tails, index: NameIndex) -> list[Claim]:
    while parts and parts[-1] in _WRAPPERS:
        parts = parts[:-1]
    if not parts:
        return []
    sample = tails.find(parts)
    if sample is not None:
        return [Claim(sample, None)]
    return index.claims("/".join(parts)) or index.claims(parts[-1])


def _view_name(view: str, sample: Sample) -> str:
    degrees = {round(float(azimuth)) % 360 for azimuth in sample.facts.get("azimuths") or ()}
    return f"{int(view):03d}" if view.isdecimal() and int(view) in degrees else view


def _add(grid: dict[str, Path], view: str, place: Path, sample: Sample) -> None:
    if grid.setdefault(view, place) != place:
        both = f"both {grid[view].name!r} and {place.name!r} are view {view}"
        raise UsageError(f"sample {sample.id!r}: {both}", mend="remove one, or give a manifest")


def _grid_row(claims: Claims, grid: dict[str, Path]) -> Row:
    parts = {f"view/{view}": claims.row(place) for view, place in sorted(grid.items())}
    first = next(iter(parts.values()))
    return Row(first.path.parent, Path(first.name).parent.as_posix(), parts=parts)
