"""How a video holds together over its length: drift of its looks, seams between its chunks, loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vbench_py.metrics.reduce import FrameMean, worst_second
from vbench_py.metrics.temporal import WarpingErrorMean
from vbench_py.types import Curve, Facts, Score, Series, Unsupported

_ROUNDING = 1 / (12 * 255**2)
"""Variance of rounding to 8 bits, on [0, 1]: an error below it is none."""


class Drift(FrameMean):
    """How far a statistic of the last frames lies from that of the first: |mean of the last - mean of the first|.

    The protocol's `statistic` names it, `share` the part of the frames at either end (at least one frame), `scale` log2
    compares log2(1 + x), in octaves. The curve is the distance of each frame from the first part. Details:
    `difference`, signed; `first` and `last`; and, where the fps is known, `slope_per_second`, by least squares, and the
    worst second of the curve.
    """

    def statistic(self, series: Series) -> np.ndarray:
        """What drifts, of each frame: (T,) float64."""
        values = np.asarray(series.values[self.protocol["statistic"]], dtype=np.float64)
        return np.asarray(np.log2(1 + values)) if self.protocol["scale"] == "log2" else values

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without two frames."""
        series = arrays["windows"]
        if len(series.index) < 2:
            raise Unsupported("frames", f"{self.card.id} needs at least 2 frames")
        values = self.statistic(series)
        count = max(int(float(self.protocol["share"]) * len(values) + 0.5), 1)
        first, last = float(np.mean(values[:count])), float(np.mean(values[-count:]))
        curve = Curve(series.index, np.abs(values - first))
        details = {"difference": last - first, "first": first, "last": last}
        fps = float(facts.get("fps") or 0)
        worst = worst_second(curve, fps, self.card.direction)
        if worst is not None:
            seconds = (series.index - np.mean(series.index)) / fps
            slope = float(np.sum(seconds * (values - np.mean(values))) / np.sum(seconds * seconds))
            details |= {"slope_per_second": slope, "worst_second": worst}
        return Score(abs(last - first), details, curve)


class SlopePerSecond(Drift):
    """How fast a statistic of the frames changes in one direction: |least-squares slope| per second.

    The protocol's `statistic` and `scale` as for `Drift`. The curve is the distance of each frame from the line.
    Details: `slope`, signed; `residual`, the root mean square of the curve.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without two frames or without a frame rate."""
        series, fps = arrays["windows"], float(facts.get("fps") or 0)
        if len(series.index) < 2:
            raise Unsupported("frames", f"{self.card.id} needs at least 2 frames")
        if not fps > 0:
            raise Unsupported("fps", f"{self.card.id} is a slope per second, and the video has no frame rate")
        values = self.statistic(series)
        seconds = (series.index - np.mean(series.index)) / fps
        centred = values - np.mean(values)
        slope = float(np.sum(seconds * centred) / np.sum(seconds * seconds))
        curve = Curve(series.index, np.abs(centred - slope * seconds))
        return Score(abs(slope), {"slope": slope, "residual": float(np.sqrt(np.mean(curve.values**2)))}, curve)


class SeamScore(WarpingErrorMean):
    """Mean warping error of the pairs across two chunks, in units of the median of the other pairs: 1 is no seam.

    Both have the variance of 8-bit rounding added, so that a still video gives 1. The curve is each pair's error in
    these units. Details: `seams`, how many; `worst_seam` and `worst_seam_frame`, its second frame.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without chunks, or where no pair at one or no other pair counts."""
        starts = chunk_starts(facts.get("timeline") or ())
        if not starts:
            raise Unsupported("timeline", f"{self.card.id} needs the chunks that the video was made in, two or more")
        made = super().score(arrays, facts)
        assert made.curve is not None
        errors, seconds = made.curve.values + _ROUNDING, made.curve.index + 1
        across = np.isin(seconds, starts)
        if not across.any() or across.all():
            which = "a chunk's first" if not across.any() else "another"
            raise Unsupported("timeline", f"{self.card.id}: no pair with {which} frame has a valid pixel")
        curve = Curve(made.curve.index, errors / np.median(errors[~across]))
        worst = int(np.argmax(np.where(across, curve.values, -1.0)))
        details = {name: made.details[name] for name in ("valid_share", "pairs_without_valid_pixels")}
        details |= {"seams": float(across.sum()), "worst_seam": float(curve.values[worst])}
        details["worst_seam_frame"] = float(seconds[worst])
        second = worst_second(curve, float(facts.get("fps") or 0), self.card.direction)
        if second is not None:
            details["worst_second"] = second
        return Score(float(np.mean(curve.values[across])), details, curve)


def chunk_starts(timeline: Sequence[Any]) -> list[int]:
    """First frames of the chunks of a timeline (`types.Chunk` or mappings of its fields), without the video's first."""
    firsts = (chunk["first"] if isinstance(chunk, Mapping) else chunk.first for chunk in timeline)
    return sorted({int(first) for first in firsts} - {0})


class LoopScore(FrameMean):
    """Share of frames that repeat an earlier one: the video had left and came back.

    A frame repeats one that lies more than `apart_seconds` before it when their thumbnails differ by at most `same`
    levels (root mean square) and some frame between them differs from it by more than `left`. Standing still is no
    repetition. The curve is 1 for frames that repeat, else 0. Details: `seconds_back`, the median distance to the
    earlier frame that looks most alike, where any frame repeats; the worst second.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without an fps or a frame."""
        series, fps = arrays["windows"], float(facts.get("fps") or 0)
        if not fps > 0:
            raise Unsupported("fps", f"{self.card.id} measures in seconds, and the video has no frame rate")
        if not len(series.index):
            raise Unsupported("frames", f"{self.card.id} needs at least one frame")
        apart, same, left = (float(self.protocol[name]) for name in ("apart_seconds", "same", "left"))
        found = repeated(series.values["thumbnail"], series.index, apart * fps, same, left)
        curve = Curve(series.index, (found >= 0).astype(np.float64))
        details = {}
        if (found >= 0).any():
            back = (series.index - series.index[found])[found >= 0]
            details["seconds_back"] = float(np.median(back)) / fps
        worst = worst_second(curve, fps, self.card.direction)
        if worst is not None:
            details["worst_second"] = worst
        return Score(float(np.mean(curve.values)), details, curve)


def repeated(thumbnails: np.ndarray, index: np.ndarray, apart: float, same: float, left: float) -> np.ndarray:
    """(T,) int64: the position of the earlier frame that each frame repeats, the closest in looks; -1 for none.

    `thumbnails` (T, D) in levels; `apart` in frames; see `LoopScore`.
    """
    found = np.full(len(thumbnails), -1, dtype=np.int64)
    for t in range(2, len(thumbnails)):
        distance = np.sqrt(np.mean(np.square(thumbnails[:t] - thumbnails[t]), axis=1, dtype=np.float64))
        between = np.append(np.maximum.accumulate(distance[::-1])[::-1][1:], 0.0)
        match = (index[t] - index[:t] > apart) & (distance <= same) & (between > left)
        if match.any():
            found[t] = int(np.argmin(np.where(match, distance, np.inf)))
    return found
