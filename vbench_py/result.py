"""What an evaluation gave, in Python: the records of its runs, with the views that people ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.metricset import MetricSpec
from vbench_py.records import RunRecords
from vbench_py.types import UsageError

if TYPE_CHECKING:
    import pandas

    from vbench_py.leaderboard import Board


@dataclass(frozen=True, repr=False)
class Result:
    """Records of one or more runs. `print(result)` shows the leaderboard, `result.frame` every number."""

    records: tuple[RunRecords, ...]

    def __add__(self, other: Result) -> Result:
        """Both, for one board or report: the checkpoints of a training, say."""
        return Result((*self.records, *other.records))

    @property
    def folders(self) -> list[Path]:
        return list(dict.fromkeys(record.folder for record in self.records))

    @property
    def folder(self) -> Path:
        """The one run folder. Raises `UsageError` where there are several."""
        if len(self.folders) != 1:
            raise UsageError(f"this result has {len(self.folders)} run folders", mend="use .folders")
        return self.folders[0]

    @property
    def frame(self) -> pandas.DataFrame:
        """One row a number: suite, method, encoding, sample, seed, group, metric, value (or NaN), status, reason."""
        import pandas

        names = ["sample", "seed", "group", "metric", "value", "status", "reason"]
        rows = [
            [record.suite, record.name, record.encoding, *(getattr(score, name) for name in names)]
            for record in self.records
            for score in record.scores
        ]
        frame = pandas.DataFrame(rows, columns=["suite", "method", "encoding", *names]).astype({"value": "float64"})
        order = ["suite", "method", "encoding", "sample", "seed", "metric"]
        return frame.sort_values(order, ignore_index=True)

    @property
    def missing(self) -> pandas.DataFrame:
        """What is not there and why, as in missing.csv: suite, method, sample, seed, stage, metric, status, reason."""
        import pandas

        from vbench_py.report.flat import missing_rows

        found = [(record, *missing_rows(record)) for record in self.records]
        rows = [[record.suite, record.name, *row] for record, _, rows in found for row in rows]
        header = found[0][1] if found else []
        return pandas.DataFrame(rows, columns=["suite", "method", *header])

    @property
    def unavailable(self) -> dict[str, str]:
        """Metrics that were asked for and could not be computed on this machine, with what is missing."""
        return {column: reason for record in self.records for column, reason in record.unavailable.items()}

    @property
    def means(self) -> dict[str, float]:
        """The mean of each metric as the leaderboard counts it; NaN where nothing could be scored.

        Raises `UsageError` when there are several runs to tell apart.
        """
        rows = [row for table in self.board.tables for row in table.rows]
        if len(rows) != 1:
            raise UsageError(f"this result has {len(rows)} runs", mend="read .board.frame(), which tells them apart")
        return {name: cell.estimate.mean for name, cell in rows[0].cells.items()}

    @property
    def board(self) -> Board:
        from vbench_py.leaderboard import leaderboard

        return leaderboard(self.records)

    def report(self, out: str | Path) -> Path:
        """Writes the HTML, Markdown, CSV and JSON report into the folder `out`; returns its page."""
        from vbench_py.report import write_report

        return write_report(self.records, Path(out))

    def __str__(self) -> str:
        """The leaderboard as in the terminal, 80 columns wide and without colours."""
        import io

        from rich.console import Console

        from vbench_py.report import render

        text = io.StringIO()
        render(self.board, Console(file=text, width=80, no_color=True, force_terminal=False))
        return text.getvalue().rstrip()

    def __repr__(self) -> str:
        parts = []
        for record in self.records:
            made = sum(output.status == "ok" for output in record.outputs)
            counts = f"{made} of {record.expected} videos, {len(record.scores)} scores"
            parts.append(f"{record.suite}: {record.name}, {counts}")
        return f"<Result {'; '.join(parts) or 'without runs'}>"

    def _repr_html_(self) -> str:
        """Means by method, for notebooks; names are escaped."""
        frame = self.board.frame()
        if frame.empty:
            return ""
        means = frame.pivot_table(
            index=["suite", "name", "encoding", "coverage"], columns="metric", values="mean", sort=False, dropna=False
        )
        return str(means.dropna(how="all").to_html())


def asked(records: Iterable[RunRecords], specs: Sequence[MetricSpec]) -> tuple[RunRecords, ...]:
    """The records with the numbers of these metrics only: a run folder may hold others from before."""
    wanted = {(spec.column, spec.protocol_hash) for spec in specs}
    kept = []
    for record in records:
        metrics = {name: facts for name, facts in record.metrics.items() if (name, facts.protocol) in wanted}
        if metrics:
            scores = [score for score in record.scores if score.metric in metrics]
            kept.append(replace(record, metrics=metrics, scores=scores))
    return tuple(kept)
