"""Per-frame curves of one sample for the report: every method's line over time, and its worst second."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from vbench_py.curves import read_curve
from vbench_py.leaderboard.board import Column
from vbench_py.records import RunRecords, ScoreRecord

log = logging.getLogger(__name__)

SECONDS = "seconds"
CELLS = "cells of the views and times, in the metric's order"


def load(folder: Path, score: ScoreRecord) -> tuple[np.ndarray, np.ndarray] | None:
    """(W,) first frames and (W,) float64 values of a score's curve; None, with a warning, when it cannot be read."""
    if score.curve is None:
        return None
    path = folder / score.curve
    try:
        curve = read_curve(path, score.metric)
    except (OSError, ValueError, BadZipFile) as error:
        log.warning("curve left out: %s: %s", path, error)
        return None
    if curve is None or not len(curve.index):
        return None
    return curve.index, np.asarray(curve.values, dtype=np.float64)


def worst_second(times: np.ndarray, values: np.ndarray, sign: int) -> tuple[float, float] | None:
    """Start and end, in seconds, of the second with the worst mean of finite values; the earliest of equals.

    `sign` is +1 when more is better, -1 when less is. A curve of less than two seconds, of which a second would be
    most, is searched for its worst quarter. None without direction, and for fewer than 4 values.
    """
    if sign == 0 or len(times) < 4:
        return None
    step = float(np.median(np.diff(times)))
    if step <= 0:
        return None
    length = max(1, round(1 / step if len(times) * step >= 2 else len(times) / 4))
    finite = np.isfinite(values)
    sums = np.convolve(np.where(finite, values, 0.0), np.ones(length), "valid")
    counts = np.convolve(finite.astype(np.float64), np.ones(length), "valid")
    means = np.where(counts > 0, sign * sums / np.maximum(counts, 1), np.inf)
    if not np.isfinite(means).any():
        return None
    start = int(means.argmin())
    return float(times[start]), float(times[start] + length * step)


def lines(
    column: Column, found: Iterable[tuple[RunRecords, int, str, float | None, ScoreRecord]], axis: str = SECONDS
) -> Mapping[str, Any] | None:
    """The plot of one metric: `found` gives (run, its row, colour, fps, score) of each method; None without curves.

    Windows that another `axis` counts have no worst second.
    """
    drawn = []
    for run, row, colour, fps, score in found:
        curve = load(run.folder, score)
        if curve is None:
            continue
        timed = axis == SECONDS
        times = np.round(curve[0] / (fps or 1.0), 4) if timed else curve[0]
        drawn.append(
            {
                "name": run.name,
                "control": run.control,
                "row": row,
                "colour": colour,
                "t": times.tolist(),
                "v": [float(f"{v:.5g}") if np.isfinite(v) else None for v in curve[1]],
                "worst": None if run.control or not timed else worst_second(times, curve[1], column.sign),
            }
        )
    if not drawn:
        return None
    return {
        "title": column.id,
        "axis": axis,
        "family": column.family,
        "unit": column.facts.unit,
        "arrow": column.arrow,
        "lines": drawn,
    }
