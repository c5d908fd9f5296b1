"""What a table has no number for, though it was asked for, in few words: metrics that lack the same thing together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from vbench_py.records import RunRecords

if TYPE_CHECKING:
    from vbench_py.leaderboard.board import Column

# Where a file is to be had, and the place for it on this machine: standard error tells them, a page is read elsewhere.
_PLACES = re.compile(r" from (?:(?! and ).)*?, or placed at .*?(?= and [^/\s]+ \(|$)")


@dataclass(frozen=True)
class Absent:
    """Metrics without a number for one `reason`; `runs` names those that lack it, () when every run does."""

    metrics: tuple[str, ...]
    reason: str
    runs: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.metrics)

    @property
    def text(self) -> str:
        names = f" ({', '.join(self.runs)})" if self.runs else ""
        return f"{', '.join(self.metrics)}{names}: {self.reason}"


def absent_of(columns: Sequence[Column], runs: Sequence[RunRecords]) -> tuple[Absent, ...]:
    """What could not be computed where the runs were scored, then columns of which no output has a number."""
    numbered = [{s.metric for s in run.scores if s.status == "ok" and not isnan(s.value or 0.0)} for run in runs]
    anywhere = set[str]().union(*numbered)
    lacking: dict[tuple[str, str], list[str]] = {}
    for run, has in zip(runs, numbered, strict=True):
        for metric, reason in run.unavailable.items():
            if metric not in has:
                lacking.setdefault((metric, _short(metric, reason)), []).append(run.name)
    told = {metric for metric, _ in lacking}
    for column in columns:
        if column.id not in anywhere | told:
            lacking[column.id, _usual_reason(column.id, runs)] = []
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (metric, reason), names in lacking.items():
        everyone = metric not in anywhere and len({reason for name, reason in lacking if name == metric}) == 1
        together.setdefault((reason, () if everyone else tuple(names)), []).append(metric)
    return tuple(Absent(tuple(metrics), reason, names) for (reason, names), metrics in together.items())


def _usual_reason(metric: str, runs: Sequence[RunRecords]) -> str:
    reasons = Counter(
        _short(metric, s.reason) for run in runs for s in run.scores if s.metric == metric and s.status != "ok"
    )
    return reasons.most_common(1)[0][0] if reasons else "not scored"


def _short(metric: str, reason: str) -> str:
    """Without the metric's own name, which stands before it, and without places on a machine."""
    name = re.escape(re.split(r"[:\[]", metric)[0])
    return _PLACES.sub("", re.sub(rf"^(?:[^:]*: )?{name} ", "", reason))
