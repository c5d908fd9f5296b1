"""Prints boards and written reports, as tables or as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.cli.flags import Common

if TYPE_CHECKING:
    from vbench_py.session import Session


def show_board(
    flags: Common,
    roots: Sequence[Path],
    *,
    metrics: Sequence[str] | None = None,
    common: bool = False,
    report_to: Path | None = None,
    title: str = "",
) -> None:
    """The leaderboard of every run under `roots`; with `report_to`, the report too."""
    from vbench_py.leaderboard import leaderboard
    from vbench_py.reading import read_runs

    runs = read_runs(list(dict.fromkeys(roots)))
    board = leaderboard(runs, metrics=metrics or None, common=common)
    page = None
    if report_to is not None:
        from vbench_py.report import write_report

        page = write_report(runs, report_to)
    if flags.json:
        from vbench_py.report import board_json

        sys.stdout.write(board_json(board) + "\n")
    else:
        from rich.console import Console

        from vbench_py.report import render

        render(board, Console())
    if page is not None and not flags.json:
        sys.stdout.write(f"Report: {page}\n")


def show_outputs(flags: Common, opened: Sequence[Session]) -> None:
    """How many outputs each session has now."""
    from vbench_py.plan import current_outputs
    from vbench_py.store import to_json

    rows = []
    for session in opened:
        found = current_outputs(session.run.rows("generated"))
        counts = Counter(found[(s.id, seed)]["status"] if (s.id, seed) in found else "missing" for s, seed in session.mine)
        rows.append({"suite": session.suite.card.id, "method": session.name, "outputs": dict(counts),
                     "folder": str(session.run.path)})  # fmt: skip
    if flags.json:
        sys.stdout.write(to_json(rows, indent=True).decode() + "\n")
        return
    for row in rows:
        counts_text = ", ".join(f"{count} {status}" for status, count in row["outputs"].items())
        sys.stdout.write(f"{row['suite']}  {row['method']}: {counts_text}\n")
