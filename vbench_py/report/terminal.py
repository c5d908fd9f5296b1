"""A leaderboard for the terminal, readable in 80 columns: as many metric columns as fit, the rest stacked below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vbench_py.leaderboard.board import Board, Column, Row, Table
from vbench_py.report.numbers import Numbers, count_text, numbers_of
from vbench_py.report.words import control_label

if TYPE_CHECKING:
    import rich.console
    import rich.table
    import rich.text

    Grid = Callable[[list[Column], bool], rich.table.Table]
    Families = Sequence[tuple[str, Sequence[Column]]]

NAME_WIDTH = 24
HEADER_WIDTH = 9
LONGEST_PIECE = 16


def render(board: Board, console: rich.console.Console) -> None:
    """Writes every table of `board`: rank, method, n, then metrics by id, the primary first; best in bold.

    Where the metrics do not fit side by side, each block below names the families in it.
    """
    if not board.tables:
        console.print("No runs.")
    for number, table in enumerate(board.tables):
        if number:
            console.print()
        console.print(table.heading, highlight=False, markup=False, style="bold")
        console.print(" · ".join(table.facts), highlight=False, markup=False, style="dim")
        if table.why:
            console.print(f"apart because of: {table.why}", highlight=False, markup=False, style="dim")
        show_stacks(table.families, partial(_grid, table), console)
        if table.notes:
            console.print()
        for note in table.notes:
            console.print(note, highlight=False, markup=False, style="dim")
        show_absent(table, console)


def show_absent(table: Table, console: rich.console.Console) -> None:
    """What could not be computed, a line a reason."""
    import rich.padding
    import rich.text

    if table.absent:
        console.print("\nNot computed here", highlight=False, markup=False, style="yellow")
    for it in table.absent:
        console.print(rich.padding.Padding(rich.text.Text(it.text, style="dim"), (0, 0, 0, 2)))


def show_stacks(families: Families, grid: Grid, console: rich.console.Console) -> None:
    """Writes `stacks`, each under its families' names when there is more than one."""
    found = stacks(families, grid, console)
    for names, part in found:
        console.print()
        if len(found) > 1:
            console.print(" · ".join(names), highlight=False, markup=False, style="italic")
        console.print(part)


def header(column: Column, width: int) -> str:
    """What one types after --metrics, wrapped to `width` between its parts; direction and unit on the last line."""
    lines = [""]
    for piece in re.findall(r".+?(?:[-,=]|(?=[:\[@+])|$)", column.id):
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
    if count := count_text(column, cell, row):
        text.append(f"\n{count}", style="dim not bold")
    return text


def stacks(families: Families, grid: Grid, console: rich.console.Console) -> list[tuple[list[str], rich.table.Table]]:
    """The columns as grids no wider than the console, with the families in each.

    A family stays whole where a grid can hold it; what follows the rest of a cut one fills up its grid.
    `grid(columns, first)` draws one.
    """
    from rich.measure import Measurement

    def fits(columns: list[Column], first: bool) -> bool:
        wide = console.options.update(width=1000)
        return Measurement.get(console, wide, grid(columns, first)).maximum <= console.width

    cut: list[tuple[list[str], list[Column]]] = [([], [])]
    rest = False
    for family, columns in families:
        names, open_columns = cut[-1]
        if open_columns and not rest and not fits([*open_columns, *columns], len(cut) == 1):
            cut.append(([], []))
        rest = False
        for column in columns:
            names, open_columns = cut[-1]
            if open_columns and not fits([*open_columns, column], len(cut) == 1):
                names, open_columns = [], []
                cut.append((names, open_columns))
                rest = bool(column is not columns[0])
            if family not in names:
                names.append(family)
            open_columns.append(column)
    return [(names, grid(columns, number == 0)) for number, (names, columns) in enumerate(cut)]


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
        name = rich.text.Text(f"{short(row.name)}\n  {control_label(row.control)}" if row.control else short(row.name))
        head: list[str | rich.text.Text] = [row.rank_text, name] if table.has_ranks else [name]
        if first:
            head.append(f"{row.scored}/{row.expected}")
        following = table.rows[place + 1].control if place + 1 < len(table.rows) else row.control
        ends = bool(following) and not row.control
        grid.add_row(*head, *values, style="dim" if row.rank is None else "", end_section=ends)
    return grid
