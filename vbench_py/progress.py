"""Progress of long work: stage, throughput and time left, on a terminal; quiet where output is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Progress(Protocol):
    """What generation and scoring report to."""

    def start(self, stage: str, total: int) -> None: ...
    def advance(self, frames: int = 0) -> None: ...


class Silent:
    """For --quiet, for pipes and for the Python interface."""

    def start(self, stage: str, total: int) -> None:
        pass

    def advance(self, frames: int = 0) -> None:
        pass


class Titled:
    """Passes on to another, with what is worked on in the name of each stage."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._title = title

    def start(self, stage: str, total: int) -> None:
        self._progress.start(f"{stage} {self._title}", total)

    def advance(self, frames: int = 0) -> None:
        self._progress.advance(frames)


class Display:
    """One bar a stage: description, done of total, frames a second, time left."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._task: Any = None
        self._frames = 0

    def start(self, stage: str, total: int) -> None:
        if self._task is not None:
            self._bars.stop_task(self._task)
        self._frames = 0
        self._task = self._bars.add_task(stage, total=total, rate="")

    def advance(self, frames: int = 0) -> None:
        self._frames += frames
        task = self._bars.tasks[self._bars.task_ids.index(self._task)]
        elapsed = task.elapsed or 0.0
        rate = f"{self._frames / elapsed:,.0f} frames/s" if self._frames and elapsed > 0.2 else ""
        self._bars.update(self._task, advance=1, rate=rate)


@contextmanager
def display(enabled: bool) -> Iterator[Progress]:
    """A live display on standard error where that is a terminal, else silence."""
    if not enabled:
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Silent()
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    with Bars(*columns, console=console) as bars:
        yield Display(bars)
