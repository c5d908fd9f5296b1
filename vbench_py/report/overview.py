"""The first page of several suites: a card a task, with who is best and how much was scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vbench_py.leaderboard.board import Table
from vbench_py.report.numbers import cell_text, numbers_of
from vbench_py.report.sections import Section


@dataclass(frozen=True)
class Page:
    """One suite's page: the name of its file, and its tables."""

    file: str
    sections: Sequence[Section]

    @property
    def suite(self) -> str:
        return self.sections[0].table.suite

    @property
    def title(self) -> str:
        return self.sections[0].title


@dataclass(frozen=True)
class Entry:
    """What a card says of a suite. `best` is "" where nothing is ranked, and `why` says why; `short`: outputs lack."""

    page: Page
    task: str
    best: str
    number: str
    why: str
    methods: int
    coverage: str
    short: bool
    tables: int


def entry(page: Page) -> Entry:
    """The card of a page: the best of its first table, and how many outputs all methods of its tables have."""
    table = page.sections[0].table
    rows = [row for it in page.sections for row in it.table.rows if not row.control]
    scored, expected = sum(row.scored for row in rows), sum(row.expected for row in rows)
    best, number = _best(table)
    told = list(dict.fromkeys(row.unranked for row in table.rows if row.unranked))
    why = "" if best else told[0] if told else "no method was run"
    return Entry(
        page, table.task.replace("_", " "), best, number, why, len({row.name for row in rows}),
        f"{scored} of {expected} outputs scored" if rows else "", scored < expected, len(page.sections),
    )  # fmt: skip


def _best(table: Table) -> tuple[str, str]:
    """Who shares the first rank, and the first one's number under the primary metric."""
    first = [row for row in table.rows if row.rank == 1]
    if not first or table.primary is None:
        return "", ""
    column = table.primary
    text = cell_text(column, first[0], numbers_of(column, table.rows))
    return ", ".join(row.name for row in first), " ".join(filter(None, (column.id, text, column.facts.unit)))
