"""Leaderboards as LaTeX tables for papers: booktabs, best in bold, one `tabular` a table."""

from __future__ import annotations

from vbench_py.leaderboard.board import Board, Column, Row, Table
from vbench_py.report.numbers import Numbers, numbers_of

_SPECIAL = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "[": "{[}",  # after a line's end it would be read as a length
        "†": r"\textdagger{}",
        "–": "--",
        "—": "---",
        "…": r"\dots{}",
        "×": r"$\times$",
        "±": r"$\pm$",
    }
)


def escape(text: str) -> str:
    """Text as LaTeX prints it; line ends become spaces."""
    return " ".join(text.split()).translate(_SPECIAL)


def tex(board: Board) -> str:
    r"""Every table as a `table` float; needs `\usepackage{booktabs}`."""
    return "\n".join("\n".join(_table(table)) for table in board.tables)


def _table(table: Table) -> list[str]:
    heads = ["method", *(_head(column) for column in table.columns)]
    numbers = [numbers_of(column, table.rows) for column in table.columns]
    lines = [
        r"\begin{table}[t]",
        r"\centering",
        f"\\caption{{{escape(f'{table.heading}: ' + ', '.join(table.facts))}.}}",
        f"\\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
    ]
    for place, row in enumerate(table.rows):
        if row.control and place and not table.rows[place - 1].control:
            lines.append(r"\midrule")
        name = f"{row.name} ({row.control})" if row.control else row.name
        if row.scored < row.expected:
            name += f" [{row.scored}/{row.expected}]"
        cells = [_cell(column, row, it) for column, it in zip(table.columns, numbers, strict=True)]
        lines.append(" & ".join([escape(name), *cells]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"\\par\\footnotesize {escape(note)}" for note in table.notes]
    return [*lines, r"\end{table}", ""]


def _head(column: Column) -> str:
    arrow = {"↑": r" $\uparrow$", "↓": r" $\downarrow$"}.get(column.arrow, "")
    dagger = r"\textdagger{}" if column.unordered else ""
    unit = f" ({escape(column.facts.unit)})" if column.facts.unit else ""
    return f"{escape(column.id)}{dagger}{arrow}{unit}"


def _cell(column: Column, row: Row, numbers: Numbers) -> str:
    """The mean, with its margin or its interval's ends in small print."""
    cell = row.cells.get(column.id)
    if cell is None or cell.estimate.n == 0:
        return "---"
    value = numbers.value(cell.estimate)
    interval = numbers.margin(cell.estimate) if numbers.even else numbers.ends(cell.estimate)
    text = f"\\textbf{{{value}}}" if cell.best else value
    return f"{text} {{\\scriptsize {escape(interval)}}}" if interval else text
