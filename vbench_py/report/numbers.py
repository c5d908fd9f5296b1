"""How a column's numbers are written: enough digits for what the interval can tell, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, log10

from vbench_py.leaderboard.board import Cell, Column, Row
from vbench_py.stats import Estimate

EVEN = 0.8


@dataclass(frozen=True)
class Numbers:
    """Decimals of a column. `even`: every interval's sides are alike, so that a margin (its longer side) is honest."""

    mean: int
    interval: int
    even: bool

    def value(self, estimate: Estimate) -> str:
        return "—" if estimate.n == 0 else f"{estimate.mean:.{self.mean}f}"

    def margin(self, estimate: Estimate) -> str:
        """`±0.32`, or "" without an interval or width."""
        return f"±{estimate.margin:.{self.interval}f}" if estimate.has_interval and estimate.margin else ""

    def ends(self, estimate: Estimate) -> str:
        """`22.1–37.0`, or "" without an interval or width; "to" between ends where a minus sign would be misread."""
        if not estimate.has_interval:
            return ""
        low, high = (f"{end:.{self.interval}f}" for end in (estimate.low, estimate.high))
        if low == high:
            return ""
        return f"{low} to {high}" if estimate.low < 0 else f"{low}–{high}"


def numbers_of(column: Column, rows: Iterable[Row]) -> Numbers:
    """Two significant digits of the narrowest interval among methods, and one digit more for means.

    The mean has the extra digit because methods are compared in pairs on shared samples, which tells apart more than
    their own intervals do. Never more decimals than the metric's card gives.
    """
    cells = [(row, row.cells[column.id]) for row in rows if column.id in row.cells]
    found = [cell for row, cell in cells if not row.control and _has_width(cell)]
    found = found or [cell for _, cell in cells if _has_width(cell)]
    most = column.facts.decimals
    if not found:
        return Numbers(most, most, True)
    narrowest = min(cell.estimate.margin for cell in found)
    interval = min(most, max(0, 1 - floor(log10(narrowest))))
    return Numbers(min(most, interval + 1), interval, all(_even(cell.estimate, column) for cell in found))


def cell_text(column: Column, row: Row, numbers: Numbers) -> str:
    """A cell in one line: `28.41 ±0.32`, or `28.4 (22.1–37.0)` where the interval's sides differ."""
    cell = row.cells.get(column.id)
    if cell is None or cell.estimate.n == 0:
        return "—"
    ends = numbers.ends(cell.estimate)
    interval = numbers.margin(cell.estimate) if numbers.even else ends and f"({ends})"
    return " ".join(filter(None, (numbers.value(cell.estimate), interval, count_text(cell, row))))


def _has_width(cell: Cell) -> bool:
    return cell.estimate.has_interval and isfinite(cell.estimate.margin) and cell.estimate.margin > 0


def _even(estimate: Estimate, column: Column) -> bool:
    low, high = column.facts.range
    inside = low <= estimate.mean - estimate.margin and estimate.mean + estimate.margin <= high
    return inside and min(estimate.mean - estimate.low, estimate.high - estimate.mean) >= EVEN * estimate.margin


def count_text(cell: Cell, row: Row) -> str:
    """`n=7` where a number covers other outputs than the row's own count says."""
    return f"n={cell.estimate.n}" if cell.estimate.n not in (0, row.scored) and not cell.over_set else ""
