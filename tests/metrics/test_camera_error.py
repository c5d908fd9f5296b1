"""Camera errors: against the references' own functions on seeded trajectories, and known errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.make_camera_references import trajectories
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, build, entry, metric
from vbench_py.metrics.trajectory import angles, camera_to_world, from_first, least_norm_scale
from vbench_py.types import BadMedia, Facts, Score, Series, Unsupported

REFERENCES = json.loads((Path(__file__).parents[1] / "data" / "camera_references.json").read_text(encoding="utf-8"))
GIVEN = [name for name, card in METRICS.items() if card.roles == ("poses", "camera")]
CAMI2V = {"rot-err-cami2v": "rot", "trans-err-cami2v": "trans", "cammc-cami2v": "cammc"}
WORLDSCORE = {"rot-err-worldscore": "rot", "trans-err-worldscore": "trans"}


def media(world_to_camera: np.ndarray) -> np.ndarray:
    """Poses (T, 3, 4) as the frames of a camera stream, one a window: (T, 1, 3, 7, 1)."""
    matrices = np.broadcast_to(np.array([[100.0, 0, 64], [0, 100, 48], [0, 0, 1]]), (len(world_to_camera), 3, 3))
    return np.concatenate([matrices, world_to_camera], axis=2)[:, None, :, :, None]


def scored(name: str, made: np.ndarray, asked: np.ndarray, **protocol: Any) -> Score:
    """Of world-to-camera poses (T, 3, 4), with parts of the protocol replaced."""
    card = METRICS[name]
    judge = entry(card.entry)(card, {**card.protocol, **protocol})
    arrays: Mapping[str, Series] = {
        need: Series(np.arange(len(poses)), build(judge.needs[need])(media(poses)))
        for need, poses in (("made", made), ("asked", asked))
    }
    return judge.score(arrays, Facts({}))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", CAMI2V)
def test_as_cami2v(name: str) -> None:
    theirs = [found["cami2v"][CAMI2V[name]] for found in REFERENCES]
    ours = [scored(name, *trajectories(seed)).value for seed in range(len(theirs))]
    agree(ours, theirs, of=name, stage="algebra", rtol=1e-9)


@pytest.mark.parametrize("name", ["trans-err-cami2v", "cammc-cami2v"])
def test_as_cami2v_at_the_scale_of_the_truth(name: str) -> None:
    theirs = [found["cami2v"][f"{CAMI2V[name]}-truth"] for found in REFERENCES]
    ours = [scored(name, *trajectories(seed), scale="truth").value for seed in range(len(theirs))]
    agree(ours, theirs, of=name, stage="algebra", rtol=1e-9)


@pytest.mark.parametrize("name", WORLDSCORE)
def test_as_worldscore(name: str) -> None:
    theirs = [found["worldscore"][WORLDSCORE[name]] for found in REFERENCES]
    ours = [scored(name, *trajectories(seed)).value for seed in range(len(theirs))]
    agree(ours, theirs, of=name, stage="algebra", rtol=1e-6)


@pytest.mark.parametrize("name", ["rot-err-cameractrl", "trans-err-cameractrl"])
def test_cameractrl_in_the_words_of_the_paper(name: str) -> None:
    made, asked = (from_first(camera_to_world(poses)) for poses in trajectories(2))
    if name.startswith("rot"):
        traces = [np.trace(one[:, :3] @ other[:, :3].T) for one, other in zip(made, asked, strict=True)]
        expected = sum(np.arccos(np.clip((trace - 1) / 2, -1, 1)) for trace in traces)
    else:
        expected = sum(np.linalg.norm(one[:, 3] - other[:, 3]) for one, other in zip(made, asked, strict=True))
    assert scored(name, *trajectories(2)).value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", GIVEN)
def test_the_asked_poses_are_perfect(name: str) -> None:
    _, asked = trajectories(1)
    assert scored(name, asked, asked).value == 0


@pytest.mark.parametrize("name", GIVEN)
def test_another_world_changes_nothing(name: str) -> None:
    """Both trajectories count from their own first camera, so the output's world may stand anywhere."""
    made, asked = trajectories(1)
    turn = np.concatenate([trajectories(3)[0][4], [[0, 0, 0, 1]]])
    square = np.concatenate([made, np.broadcast_to([[0.0, 0, 0, 1]], (len(made), 1, 4))], axis=1)
    assert scored(name, (square @ turn)[:, :3], asked).value == pytest.approx(scored(name, made, asked).value)


@pytest.mark.parametrize("name", GIVEN)
def test_more_noise_is_worse(name: str) -> None:
    _, asked = trajectories(0)
    stray, _ = trajectories(0)
    found = [scored(name, asked + part * (stray - asked), asked).value for part in (0, 0.05, 0.2, 0.6)]
    assert found == sorted(found) and found[0] < found[1]


def test_a_known_angle_and_a_known_step() -> None:
    asked = np.tile(np.eye(3, 4), (5, 1, 1))
    made = asked.copy()
    made[1:, :2, :2] = [[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]]
    assert scored("rot-err-cameractrl", made, asked).value == pytest.approx(0.4)
    assert scored("rot-err-worldscore", made, asked).value == pytest.approx(np.degrees(0.1) * 4 / 5)
    moved = asked.copy()
    moved[1:, 0, 3] = -2.0
    assert scored("trans-err-cameractrl", moved, asked).value == pytest.approx(8)


def test_one_scale_is_forgiven_where_the_protocol_says_so() -> None:
    _, asked = trajectories(0)
    # The world shrinks about the first camera, so that only the length of the path changes.
    world = np.concatenate([asked, np.broadcast_to([[0.0, 0, 0, 1]], (len(asked), 1, 4))], axis=1)
    small = (world @ np.linalg.inv(world[0]))[:, :3]
    small[:, :, 3] *= 0.25
    assert scored("trans-err-cameractrl", small, asked).value > 0.5
    assert scored("trans-err-cami2v", small, asked).value == pytest.approx(0, abs=1e-6)
    made = scored("trans-err-worldscore", small, asked)
    assert made.value == pytest.approx(0, abs=1e-12) and made.details["scale"] == pytest.approx(4)


def test_small_angles_keep_their_digits() -> None:
    for angle in (1e-9, 1e-4, 1.0, np.pi - 1e-7, np.pi):
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        assert angles(turn[None], np.eye(3)[None])[0] == pytest.approx(angle, rel=1e-9)


def test_the_least_norm_scale_is_that_of_a_search() -> None:
    stream = np.random.RandomState(0)
    centres, truth = stream.standard_normal((2, 12, 3))
    tried = np.linspace(-3, 3, 60001)
    sums = np.linalg.norm(truth[None] - tried[:, None, None] * centres[None], axis=2).sum(axis=1)
    assert least_norm_scale(centres, truth) == pytest.approx(tried[np.argmin(sums)], abs=1e-4)
    assert least_norm_scale(np.zeros((3, 3)), truth[:3]) == 1


@pytest.mark.parametrize("name", GIVEN)
def test_unknown_poses_fail_the_output_unless_allowed(name: str) -> None:
    made, asked = trajectories(0)
    made[3] = np.nan
    with pytest.raises(Unsupported, match="1 of 9 poses are unknown"):
        scored(name, made, asked)
    kept = scored(name, made, asked, allowed_failures=0.2)
    assert np.isfinite(kept.value) and kept.details["failed_frames"] == 1 and kept.details["frames"] == 8
    assert kept.curve is not None and 3 not in kept.curve.index
    made[0] = np.nan
    with pytest.raises(Unsupported, match="the first is"):
        scored(name, made, asked, allowed_failures=0.5)


def test_unequal_numbers_of_poses_are_refused() -> None:
    made, asked = trajectories(0)
    with pytest.raises(BadMedia, match="8 poses of the output, 9 asked for"):
        scored("rot-err-cami2v", made[:-1], asked)


def test_the_numbers_are_within_the_range_of_the_cards() -> None:
    for name in GIVEN:
        low, high = METRICS[name].range
        assert low <= scored(name, *trajectories(3)).value <= high
        assert metric(name).card is METRICS[name]
