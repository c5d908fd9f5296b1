"""ChronoMagic-Bench: `<videoid>.mp4`, or `<n>/<videoid>.mp4` with the seeds in folders 1 to 3.

PKU-YuanGroup/ChronoMagic-Bench@e6b75ffc53c2, README (open-source models three times, closed-source ones once). A sample
is named by its videoid (3d_printing_08): its id, or the last part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from vbench_py.adapters.counting import beyond, check_start, position
from vbench_py.adapters.layouts.tails import Tails
from vbench_py.adapters.matching import Claims


def chronomagic(claims: Claims, media: Sequence[Path], first: int) -> None:
    """Gives each video to its sample; the folder's number is the place of the seed, without a folder the first."""
    tails = Tails(claims.samples)
    placed: list[tuple[Path, str, int]] = []
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    seeds = {sample.id: sample.seeds for sample in claims.samples}
    for path in media:
        *folders, name = claims.relative(path).parts
        if len(folders) > 1 or (folders and not folders[0].isdecimal()):
            claims.leave(path, "lies deeper than <number>/<videoid>: give the folder of one model")
            continue
        sample = tails.find([name])
        if sample is None:
            claims.leave(path, "its name is no videoid of this suite")
            continue
        number = int(folders[0]) if folders else first
        numbers[sample.id].add(number)
        placed.append((path, sample.id, number))
    for name, found in numbers.items():
        check_start(found, first, len(seeds[name]), f"folders of {name}")
    for path, name, number in placed:
        place = position(number, first, len(seeds[name]))
        if place is None:
            claims.leave(path, beyond(number, first, len(seeds[name]), "seeds"))
        else:
            claims.take((name, seeds[name][place]), claims.row(path))
