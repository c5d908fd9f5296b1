"""95 % intervals of numbers that belong to a set, from what each independent unit does to the number.

A bootstrap repeats rows, and a repeated row looks like a perfect copy: its intervals miss the truth (Frechet distances
and kernel distances both). Here a metric gives the influence of each unit (a prompt group, or an output where there are
fewer than ten groups) on its value, and the interval is that of a mean of such influences, skewness removed.

An interval covers the expectation of the same estimator at the same number of outputs and against the same reference
clips: not the value that infinitely many outputs would have, and not another choice of reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, sqrt
from typing import Protocol

import numpy as np
from scipy.special import stdtrit

from vbench_py.metrics.vectors import FEWEST_UNITS
from vbench_py.stats import mean_interval
from vbench_py.types import SetRow, UsageError

UNITS_OF_DISTANCE = 100
"""Fewest units from which the intervals of distances cover."""

CLEARLY_APART = 2.0
"""So many times its value for equal sets must a distance be to get an interval."""


@dataclass(frozen=True)
class Influence:
    """`value` and the first-order effect of each unit on it.

    `units` (G,) names, ascending; `effects` (G,) float64 of mean zero, whose mean under other units moves the value.
    `size` is, for distances, the biased (never negative) estimate, and `null` what it would be for equal sets.
    """

    value: float
    units: tuple[str, ...]
    effects: np.ndarray
    size: float = 0.0
    null: float = 0.0


class Influenced(Protocol):
    """A set metric that can say what each unit does to its value; None where no interval is known to cover."""

    def influence(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Influence | None: ...


def influence_of(value: float, units: tuple[str, ...], of: np.ndarray, effects: np.ndarray) -> Influence:
    """From the effect of each vector, (N,), and its unit `of` (N,) int64: a unit's share of a mean over N vectors."""
    summed = np.bincount(of, weights=effects - effects.mean(), minlength=len(units))
    return Influence(value, units, summed * (len(units) / len(effects)))


def interval(influence: Influence) -> tuple[float, float] | None:
    """The 95 % interval of a mean over units, None below ten of them."""
    if len(influence.units) < FEWEST_UNITS:
        return None
    low, high = mean_interval(influence.value + influence.effects)
    return (low, high) if isfinite(low) and isfinite(high) else None


def has_distance_interval(units: int, size: float, null: float) -> bool:
    """Whether `distance_interval` gives one, known before the effects are."""
    return units >= UNITS_OF_DISTANCE and size >= CLEARLY_APART * null > 0


def distance_interval(influence: Influence) -> tuple[float, float] | None:
    """The 95 % interval of a squared distance, taken on the logarithm of its biased estimate, where errors are even.

    None below `UNITS_OF_DISTANCE` units, and unless the sets are clearly apart (`size` at least `CLEARLY_APART` x
    `null`): near equality the error is no longer first-order, and no interval was found that covers.

    Simulated coverage (benchmarks/set_intervals.py; 150 to 400 outputs, 10 to 200 dimensions, flat and steep spectra,
    1 or 4 seeds a prompt) where nine of ten evaluations get one: mean 95 %, lowest 91 % for normal vectors and 89 % for
    exponential ones of a steep spectrum. Where few get one, because the sets are about `CLEARLY_APART` from equality,
    those few are chosen by chance and cover less.
    """
    if not has_distance_interval(len(influence.units), influence.size, influence.null):
        return None
    low, high = mean_interval(influence.effects / influence.size)
    offset = influence.value - influence.size
    return offset + influence.size * exp(low), offset + influence.size * exp(high)


def share_interval(influence: Influence, count: int) -> tuple[float, float] | None:
    """The 95 % Wilson interval of a share among `count` vectors, fewer where the units make them dependent.

    The count is divided by the design effect: the variance of the units' means over that of as many independent
    vectors. A share of 0 or 1, whose spread says nothing, counts each unit once.
    """
    units, share = len(influence.units), influence.value
    if units < FEWEST_UNITS:
        return None
    squared_error = float(np.square(influence.effects).sum()) / (units * (units - 1))
    effective = min(share * (1 - share) / squared_error, count) if squared_error > 0 else units
    bound = float(stdtrit(units - 1, 0.975))
    centre = (share + bound**2 / (2 * effective)) / (1 + bound**2 / effective)
    half = bound / (1 + bound**2 / effective)
    half *= sqrt(share * (1 - share) / effective + bound**2 / (4 * effective**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def paired_difference(
    metric: Influenced, rows_a: Sequence[SetRow], rows_b: Sequence[SetRow], reference: Sequence[SetRow]
) -> tuple[float, float, float]:
    """(a - b, low, high) of two methods on the same samples and the same reference; what both share cancels.

    `UsageError` when the units differ or are fewer than ten, or where the metric has no first-order error.
    """
    a, b = (metric.influence(rows, reference) for rows in (rows_a, rows_b))
    if a is None or b is None:
        raise UsageError("this metric has no interval that is known to cover", mend="see its `compute`")
    if a.units != b.units:
        odd = sorted(set(a.units) ^ set(b.units))
        raise UsageError(f"the two sets differ in {len(odd)} samples, such as {odd[:3]}", mend="pass what both have")
    difference = Influence(a.value - b.value, a.units, a.effects - b.effects)
    found = interval(difference)
    if found is None:
        raise UsageError(f"{len(a.units)} outputs are too few for an interval", mend=f"give at least {FEWEST_UNITS}")
    return difference.value, *found
