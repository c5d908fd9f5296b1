"""Files whose number is the place of a seed, counted from the layout's first number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from vbench_py.adapters.counting import beyond, check_start, position
from vbench_py.adapters.manifest import Key, Row
from vbench_py.adapters.matching import Claims
from vbench_py.types import Sample


def give_by_place(
    claims: Claims,
    placed: Sequence[tuple[Path, Sample, int]],
    first: int,
    take: Callable[[Key, Row], None] | None = None,
) -> None:
    """Gives each file to its sample's seed at that place; leaves it where there is none. `take` claims a pair.

    Raises `UsageError` where a sample's numbers look as if counted from another start.
    """
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for _, sample, number in placed:
        numbers[sample.id].add(number)
    for sample in claims.samples:
        check_start(numbers[sample.id], first, len(sample.seeds), f"sample {sample.id!r}")
    for path, sample, number in placed:
        place = position(number, first, len(sample.seeds))
        if place is None:
            claims.leave(path, beyond(number, first, len(sample.seeds), "seeds"))
        else:
            (take or claims.take)((sample.id, sample.seeds[place]), claims.row(path))
