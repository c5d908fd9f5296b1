"""What the store hands to leaderboards and reports: one run folder in memory. Plain data, no heavy imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Direction = Literal["higher", "lower", "descriptive"]


@dataclass(frozen=True)
class OutputRecord:
    """One generated sample, or the reason why there is none.

    `status` is ok | failed | unsupported | filtered | missing; `reason` is "" when ok. `files` gives paths relative to
    the run folder by output name; `seconds` wall time by phase (cost is the phase "generate"); `media` absolute paths
    of inputs and target by role, for the report's grid.
    """

    sample: str
    seed: int
    group: str
    status: str = "ok"
    reason: str = ""
    prompt: str = ""
    prompt_used: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    frames: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    encoding: str = "lossless"
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory_bytes: int | None = None
    media: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoreRecord:
    """One number of one output. `curve` is an .npz relative to the run folder, to be read with `curves.read_curve`.

    A set metric's number has the empty sample "" and seed -1, one over a group its first sample and seed -1; `interval`
    is the 95 % interval that only these bring along.
    """

    sample: str
    seed: int
    group: str
    metric: str
    status: str = "ok"
    reason: str = ""
    value: float | None = None
    details: Mapping[str, float] = field(default_factory=dict)
    curve: str | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class MetricFacts:
    """What a table must know of a metric. `protocol` is the hash of everything that changes its number.

    `family` groups metrics of one kind (fidelity, temporal, cost, ...); nothing orders the cost of controls. `over` is
    what one number stands for: output, group (the seeds of a prompt) or set.
    """

    title: str
    version: str
    direction: Direction
    unit: str = ""
    range: tuple[float, float] = (float("-inf"), float("inf"))
    decimals: int = 3
    protocol: str = ""
    family: str = ""
    over: str = "output"


@dataclass(frozen=True)
class RunRecords:
    """One method on one suite. `expected` counts the outputs the suite asks for (samples times seeds).

    `control` is "" | floor | ceiling; `partial` says that only a part of the suite was asked for; `primary` is the id
    of the metric that ranks; `encoding` is how scored outputs are stored ("lossless", "ffv1", "h264-crf18", ...);
    `suite_title` and `summary` are the suite card's words for people; `unavailable` metrics that were asked for and
    could not be computed here, with the reason.
    """

    suite: str
    suite_version: str
    task: str
    method: str
    title: str
    name: str
    control: str
    folder: Path
    axes: Mapping[str, Any]
    prompt_policy: str
    encoding: str
    partial: bool
    expected: int
    outputs: Sequence[OutputRecord]
    scores: Sequence[ScoreRecord]
    metrics: Mapping[str, MetricFacts]
    primary: str
    protocol: Mapping[str, Any] = field(default_factory=dict)
    suite_title: str = ""
    summary: str = ""
    unavailable: Mapping[str, str] = field(default_factory=dict)

    @property
    def lone(self) -> bool:
        """Videos scored without a suite: there is nothing to rank them against."""
        return self.task == "videos"
