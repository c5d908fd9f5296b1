"""Means over clusters, their 95 % intervals, and paired differences.

The protocol: mean over the videos of a group (one prompt, all its seeds), then the mean over groups. Groups are the
independent units, so intervals are taken over group means, never over videos.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt
from typing import Any

import numpy as np

CONFIDENCE = 0.95
SKEWNESS_NEEDS = 5
RESAMPLES = 2000
DRAWN_AT_ONCE = 4_000_000

Key = tuple[str, int]
"""(sample, seed)."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval (nan where one cannot be had), over `n` videos in `clusters` groups."""

    mean: float
    low: float
    high: float
    n: int
    clusters: int

    @property
    def margin(self) -> float:
        """The longer side of the interval, for a short "mean ± margin"; skewed scores have unequal sides."""
        return max(self.mean - self.low, self.high - self.mean)

    @property
    def has_interval(self) -> bool:
        return isfinite(self.low) and isfinite(self.high)


NOTHING = Estimate(nan, nan, nan, 0, 0)


def group_means(values: Any, groups: Any) -> np.ndarray:
    """(G,) float64 means of (N,) values by their (N,) group labels, ascending: the same bits for any order of rows."""
    numbers = np.asarray(values, dtype=np.float64)
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    order = np.lexsort((numbers, codes))
    codes = codes[order]
    return np.sort(np.bincount(codes, weights=numbers[order]) / np.bincount(codes))


def mean_interval(means: np.ndarray) -> tuple[float, float]:
    """The 95 % interval for the expectation of (G,) independent group means; nan for one group or infinite means.

    Hall's monotone cubic transformation removes skewness from the studentised mean (P. Hall, "On the removal of
    skewness by transformation", J. R. Statist. Soc. B 54, 1992), read against Student's t with G - 1 degrees of
    freedom; below 5 groups, where skewness cannot be estimated, plain Student's t. Closed form, so it needs no seed.

    Simulated coverage at G = 5, 10, 30: normal 94.3, 94.8, 94.9 %; gamma of skewness 1: 93.8, 94.7, 95.0 %;
    exponential (skewness 2): 92.7, 94.2, 94.7 %, where Student's t alone has 88.3, 89.9, 92.7 %.
    """
    from scipy.special import stdtrit

    count = len(means)
    if count < 2 or not np.isfinite(means).all():
        return nan, nan
    centre = float(means.mean())
    deviations = means - centre
    spread = sqrt(float((deviations**2).sum()) / (count - 1))
    if spread == 0:
        return centre, centre
    bound = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2)) / sqrt(count)
    if count < SKEWNESS_NEEDS:
        return centre - bound * spread, centre + bound * spread
    skewness = count / ((count - 1) * (count - 2)) * float(((deviations / spread) ** 3).sum())
    low, high = (centre - spread * _untransform(side, skewness, count) for side in (bound, -bound))
    return low, high


def _untransform(value: float, skewness: float, count: int) -> float:
    """The inverse of Hall's g(t) = t + a t^2 + a^2 t^3 / 3 + skewness / (6 count), a = skewness / 3."""
    shifted = value - skewness / (6 * count)
    a = skewness / 3
    return shifted if abs(a) < 1e-9 else float(np.cbrt(1 + 3 * a * shifted) - 1) / a


def bootstrap_interval(means: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of (G,) ascending group means, groups drawn with replacement.

    What most papers print, for comparison with them; never below the smallest nor above the largest group. The seed is
    a hash of the means, so the same numbers give the same interval in any order, on any machine.

    Simulated coverage at G = 5, 10, 30: normal 83.7, 89.9, 93.6 %; exponential (skewness 2): 78.2, 86.5, 92.1 %. Too
    narrow below some 30 groups, which is why `mean_interval` is the default.
    """
    count = len(means)
    if count < 2 or not np.isfinite(means).all():
        return nan, nan
    if means[0] == means[-1]:
        return float(means[0]), float(means[0])
    seed = int.from_bytes(hashlib.sha256(np.ascontiguousarray(means, dtype="<f8").tobytes()).digest()[:8], "little")
    draw = np.random.Generator(np.random.PCG64(seed))
    found = np.empty(RESAMPLES)
    rows = max(1, DRAWN_AT_ONCE // count)
    for start in range(0, RESAMPLES, rows):
        part = found[start : start + rows]
        part[:] = means[draw.integers(0, count, (len(part), count), dtype=np.int32)].mean(axis=1)
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


INTERVALS: Mapping[str, Callable[[np.ndarray], tuple[float, float]]] = {
    "hall": mean_interval,
    "bootstrap": bootstrap_interval,
}
"""Ways to an interval from (G,) ascending group means, by the name that --interval takes."""

INTERVAL_TITLES = {"hall": "Hall's", "bootstrap": "cluster bootstrap"}


def cluster_mean(values: Any, groups: Any, interval: str = "hall") -> Estimate:
    """The mean over groups of (N,) values with (N,) group labels, and its interval. NaN values give a NaN mean."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        return NOTHING
    means = group_means(numbers, groups)
    low, high = INTERVALS[interval](means)
    return Estimate(float(means.mean()), low, high, int(numbers.size), len(means))


def paired_difference(
    a: Mapping[Key, float], b: Mapping[Key, float], groups: Mapping[Key, str], interval: str = "hall"
) -> Estimate:
    """The mean of a - b over the keys (sample, seed) that both have, by `groups`, and its interval."""
    shared = [key for key in a if key in b]
    with np.errstate(invalid="ignore"):
        differences = np.array([a[key] for key in shared], dtype=np.float64) - np.array([b[key] for key in shared])
    # Two infinities of one sign (identical videos under PSNR) differ by nothing.
    differences[np.isnan(differences)] = 0.0
    return cluster_mean(differences, np.array([groups[key] for key in shared]), interval)


def separated(difference: Estimate) -> bool:
    """Whether an interval excludes zero. Without an interval only an infinite difference separates."""
    if difference.has_interval:
        return difference.low > 0 or difference.high < 0
    return difference.mean in (inf, -inf)


def shared_ranks(separate: Callable[[int, int], bool], count: int) -> list[int]:
    """Ranks of rows sorted best first: a row shares the rank of the first row of its tie unless separated from it.

    `separate(i, j)` says whether rows i < j differ. Ties are held against the tie's first row, so that ranks never run
    against the order of means (pairwise "not separated" is not transitive).
    """
    ranks: list[int] = []
    leader = 0
    for row in range(count):
        if row and separate(leader, row):
            leader = row
        ranks.append(leader + 1)
    return ranks
