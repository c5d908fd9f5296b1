"""What a leaderboard is: tables of rows and columns, as plain data; every view (terminal, HTML, CSV) reads these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from vbench_py.leaderboard.absent import Absent, absent_of
from vbench_py.records import MetricFacts, RunRecords
from vbench_py.stats import INTERVAL_TITLES, Estimate

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Column:
    """One metric under one version and protocol. `unordered`: how the controls contradict it, "" if they agree."""

    id: str
    facts: MetricFacts
    primary: bool = False
    unordered: str = ""

    @property
    def title(self) -> str:
        """The metric's title, with what its id adds to the card's: `PSNR:baseline`, `FVD[every=2]`."""
        suffix = re.search(r"[:\[].*", self.id)
        return self.facts.title + (suffix.group() if suffix else "")

    @property
    def arrow(self) -> str:
        return {"higher": "↑", "lower": "↓"}.get(self.facts.direction, "")

    @property
    def sign(self) -> int:
        """+1 when more is better, -1 when less is, 0 for a descriptive number."""
        return {"higher": 1, "lower": -1}.get(self.facts.direction, 0)

    @property
    def family(self) -> str:
        return self.facts.family or "other"

    def text(self, value: float) -> str:
        return "—" if isnan(value) else f"{value:.{self.facts.decimals}f}"


@dataclass(frozen=True)
class Cell:
    """A method's number under a metric. `best` only among ranked rows; `over_set`: one number for a whole set (FVD)."""

    estimate: Estimate
    best: bool = False
    over_set: bool = False


@dataclass(frozen=True)
class Row:
    """One run. `rank` is None for controls and for rows that may not be ranked, with the reason in `unranked`."""

    run: RunRecords
    cells: Mapping[str, Cell]
    scored: int
    expected: int
    rank: int | None = None
    shared: bool = False
    unranked: str = ""
    seconds_per_frame: float | None = None
    peak_memory_bytes: int | None = None

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def control(self) -> str:
        return self.run.control

    @property
    def coverage(self) -> float:
        return self.scored / self.expected if self.expected else 0.0

    @property
    def rank_text(self) -> str:
        return "–" if self.rank is None else f"{self.rank}{'=' if self.shared else ''}"


@dataclass(frozen=True)
class Table:
    """Runs that may be compared. `columns` are those shown; `primary` ranks, shown or not (None: no run has it).

    `common` counts the shared outputs that rows are restricted to; `why` says what sets this table apart from others of
    the same suite ("" if alone); `interval` is a name of `stats.INTERVALS`.
    """

    suite: str
    suite_version: str
    task: str
    prompt_policy: str
    encoding: str
    columns: tuple[Column, ...]
    primary: Column | None
    rows: tuple[Row, ...]
    common: int | None = None
    why: str = ""
    interval: str = "hall"

    @property
    def heading(self) -> str:
        return f"{self.suite}@{self.suite_version}"

    @property
    def facts(self) -> tuple[str, ...]:
        """What holds for every number of the table, in words."""
        told = [self.task, f"prompts {self.prompt_policy}", self.encoding]
        if self.primary is not None and self.has_ranks:
            told.append(f"ranked by {self.primary.id}")
        return (*told, f"mean, 95 % interval over groups ({INTERVAL_TITLES[self.interval]})")

    @property
    def lone(self) -> bool:
        return all(row.run.lone for row in self.rows)

    @property
    def has_ranks(self) -> bool:
        return any(row.rank is not None for row in self.rows)

    @property
    def families(self) -> tuple[tuple[str, tuple[Column, ...]], ...]:
        """The columns that some row has a number for, by family: the primary's first, the rest as they first appear."""
        found: dict[str, list[Column]] = {}
        for column in sorted(self.columns, key=lambda column: not column.primary):
            if column.id in self._numbered:
                found.setdefault(column.family, []).append(column)
        return tuple((family, tuple(columns)) for family, columns in found.items())

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that some row has a number for, family by family."""
        return tuple(column for _, columns in self.families for column in columns)

    @property
    def _numbered(self) -> set[str]:
        return {name for row in self.rows for name, cell in row.cells.items() if cell.estimate.n}

    @property
    def absent(self) -> tuple[Absent, ...]:
        """What has no number here though it was asked for, and why."""
        return absent_of(self.columns, [row.run for row in self.rows])

    @property
    def notes(self) -> tuple[str, ...]:
        """Footnotes: what a reader must know before reading a number off this table."""
        notes = [f"† {column.id}: {column.unordered}" for column in self.columns if column.unordered]
        if self.common is not None:
            notes.append(f"common: every row is restricted to the {self.common} outputs that all ranked rows share")
        if self.primary is not None and all(column.id != self.primary.id for column in self.columns):
            notes.append(f"ranked by {self.primary.title}, which is not among the columns shown")
        spans = {"set": "one number for all outputs together", "group": "one number a prompt, of its seeds"}
        for over, told in spans.items():
            names = [column.id for column in self.shown if column.facts.over == over]
            if names:
                notes.append(f"{', '.join(names)}: {told}")
        for reason in dict.fromkeys(row.unranked for row in self.rows if row.unranked):
            names = [row.name for row in self.rows if row.unranked == reason]
            everyone = len(names) == sum(not row.control for row in self.rows) > 1
            notes.append(f"not ranked: {'every method' if everyone else ', '.join(names)}: {reason}")
        for row in self.rows:
            refused = Counter(o.reason.partition(": ")[0] for o in row.run.outputs if o.status == "filtered")
            notes += [f"{row.name}: {count} of {row.run.expected} filtered, {who}" for who, count in refused.items()]
        return tuple(notes)


@dataclass(frozen=True)
class Board:
    tables: tuple[Table, ...]

    def frame(self) -> pandas.DataFrame:
        """One row per method and metric: table facts, rank, mean, interval, n, clusters, coverage, cost."""
        import pandas

        records = [
            {
                "suite": table.suite, "suite_version": table.suite_version, "task": table.task,
                "prompt_policy": table.prompt_policy, "encoding": table.encoding,
                "common": table.common is not None, "rank": row.rank_text if row.rank else "",
                "name": row.name, "method": row.run.method, "control": row.control,
                "metric": column.id, "title": column.title, "family": column.facts.family,
                "over": column.facts.over, "version": column.facts.version,
                "protocol": column.facts.protocol, "direction": column.facts.direction, "unit": column.facts.unit,
                "primary": column.primary, "mean": cell.estimate.mean, "low": cell.estimate.low,
                "high": cell.estimate.high, "interval": table.interval,
                "n": cell.estimate.n, "clusters": cell.estimate.clusters,
                "expected": row.expected, "coverage": row.coverage, "best": cell.best,
                "seconds_per_frame": row.seconds_per_frame, "peak_memory_bytes": row.peak_memory_bytes,
                "unordered": column.unordered, "not_ranked": row.unranked,
            }
            for table in self.tables
            for row in table.rows
            for column in table.columns
            for cell in [row.cells.get(column.id)]
            if cell is not None
        ]  # fmt: skip
        return pandas.DataFrame.from_records(records)
