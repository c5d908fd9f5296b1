"""The straight line with the least sum of absolute deviations."""

from __future__ import annotations

import numpy as np

STEPS = 200


def least_deviations(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(scale, shift) that minimise sum |scale x + shift - y| for x, y (N,) float64, x not constant.

    For a given scale the best shift is a median, and what is left is convex in the scale: a subgradient says on which
    side its minimum lies, and bisection goes on until float64 has no number between the ends. Exact, also with ties.
    """
    x_mean, y_mean = float(np.mean(x)), float(np.mean(y))
    centred = x - x_mean
    start = float(centred @ (y - y_mean) / (centred @ centred))
    step = abs(start) * 1e-3 + np.std(y) / np.std(x) * 1e-3 + np.finfo(np.float64).tiny
    side = _slope(centred, y, start)
    lower = upper = start
    while side and _slope(centred, y, lower if side > 0 else upper) * side > 0:
        if side > 0:
            upper, lower = lower, lower - step
        else:
            lower, upper = upper, upper + step
        step *= 2
    for _ in range(STEPS):
        middle = 0.5 * (lower + upper)
        if middle in (lower, upper):
            break
        found = _slope(centred, y, middle)
        if not found:
            lower = upper = middle
            break
        lower, upper = (middle, upper) if found < 0 else (lower, middle)
    scale = 0.5 * (lower + upper)
    return scale, _middle(y - scale * centred) - scale * x_mean


def _middle(values: np.ndarray) -> float:
    """The lower median: one of the values."""
    rank = (len(values) - 1) // 2
    return float(np.partition(values, rank)[rank])


def _slope(x: np.ndarray, y: np.ndarray, scale: float) -> float:
    """A subgradient of min over shift of sum |scale x + shift - y|, by scale."""
    left = y - scale * x
    shift = _middle(left)
    above, below = left > shift, left < shift
    level = ~(above | below)
    # Residuals of zero take the signs that make all signs add up to nothing, as at the best shift they do.
    share = (np.count_nonzero(below) - np.count_nonzero(above)) / np.count_nonzero(level)
    return float(np.sum(x[below]) - np.sum(x[above]) - share * np.sum(x[level]))
