"""Everything that a page shows of one table of the board."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from vbench_py.leaderboard.board import Column, Table
from vbench_py.report.flat import missing_rows, protocol
from vbench_py.report.numbers import Numbers, numbers_of
from vbench_py.report.rates import RATE, rates
from vbench_py.report.samples import Card, together
from vbench_py.report.words import colour, control_label

UPRIGHT = 6


@dataclass(frozen=True)
class Section:
    """A table of the board with everything that the page shows below it; `number` is its place on the board."""

    number: int
    table: Table
    cards: Sequence[Card]
    total: int
    missing: Sequence[Sequence[Any]]
    protocols: Sequence[tuple[str, str]]
    cost: Mapping[str, Any] | None
    rates: Mapping[str, Any] | None
    numbers: Mapping[str, Numbers]
    facts: Sequence[str]
    together: Mapping[str, Any]

    @property
    def title(self) -> str:
        return self.table.rows[0].run.suite_title or self.table.suite

    @property
    def plotted(self) -> bool:
        return bool(self.cost or self.rates or self.together or any(card.curves for card in self.cards))

    @property
    def summary(self) -> str:
        return " ".join(self.table.rows[0].run.summary.split())

    @property
    def upright(self) -> bool:
        """Whether one method with many metrics stands as a list, a line a metric, rather than as one long line."""
        return len(self.table.rows) == 1 and len(self.table.shown) > UPRIGHT

    @property
    def complete(self) -> bool:
        """Whether every row has all its outputs, so that a narrow screen need not say so."""
        return all(row.scored >= row.expected for row in self.table.rows)

    @property
    def families(self) -> Sequence[str]:
        """The families that can be shown and hidden; none where the table is narrow enough."""
        names = [name for name, _ in self.table.families]
        return names if len(self.table.shown) > UPRIGHT and len(names) > 1 and not self.upright else []

    @property
    def own_cost(self) -> bool:
        """Whether a column of its own says what the phase "generate" took: only where no metric of cost does."""
        return _cost_column(self.table) is None and any(row.seconds_per_frame for row in self.table.rows)


def section(number: int, table: Table, cards: Sequence[Card], total: int) -> Section:
    """The section of a table, with `cards` for some of its `total` outputs."""
    numbers = {column.id: numbers_of(column, table.rows) for column in table.columns}
    return Section(
        number, table, cards, total, _missing(table), _protocols(table), _costs(table), rates(table), numbers,
        _facts(table), together(table),
    )  # fmt: skip


def _missing(table: Table) -> list[list[Any]]:
    """Lines of what is missing; a number over a set belongs to no sample, and a metric told as absent is no line."""
    told = {metric for it in table.absent if not it.runs for metric in it.metrics}
    return [
        [row.name, sample or "all outputs", "" if seed < 0 else seed, stage, metric, status, reason]
        for row in table.rows
        for sample, seed, stage, metric, status, reason in missing_rows(row.run)[1]
        if metric not in told
    ]


def _protocols(table: Table) -> list[tuple[str, str]]:
    return [(row.name, json.dumps(protocol(row.run), indent=2, ensure_ascii=False, default=str)) for row in table.rows]


def _costs(table: Table) -> Mapping[str, Any] | None:
    """Quality against cost: the primary metric with its interval, and the first metric of cost.

    Without such a metric: seconds a frame in the phase "generate", the median over outputs.
    """
    column, cost = table.primary, _cost_column(table)
    if column is None or column is cost:
        return None
    label = f"{cost.id} ({cost.facts.unit}, log)" if cost else "seconds per frame (log)"
    points = [
        {
            "name": row.name, "control": control_label(row.control), "row": number, "colour": colour(table, number),
            "x": paid, "y": cell.estimate.mean, "low": cell.estimate.low, "high": cell.estimate.high,
        }
        for number, row in enumerate(table.rows)
        for cell in [row.cells.get(column.id)]
        for paid in [row.cells[cost.id].estimate.mean if cost and cost.id in row.cells else row.seconds_per_frame]
        if cell is not None and isfinite(cell.estimate.mean) and paid is not None and paid > 0
    ]  # fmt: skip
    if not any(not point["control"] for point in points):
        return None
    return {"title": column.id, "unit": column.facts.unit, "arrow": column.arrow, "cost": label, "points": points}


def _cost_column(table: Table) -> Column | None:
    """The first metric of what an output took; the size of a code has a plot of its own."""
    costs = [column for column in table.columns if column.facts.family == "cost" and column.sign < 0]
    return next((column for column in costs if column.id != RATE), None)


def _facts(table: Table) -> list[str]:
    """What the outputs are like: sizes, frame rates, frames, seeds; then what holds for every number."""
    outputs = [o for row in table.rows if not row.control for o in row.run.outputs if o.status == "ok"]
    sizes = sorted({f"{o.width}×{o.height}" for o in outputs if o.width and o.height})
    rates = sorted({o.fps for o in outputs if o.fps})
    frames = sorted({o.frames for o in outputs if o.frames})
    seeds = sorted({o.seed for o in outputs})
    told = [
        ", ".join(sizes) if len(sizes) <= 3 else f"{len(sizes)} sizes",
        f"{', '.join(f'{rate:g}' for rate in rates)} fps" if 0 < len(rates) <= 3 else "",
        f"{frames[0]}–{frames[-1]} frames" if len(frames) > 1 else f"{frames[0]} frames" if frames else "",
        f"seeds {', '.join(map(str, seeds[:5]))}{' …' if len(seeds) > 5 else ''}" if seeds else "",
    ]
    return [*table.facts[:1], *filter(None, told), *table.facts[1:]]
