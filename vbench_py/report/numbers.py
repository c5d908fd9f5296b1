"""How a column's numbers are written: enough digits for what the interval can tell, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def blocks(families: Sequence[tuple[str, Sequence[Column]]], most: int) -> list[tuple[list[str], list[Column]]]:
    """The columns in tables of at most `most`, with the families in each; a family is cut only when it is wider."""
    found: list[tuple[list[str], list[Column]]] = []
    for family, columns in families:
        for start in range(0, len(columns), most):
            part = list(columns[start : start + most])
            if found and len(found[-1][1]) + len(part) <= most:
                if family not in found[-1][0]:
                    found[-1][0].append(family)
                found[-1][1].extend(part)
            else:
                found.append(([family], part))
    return found or [([], [])]


def cell_text(column: Column, row: Row, numbers: Numbers) -> str:
    """A cell in one line: `28.41 ±0.32`, or `28.4 (22.1–37.0)` where the interval's sides differ."""
    cell = row.cells.get(column.id)
    if cell is None or cell.estimate.n == 0:
        return "—"
    ends = numbers.ends(cell.estimate)
    interval = numbers.margin(cell.estimate) if numbers.even else ends and f"({ends})"
    return " ".join(filter(None, (numbers.value(cell.estimate), interval, count_text(column, cell, row))))


def _has_width(cell: Cell) -> bool:
    return cell.estimate.has_interval and isfinite(cell.estimate.margin) and cell.estimate.margin > 0


def _even(estimate: Estimate, column: Column) -> bool:
    low, high = column.facts.range
    inside = low <= estimate.mean - estimate.margin and estimate.mean + estimate.margin <= high
    return inside and min(estimate.mean - estimate.low, estimate.high - estimate.mean) >= EVEN * estimate.margin


def count_text(column: Column, cell: Cell, row: Row) -> str:
    """`n=7` of a set, and where a number covers other outputs than the row's own count says; `7 groups` of groups."""
    count = cell.estimate.n
    if column.facts.over == "group":
        return f"{count} group{'' if count == 1 else 's'}" if count else ""
    if cell.over_set:
        return f"n={count}" if count > 1 else ""  # 1: an older record that does not say of how many
    return f"n={count}" if count not in (0, row.scored) else ""
