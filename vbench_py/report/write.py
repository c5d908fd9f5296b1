"""All formats of a report into one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench_py.leaderboard import leaderboard
from vbench_py.records import RunRecords
from vbench_py.report.flat import write_text
from vbench_py.report.html import Progress, write_html
from vbench_py.report.tex import tex
from vbench_py.report.text import csv, json_text, markdown
from vbench_py.types import UsageError

FORMATS = ("html", "md", "csv", "json", "tex")


def write_report(
    runs: Sequence[RunRecords],
    destination: Path,
    formats: Sequence[str] = FORMATS,
    *,
    previews: bool = True,
    metrics: Sequence[str] | None = None,
    common: bool = False,
    interval: str = "hall",
    samples: int = 24,
    title: str = "Video generation leaderboard",
    on_sample: Progress | None = None,
) -> Path:
    """Writes leaderboard.md, .csv, .json, .tex and index.html under `destination`; gives the page, or the last file.

    Several suites have a page each, which index.html leads to.

    `samples` bounds how many samples of a table the page shows (spread evenly); `previews` makes H.264 copies for the
    browser; `on_sample(done, total)` hears of progress. Raises `UsageError` for an unknown format, `StorageError` when
    the folder cannot be written.
    """
    if unknown := [name for name in formats if name not in FORMATS]:
        raise UsageError(f"unknown report format {', '.join(unknown)}", mend=f"choose from {', '.join(FORMATS)}")
    board = leaderboard(runs, metrics=metrics, common=common, interval=interval)
    written = destination
    texts = {
        "md": lambda: markdown(board),
        "csv": lambda: csv(board),
        "json": lambda: json_text(board, runs),
        "tex": lambda: tex(board),
    }
    for name in (name for name in texts if name in formats):
        written = destination / f"leaderboard.{name}"
        write_text(written, texts[name]())
    if "html" in formats:
        written = write_html(board, destination, previews=previews, samples=samples, title=title, on_sample=on_sample)
    return written
