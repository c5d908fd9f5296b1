"""Flow statistics and the verdicts made from them: closed forms, and the published code on equal random weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import texture
from tests.metrics.motion_cases import GENTLE, MOTIONS, made_clip, moving_clips
from tests.metrics.networks.motion import write_raft
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, entry, score, values
from vbench_py.metrics.extractors.flow_stats import FlowDistance, FlowStatistics
from vbench_py.types import BadMedia, Facts, Score, Series, Unsupported

STORED = json.loads((Path(__file__).parents[1] / "data" / "raft_references.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[float, Mapping[str, Path]]:
    folder = tmp_path_factory.mktemp("raft")
    return {
        motion: {"raft-things.pth": write_raft("large", folder / f"{motion}.pth", motion)}
        for motion in (*MOTIONS, GENTLE)
    }


def judged(name: str, arrays: Mapping[str, Mapping[str, Any]]) -> Score:
    """The score of a metric on hand-made arrays by need."""
    card = METRICS[name]
    made = {
        need: Series(np.arange(len(next(iter(found.values())))), {key: np.asarray(v) for key, v in found.items()})
        for need, found in arrays.items()
    }
    return entry(card.entry)(card, card.protocol).score(made, Facts())  # type: ignore[no-any-return]


def test_statistics_of_a_known_flow() -> None:
    flow = np.zeros((1, 10, 20, 2), np.float32)
    flow[0, 0, :10] = (3, 4)
    flow[0, 0, :4] = (6, 8)
    made = FlowStatistics({}, {})(flow)
    assert {name: float(array[0]) for name, array in made.items()} == {
        "value": (4 * 10 + 6 * 5) / 200, "top5": (4 * 10 + 6 * 5) / 10, "top2": 10.0, "short_side": 10.0,
    }  # fmt: skip


def test_distance_of_known_flows() -> None:
    first, second = np.zeros((2, 4, 5, 2), np.float32), np.zeros((2, 4, 5, 2), np.float32)
    second[1] = (3, -4)
    assert FlowDistance({}, {})(first, second)["value"].tolist() == [0.0, 5.0]
    with pytest.raises(BadMedia):
        FlowDistance({}, {})(first, second[:, 1:])


def test_flow_score_of_a_known_translation() -> None:
    assert score("flow-score-dis", {"video": texture(4, 96, 128)}).value == pytest.approx(np.hypot(1, 2), rel=0.1)


def test_flow_score_of_a_still_video_is_none() -> None:
    assert score("flow-score-dis", {"video": np.repeat(texture(1, 96, 128), 3, axis=0)}).value == 0


def test_flow_score_is_that_of_evalcrafter(weights: Mapping[float, Mapping[str, Path]]) -> None:
    made = score("flow-score", {"video": made_clip(3, 136, 144)}, weights=weights[GENTLE]).value
    expected = STORED["evalcrafter"]["flow-score"]
    agree(made, expected, of="flow-score", stage="whole", weights="random official", rtol=1e-4)


def test_warping_error_is_that_of_evalcrafter(weights: Mapping[float, Mapping[str, Path]]) -> None:
    name = "warping-error-evalcrafter-asis"
    made = score(name, {"video": made_clip(3, 272, 291)}, weights=weights[GENTLE])
    assert 0.05 < made.details["valid_share"] < 0.95
    agree(made.value, STORED["evalcrafter"][name], of=name, stage="whole", weights="random official", rtol=1e-4)


@pytest.mark.parametrize("clip", list(moving_clips()))
@pytest.mark.parametrize("motion", MOTIONS)
def test_dynamic_degree_is_that_of_vbench(
    weights: Mapping[float, Mapping[str, Path]], motion: float, clip: str
) -> None:
    stored = STORED["vbench"][str(motion)][clip]["dynamic-degree"]
    video, fps = moving_clips()[clip]
    made = score("dynamic-degree", {"video": video}, weights=weights[motion], facts={"fps": fps})
    assert made.curve is not None
    agree(made.curve.values, stored["scores"], of="dynamic-degree", stage="whole", weights="random official", rtol=1e-4)
    assert (made.value, made.details["threshold"], made.details["pairs_needed"]) == (
        stored["value"], stored["thres"], stored["count_num"],
    )  # fmt: skip


@pytest.mark.parametrize("clip", list(moving_clips()))
def test_static_filter_is_that_of_vbench(weights: Mapping[float, Mapping[str, Path]], clip: str) -> None:
    stored = STORED["vbench"][str(MOTIONS[0])][clip]["static-filter"]
    video, fps = moving_clips()[clip]
    made = score("static-filter", {"video": video}, weights=weights[MOTIONS[0]], facts={"fps": fps})
    assert made.curve is not None
    ours = [*made.curve.values, made.details["end_to_end"]]
    theirs = [*stored["scores"][:-2], max(stored["scores"][-2:])]
    agree(ours, theirs, of="static-filter", stage="whole", weights="random official", rtol=1e-4)
    assert (made.value, made.details["threshold"], made.details["pairs_allowed"]) == (
        stored["value"], stored["thres"], stored["count_num"],
    )  # fmt: skip


def test_dynamic_degree_turns_at_the_pair_that_is_needed_last() -> None:
    flow = np.array([20.0, 5.0, 14.0, 11.0, 5.0, 5.0, 5.0])
    made = judged("dynamic-degree", {"pairs": {"top5": flow, "short_side": np.full(7, 512.0)}})
    assert made.value == 1 and made.details == {
        "pairs_over": 2.0, "pairs_needed": 2.0, "threshold": 12.0, "margin": 2.0,
    }  # fmt: skip
    flow[2] = 12.0
    made = judged("dynamic-degree", {"pairs": {"top5": flow, "short_side": np.full(7, 512.0)}})
    assert (made.value, made.details["margin"]) == (0, 0.0)


def test_dynamic_degree_of_one_sampled_frame_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="two frames"):
        judged("dynamic-degree", {"pairs": {"top5": []}})


@pytest.mark.parametrize(("over", "ends", "value"), [(0, 0.0, 1), (2, 24.0, 1), (3, 0.0, 0), (0, 24.1, 0)], ids=str)
def test_static_filter_allows_few_pairs_and_little_drift(over: int, ends: float, value: int) -> None:
    flow = np.where(np.arange(15) < over, 6.1, 6.0)
    pairs = {"top2": flow, "short_side": np.full(15, 512.0)}
    made = judged(
        "static-filter", {"pairs": pairs, "first_to_last": {"top2": [0.0]}, "last_to_first": {"top2": [ends]}}
    )
    assert made.value == value and made.details["pairs_over"] == over


def test_motion_epe_of_the_source_itself_is_none() -> None:
    clip = texture(3, 64, 80)
    assert score("motion-epe-raft", {"video": clip, "source": clip}).value == 0


def test_motion_epe_sees_another_motion() -> None:
    clip = texture(3, 64, 80)
    assert (values("motion-epe-raft", {"video": clip[::-1], "source": clip}) > 0).all()
