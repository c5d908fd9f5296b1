"""Videos scored without a suite, for the terminal: a line a video, the mean below, and what could not be scored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from vbench_py.leaderboard import leaderboard
from vbench_py.leaderboard.board import Column, Table
from vbench_py.records import RunRecords
from vbench_py.report.flat import missing_rows
from vbench_py.report.numbers import numbers_of
from vbench_py.report.terminal import HEADER_WIDTH, empty_grid, header, short, stacks

if TYPE_CHECKING:
    import rich.console
    import rich.table

ROWS_SHOWN = 40
NAME_WIDTH = 32


def render_videos(
    run: RunRecords, console: rich.console.Console, *, metrics: Sequence[str] | None = None, interval: str = "hall"
) -> None:
    """Writes the first 40 videos with their numbers, the means with intervals, and what is missing with its reason."""
    (table,) = leaderboard([run], metrics=metrics, interval=interval).tables
    plural = "" if len(run.outputs) == 1 else "s"
    console.print(f"{run.name}: {len(run.outputs)} video{plural}", highlight=False, markup=False, style="bold")
    console.print(" · ".join(table.facts[2:]), highlight=False, markup=False, style="dim")
    for grid in stacks(table.columns, partial(_grid, table, run), console):
        console.print()
        console.print(grid)
    if len(run.outputs) > ROWS_SHOWN:
        console.print(f"… and {len(run.outputs) - ROWS_SHOWN} more in {run.folder / 'scores.csv'}", markup=False)
    told = _missing(run)
    if told:
        console.print()
    for line in told:
        console.print(line, highlight=False, markup=False, style="yellow")


def _grid(table: Table, run: RunRecords, columns: Sequence[Column], first: bool) -> rich.table.Table:
    import rich.text

    values = {(s.sample, s.metric): s.value for s in run.scores if s.status == "ok" and s.value is not None}
    lines = [(output.sample, [values.get((output.sample, column.id)) for column in columns])
             for output in run.outputs[:ROWS_SHOWN]]  # fmt: skip
    grid = empty_grid()
    grid.add_column("video", no_wrap=True)
    means = []
    for column in columns:
        cell = table.rows[0].cells.get(column.id)
        numbers = numbers_of(column, table.rows)
        lines_of_mean = ("—",) if cell is None else (numbers.value(cell.estimate), numbers.ends(cell.estimate))
        mean = "\n".join(filter(None, lines_of_mean))
        means.append(rich.text.Text(mean, style="bold", justify="right"))
        grid.add_column(rich.text.Text(header(column, HEADER_WIDTH)), justify="right", no_wrap=True)
    for number, (name, found) in enumerate(lines):
        texts = ["—" if value is None else column.text(value) for column, value in zip(columns, found, strict=True)]
        grid.add_row(rich.text.Text(short(name, NAME_WIDTH)), *texts, end_section=number + 1 == len(lines))
    grid.add_row(f"mean of {table.rows[0].scored}", *means)
    return grid


def _missing(run: RunRecords) -> list[str]:
    """One line a reason: who lost what by it, and why."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for sample, _, _, metric, status, reason in missing_rows(run)[1]:
        reasons.setdefault((metric, f"{status}: {reason}"), []).append(sample)
    return [
        " · ".join(filter(None, (metric, names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else ""), reason)))
        for (metric, reason), names in reasons.items()
    ]
