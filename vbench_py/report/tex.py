"""Leaderboards as LaTeX tables for papers: booktabs, best in bold."""

from __future__ import annotations

from collections.abc import Sequence

from vbench_py.leaderboard.board import Board, Column, Row, Table
from vbench_py.report.numbers import Numbers, blocks, count_text, numbers_of
from vbench_py.report.words import control_label

WIDE = 6

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
    r"""Every table as a `table` float, of several `tabular` where columns are many; needs `\usepackage{booktabs}`."""
    return "\n".join("\n".join(_table(table)) for table in board.tables)


def _table(table: Table) -> list[str]:
    parts = blocks(table.families, WIDE)
    lines = [
        r"\begin{table}[t]",
        r"\centering",
        f"\\caption{{{escape(f'{table.heading}: ' + ', '.join(table.facts))}.}}",
    ]
    for number, (names, columns) in enumerate(parts):
        if number:
            lines.append(r"\par\medskip")
        lines += _tabular(table, names if len(parts) > 1 else [], columns)
    lines += [f"\\par\\footnotesize {escape(note)}" for note in table.notes]
    return [*lines, r"\end{table}", ""]


def _tabular(table: Table, families: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """One `tabular`; with `families`, a first line tells which columns are theirs."""
    heads = ["method", *(_head(column) for column in columns)]
    numbers = [numbers_of(column, table.rows) for column in columns]
    lines = [f"\\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\toprule"]
    if families:
        spans = [(name, sum(column.family == name for column in columns)) for name in families]
        lines.append(" & ".join(["", *(f"\\multicolumn{{{n}}}{{c}}{{{escape(name)}}}" for name, n in spans)]) + r" \\")
    lines += [" & ".join(heads) + r" \\", r"\midrule"]
    for place, row in enumerate(table.rows):
        if row.control and place and not table.rows[place - 1].control:
            lines.append(r"\midrule")
        name = f"{row.name} ({control_label(row.control)})" if row.control else row.name
        if row.scored < row.expected:
            name += f" [{row.scored}/{row.expected}]"
        cells = [_cell(column, row, it) for column, it in zip(columns, numbers, strict=True)]
        lines.append(" & ".join([escape(name), *cells]) + r" \\")
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _head(column: Column) -> str:
    arrow = {"↑": r" $\uparrow$", "↓": r" $\downarrow$"}.get(column.arrow, "")
    dagger = r"\textdagger{}" if column.unordered else ""
    unit = f" ({escape(column.facts.unit)})" if column.facts.unit else ""
    return f"{escape(column.id)}{dagger}{arrow}{unit}"


def _cell(column: Column, row: Row, numbers: Numbers) -> str:
    """The mean, with its margin or its interval's ends, and its own count, in small print."""
    cell = row.cells.get(column.id)
    if cell is None or cell.estimate.n == 0:
        return "---"
    value = numbers.value(cell.estimate)
    interval = numbers.margin(cell.estimate) if numbers.even else numbers.ends(cell.estimate)
    small = " ".join(filter(None, (interval, count_text(column, cell, row))))
    text = f"\\textbf{{{value}}}" if cell.best else value
    return f"{text} {{\\scriptsize {escape(small)}}}" if small else text
