"""Seeded draws that any numpy gives alike: raw PCG64 words through a mapping of our own."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from vbench_py.world.exact import Point, cosine, sine

T = TypeVar("T")


class Draw:
    """A stream of draws, named by whole numbers, so that one part of a scene does not disturb the draws of another."""

    def __init__(self, *key: int) -> None:
        self._words = np.random.PCG64(np.random.SeedSequence(key))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number in [low, high), 53 bits fine."""
        return low + (high - low) * ((int(self._words.random_raw()) >> 11) * 2.0**-53)

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return math.floor(self.uniform(0.0, count))

    def choice(self, among: Sequence[T]) -> T:
        """One of a sequence."""
        return among[self.below(len(among))]

    def shuffled(self, among: Sequence[T]) -> list[T]:
        """All of a sequence in another order."""
        rest = list(among)
        return [rest.pop(self.below(len(rest))) for _ in range(len(rest))]

    def direction(self) -> Point:
        """A unit vector, even over the sphere."""
        height = self.uniform(-1.0, 1.0)
        turns = self.uniform()
        flat = math.sqrt(max(0.0, 1.0 - height * height))
        return (flat * cosine(turns), height, flat * sine(turns))
