"""VBench-Long's consistency within clips, against its rules in plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.clips import texture
from tests.metrics.parity import agree
from tests.metrics.running import metric, score
from vbench_py.metrics.long_video import clip_starts
from vbench_py.types import Facts, Series, Unsupported

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
