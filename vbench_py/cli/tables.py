"""Prints boards and written reports, as tables or as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py.cli.flags import Common

if TYPE_CHECKING:
    from vbench_py.records import RunRecords
    from vbench_py.session import Session


def show_board(
    flags: Common,
    roots: Sequence[Path],
    *,
    metrics: Sequence[str] | None = None,
    common: bool = False,
    interval: str = "hall",
    report_to: Path | None = None,
    title: str = "",
) -> None:
    """The leaderboard of every run under `roots`, video by video without a suite; and the report, if asked for."""
    from vbench_py.leaderboard import Board, leaderboard
    from vbench_py.reading import read_runs
    from vbench_py.report import json_text, render, render_videos

    runs = read_runs(list(dict.fromkeys(roots)))
    board = leaderboard(runs, metrics=metrics or None, common=common, interval=interval)
    if flags.json:
        sys.stdout.write(json_text(board, runs))
    else:
        from rich.console import Console

        console = Console()
        for run in runs:
            if run.lone:
                render_videos(run, console, metrics=metrics or None, interval=interval)
        if not all(run.lone for run in runs):
            render(Board(tuple(table for table in board.tables if not table.lone)), console)
    if report_to is not None:
        page = show_report(flags, runs, report_to, interval=interval, title=title)
        if not flags.json:
            sys.stdout.write(f"\nReport: {page}\n")


def show_report(
    flags: Common,
    runs: Sequence[RunRecords],
    destination: Path,
    *,
    previews: bool = True,
    interval: str = "hall",
    title: str = "",
) -> Path:
    """Writes the report with its progress shown; gives the page's path."""
    from vbench_py.progress import display
    from vbench_py.report import write_report

    with display(not flags.quiet and not flags.json) as progress:

        def on_sample(done: int, total: int) -> None:
            if done == 1:
                progress.start("report", total)
            progress.advance()

        heading = f"Video generation leaderboard: {title}" if title else "Video generation leaderboard"
        return write_report(runs, destination, previews=previews, interval=interval, title=heading, on_sample=on_sample)


def show_outputs(flags: Common, opened: Sequence[Session]) -> None:
    """How many outputs each session has now."""
    from vbench_py.plan import current_outputs
    from vbench_py.store import to_json

    rows: list[dict[str, Any]] = []
    for session in opened:
        found = current_outputs(session.run.rows("generated"))
        rows_found = (found.get((s.id, seed)) for s, seed in session.mine)
        counts = Counter("missing" if row is None else row["status"] for row in rows_found)
        rows.append({"suite": session.suite.card.id, "method": session.name, "outputs": dict(counts),
                     "folder": str(session.run.path)})  # fmt: skip
    if flags.json:
        sys.stdout.write(to_json(rows, indent=True).decode() + "\n")
        return
    for row in rows:
        counts_text = ", ".join(f"{count} {status}" for status, count in row["outputs"].items())
        sys.stdout.write(f"{row['suite']}  {row['method']}: {counts_text}\n")
