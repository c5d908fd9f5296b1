"""VBench and its successors: `<prompt>-<i>.mp4`, in one folder, or in a folder for each dimension.

Vchitect/VBench@45e79ec14e69. README and vbench/__init__.py: the prompt to the letter, i from 0 to 4; folders
`<dimension>/`. VBench-2.0/vbench2/__init__.py: the prompt cut to 180 characters, i from 0 to 2 (Diversity: 19).
vbench2_beta_i2v: the prompt is also the image's name, README. vbench2_beta_long: the same names; `split_clip` holds
pieces that its evaluation cuts.

Prompts that stand twice in VBench's list share their videos, as its own look-up does. A prompt of two images cannot.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from vbench_py.adapters.layouts.seeds import give_by_place
from vbench_py.adapters.manifest import Key, Row
from vbench_py.adapters.matching import Claims
from vbench_py.adapters.names import composed, same_request
from vbench_py.types import METRIC_ONLY_ROLES, Sample, UsageError
from vbench_py.video import file_sha256

CUT = 180
_NUMBERED = re.compile(r"(?P<prompt>.+)-(?P<number>\d{1,9})", re.DOTALL)


def vbench(claims: Claims, media: Sequence[Path], first: int) -> None:
    """Gives `<prompt>-<i>` to the seed at place i. A video that lies in several dimensions' folders counts once.

    Raises `UsageError` where a prompt is that of unlike samples, where copies in two folders differ, and where i does
    not count from `first`.
    """
    known = _by_name(claims.samples)
    placed: list[tuple[Path, Sample, int]] = []
    for path in media:
        *folders, name = claims.relative(path).parts
        split = _NUMBERED.fullmatch(composed(name))
        found = known.get(split["prompt"], []) if split else []
        if "split_clip" in folders:
            claims.leave(path, "a piece that VBench-Long's evaluation cut")
        elif len(folders) > 1:
            claims.leave(path, "lies deeper than <dimension>/<prompt>-<i>: give the folder of one model")
        elif split is None:
            claims.leave(path, "its name does not end in -<i>")
        elif not found:
            claims.leave(path, "its name is no prompt of this suite")
        else:
            placed += [(path, sample, int(split["number"])) for sample in _agreed(name, found)]
    give_by_place(claims, placed, first, partial(_take, claims))


def _take(claims: Claims, key: Key, row: Row) -> None:
    known = claims.has(key)
    if known is None:
        claims.take(key, row)
    elif known.path.name != row.path.name:
        claims.take(key, row)  # raises
    elif known.path.stat().st_size != row.path.stat().st_size or file_sha256(known.path) != file_sha256(row.path):
        raise UsageError(
            f"sample {key[0]!r}, seed {key[1]}: {known.name!r} and {row.name!r} are unlike videos of one prompt",
            mend="point videos at the folder of one dimension",
        )


def _by_name(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    """Samples by what may stand before -<i>: the prompt, its first 180 characters, or its image's name."""
    known: defaultdict[str, dict[str, Sample]] = defaultdict(dict)
    for sample in samples:
        names = [sample.prompt, sample.prompt[:CUT]]
        names += [m.path.stem for r, m in sample.media.items() if r not in METRIC_ONLY_ROLES and not m.steps]
        for name in names:
            if name:
                known[composed(name)][sample.id] = sample
    return {name: list(found.values()) for name, found in known.items()}


def _agreed(name: str, found: list[Sample]) -> list[Sample]:
    for other in found[1:]:
        if not same_request(found[0], other):
            raise UsageError(
                f"{name!r} fits sample {found[0].id!r} and sample {other.id!r} equally well",
                mend="name it by the id, without --set layout, or give a manifest",
            )
    return found
