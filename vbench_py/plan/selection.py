"""Which part of a suite a command works on."""

from __future__ import annotations

from dataclasses import dataclass

from vbench_py.samples import Suite
from vbench_py.types import Sample, UsageError


@dataclass(frozen=True)
class Selection:
    """Which part of a suite a command works on. A limit or a seed makes the run partial; a shard is part of a whole."""

    limit: int | None = None
    seeds: tuple[int, ...] = ()
    shard: tuple[int, int] = (1, 1)

    @property
    def partial(self) -> bool:
        return self.limit is not None or bool(self.seeds)

    def wanted(self, suite: Suite) -> list[tuple[Sample, int]]:
        """Every (sample, seed) that the run as a whole should have."""
        samples = suite.samples[: self.limit] if self.limit is not None else suite.samples
        return [(sample, seed) for sample in samples for seed in (self.seeds or sample.seeds)]

    def mine(self, suite: Suite) -> list[tuple[Sample, int]]:
        """The pairs of this shard: every n-th."""
        index, count = self.shard
        return self.wanted(suite)[index - 1 :: count]


def parse_shard(text: str) -> tuple[int, int]:
    """ "2/8" -> (2, 8)."""
    index, _, count = text.partition("/")
    if index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
        return int(index), int(count)
    raise UsageError(f"--shard {text}: expected i/n with 1 <= i <= n, for example 1/4")
