"""Cost metrics read facts alone, and say what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.running import METRICS, entry
from vbench_py.types import Chunk, Facts, Score, Unsupported

TIMELINE = [
    {"first": 0, "last": 3, "emitted_at": 2.0},
    {"first": 4, "last": 7, "emitted_at": 3.0},
    {"first": 8, "last": 11, "emitted_at": 6.0},
]


def cost(name: str, **facts: Any) -> Score:
    card = METRICS[name]
    return entry(card.entry)(card, card.protocol).score({}, Facts(facts))  # type: ignore[no-any-return]


def test_seconds_per_frame_leaves_loading_out() -> None:
    assert cost("seconds-per-frame", seconds={"load": 90.0, "sample": 6.0, "decode": 2.0}, frames=16).value == 0.5


def test_seconds_by_phase_are_details() -> None:
    assert cost("seconds-per-frame", seconds={"load": 9.0, "sample": 1.0}, frames=2).details["seconds_load"] == 9.0


def test_memory_is_in_megabytes() -> None:
    assert cost("peak-memory", peak_memory_bytes=3_500_000_000).value == 3500.0


def test_the_first_frame_comes_with_the_first_chunk() -> None:
    assert cost("time-to-first-frame", timeline=TIMELINE[::-1]).value == 2.0


def test_chunks_may_be_objects() -> None:
    assert cost("time-to-first-frame", timeline=(Chunk(0, 3, 1.5),)).value == 1.5


def test_stalls_and_sustained_rate_come_from_the_gaps() -> None:
    details = cost("time-to-first-frame", timeline=TIMELINE).details
    assert (details["worst_stall"], details["chunk_latency_p50"], details["sustained_fps"]) == (3.0, 2.0, 2.0)


@pytest.mark.parametrize(
    ("name", "facts", "field"),
    [
        ("seconds-per-frame", {"frames": 8}, "seconds"),
        ("seconds-per-frame", {"seconds": {"sample": 1.0}}, "frames"),
        ("seconds-per-frame", {"seconds": {"load": 1.0}, "frames": 8}, "seconds"),
        ("seconds-per-frame", {"seconds": {"sample": float("nan")}, "frames": 8}, "seconds"),
        ("peak-memory", {}, "peak_memory_bytes"),
        ("peak-memory", {"peak_memory_bytes": float("nan")}, "peak_memory_bytes"),
        ("time-to-first-frame", {"timeline": []}, "timeline"),
        ("time-to-first-frame", {"timeline": [{"first": 0, "last": 1, "emitted_at": float("nan")}]}, "timeline"),
    ],
)
def test_an_absent_fact_is_unsupported_by_name(name: str, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Unsupported) as caught:
        cost(name, **facts)
    assert caught.value.field == field
