"""Records to leaderboard: coverage, means with intervals, ranks, marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product
from math import isnan, nan
from statistics import median
from typing import TYPE_CHECKING, Any

from vbench_py.leaderboard.board import Board, Cell, Column, Row, Table
from vbench_py.leaderboard.comparable import Key, comparable
from vbench_py.records import MetricFacts, OutputRecord, RunRecords
from vbench_py.stats import INTERVALS, NOTHING, Estimate, cluster_mean, paired_difference, separated, shared_ranks
from vbench_py.types import CONTROLS, LADDER, UsageError

if TYPE_CHECKING:
    import pandas

COST = "cost"
"""The family of metrics that say what an output cost: a control may well be dear, or cheap."""

Scores = Mapping[str, "pandas.DataFrame"]
"""By metric: a frame indexed by (sample, seed) with `_COLUMNS`; ok rows only."""
_COLUMNS = ["group", "value", "low", "high", "n"]


def leaderboard(
    runs: Sequence[RunRecords], *, metrics: Sequence[str] | None = None, common: bool = False, interval: str = "hall"
) -> Board:
    """Tables of comparable runs, ranked by each suite's primary metric.

    `metrics` picks and orders columns (the primary metric always ranks, shown or not). `common` restricts each table to
    the outputs that all its methods share and ranks on them. `interval` is hall or bootstrap, see `vbench_py.stats`;
    ranks are shared by it too. Raises `UsageError` when no run has a metric asked for.
    """
    known = {name for run in runs for name in run.metrics}
    if unknown := [name for name in metrics or () if name not in known]:
        raise UsageError(f"no run has a score of {', '.join(unknown)}", mend=f"known here: {', '.join(sorted(known))}")
    if interval not in INTERVALS:
        raise UsageError(f"unknown interval {interval!r}", mend=f"choose from {', '.join(INTERVALS)}")
    tables = [_table(key, members, metrics, common, interval) for key, members in comparable(runs)]
    return Board(tuple(_say_why(table, tables) for table in tables))


def _scores(run: RunRecords) -> Scores:
    import pandas

    rows = [
        (s.metric, s.sample, s.seed, s.group, s.value, *(s.interval or (nan, nan)), s.details.get("n", nan))
        for s in run.scores
        if s.status == "ok" and s.value is not None and s.value == s.value
    ]
    frame = pandas.DataFrame(rows, columns=["metric", "sample", "seed", *_COLUMNS])
    frame = frame.set_index(["sample", "seed"])
    return {str(name): part[_COLUMNS] for name, part in frame.groupby("metric", sort=False)}


def _columns(runs: Sequence[RunRecords], primary: str) -> list[Column]:
    """Every metric of the runs, the primary first, what outputs cost last."""
    facts: dict[str, MetricFacts] = {}
    for run in runs:
        for name, it in run.metrics.items():
            facts.setdefault(name, it)
    order = sorted(facts, key=lambda name: (name != primary, facts[name].family == COST))
    return [Column(name, facts[name], primary=name == primary) for name in order]


def _table(key: Key, runs: Sequence[RunRecords], metrics: Sequence[str] | None, common: bool, interval: str) -> Table:
    suite, version, policy, encoding = key
    primary = runs[0].primary
    everything = _columns(runs, primary)
    scores = [_scores(run) for run in runs]
    shared = _restrict(runs, scores, primary) if common else None
    if shared is not None:
        scores = shared[1]
    restricted = None if shared is None else shared[0]
    rows = [
        _row(run, found, everything, primary, restricted, interval) for run, found in zip(runs, scores, strict=True)
    ]
    marked = {column.id: _ordered_by_controls(column, rows) for column in everything}
    ranking = marked.get(primary)
    rows = _mark_best(_rank(rows, scores, ranking, common, interval), everything)
    shown = tuple(marked[name] for name in (marked if metrics is None else metrics) if name in marked)
    return Table(
        suite, version, runs[0].task, policy, encoding, shown, ranking, tuple(rows), restricted, interval=interval
    )


def _restrict(runs: Sequence[RunRecords], scores: Sequence[Scores], primary: str) -> tuple[int, list[Scores]]:
    """Every metric on the outputs that all methods have under it and under the primary metric."""
    methods = [found for run, found in zip(runs, scores, strict=True) if not run.control and primary in found]
    if not methods:
        methods = [found for found in scores if primary in found]
    base = None
    for found in methods:
        base = found[primary].index if base is None else base.intersection(found[primary].index)
    if base is None:
        return 0, list(scores)
    keys = {name: base for found in scores for name in found}
    for found in methods:
        for name, part in found.items():
            if not _of_many(part):
                keys[name] = keys[name].intersection(part.index)
    cut: list[Scores] = [
        {name: part if _of_many(part) else part[part.index.isin(keys[name])] for name, part in found.items()}
        for found in scores
    ]
    return len(base), cut


def _is_set(part: pandas.DataFrame) -> bool:
    """A set metric's single number belongs to no sample."""
    return len(part) == 1 and part.index[0][0] == ""


def _of_many(part: pandas.DataFrame) -> bool:
    """Whether a number stands for several outputs: a set, or the seeds of a prompt."""
    return bool(len(part)) and all(seed == -1 for _, seed in part.index)


def _estimate(part: pandas.DataFrame, interval: str) -> Estimate:
    if not _is_set(part):
        return cluster_mean(part["value"].to_numpy(), part["group"].to_numpy(dtype=str), interval)
    value, low, high, count = (float(part[name].iloc[0]) for name in ("value", "low", "high", "n"))
    return Estimate(value, low, high, 1 if isnan(count) else int(count), 1)


def _row(
    run: RunRecords, scores: Scores, columns: Sequence[Column], primary: str, expected: int | None, interval: str
) -> Row:
    cells = {}
    for column in columns:
        part = scores.get(column.id)
        if part is not None and len(part):
            estimate = _within(_estimate(part, interval), column.facts.range)
            cells[column.id] = Cell(estimate, over_set=_is_set(part))
        elif column.id in run.metrics:
            cells[column.id] = Cell(NOTHING)
    ok = [output for output in run.outputs if output.status == "ok"]
    costs = [cost for cost in map(_seconds_per_frame, ok) if cost is not None]
    memory = [output.peak_memory_bytes for output in ok if output.peak_memory_bytes is not None]
    scored = cells[primary].estimate.n if primary in cells else 0
    if primary in scores and _of_many(scores[primary]):
        told = scores[primary]["n"].iloc[0] if _is_set(scores[primary]) else nan
        scored = len(ok) if isnan(told) else int(told)
    return Row(run, cells, scored, run.expected if expected is None else expected,
               seconds_per_frame=median(costs) if costs else None,
               peak_memory_bytes=max(memory) if memory else None)  # fmt: skip


def _within(estimate: Estimate, bounds: tuple[float, float]) -> Estimate:
    """A mean cannot leave the metric's range, so its interval loses no coverage by ending there."""
    low, high = bounds
    if not estimate.has_interval or not low <= estimate.mean <= high:
        return estimate
    return replace(estimate, low=max(low, estimate.low), high=min(high, estimate.high))


def _seconds_per_frame(output: OutputRecord) -> float | None:
    """None without a phase "generate": reading videos that exist already is no cost of the method."""
    seconds = output.seconds.get("generate")
    return seconds / output.frames if seconds is not None and output.frames else None


def _rank(
    rows: Sequence[Row], scores: Sequence[Scores], column: Column | None, common: bool, interval: str
) -> list[Row]:
    """Methods with full coverage first, by primary mean; then those not ranked, best first; then controls."""
    if all(row.run.lone for row in rows):
        return list(rows)
    if column is None or column.sign == 0:
        reason = "the primary metric gives no order" if column else "the primary metric was not scored"
        return [row if row.control else replace(row, unranked=reason) for row in rows]
    found = {id(row): part.get(column.id) for row, part in zip(rows, scores, strict=True)}

    def badness(row: Row) -> tuple[float, str]:
        mean = row.cells[column.id].estimate.mean if column.id in row.cells else float("nan")
        return (float("inf") if isnan(mean) else -column.sign * mean, row.name)

    rows = sorted(rows, key=badness)
    reasons = {id(row): _not_ranked(row, column, common) for row in rows}
    ranked = [row for row in rows if not row.control and not reasons[id(row)]]
    left_out = [replace(row, unranked=reasons[id(row)]) for row in rows if not row.control and reasons[id(row)]]

    def separate(first: int, second: int) -> bool:
        a, b = found[id(ranked[first])], found[id(ranked[second])]
        assert a is not None and b is not None, "a ranked row has scores"
        if _is_set(a) or _is_set(b):
            return _apart(_estimate(a, interval), _estimate(b, interval))
        groups: dict[Any, str] = a["group"].to_dict()
        ours: dict[Any, float] = a["value"].to_dict()
        theirs: dict[Any, float] = b["value"].to_dict()
        return separated(paired_difference(ours, theirs, groups, interval))

    ranks = shared_ranks(separate, len(ranked))
    ranked = [replace(row, rank=rank, shared=ranks.count(rank) > 1) for row, rank in zip(ranked, ranks, strict=True)]
    controls = [row for kind in CONTROLS for row in rows if row.control == kind]
    return ranked + left_out + controls


def _apart(a: Estimate, b: Estimate) -> bool:
    """Numbers of sets are told apart where their intervals do not meet; without intervals wherever they differ."""
    if a.has_interval and b.has_interval:
        return a.high < b.low or b.high < a.low
    return a.mean != b.mean


def _not_ranked(row: Row, column: Column, common: bool) -> str:
    if not row.expected or row.scored < row.expected:
        return f"{row.scored} of {row.expected} outputs have {column.id}"
    if row.run.partial and not common:
        return "only a part of the suite was run"
    return ""


def _ordered_by_controls(column: Column, rows: Sequence[Row]) -> Column:
    """Marks a metric under which a control is not worse than one that must be better, with the worst such pair.

    A floor must be worse than a ceiling, and each rung of the ladder of known damage worse than the one before.
    """
    if column.facts.family == COST or not column.sign:
        return column
    means = {
        kind: [(row.name, row.cells[column.id].estimate.mean) for row in rows
               if row.control == kind and column.id in row.cells and not isnan(row.cells[column.id].estimate.mean)]
        for kind in CONTROLS
    }  # fmt: skip
    rungs = [*pairwise(kind for kind in LADDER if means[kind]), (LADDER[0], "floor")]
    pairs = [pair for better, worse in rungs for pair in product(means[worse], means[better])]
    if not pairs:
        return column
    (worse, low), (better, high) = max(pairs, key=lambda pair: column.sign * (pair[0][1] - pair[1][1]))
    if column.sign * low < column.sign * high:
        return column
    return replace(column, unordered=f"{worse} {column.text(low)} no worse than {better} {column.text(high)}")


def _mark_best(rows: Sequence[Row], columns: Sequence[Column]) -> list[Row]:
    """The best mean of each directed metric among ranked rows, of those with the most outputs under that metric.

    A mean that leaves out what the method failed at is no better than one that counts it.
    """
    best: dict[str, tuple[int, float]] = {}
    for column in columns:
        cells = [row.cells[column.id] for row in rows if row.rank is not None and column.id in row.cells]
        cells = [cell for cell in cells if not isnan(cell.estimate.mean)]
        if column.sign and len(cells) > 1:
            count = max(cell.estimate.n for cell in cells)
            means = [column.sign * cell.estimate.mean for cell in cells if cell.estimate.n == count]
            best[column.id] = count, column.sign * max(means)
    return [
        replace(row, cells={name: replace(cell, best=row.rank is not None
                                          and (cell.estimate.n, cell.estimate.mean) == best.get(name))
                            for name, cell in row.cells.items()})
        for row in rows
    ]  # fmt: skip


def _say_why(table: Table, tables: Sequence[Table]) -> Table:
    """What sets a table apart from its suite's other tables."""
    others = [it for it in tables if it is not table and it.suite == table.suite]
    reasons = []
    if any(it.suite_version != table.suite_version for it in others):
        reasons.append(f"suite version {table.suite_version}")
    others = [it for it in others if it.suite_version == table.suite_version]
    if any(it.prompt_policy != table.prompt_policy for it in others):
        reasons.append(f"prompt policy {table.prompt_policy}")
    if any(it.encoding != table.encoding for it in others):
        reasons.append(f"encoding {table.encoding}")
    mine = {column.id: column.facts for column in table.columns}
    for it in others:
        if (it.prompt_policy, it.encoding) == (table.prompt_policy, table.encoding):
            for column in it.columns:
                own = mine.get(column.id)
                if own and (own.version, own.protocol) != (column.facts.version, column.facts.protocol):
                    reasons.append(f"{own.title} version {own.version}, protocol {own.protocol[:8]}")
    return replace(table, why="; ".join(dict.fromkeys(reasons)))
