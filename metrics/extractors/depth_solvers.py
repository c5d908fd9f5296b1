"""Scale and shift from streamed sums: what each frame contributes, and what all of it together says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import cv2
import numpy as np

from vbench_py.metrics.extractors.depth_deviations import least_deviations
from vbench_py.types import BadMedia, UsageError

Arrays = Mapping[str, np.ndarray]


class Solver(Protocol):
    """Fits y = scale * x + shift over the valid pixels of a sequence, in `rounds` passes.

    `gather` tells of x, y (H, W) float32 and valid (H, W) bool of a frame, knowing the last round's answer, and `merge`
    of what it told of a frame's strips, where it takes `strips`. `solve` gets that of all frames, in order (names in
    "sum_..." added up), and answers the round; the last answer is (scale, shift). `BadMedia` when no pixel is valid or
    no scale can be found.
    """

    rounds: int
    strips: bool

    def gather(self, x: np.ndarray, y: np.ndarray, valid: np.ndarray, before: np.ndarray | None) -> Arrays: ...
    def merge(self, parts: Sequence[Arrays]) -> Arrays: ...
    def solve(self, arrays: Arrays, before: np.ndarray | None) -> np.ndarray: ...


def nothing_valid() -> BadMedia:
    return BadMedia(
        "no frame has a pixel whose true depth is in range and whose prediction is known",
        mend="check the ground truth's unit (metres) and range, minimum_depth and maximum_depth, and the prediction",
    )


def constant(level: float, policy: str) -> np.ndarray:
    """The answer for a prediction of one value everywhere: the truth's own `level`, or a refusal."""
    if policy == "level":
        return np.array([0.0, level])
    if policy != "refuse":
        raise UsageError(f"constant_prediction {policy!r} is not known", mend="use refuse or level")
    raise BadMedia(
        "the prediction is one value everywhere, so no scale can be fitted",
        mend="constant_prediction=level scores it as the constant that fits best",
    )


class LeastSquares:
    """Ordinary least squares, from moments about the middle of each strip, merged in float64."""

    rounds = 1
    strips = True

    def __init__(self, constant_prediction: str) -> None:
        self.policy = constant_prediction

    def gather(self, x: np.ndarray, y: np.ndarray, valid: np.ndarray, before: np.ndarray | None = None) -> Arrays:
        """`moments` (5,): count, means of x and y, sums of (x - mean)^2 and (x - mean)(y - mean)."""
        count = int(np.count_nonzero(valid))
        if not count:
            return {"moments": np.zeros(5)}
        step = 8 if valid[::8, ::8].any() else 1
        some = (slice(None, None, step),) * 2
        # Moments about a point near the mean lose nothing to cancellation.
        middles = [np.mean(values[some][valid[some]], dtype=np.float64).astype(np.float32) for values in (x, y)]
        u: np.ndarray = x - middles[0]
        v: np.ndarray = y - middles[1]
        if count < valid.size:
            mask = np.ascontiguousarray(valid).view(np.uint8)
            u, v = cv2.copyTo(u, mask), cv2.copyTo(v, mask)
        across, along = cv2.sumElems(u)[0], cv2.sumElems(v)[0]
        squares = cv2.norm(u, cv2.NORM_L2SQR) - across**2 / count
        products = float(np.sum(np.einsum("ij,ij->i", u, v), dtype=np.float64)) - across * along / count
        means = (float(middles[0]) + across / count, float(middles[1]) + along / count)
        return {"moments": np.array([count, *means, max(squares, 0.0), products])}

    def merge(self, parts: Sequence[Arrays]) -> Arrays:
        return {"moments": together(np.stack([part["moments"] for part in parts]))}

    def solve(self, arrays: Arrays, before: np.ndarray | None = None) -> np.ndarray:
        count, x, y, square, product = together(arrays["moments"])
        if not count:
            raise nothing_valid()
        if square <= count * (1e-6 * x) ** 2:
            return constant(float(y), self.policy)
        scale = product / square
        return np.array([scale, y - scale * x])


def together(moments: np.ndarray) -> np.ndarray:
    """The moments (5,) of everything from those of its parts (N, 5)."""
    count, x, y, square, product = moments.T
    total = count.sum()
    if not total:
        return np.zeros(5)
    x_mean, y_mean = (count * x).sum() / total, (count * y).sum() / total
    squares = square.sum() + (count * (x - x_mean) ** 2).sum()
    products = product.sum() + (count * (x - x_mean) * (y - y_mean)).sum()
    return np.array([total, x_mean, y_mean, squares, products])


def ordered(values: np.ndarray) -> np.ndarray:
    """float32 as uint32 in the same order."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def unordered(key: int) -> float:
    """The float32 whose `ordered` is `key`."""
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.array([bits], dtype=np.uint32).view(np.float32)[0])


class Medians:
    """Scale = median of y / median of x, each the lower of the middle two, exact; no shift.

    Radix selection: the first round counts the upper 16 bits of every value, the second the lower 16 of those that
    share the median's upper ones. Source of the rule: Junyi42/monst3r@574cc77 `dust3r/depth_eval.py:depth_evaluation`.
    """

    rounds = 2
    strips = False
    bins = 1 << 16

    def gather(self, x: np.ndarray, y: np.ndarray, valid: np.ndarray, before: np.ndarray | None) -> Arrays:
        """`sum_histogram` (2, 65536) int64, of x and of y."""
        counts = np.zeros((2, self.bins), np.int64)
        for row, values in enumerate((x, y)):
            keys = ordered(values[valid])
            if before is not None:
                keys = keys[keys >> 16 == np.uint32(before[row])]
            digits = keys & 0xFFFF if before is not None else keys >> 16
            counts[row] = np.bincount(digits, minlength=self.bins)
        return {"sum_histogram": counts}

    def merge(self, parts: Sequence[Arrays]) -> Arrays:
        (whole,) = parts
        return whole

    def solve(self, arrays: Arrays, before: np.ndarray | None) -> np.ndarray:
        """First (upper bits of x, of y, rank left in each), then (scale, 0)."""
        counts = arrays["sum_histogram"].cumsum(axis=1)
        if before is None:
            if not counts[0, -1]:
                raise nothing_valid()
            rank = (int(counts[0, -1]) - 1) // 2
            upper = [int(np.searchsorted(row, rank, side="right")) for row in counts]
            left = [rank - (int(row[digit - 1]) if digit else 0) for row, digit in zip(counts, upper, strict=True)]
            return np.array([*upper, *left], dtype=np.float64)
        lower = [int(np.searchsorted(counts[row], before[2 + row], side="right")) for row in (0, 1)]
        x, y = (unordered(int(before[row]) << 16 | lower[row]) for row in (0, 1))
        if x <= 0:
            raise BadMedia(f"the prediction's median is {x:g}, so medians give no scale", mend="use ls-depth-sequence")
        return np.array([y / x, 0.0])


class LeastDeviations:
    """The exact minimum of sum |scale x + shift - y| over a regular sample of the pixels, at most 2^18 a sequence.

    The first round counts frames; the second takes from each the pixels of a square grid, as fine as the frame's share
    of the sample allows.
    """

    rounds = 2
    strips = False
    points = 1 << 18

    def __init__(self, constant_prediction: str) -> None:
        self.policy = constant_prediction

    def gather(self, x: np.ndarray, y: np.ndarray, valid: np.ndarray, before: np.ndarray | None) -> Arrays:
        """`count` (), then `points` (share, 2) float32, NaN where there are fewer."""
        if before is None:
            return {"count": np.array(int(np.count_nonzero(valid)))}
        share = int(before[0])
        step = 1
        while len(range(step // 2, x.shape[0], step)) * len(range(step // 2, x.shape[1], step)) > share:
            step += 1
        grid = (slice(step // 2, None, step),) * 2
        kept = valid[grid]
        found = np.full((share, 2), np.nan, np.float32)
        found[: np.count_nonzero(kept)] = np.stack([x[grid][kept], y[grid][kept]], axis=1)
        return {"points": found}

    def merge(self, parts: Sequence[Arrays]) -> Arrays:
        (whole,) = parts
        return whole

    def solve(self, arrays: Arrays, before: np.ndarray | None) -> np.ndarray:
        """First (share of a frame,), then (scale, shift)."""
        if before is None:
            if not arrays["count"].sum():
                raise nothing_valid()
            return np.array([max(self.points // len(arrays["count"]), 1)], dtype=np.float64)
        points = arrays["points"].reshape(-1, 2).astype(np.float64)
        x, y = points[np.isfinite(points).all(axis=1)].T
        if not len(x):
            raise nothing_valid()
        if np.ptp(x) <= 1e-6 * abs(x.mean()):
            return constant(float(np.median(y)), self.policy)
        return np.array(least_deviations(x, y))
