"""What generation cost: time and memory, from the facts that the run recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.types import Ask, Facts, Score, Series, Unsupported


def fact(facts: Facts, name: str, reason: str) -> Any:
    """The fact `name`; `Unsupported` with `reason` when it is absent, empty or not a number."""
    value = facts.get(name)
    if value is None or value == () or value == [] or value == {} or (isinstance(value, float) and math.isnan(value)):
        raise Unsupported(name, reason)
    return value


class FactMetric:
    """Base of metrics that read facts alone and look at no frame."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        self.needs: Mapping[str, Ask] = {}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        raise NotImplementedError


class SecondsPerFrame(FactMetric):
    """Seconds of all phases but the protocol's `excluded` ones, divided by the frames; details: seconds by phase."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        seconds = fact(facts, "seconds", "the method recorded no seconds by phase")
        frames = int(fact(facts, "frames", "the output has no frame count"))
        counted = {name: float(value) for name, value in seconds.items() if name not in self.protocol["excluded"]}
        total = math.fsum(counted.values())
        if not counted or math.isnan(total) or frames < 1:
            raise Unsupported("seconds", f"no phase to count among {sorted(seconds)}, or no frame")
        return Score(total / frames, {f"seconds_{name}": float(value) for name, value in seconds.items()})


class PeakMemory(FactMetric):
    """Peak device memory of the sample in MB (10^6 bytes)."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        return Score(float(fact(facts, "peak_memory_bytes", "the method recorded no peak memory")) / 1e6)


class TimeToFirstFrame(FactMetric):
    """Seconds from the start of generation until the first frames came out.

    Details, where there are two chunks or more: `chunk_latency_p50`, `chunk_latency_p95` and `worst_stall`, of the
    seconds between chunks, and `sustained_fps`, frames after the first chunk by the seconds since it.
    """

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        timeline: Sequence[Any] = fact(facts, "timeline", "the method recorded no timeline of chunks")
        chunks = sorted((_emitted(chunk), _frames(chunk)) for chunk in timeline)
        times = np.array([time for time, _ in chunks])
        if np.isnan(times).any():
            raise Unsupported("timeline", "a chunk has no time")
        details: dict[str, float] = {}
        if len(chunks) > 1:
            gaps = np.diff(times)
            details = {
                "chunk_latency_p50": float(np.percentile(gaps, 50)),
                "chunk_latency_p95": float(np.percentile(gaps, 95)),
                "worst_stall": float(gaps.max()),
            }
            if times[-1] > times[0]:
                details["sustained_fps"] = sum(frames for _, frames in chunks[1:]) / float(times[-1] - times[0])
        return Score(float(times[0]), details)


def _emitted(chunk: Any) -> float:
    return float(chunk["emitted_at"] if isinstance(chunk, Mapping) else chunk.emitted_at)


def _frames(chunk: Any) -> int:
    first, last = (chunk["first"], chunk["last"]) if isinstance(chunk, Mapping) else (chunk.first, chunk.last)
    return int(last) - int(first) + 1
