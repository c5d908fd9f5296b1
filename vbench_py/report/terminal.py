"""A leaderboard for the terminal, readable in 80 columns: as many metric columns as fit, the rest stacked below."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from vbench_py.leaderboard.board import Board, Cell, Column, Row, Table

if TYPE_CHECKING:
    import rich.console
    import rich.table

NAME_WIDTH = 24


def render(board: Board, console: rich.console.Console) -> None:
    """Writes every table of `board`: rank, method, coverage, then metrics, the primary first; best in bold."""
    if not board.tables:
        console.print("No runs.")
    for table in board.tables:
        for line in _title(table):
            console.print(line, highlight=False, markup=False, style="bold" if line == table.heading else "dim")
        for number, columns in enumerate(_stacks(table, console)):
            console.print(_grid(table, columns, first=number == 0))
            console.print()
        for note in table.notes:
            console.print(note, highlight=False, markup=False, style="dim")


def _title(table: Table) -> list[str]:
    facts = [table.task, f"prompts {table.prompt_policy}", table.encoding, "mean ± 95 % interval over groups"]
    lines = [table.heading, " · ".join(facts)]
    return [*lines, f"apart because of: {table.why}"] if table.why else lines


def cell_text(column: Column, cell: Cell | None, row: Row) -> str:
    """`28.41 ±0.32`, with the count beside it where it is not the row's own."""
    if cell is None or cell.estimate.n == 0:
        return "—"
    estimate = cell.estimate
    text = column.text(estimate.mean)
    if estimate.has_interval:
        text += f" ±{column.text(estimate.margin)}"
    if estimate.n != row.scored and not cell.over_set:
        text += f" n={estimate.n}"
    return text


def _header(column: Column, width: int) -> str:
    """The title wrapped to `width`, its direction held to the last word, the unit below."""
    mark = "†" if column.unordered else ""
    arrow = f"\N{NO-BREAK SPACE}{column.arrow}" if column.arrow else ""
    lines = textwrap.wrap(f"{column.title}{mark}{arrow}", width, break_long_words=False)
    return "\n".join([*lines, column.facts.unit] if column.facts.unit else lines)


def _name(row: Row) -> str:
    name = f"{row.name} ({row.control})" if row.control else row.name
    if len(name) <= NAME_WIDTH:
        return name
    # The middle goes: the head says which method, the tail which checkpoint.
    return f"{name[: NAME_WIDTH // 2]}…{name[NAME_WIDTH // 2 - NAME_WIDTH + 1 :]}"


def _stacks(table: Table, console: rich.console.Console) -> list[list[Column]]:
    """The columns, primary first, cut into grids no wider than the console."""
    from rich.measure import Measurement

    stacks: list[list[Column]] = [[]]
    for column in sorted(table.columns, key=lambda column: not column.primary):
        wider = _grid(table, [*stacks[-1], column], first=len(stacks) == 1)
        if stacks[-1] and Measurement.get(console, console.options.update(width=1000), wider).maximum > console.width:
            stacks.append([])
        stacks[-1].append(column)
    return stacks


def _grid(table: Table, columns: list[Column], *, first: bool) -> rich.table.Table:
    import rich.box
    import rich.table
    import rich.text

    grid = rich.table.Table(box=rich.box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    grid.add_column("rank", justify="right", no_wrap=True)
    grid.add_column("method", no_wrap=True)
    if first:
        grid.add_column("scored", justify="right", no_wrap=True)
    texts = [[cell_text(column, row.cells.get(column.id), row) for column in columns] for row in table.rows]
    for number, column in enumerate(columns):
        width = max([10, *(len(line[number]) for line in texts)])
        grid.add_column(rich.text.Text(_header(column, width)), justify="right", no_wrap=True)
    for row, line in zip(table.rows, texts, strict=True):
        values = []
        for column, text in zip(columns, line, strict=True):
            cell = row.cells.get(column.id)
            values.append(rich.text.Text(text, style="bold green" if cell is not None and cell.best else ""))
        head: list[str | rich.text.Text] = [
            row.rank_text,
            rich.text.Text(_name(row)),
            *([f"{row.scored}/{row.expected}"] if first else []),
        ]
        grid.add_row(*head, *values, style="dim" if row.rank is None else "")
    return grid
