"""Stories: cuts against PySceneDetect, and closed forms over shots that are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import texture
from tests.metrics.editing_cases import cuts
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, build, entry, metric, score
from vbench_py.features.extraction import of_texts
from vbench_py.metrics.story import Detector, cuts_of
from vbench_py.types import TEXT, Ask, Facts, Score, Series, Unsupported

STORED = json.loads((Path(__file__).parents[1] / "data" / "editing_references.json").read_text(encoding="utf-8"))
SCENES = STORED["scenedetect"]
LENGTHS = (4, 6, 5)
STARTS = np.cumsum([0, *LENGTHS])


def found_cuts(lengths: tuple[int, ...] = LENGTHS) -> Series:
    """TransNet's answer to cuts between shots of these lengths: one window of 50 middle frames."""
    curve = np.zeros((1, 50))
    curve[0, np.cumsum(lengths)[:-1] - 1] = 0.9
    return Series(np.zeros(1, dtype=np.int64), {"cut": curve})


def features(directions: np.ndarray, lengths: tuple[int, ...] = LENGTHS, noise: float = 0.0) -> Series:
    """Frames that point where their shot does (K, D), but for noise."""
    values = np.repeat(directions, lengths, axis=0)
    values = values + noise * np.random.RandomState(0).standard_normal(values.shape)
    return Series(np.arange(len(values), dtype=np.int64), {"features": values})


def texts(directions: np.ndarray) -> Series:
    told = {"features": directions[None], "lines": np.array([len(directions)]), "truncated": np.array([0])}
    return Series(np.zeros(1, dtype=np.int64), told)


def judged(name: str, arrays: Mapping[str, Series], **facts: Any) -> Score:
    made: Score = metric(name).score(arrays, Facts(facts))
    return made


def test_changes_and_cuts_are_those_of_pyscenedetect() -> None:
    film = cuts()
    pairs = np.stack([film[:-1], film[1:]], axis=1)
    changes = build(Ask("content-change", ("video",)))(pairs)["value"]
    against = f"scenedetect=={SCENES['version']}"
    expected = SCENES["content"][1:]
    agree(changes, expected, of="shot-count-match-content", against=against, stage="whole", atol=1e-9)
    for shortest, found in SCENES["cuts"].items():
        assert cuts_of(changes, 27.0, int(shortest)) == found


@pytest.mark.parametrize(("shortest", "shots"), [(0, 9), (6, 6), (15, 4)])
def test_the_error_of_the_count_is_relative_to_what_was_asked(shortest: int, shots: int) -> None:
    card = METRICS["shot-count-match-content"]
    made = entry(card.entry)(card, {**card.protocol, "shortest_shot": shortest})
    film = cuts()
    changes = build(made.needs["cuts"])(np.stack([film[:-1], film[1:]], axis=1))["value"]
    series = Series(np.arange(len(changes), dtype=np.int64), {"value": changes})
    result = made.score({"cuts": series}, Facts({"frames": len(film), "shots": 6}))
    agree(result.value, abs(shots - 6) / 6, of=card.id, against="closed form", stage="algebra")
    assert result.details["shots_found"] == shots


def test_known_shots_are_counted() -> None:
    film = np.concatenate([texture(16, 48, 64, seed=s) // 3 * np.uint8(s % 2) + np.uint8(90 * s) for s in range(3)])
    made = score("shot-count-match-content", {"video": film}, facts={"shots": 3})
    assert made.value == 0.0 and made.details["shortest_shot"] == 16.0
    assert score("shot-count-match-content", {"video": film[:16]}, facts={"shots": 2}).value == 0.5


def test_a_video_of_one_frame_is_one_shot() -> None:
    assert score("shot-count-match-content", {"video": cuts()[:1]}, facts={"shots": 1}).value == 0.0


def test_shots_of_the_network_are_matched_too() -> None:
    for asked, expected in ((3, 0.0), (2, 0.5), (6, 0.5)):
        made = judged("shot-count-match", {"cuts": found_cuts()}, frames=15, shots=asked)
        agree(made.value, expected, of="shot-count-match", against="closed form", stage="algebra")
    assert made.details["shortest_shot"] == 4.0


@pytest.mark.parametrize("asked", [None, 0, "three"])
def test_a_sample_that_asks_for_no_number_of_shots_has_no_error(asked: Any) -> None:
    with pytest.raises(Unsupported, match="the sample's fact shots"):
        judged("shot-count-match", {"cuts": found_cuts()}, frames=15, shots=asked)


def test_both_detectors_see_the_same_shots_of_a_plain_film() -> None:
    content = Detector(METRICS["shot-count-match-content"].protocol)
    network = Detector(METRICS["shot-count-match"].protocol)
    changes = np.zeros(59)
    changes[[19, 39]] = 80.0
    expected = [(0, 19), (20, 39), (40, 59)]
    series = Series(np.arange(59), {"value": changes})
    assert content.shots(series, 60) == expected
    curve = np.zeros((2, 50))
    curve[0, [19, 39]] = 0.9
    assert network.shots(Series(np.zeros(2, np.int64), {"cut": curve}), 60) == expected


def test_consistency_is_the_mean_cosine_of_the_shots_means() -> None:
    angles = np.radians([0, 60, 90])
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    made = judged("cross-shot-consistency", {"video": features(directions), "cuts": found_cuts()})
    expected = np.mean(np.cos(np.radians([60, 90, 30])))
    agree(made.value, expected, of="cross-shot-consistency", against="closed form", stage="algebra", atol=1e-12)
    assert made.details["worst_pair"] == pytest.approx(0.0, abs=1e-12)
    assert made.details["within_shots"] == pytest.approx(1.0)
    assert made.curve is not None and len(made.curve.values) == 15


def test_shots_of_one_subject_are_perfect_and_a_stranger_is_worse() -> None:
    same = np.ones((3, 4))
    other = same.copy()
    other[1] = [1, -1, 1, -1]
    perfect, noisy, worse = (
        judged("cross-shot-consistency", {"video": clip, "cuts": found_cuts()}).value
        for clip in (features(same), features(same, noise=0.3), features(other))
    )
    assert perfect == pytest.approx(1.0) and perfect > noisy > worse


def test_one_shot_has_no_consistency_across_shots() -> None:
    with pytest.raises(Unsupported, match="this video has one"):
        judged("cross-shot-consistency", {"video": features(np.ones((1, 3)), (9,)), "cuts": found_cuts((9,))})


def test_alignment_is_that_of_each_shot_with_its_own_text() -> None:
    told = texts(np.eye(3))
    arrays = {"video": features(np.eye(3)), "shot_prompts": told, "cuts": found_cuts()}
    made = judged("text-alignment-per-shot", arrays)
    agree(made.value, 1.0, of="text-alignment-per-shot", against="closed form", stage="algebra", atol=1e-12)
    assert made.details["others"] == pytest.approx(0.0) and made.details["shots_asked"] == 3.0
    swapped = judged("text-alignment-per-shot", {**arrays, "video": features(np.eye(3)[[1, 0, 2]])})
    assert swapped.value == pytest.approx(1 / 3) and swapped.details["worst_shot"] == pytest.approx(0.0)


def test_a_text_without_a_shot_counts_zero_and_a_shot_without_a_text_nothing() -> None:
    arrays = {"video": features(np.eye(3)), "cuts": found_cuts()}
    four = judged("text-alignment-per-shot", {**arrays, "shot_prompts": texts(np.eye(4)[:, :3] + 0.0)})
    assert four.value == pytest.approx(3 / 4) and four.details["shots_found"] == 3.0
    two = judged("text-alignment-per-shot", {**arrays, "shot_prompts": texts(np.eye(3)[:2])})
    assert two.value == pytest.approx(1.0) and two.curve is not None and len(two.curve.values) == 10


def test_each_line_has_the_features_of_a_text_of_its_own() -> None:
    lines = ["a red ball rolls in", "", "the ball stops " * 40, "night"]
    made = of_texts(build(Ask("clip-vit-b32-text-lines", ("shot_prompts",), TEXT)), ["\n".join(lines) + "\n"])
    plain = build(Ask("clip-vit-b32-text", ("prompt",), TEXT))
    expected = [plain([line]) for line in lines]
    rows = [
        np.zeros_like(e["features"][0]) if not line else e["features"][0]
        for e, line in zip(expected, lines, strict=True)
    ]
    agree(
        made.values["features"][0], rows, of="text-alignment-per-shot", against="clip-vit-b32-text, line by line",
        stage="network", weights="random official", atol=1e-5,
    )  # fmt: skip
    assert made.values["lines"][0] == 4
    assert made.values["truncated"][0] == sum(int(e["truncated"][0]) for e in expected) > 0


def test_a_whole_run_on_small_networks_gives_numbers() -> None:
    film = texture(30, 64, 96)
    made = score("text-alignment-per-shot", {"video": film}, texts={"shot_prompts": "a ball\na box"})
    assert np.isfinite(made.value) and made.details["shots_asked"] == 2.0
