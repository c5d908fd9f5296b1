"""Actions and prompt schedules: what comes back, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vbench_py.types import BadMedia
from vbench_py.video import file_sha256, read_actions, read_schedule, write_actions, write_schedule

ACTIONS = np.array([[0.0, 1.0], [0.5, -1.0], [1.0, 0.0]])


def test_actions_come_back(tmp_path: Path) -> None:
    write_actions(tmp_path / "actions.npz", ACTIONS, ("forward", "turn"))
    found = read_actions(tmp_path / "actions.npz")
    assert found.names == ("forward", "turn")
    np.testing.assert_array_equal(found.actions, ACTIONS)


def test_equal_actions_are_equal_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_actions(tmp_path / f"{name}.npz", ACTIONS, ("forward", "turn"))
    assert file_sha256(tmp_path / "one.npz") == file_sha256(tmp_path / "two.npz")


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"actions": ACTIONS}, "has no names"),
        ({"names": ["a", "b"]}, "has no actions"),
        ({"actions": ACTIONS, "names": ["a"]}, "for 2 actions"),
        ({"actions": ACTIONS, "names": ["a", "a"]}, "for 2 actions"),
        ({"actions": ACTIONS, "names": [1, 2]}, "for 2 actions"),
        ({"actions": ACTIONS[0], "names": ["a", "b"]}, r"shape \(2,\)"),
        ({"actions": ACTIONS * [1, np.nan], "names": ["a", "b"]}, "b is nan in frame 0"),
    ],
)
def test_actions_that_are_none(tmp_path: Path, arrays: dict[str, Any], reason: str) -> None:
    np.savez(tmp_path / "actions.npz", **arrays)
    with pytest.raises(BadMedia, match=reason):
        read_actions(tmp_path / "actions.npz")


def test_a_schedule_comes_back(tmp_path: Path) -> None:
    schedule = ((0, "a fox wakes"), (64, "a fox runs \u2013 \u00fcber snow"))
    write_schedule(tmp_path / "schedule.json", schedule)
    assert read_schedule(tmp_path / "schedule.json") == schedule


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "no list of prompts"),
        ('{"0": "a"}', "no list of prompts"),
        ('[[8, "a"]]', "entry 0 begins at frame 8, at the beginning"),
        ('[[0, "a"], [0, "b"]]', "entry 1 begins at frame 0, after frame 0"),
        ('[[0, "a"], [-4, "b"]]', "entry 1 begins at frame -4"),
        ('[[0, "a"], [1.5, "b"]]', "entry 1 is"),
        ("[[0, true]]", "entry 0 is"),
        ('[[false, "a"]]', "entry 0 is"),
        ('[[0, "  "]]', "entry 0 is"),
        ('[[0, "a", 1]]', "entry 0 is"),
        ("[", "is no JSON"),
    ],
)
def test_schedules_that_are_none(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "schedule.json").write_text(text)
    with pytest.raises(BadMedia, match=reason):
        read_schedule(tmp_path / "schedule.json")


def test_a_schedule_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="does not exist"):
        read_schedule(tmp_path / "schedule.json")


def test_a_bad_schedule_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="entry 0 begins at frame 3"):
        write_schedule(tmp_path / "schedule.json", [(3, "late")])
    assert not list(tmp_path.iterdir())
