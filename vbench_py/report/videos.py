"""Videos scored without a suite, for the terminal: a line a video, the mean below, and what could not be scored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vbench_py.leaderboard import leaderboard
from vbench_py.leaderboard.board import Column, Table
from vbench_py.records import RunRecords
from vbench_py.report.flat import missing_rows
from vbench_py.report.numbers import count_text, numbers_of
from vbench_py.report.terminal import HEADER_WIDTH, empty_grid, header, short, show_absent, show_stacks

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
    by_video, together = _split(table)
    if by_video or not together:
        show_stacks(by_video, partial(_grid, table, run), console)
    if len(run.outputs) > ROWS_SHOWN:
        console.print(f"… and {len(run.outputs) - ROWS_SHOWN} more in {run.folder / 'scores.csv'}", markup=False)
    if together:
        console.print("\nOf all videos together", highlight=False, markup=False, style="bold")
        console.print()
        console.print(_together(table, together))
    show_absent(table, console)
    told = _missing(run, {metric for it in table.absent for metric in it.metrics})
    if told:
        console.print()
    for line in told:
        console.print(line, highlight=False, markup=False, style="yellow")


def _split(table: Table) -> tuple[list[tuple[str, list[Column]]], list[Column]]:
    """The families with the columns that have a number a video, and the columns over sets and groups."""
    by_video = [(name, [it for it in found if it.facts.over == "output"]) for name, found in table.families]
    return [(name, found) for name, found in by_video if found], [it for it in table.shown if it.facts.over != "output"]


def _together(table: Table, columns: Sequence[Column]) -> rich.table.Table:
    """A line a metric: its number, its interval, and what it was taken over."""
    import rich.text

    row = table.rows[0]
    grid = empty_grid()
    grid.add_column("metric")
    for head in ("value", "95 % interval", "of"):
        grid.add_column(head, justify="right", no_wrap=True)
    for column in columns:
        cell, numbers = row.cells[column.id], numbers_of(column, table.rows)
        name = " ".join(filter(None, (column.id, column.arrow, column.facts.unit)))
        values = (numbers.value(cell.estimate), numbers.ends(cell.estimate) or "—", count_text(column, cell, row))
        grid.add_row(rich.text.Text(name), *values)
    return grid


def _grid(table: Table, run: RunRecords, columns: Sequence[Column], first: bool) -> rich.table.Table:
    import rich.text

    values = {(s.sample, s.seed, s.metric): s.value for s in run.scores if s.status == "ok" and s.value is not None}
    lines = [(output.sample, [values.get((output.sample, output.seed, column.id)) for column in columns])
             for output in run.outputs[:ROWS_SHOWN]]  # fmt: skip
    count = len({(sample, seed) for sample, seed, _ in values if sample})
    grid = empty_grid()
    grid.add_column("video", no_wrap=True)
    means = []
    for column in columns:
        cell = table.rows[0].cells.get(column.id)
        numbers = numbers_of(column, table.rows)
        fewer = f"n={cell.estimate.n}" if cell is not None and cell.estimate.n != count else ""
        told = ("—",) if cell is None else (numbers.value(cell.estimate), numbers.ends(cell.estimate), fewer)
        mean = "\n".join(filter(None, told))
        means.append(rich.text.Text(mean, style="bold", justify="right"))
        grid.add_column(rich.text.Text(header(column, HEADER_WIDTH)), justify="right", no_wrap=True)
    for number, (name, found) in enumerate(lines):
        texts = ["—" if value is None else column.text(value) for column, value in zip(columns, found, strict=True)]
        grid.add_row(rich.text.Text(short(name, NAME_WIDTH)), *texts, end_section=number + 1 == len(lines))
    grid.add_row(f"mean of {count}", *means)
    return grid


def _missing(run: RunRecords, told: Collection[str]) -> list[str]:
    """One line a reason: who lost what by it, and why. Metrics already `told` of are left out."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for sample, _, _, metric, status, reason in missing_rows(run)[1]:
        if metric not in told:
            reasons.setdefault((metric, f"{status}: {reason}"), []).append(sample or "all videos")
    return [
        " · ".join(filter(None, (metric, names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else ""), reason)))
        for (metric, reason), names in reasons.items()
    ]
