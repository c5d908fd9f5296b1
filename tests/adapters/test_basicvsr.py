"""BasicVSR in its environment: the frames of the package's own network; around it, what needs no environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.adapters import isolated
from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.command import Command
from vbench_py.adapters.programs.basicvsr import Program, padding
from vbench_py.isolate.client import Worker
from vbench_py.isolate.environments import Environment
from vbench_py.video import probe

CLIP = waves(5, 40, 68, speed=2.0)


@pytest.fixture
def counting() -> Program:
    """A program whose features count the frames seen so far, and which stands still."""
    made = Program.__new__(Program)
    made.device = torch.device("cpu")
    made.warp = lambda feature, flow: feature

    def trunk(both: torch.Tensor) -> torch.Tensor:
        return both[:, 3:] + 1

    made.network = SimpleNamespace(
        num_feat=2, spynet=lambda frame, last: torch.zeros(1, 2, *frame.shape[2:]),
        backward_trunk=trunk, forward_trunk=trunk,
    )  # fmt: skip
    return made


@pytest.mark.parametrize("backwards", [False, True])
def test_features_come_from_all_frames_before_in_their_direction(counting: Program, backwards: bool) -> None:
    places = range(4, -1, -1) if backwards else range(5)
    found = counting._features(CLIP, places, counting.network.forward_trunk)
    assert [(place, int(feature[0, 0, 0, 0])) for place, _, feature in found] == list(
        zip(places, range(1, 6), strict=True)
    )


def test_each_place_has_its_own_frame(counting: Program) -> None:
    for place, frame, _ in counting._features(CLIP, range(4, -1, -1), counting.network.backward_trunk):
        np.testing.assert_allclose(frame[0].permute(1, 2, 0) * 255, CLIP[place], atol=1e-3)


def test_flow_is_taken_from_each_frame_to_the_one_before_in_its_direction(counting: Program) -> None:
    seen = []

    def spynet(frame: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        seen.append((round(float(frame[0, 0, 0, 0]) * 255), round(float(last[0, 0, 0, 0]) * 255)))
        return torch.zeros(1, 2, *frame.shape[2:])

    counting.network.spynet = spynet
    clip = np.stack([np.full((40, 40, 3), 10 * place, np.uint8) for place in range(3)])
    list(counting._features(clip, range(2, -1, -1), counting.network.backward_trunk))
    assert seen == [(10, 20), (0, 10)]


@pytest.mark.parametrize(("height", "width", "expected"), [(45, 80, (0, 0, 0, 0)), (24, 32, (0, 1, 0, 9))])
def test_only_frames_too_small_for_the_flow_are_padded(height: int, width: int, expected: tuple[int, ...]) -> None:
    assert padding(height, width) == expected


def test_an_unknown_checkpoint_is_refused() -> None:
    with pytest.raises(ValueError, match="choose among reds4, vimeo90k-bi, vimeo90k-bd"):
        Program("vimeo")


def test_another_array_is_refused(counting: Program, tmp_path: Path) -> None:
    np.save(tmp_path / "odd.npy", CLIP.astype(np.float32))
    with pytest.raises(ValueError, match="uint8 \\(frames, height, width, 3\\) are wanted"):
        counting(tmp_path / "odd.npy", tmp_path / "made.npy")


@pytest.fixture(scope="module")
def place() -> Environment:
    return isolated.environment("vs-networks")


@pytest.fixture(scope="module")
def worker(place: Environment) -> Iterator[Worker]:
    made = isolated.program(place, "basicvsr")
    yield made
    made.close()


@pytest.mark.network
@pytest.mark.parametrize("frames", [3, 5])
def test_the_middle_frame_is_that_of_the_package_bit_for_bit(
    worker: Worker, place: Environment, frames: int, tmp_path: Path
) -> None:
    (expected,) = isolated.reference(place, "basicvsr-middle", CLIP[:frames], tmp_path)
    assert np.array_equal(isolated.called(worker, CLIP[:frames], tmp_path)[frames // 2], expected)


@pytest.mark.network
def test_every_frame_is_that_of_the_whole_network_in_memory(worker: Worker, place: Environment, tmp_path: Path) -> None:
    """Exact but where a batch of flows is summed in another order: one level at most."""
    expected = isolated.reference(place, "basicvsr-whole", CLIP, tmp_path).astype(int)
    assert np.abs(isolated.called(worker, CLIP, tmp_path) - expected).max() <= 1


@pytest.mark.network
def test_one_frame_and_small_frames_are_served(worker: Worker, tmp_path: Path) -> None:
    assert isolated.called(worker, CLIP[:1, :20, :30], tmp_path).shape == (1, 80, 120, 3)


@pytest.mark.network
def test_nothing_is_left_beside_the_output(worker: Worker, tmp_path: Path) -> None:
    isolated.called(worker, CLIP[:2], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made.npy", "source.npy"]


@pytest.mark.network
@pytest.mark.parametrize("name", ["basicvsr-bi", "basicvsr-bd", "basicvsr-reds4"])
def test_a_method_gives_a_video_four_times_as_large(name: str, tmp_path: Path) -> None:
    (made,) = run(Command(method(name), {}), [request("vsr", {"source": CLIP[:2]}, tmp_path)], tmp_path)
    info = probe(made.outputs["video"])
    assert (made.status, info.frames, info.width, info.height, info.fps) == ("ok", 2, 272, 160, 8.0)
