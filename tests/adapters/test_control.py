"""Controls: what they show is known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.control import Control
from vbench_py.types import Generated, Unsupported, UsageError
from vbench_py.video import read

SOURCE = waves(6)
TARGET = waves(6, 96, 128)


def controlled(identifier: str, folder: Path, task: str = "vsr", role: str = "source", **rest: Any) -> Generated:
    media = {role: SOURCE}
    asked = request(task, media, folder / "in", **rest)
    (made,) = run(Control(method(identifier), {}), [asked], folder / "out")
    return made


def test_the_ceiling_is_the_target_exactly(tmp_path: Path) -> None:
    asked = request("vsr", {"source": SOURCE, "target": TARGET}, tmp_path / "in")
    (made,) = run(Control(method("ground-truth"), {}), [asked], tmp_path / "out")
    np.testing.assert_array_equal(read(made.outputs["video"]), TARGET)


def test_only_the_ceiling_asks_for_the_target() -> None:
    roles = {
        name: {role for mode in method(name).modes for role in mode.required} for name in ("noise", "frozen-frame")
    }
    assert roles == {"noise": {"source", "first"}, "frozen-frame": {"source", "first", "prefix"}}


def test_the_ceiling_without_a_target_is_unsupported(tmp_path: Path) -> None:
    asked = request("vsr", {"source": SOURCE}, tmp_path)
    with pytest.raises(Unsupported, match="target"):
        Control(method("ground-truth"), {}).plan(asked)


@pytest.mark.parametrize("identifier", ["noise", "frozen-frame", "shuffled-frames"])
@pytest.mark.parametrize(
    ("task", "shape"),
    [
        ("vsr", (6, 96, 128, 3)),
        ("deblurring", (6, 24, 32, 3)),
        ("editing", (6, 24, 32, 3)),
        ("reconstruction", (6, 24, 32, 3)),
        ("frame_interpolation", (11, 24, 32, 3)),
    ],
)
def test_a_floor_has_the_size_and_length_of_the_task(
    identifier: str, task: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    assert read(controlled(identifier, tmp_path, task).outputs["video"]).shape == shape


def test_noise_covers_all_levels_evenly(tmp_path: Path) -> None:
    levels = np.bincount(read(controlled("noise", tmp_path).outputs["video"]).ravel(), minlength=256)
    assert levels.std() / levels.mean() < 0.1


def test_noise_needs_no_input_for_text_to_video(tmp_path: Path) -> None:
    asked = request("t2v", {}, tmp_path / "in", frames=3, width=40, height=30)
    (made,) = run(Control(method("noise"), {}), [asked], tmp_path / "out")
    assert read(made.outputs["video"]).shape == (3, 30, 40, 3)


@pytest.mark.parametrize("identifier", ["noise", "shuffled-frames"])
@pytest.mark.parametrize("other", [{"seed": 1}, {"identifier": "t"}])
def test_another_seed_or_sample_is_another_draw(identifier: str, other: dict[str, Any], tmp_path: Path) -> None:
    first = read(controlled(identifier, tmp_path / "a", "editing").outputs["video"])
    asked = request("editing", {"source": SOURCE}, tmp_path / "b" / "in", **other)
    (made,) = run(Control(method(identifier), {}), [asked], tmp_path / "b" / "out")
    assert not np.array_equal(first, read(made.outputs["video"]))


def test_a_frozen_frame_is_the_first_frame_throughout(tmp_path: Path) -> None:
    made = read(controlled("frozen-frame", tmp_path, "editing").outputs["video"])
    np.testing.assert_array_equal(made, np.broadcast_to(SOURCE[0], SOURCE.shape))


def test_shuffled_frames_are_the_inputs_frames_in_another_order(tmp_path: Path) -> None:
    made = read(controlled("shuffled-frames", tmp_path, "editing").outputs["video"])
    order = [next(index for index, frame in enumerate(SOURCE) if np.array_equal(frame, shown)) for shown in made]
    assert sorted(order) == list(range(6)) and order != list(range(6))


@pytest.mark.parametrize("seed", range(4))
def test_two_frames_are_always_swapped(seed: int, tmp_path: Path) -> None:
    asked = request("editing", {"source": SOURCE[:2]}, tmp_path / "in", seed=seed)
    (made,) = run(Control(method("shuffled-frames"), {}), [asked], tmp_path / "out")
    np.testing.assert_array_equal(read(made.outputs["video"]), SOURCE[1::-1])


def test_one_frame_cannot_be_shuffled(tmp_path: Path) -> None:
    asked = request("editing", {"source": SOURCE[:1]}, tmp_path / "in")
    (made,) = run(Control(method("shuffled-frames"), {}), [asked], tmp_path / "out")
    assert (made.status, str(made.error)) == ("failed", "source.mkv: one frame cannot be shuffled")


def test_an_unknown_kind_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="known kinds: ground-truth"):
        Control(method("noise"), {"kind": "chaos"})


def test_shuffling_in_little_memory_gives_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(controlled("shuffled-frames", tmp_path / "a", "editing").outputs["video"])
    monkeypatch.setattr("vbench_py.adapters.control.SHUFFLE_BYTES", 2 * SOURCE[0].nbytes)
    np.testing.assert_array_equal(
        read(controlled("shuffled-frames", tmp_path / "b", "editing").outputs["video"]), whole
    )
