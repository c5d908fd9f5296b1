"""Leaderboards as Markdown, CSV (tidy: one line per method and metric) and JSON."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from vbench_py.leaderboard.board import Board, Row, Table
from vbench_py.records import RunRecords
from vbench_py.report.flat import missing_rows, protocol
from vbench_py.report.terminal import cell_text


def markdown(board: Board) -> str:
    """A page of tables; names from outside are escaped, so that they cannot break a table or become HTML."""
    return "\n".join(line for table in board.tables for line in _markdown_table(table))


def _markdown_table(table: Table) -> list[str]:
    lines = [f"## {_escape(table.heading)}", ""]
    facts = [table.task, f"prompts {table.prompt_policy}", table.encoding, "mean ± 95 % interval over groups"]
    lines += [_escape(" · ".join(facts) + (f" · apart because of: {table.why}" if table.why else "")), ""]
    header = ["rank", "method", "scored"]
    for column in table.columns:
        title = f"{column.title}{'†' if column.unordered else ''} {column.arrow}".strip()
        header.append(_escape(f"{title} ({column.facts.unit})" if column.facts.unit else title))
    lines += ["| " + " | ".join(header) + " |", "| ---: | --- | ---: |" + " ---: |" * len(table.columns)]
    for row in table.rows:
        name = f"{row.name} ({row.control})" if row.control else row.name
        cells = [row.rank_text, _escape(name), f"{row.scored}/{row.expected}", *_markdown_cells(table, row)]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, "", *(f"- {_escape(note)}" for note in table.notes), ""]


def _markdown_cells(table: Table, row: Row) -> list[str]:
    texts = []
    for column in table.columns:
        cell = row.cells.get(column.id)
        text = cell_text(column, cell, row)
        texts.append(f"**{text}**" if cell is not None and cell.best else text)
    return texts


_MARKUP = str.maketrans({character: "\\" + character for character in "\\`*_{}[]|#"})


def _escape(text: str) -> str:
    return " ".join(html.escape(text, quote=False).translate(_MARKUP).split())


def csv(board: Board) -> str:
    return str(board.frame().to_csv(index=False, lineterminator="\n"))


def json_text(board: Board, runs: Sequence[RunRecords]) -> str:
    """`rows` as in `Board.frame`, `missing` outputs and scores with reasons, and each run's `protocol`."""
    rows = [{name: _plain(value) for name, value in row.items()} for row in board.frame().to_dict(orient="records")]
    missing = []
    for run in runs:
        header, lines = missing_rows(run)
        missing += [{"run": run.name, "suite": run.suite, **dict(zip(header, line, strict=True))} for line in lines]
    document = {"schema": 1, "rows": rows, "missing": missing, "runs": [protocol(run) for run in runs]}
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _plain(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: NaN becomes null, infinity its name."""
    if isinstance(value, float) and not isfinite(value):
        return None if value != value else str(value)
    return value
