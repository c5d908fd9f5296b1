"""Rows of set metrics from random vectors, without networks, and the coverage of their intervals in simulation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.metrics.running import METRICS, entry
from vbench_py.types import Score, Series, SetRow

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""(generator, n, d) to (n, d) independent vectors."""


def rows(vectors: np.ndarray, output: str = "logits", *, seeds: int = 1, prefix: str = "s") -> list[SetRow]:
    """A row for each of (N, d) or (N, W, d) vectors, sorted; `seeds` consecutive ones share a sample and its group."""
    made = []
    for i, values in enumerate(vectors):
        windows = np.atleast_2d(values)
        sample = f"{prefix}{i // seeds:06d}"
        series = Series(16 * np.arange(len(windows)), {output: windows})
        made.append(SetRow(sample, i % seeds, sample, {"windows": series}))
    return made


def metric(name: str, **protocol: Any) -> Any:
    """Metric `name` of the catalogue, with parts of its protocol replaced."""
    card = METRICS[name]
    return entry(card.entry)(card.model_copy(update={"minimum_outputs": 1}), {**card.protocol, **protocol})


def compute(name: str, made: np.ndarray, real: np.ndarray | None = None, **protocol: Any) -> Score:
    """The score of (N, d) or (N, W, d) vectors against those of the reference."""
    found = metric(name, **protocol)
    reference = [] if real is None else rows(real, found.output, prefix="r")
    return found.compute(rows(made, found.output), reference)  # type: ignore[no-any-return]


def normal(generator: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    return generator.standard_normal((count, dimensions))


def skewed(generator: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    """Exponential: skewness 2, mean 0, variance 1."""
    return generator.exponential(1.0, (count, dimensions)) - 1


@dataclass(frozen=True)
class Scenario:
    """Outputs drawn again and again against one fixed reference.

    `shift` moves each coordinate's mean and, above 0, widens the outputs; `seeds` outputs a prompt share half of their
    variance; `decay` is the power with which deviations fall over dimensions (0: all alike).
    """

    name: str
    draw: Draw = normal
    outputs: int = 200
    reference: int = 400
    dimensions: int = 20
    shift: float = 0.0
    seeds: int = 1
    decay: float = 0.0

    def deviations(self) -> np.ndarray:
        return np.asarray(np.arange(1.0, self.dimensions + 1) ** -self.decay)

    def real(self, generator: np.random.Generator) -> np.ndarray:
        return self.draw(generator, self.reference, self.dimensions) * self.deviations()

    def made(self, generator: np.random.Generator, shift: float | None = None) -> np.ndarray:
        shift = self.shift if shift is None else shift
        own = self.draw(generator, self.outputs, self.dimensions)
        if self.seeds > 1:
            shared = self.draw(generator, self.outputs // self.seeds, self.dimensions)
            own = np.sqrt(0.5) * (own + np.repeat(shared, self.seeds, axis=0))
        return np.asarray((own * (1 + 0.3 * (shift > 0)) + shift) * self.deviations())


def coverage(
    scenario: Scenario, score: Callable[[list[SetRow], list[SetRow]], Score], repeats: int, references: int = 5
) -> float:
    """Share of the intervals given that hold the expected value, over `repeats` draws against each of the references.

    The expectation, at these counts and that reference, is the mean over the draws.
    """
    generator, shares = np.random.default_rng(0), []
    for _ in range(references):
        reference = rows(scenario.real(generator), prefix="r")
        scores = [score(rows(scenario.made(generator), seeds=scenario.seeds), reference) for _ in range(repeats)]
        assert np.mean([one.interval is not None for one in scores]) > 0.95
        truth = float(np.mean([one.value for one in scores]))
        shares += [one.interval[0] <= truth <= one.interval[1] for one in scores if one.interval is not None]
    return float(np.mean(shares))


def covered(found: Sequence[tuple[float, float, float]]) -> float:
    """Of (value, low, high): the share of intervals that hold the mean value."""
    values, low, high = np.array(found).T
    truth = values.mean()
    return float(np.mean((low <= truth) & (truth <= high)))
