"""VBench-Long's consistency within and between clips, against its rules in plain loops; drift as an area."""

from __future__ import annotations

import json
from bisect import bisect_left
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import texture
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, entry, metric, score
from vbench_py.metrics.long_video import clip_starts
from vbench_py.types import Facts, Score, Series, Unsupported

NAMES = [("vbench-long-subject", "subject-consistency"), ("vbench-long-background", "background-consistency")]


def plainly(features: np.ndarray, length: int) -> float:
    """Split as `split_video_into_clips`, then `compute_subject_consistency` of each clip, frame by frame."""
    total, rest = divmod(len(features), length)
    clips = [features[i * length : (i + 1) * length] for i in range(total)]
    if not total:
        clips = [features]
    elif rest:
        clips.append(features[max(0, total * length - (length - rest)) :])
    means = []
    for clip in clips:
        units = clip / np.linalg.norm(clip, axis=1, keepdims=True)
        added = 0.0
        for t in range(1, len(units)):
            added += (max(0.0, float(units[t - 1] @ units[t])) + max(0.0, float(units[0] @ units[t]))) / 2
        means.append(added / (len(units) - 1))
    return sum(means) / len(means)


@pytest.mark.parametrize("name", [name for name, _ in NAMES])
@pytest.mark.parametrize(("frames", "fps"), [(48, 8.0), (50, 8.0), (61, 7.99), (5, 24.0), (33, 15.9)])
def test_the_number_is_that_of_plain_loops(name: str, frames: int, fps: float) -> None:
    features = np.random.RandomState(frames).standard_normal((frames, 16)) + 0.5
    made = metric(name).score({"video": Series(np.arange(frames), {"features": features})}, Facts({"fps": fps}))
    expected = plainly(features, 2 * int(fps))
    agree(made.value, expected, of=name, against="its rules in plain loops", stage="algebra", atol=1e-12)
    assert made.details["clips"] == len(made.curve.values)


@pytest.mark.parametrize(("long", "short"), NAMES)
def test_a_video_of_one_clip_scores_as_in_vbench(long: str, short: str) -> None:
    video = texture(5, 64, 96)
    assert metric(long).needs == metric(short).needs
    assert score(long, {"video": video}, facts={"fps": 8.0}).value == pytest.approx(
        score(short, {"video": video}, facts={"fps": 8.0}).value, abs=1e-12
    )


def test_change_between_clips_is_not_seen() -> None:
    features = np.repeat(np.eye(4), 8, axis=0)
    made = metric("vbench-long-subject").score(
        {"video": Series(np.arange(32), {"features": features})}, Facts({"fps": 4.0})
    )
    assert made.value == 1 and made.curve.index.tolist() == [0, 8, 16, 24]


def test_the_last_clip_reaches_back() -> None:
    assert clip_starts(20, 8) == [0, 8, 12]
    assert clip_starts(16, 8) == [0, 8]


@pytest.mark.parametrize("fps", [0.0, 0.5])
def test_no_frame_rate_no_number(fps: float) -> None:
    features = np.ones((8, 4))
    with pytest.raises(Unsupported, match="two frames"):
        metric("vbench-long-subject").score(
            {"video": Series(np.arange(8), {"features": features})}, Facts({"fps": fps})
        )


FUSED = "vbench-long-subject-fused"
REFERENCES = json.loads(
    (Path(__file__).parents[1] / "data" / "vbench_long_references.json").read_text(encoding="utf-8")
)


def fused(within: np.ndarray, between: np.ndarray, fps: float, **protocol: Any) -> Score:
    card = METRICS[FUSED]
    judge = entry(card.entry)(card, {**card.protocol, **protocol})
    index = np.arange(len(within))
    arrays = {"video": Series(index, {"features": within}), "between": Series(index, {"features": between})}
    return judge.score(arrays, Facts({"fps": fps}))  # type: ignore[no-any-return]


def mapped_plainly(score: float, table: list[float]) -> float:
    """As `fuse_inclip_clip2clip`: the interval by bisection, and a line through its ends."""
    keys = [round(i / 100, 2) for i in range(101)]
    at = bisect_left(keys, score)
    if at in (0, len(keys)):
        return table[0] if at == 0 else table[-1]
    return table[at - 1] + (table[at] - table[at - 1]) * (score - keys[at - 1]) / (keys[at] - keys[at - 1])


@pytest.mark.parametrize(("frames", "fps"), [(48, 8.0), (50, 8.0), (61, 7.99), (5, 24.0), (33, 15.9)])
def test_the_fused_number_is_that_of_plain_loops(frames: int, fps: float) -> None:
    within, between = np.random.RandomState(frames).standard_normal((2, frames, 16)) + 0.8
    length = 2 * int(fps)
    expected = plainly(within, length)
    if frames >= length and len(starts := clip_starts(frames, length)) > 1:
        mapped = mapped_plainly(plainly(between[starts], len(starts)), METRICS[FUSED].protocol["mapping"])
        expected = 0.5 * expected + 0.5 * mapped
    made = fused(within, between, fps)
    agree(made.value, expected, of=FUSED, against="its rules in plain loops", stage="algebra", atol=1e-12)


def turned(angles: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_fused_as_vbench_long_fuses() -> None:
    """Two clips of two frames: the angle within each, and that between their first frames, make the two scores."""
    made = []
    for inside, across in zip(REFERENCES["within"], REFERENCES["between"], strict=True):
        within, between = np.arccos(inside), np.arccos(across)
        made.append(fused(turned(within * np.array([0, 1, 0, 1])), turned(between * np.array([0, 0, 1, 1])), 1.0).value)
    agree(made, REFERENCES["fused"], of=FUSED, stage="algebra", atol=1e-9)


def test_clips_that_share_nothing_count_within_alone() -> None:
    within = np.ones((32, 4))
    made = fused(within, np.repeat(np.eye(4), 8, axis=0), 4.0)
    assert made.details["between_mapped"] == 0 and made.value == pytest.approx(1)


def test_change_between_clips_is_seen_by_the_fused_number() -> None:
    within = np.ones((32, 8))
    stream = np.random.RandomState(0).standard_normal((4, 8))
    found = [fused(within, np.repeat(np.ones(8) + part * stream, 8, axis=0), 4.0).value for part in (0, 0.2, 0.6)]
    assert found == sorted(found, reverse=True) and found[0] == pytest.approx(1) and found[2] < found[1]


def test_the_fused_number_asks_two_networks() -> None:
    needs = metric(FUSED).needs
    assert needs["video"] == metric("vbench-long-subject").needs["video"]
    assert needs["between"].extractor == "dinov2-vitb14"
    assert needs["between"].view.geometry == metric("i2v-subject").needs["video"].view.geometry


def area(features: np.ndarray, fps: float = 4.0) -> Score:
    made = metric("drift-dino-area").score(
        {"video": Series(np.arange(len(features)), {"features": features})}, Facts({"fps": fps})
    )
    return made  # type: ignore[no-any-return]


def test_no_drift_has_the_whole_area() -> None:
    made = area(np.ones((20, 4)))
    assert made.value == pytest.approx(1) and made.details["seconds"] == pytest.approx(19 / 4)


def test_the_area_of_a_steady_turn_is_that_of_a_cosine() -> None:
    """A feature that turns by w a second: c(d) = cos(w d), whose area over D is sin(w D) / (w D)."""
    fps, turn = 50.0, 0.25
    angles = turn * np.arange(int(12 * fps)) / fps
    made = area(np.stack([np.cos(angles), np.sin(angles)], axis=1), fps)
    expected = np.sin(turn * 10) / (turn * 10)
    agree(made.value, expected, of="drift-dino-area", against="the integral of a cosine", stage="algebra", atol=1e-5)
    assert made.details["half_seconds"] == pytest.approx(np.arccos(0.5) / turn, abs=1 / fps)
    assert made.curve is not None and len(made.curve.values) == 501


def test_faster_drift_has_less_area() -> None:
    found = [area(np.cumsum(np.random.RandomState(0).standard_normal((40, 6)) * s, 0) + 3).value for s in (0, 0.1, 0.6)]
    assert found == sorted(found, reverse=True)


def test_the_area_needs_a_frame_rate() -> None:
    with pytest.raises(Unsupported, match="no frame rate"):
        area(np.ones((4, 2)), 0.0)
