"""Records of runs under more metrics than a table can hold side by side: of outputs, of groups and of sets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.record_fixtures import run, steady
from vbench_py.records import MetricFacts, RunRecords, ScoreRecord

FAMILIES = ("consistency", "temporal", "motion", "quality", "text", "structure")
BY_OUTPUT = {
    f"{family}-{kind}": MetricFacts(f"{family} {kind}", "1", "higher", family=family, decimals=4)
    for kind in ("first", "second", "third", "fourth", "fifth")
    for family in FAMILIES
}
OVER_SETS = {
    "fvd": MetricFacts("FVD", "1", "lower", family="set", decimals=2, over="set"),
    "kvd": MetricFacts("KVD", "1", "lower", family="set", decimals=4, over="set"),
    "diversity-lpips": MetricFacts("Diversity", "1", "higher", family="diversity", decimals=4, over="group"),
}
FACTS = {**BY_OUTPUT, **OVER_SETS}
PLACE = "/anywhere/weights"
WEIGHTS = f"needs dino.pth (Apache-2.0 (a/dino), 343 MB) from https://host.example/d.pth, or placed at {PLACE}/dino.pth"


def many(name: str, level: float = 0.5, *, samples: int = 4, folder: Path = Path("runs"), **changes: Any) -> RunRecords:
    """Thirty metrics of outputs, one of groups, and two of the set: FVD with an interval, KVD without."""
    values = {metric: steady(level, 0.01) for metric in BY_OUTPUT}
    fields: dict[str, Any] = {"primary": "consistency-first", "task": "t2v", **changes}
    made = run(name, values, samples=samples, folder=folder, metrics=FACTS, **fields)
    ends = (800 * level, 1300 * level)
    sets = [
        ScoreRecord("", -1, "", "fvd", value=1000 * level, details={"n": samples}, interval=ends),
        ScoreRecord("", -1, "", "kvd", value=10 * level, details={"n": samples}),
    ]
    groups = [
        ScoreRecord(o.sample, -1, o.group, "diversity-lpips", value=level + 0.01 * number)
        for number, o in enumerate(made.outputs)
    ]
    return replace(made, scores=[*made.scores, *sets, *groups], metrics=FACTS)


def lacking(made: RunRecords, *metrics: str, reason: str = WEIGHTS) -> RunRecords:
    """The run without these metrics, which could not be computed where it was scored."""
    return replace(
        made,
        scores=[score for score in made.scores if score.metric not in metrics],
        metrics={name: facts for name, facts in made.metrics.items() if name not in metrics},
        unavailable={**made.unavailable, **dict.fromkeys(metrics, reason)},
    )
