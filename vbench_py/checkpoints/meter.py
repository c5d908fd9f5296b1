"""A progress bar for a transfer, shown only where somebody can see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Meter = Callable[[int, int | None], None]
"""Called with the bytes that are there so far and the bytes expected in all (None: unknown)."""


@contextmanager
def meter(title: str, *, enabled: bool) -> Iterator[Meter]:
    """Gives a `Meter` that draws on stderr when `enabled` and stderr is a terminal, and does nothing otherwise."""
    if not (enabled and sys.stderr.isatty()):
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        # Titles come from cards: brackets in them must not be read as markup.
        task = bar.add_task(title.replace("[", r"\["), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
