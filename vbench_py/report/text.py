"""Leaderboards as Markdown, CSV (tidy: one line per method and metric) and JSON."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from vbench_py.leaderboard.board import Board, Column, Row, Table
from vbench_py.records import RunRecords
from vbench_py.report.flat import missing_rows, protocol
from vbench_py.report.numbers import blocks, cell_text, numbers_of
from vbench_py.report.words import control_label

WIDE = 8


def markdown(board: Board) -> str:
    """A page of tables; names from outside are escaped, so that they cannot break a table or become HTML."""
    return "\n".join(line for table in board.tables for line in _markdown_table(table))


def _markdown_table(table: Table) -> list[str]:
    lines = [f"## {_escape(table.heading)}", ""]
    lines += [_escape(" · ".join(table.facts) + (f" · apart because of: {table.why}" if table.why else "")), ""]
    if len(table.rows) == 1 and len(table.shown) > WIDE:
        lines += [*_markdown_list(table), ""]
        parts = []
    else:
        parts = blocks(table.families, WIDE)
    for names, columns in parts:
        if len(parts) > 1:
            lines += [f"**{_escape(' · '.join(names))}**", ""]
        lines += [*_markdown_grid(table, columns), ""]
    titles = [f"{column.id}: {column.title}" for column in table.shown if column.title != column.id]
    lines += [*(f"- {_escape(note)}" for note in (*table.notes, *titles)), ""]
    if table.absent:
        lines += ["Not computed here:", "", *(f"- {_escape(it.text)}" for it in table.absent), ""]
    return lines


def _markdown_grid(table: Table, columns: Sequence[Column]) -> list[str]:
    header = ["rank", "method", "scored"]
    for column in columns:
        words = (f"{column.id}{'†' if column.unordered else ''}", column.arrow, column.facts.unit)
        header.append(_escape(" ".join(filter(None, words))))
    lines = ["| " + " | ".join(header) + " |", "| ---: | --- | ---: |" + " ---: |" * len(columns)]
    for row in table.rows:
        name = f"{row.name} ({control_label(row.control)})" if row.control else row.name
        cells = [row.rank_text, _escape(name), f"{row.scored}/{row.expected}", *_markdown_cells(table, columns, row)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _markdown_list(table: Table) -> list[str]:
    """One method with many metrics: a line a metric."""
    (row,) = table.rows
    lines = [f"{_escape(row.name)}: {row.scored}/{row.expected} scored", "", "| family | metric | value |"]
    lines.append("| --- | --- | ---: |")
    for column, text in zip(table.shown, _markdown_cells(table, table.shown, row), strict=True):
        words = (f"{column.id}{'†' if column.unordered else ''}", column.arrow, column.facts.unit)
        lines.append(f"| {_escape(column.family)} | {_escape(' '.join(filter(None, words)))} | {text} |")
    return lines


def _markdown_cells(table: Table, columns: Sequence[Column], row: Row) -> list[str]:
    texts = []
    for column in columns:
        cell = row.cells.get(column.id)
        text = cell_text(column, row, numbers_of(column, table.rows))
        texts.append(f"**{text}**" if cell is not None and cell.best else text)
    return texts


_MARKUP = str.maketrans({character: "\\" + character for character in "\\`*_{}[]|#"})


def _escape(text: str) -> str:
    return " ".join(html.escape(text, quote=False).translate(_MARKUP).split())


def csv(board: Board) -> str:
    return str(board.frame().to_csv(index=False, lineterminator="\n"))


def json_text(board: Board, runs: Sequence[RunRecords]) -> str:
    """`rows` as in `Board.frame`, `missing` outputs and scores with reasons, `runs`: each run's protocol.

    `unavailable` metrics could not be computed where the run was scored; `videos` are the single numbers of runs
    without a suite.
    """
    rows = [{name: _plain(value) for name, value in row.items()} for row in board.frame().to_dict(orient="records")]
    missing = []
    for run in runs:
        header, lines = missing_rows(run)
        missing += [{"run": run.name, "suite": run.suite, **dict(zip(header, line, strict=True))} for line in lines]
    videos = [
        {"run": run.name, "video": s.sample, "metric": s.metric, "value": _plain(s.value)}
        for run in runs if run.lone for s in run.scores if s.status == "ok"
    ]  # fmt: skip
    unavailable = [
        {"run": run.name, "suite": run.suite, "metric": metric, "reason": reason}
        for run in runs for metric, reason in run.unavailable.items()
    ]  # fmt: skip
    protocols = [protocol(run) for run in runs]
    document = {
        "schema": 1, "rows": rows, "missing": missing, "unavailable": unavailable, "runs": protocols, "videos": videos,
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _plain(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: NaN becomes null, infinity its name."""
    if isinstance(value, float) and not isfinite(value):
        return None if value != value else str(value)
    return value
