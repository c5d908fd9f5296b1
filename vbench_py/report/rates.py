"""Rate and distortion: quality against the size of the code, a line through the rates of each codec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from vbench_py.leaderboard.board import Row, Table

RATE = "bits-per-pixel"
_RATED = re.compile(r"(.+)-(?:crf|qp?)\d+(?:\.\d+)?")


def rates(table: Table) -> Mapping[str, Any] | None:
    """The plot by metric of fidelity: lines of (rate, quality), sorted by rate; None without rates of two methods."""
    rate = next((column for column in table.shown if column.id == RATE), None)
    if rate is None:
        return None
    rows = [(number, row) for number, row in enumerate(table.rows) if not row.control and _mean(row, RATE)]
    codecs = list(dict.fromkeys(codec(row) for _, row in rows))
    metrics = []
    for column in table.shown:
        if column.facts.family != "fidelity" or not column.sign:
            continue
        lines = []
        for place, name in enumerate(codecs):
            points: list[dict[str, Any]] = [
                {"row": number, "name": row.name, "x": _mean(row, RATE), "y": _mean(row, column.id)}
                for number, row in rows
                if codec(row) == name and _mean(row, column.id) is not None
            ]
            if points:
                points.sort(key=lambda point: point["x"])
                lines.append({"name": name, "colour": f"c{place % 7}", "points": points})
        if sum(len(line["points"]) for line in lines) > 1:
            metrics.append({"title": column.id, "unit": column.facts.unit, "arrow": column.arrow, "lines": lines})
    return {"rate": f"{rate.id} ({rate.facts.unit}, log)", "metrics": metrics} if metrics else None


def codec(row: Row) -> str:
    """What methods at several rates share: the method that axes tell apart, or the name before `-crf23` or `-q50`."""
    if row.run.axes:
        return row.run.method
    found = _RATED.fullmatch(row.name)
    return found.group(1) if found else row.name


def _mean(row: Row, column: str) -> float | None:
    """A rate or quality that can be drawn; a rate of nothing has no logarithm."""
    cell = row.cells.get(column)
    if cell is None or cell.estimate.n == 0 or not isfinite(cell.estimate.mean):
        return None
    return None if column == RATE and cell.estimate.mean <= 0 else cell.estimate.mean
