"""A leaderboard for the terminal, readable in 80 columns: as many metric columns as fit, the rest stacked below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vbench_py.leaderboard.board import Board, Column, Row, Table
from vbench_py.report.numbers import Numbers, count_text, numbers_of

if TYPE_CHECKING:
    import rich.console
    import rich.table
    import rich.text

    Grid = Callable[[list[Column], bool], rich.table.Table]

NAME_WIDTH = 24
HEADER_WIDTH = 9
LONGEST_PIECE = 16


def render(board: Board, console: rich.console.Console) -> None:
    """Writes every table of `board`: rank, method, n, then metrics by id, the primary first; best in bold."""
    if not board.tables:
        console.print("No runs.")
    for number, table in enumerate(board.tables):
        if number:
            console.print()
        console.print(table.heading, highlight=False, markup=False, style="bold")
        console.print(" · ".join(table.facts), highlight=False, markup=False, style="dim")
        if table.why:
            console.print(f"apart because of: {table.why}", highlight=False, markup=False, style="dim")
        for grid in stacks(table.columns, partial(_grid, table), console):
            console.print()
            console.print(grid)
        if table.notes:
            console.print()
        for note in table.notes:
            console.print(note, highlight=False, markup=False, style="dim")


def header(column: Column, width: int) -> str:
    """What one types after --metrics, wrapped to `width` after hyphens; direction and unit on the last line."""
    lines = [""]
    for piece in re.findall(r".+?(?:[-,]|(?=[:\[])|$)", column.id):
        for part in (piece[i : i + LONGEST_PIECE] for i in range(0, len(piece), LONGEST_PIECE)):
            if lines[-1] and len(lines[-1]) + len(part) > width:
                lines.append("")
            lines[-1] += part
    if column.unordered:
        lines[-1] += "†"
    return "\n".join([*lines, " ".join(filter(None, (column.arrow, column.facts.unit)))])


def short(name: str, width: int = NAME_WIDTH) -> str:
    """The middle goes: the head says which method, the tail which checkpoint."""
    return name if len(name) <= width else f"{name[: width // 2]}…{name[width // 2 - width + 1 :]}"


def empty_grid() -> rich.table.Table:
    import rich.box
    import rich.table

    return rich.table.Table(box=rich.box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")


def _cell(column: Column, row: Row, numbers: Numbers) -> rich.text.Text:
    """The mean, with `±margin` beside it or the interval's ends below."""
    import rich.text

    cell = row.cells.get(column.id)
    if cell is None or cell.estimate.n == 0:
        return rich.text.Text("—")
    text = rich.text.Text(numbers.value(cell.estimate), style="bold green" if cell.best else "", justify="right")
    if numbers.even:
        text.append(f" {numbers.margin(cell.estimate)}".rstrip(), style="not bold")
    elif ends := numbers.ends(cell.estimate):
        text.append(f"\n{ends}", style="dim not bold")
    if count := count_text(cell, row):
        text.append(f"\n{count}", style="dim not bold")
    return text


def stacks(columns: Sequence[Column], grid: Grid, console: rich.console.Console) -> list[rich.table.Table]:
    """The columns, primary first, as grids no wider than the console. `grid(columns, first)` draws one."""
    from rich.measure import Measurement

    cut: list[list[Column]] = [[]]
    for column in sorted(columns, key=lambda column: not column.primary):
        wider = grid([*cut[-1], column], len(cut) == 1)
        if cut[-1] and Measurement.get(console, console.options.update(width=1000), wider).maximum > console.width:
            cut.append([])
        cut[-1].append(column)
    return [grid(part, number == 0) for number, part in enumerate(cut)]


def _grid(table: Table, columns: Sequence[Column], first: bool) -> rich.table.Table:
    import rich.text

    grid = empty_grid()
    if table.has_ranks:
        grid.add_column("rank", justify="right", no_wrap=True)
    grid.add_column("method", no_wrap=True)
    if first:
        grid.add_column("n", justify="right", no_wrap=True)
    numbers = [numbers_of(column, table.rows) for column in columns]
    cells = [[_cell(column, row, it) for column, it in zip(columns, numbers, strict=True)] for row in table.rows]
    for place, column in enumerate(columns):
        width = max([HEADER_WIDTH, *(len(line) for row in cells for line in row[place].plain.split("\n"))])
        grid.add_column(rich.text.Text(header(column, width)), justify="right", no_wrap=True)
    for place, (row, values) in enumerate(zip(table.rows, cells, strict=True)):
        name = rich.text.Text(f"{short(row.name)}\n  {row.control}" if row.control else short(row.name))
        head: list[str | rich.text.Text] = [row.rank_text, name] if table.has_ranks else [name]
        if first:
            head.append(f"{row.scored}/{row.expected}")
        following = table.rows[place + 1].control if place + 1 < len(table.rows) else row.control
        ends = bool(following) and not row.control
        grid.add_row(*head, *values, style="dim" if row.rank is None else "", end_section=ends)
    return grid
