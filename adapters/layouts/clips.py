"""Edited or restored clips as folders of frames: the submissions of TGVE, and the results on DAVIS.

TGVE: `<set>/<video>/<change>/00000.jpg`, set DAVIS_480p, youtube_480p or videvo_480p, change style, object, background
or multiple (showlab/loveu-tgve-2023@d75589f29fc2, README); a video file `<change>.mp4` in place of the folder passes.
DAVIS: `JPEGImages/480p/<clip>/00000.jpg` for frames, `<clip>/00000.png` for results (the layout that
davisvideochallenge/davis2017-evaluation@ac7c43fca936 reads: davis2017/davis.py, davis2017/results.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from vbench_py.adapters.layouts.tails import Tails
from vbench_py.adapters.matching import Claims
from vbench_py.types import Sample
from vbench_py.video.find import image_files

CHANGES = ("style", "object", "background", "multiple")
_LABELS = ("Annotations", "Annotations_unsupervised")


def tgve(claims: Claims, media: Sequence[Path], first: int) -> None:
    """Each clip to the sample whose id ends in <set>/<video>/<change>."""
    tails = Tails(claims.samples)
    for path in media:
        parts = claims.relative(path).parts
        if len(parts) < 3 or parts[-1] not in CHANGES:
            claims.leave(path, f"is no <set>/<video>/<change>, with a change of {', '.join(CHANGES)}")
            continue
        _give(claims, path, tails.find(parts[-3:], whole=True), f"no sample is {'/'.join(parts[-3:])}")


def davis(claims: Claims, media: Sequence[Path], first: int) -> None:
    """Each clip to the sample of that name: by the end of its id, or, of edits, the clip's only one."""
    tails = Tails(claims.samples)
    for path in media:
        parts = claims.relative(path).parts
        if parts[0] in _LABELS:
            claims.leave(path, "holds annotations, not videos")
            continue
        below = parts[2:] if parts[0] == "JPEGImages" and len(parts) > 2 else parts
        sample = tails.find(below) or tails.of_group(below[-1])
        _give(claims, path, sample, f"no sample is {'/'.join(below)}")


def _give(claims: Claims, path: Path, sample: Sample | None, why_not: str) -> None:
    gap = missing_frame(path)
    if sample is None:
        claims.leave(path, why_not)
    elif gap:
        claims.leave(path, gap)
    else:
        claims.take((sample.id, sample.seeds[0]), claims.row(path))


def missing_frame(folder: Path) -> str:
    """The first number that is missing among numbered frames, as a reason; "" for files, and for a whole row."""
    stems = [file.stem for file in image_files(folder)] if folder.is_dir() else []
    if not stems or not all(stem.isdecimal() for stem in stems):
        return ""
    numbers = sorted(int(stem) for stem in stems)
    for before, after in pairwise(numbers):
        if after != before + 1:
            what = "stands twice" if after == before else "is missing"
            return f"frame {before if after == before else before + 1} {what} of frames {numbers[0]} to {numbers[-1]}"
    return ""
