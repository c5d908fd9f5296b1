"""RIFE in its environment: the frames of the package's own model; around it, what needs no environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.adapters import isolated
from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.command import Command
from vbench_py.adapters.programs.rife import Program, padding, to_uint8
from vbench_py.isolate.client import Worker
from vbench_py.isolate.environments import Environment
from vbench_py.isolate.errors import ForeignException
from vbench_py.video import probe, read

CLIP = waves(4, 45, 70, speed=3.0)


class Mean:
    """A network that gives the mean of two frames."""

    def inference(self, first: torch.Tensor, second: torch.Tensor, scale: float) -> torch.Tensor:
        assert first.shape[2] % 32 == first.shape[3] % 32 == 0
        return (first + second) / 2


@pytest.fixture
def averaging() -> Program:
    made = Program.__new__(Program)
    made.model, made.device, made.scale = Mean(), torch.device("cpu"), 1.0
    return made


def brighter(*levels: int) -> np.ndarray:
    return np.stack([np.full((5, 7, 3), level, np.uint8) for level in levels])


@pytest.mark.parametrize(("factor", "levels"), [(2, [0, 20, 40]), (4, [0, 10, 20, 30, 40]), (8, [*range(0, 41, 5)])])
def test_intervals_are_halved_in_order_of_time(averaging: Program, factor: int, levels: list[int]) -> None:
    made = np.stack(list(averaging.frames(brighter(0, 40), factor)))
    assert made[:, 0, 0, 0].tolist() == levels


def test_frames_between_are_made_from_unrounded_ones(averaging: Program) -> None:
    """Rounded on the way, the quarter of 0 and 3 would be half of 2: 1. It is 0.75, and 2.25 at three quarters."""
    made = np.stack(list(averaging.frames(brighter(0, 3), 8)))
    assert made[:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2, 2, 3, 3]


def test_no_frame_is_read_before_it_is_needed(averaging: Program) -> None:
    class Counted(np.ndarray):
        read = 0

        def __getitem__(self, place: object) -> np.ndarray:
            Counted.read += 1
            return np.asarray(super().__getitem__(place))  # type: ignore[call-overload]

    frames = averaging.frames(brighter(*range(50)).view(Counted), 2)
    next(frames), next(frames)
    assert Counted.read <= 4


def test_one_frame_is_given_back(averaging: Program, tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", brighter(9))
    assert averaging(tmp_path / "one.npy", tmp_path / "made.npy") == {"frames": 1}
    assert np.array_equal(np.load(tmp_path / "made.npy"), brighter(9))


@pytest.mark.parametrize(
    ("height", "width", "scale", "expected"),
    [(180, 320, 1, (0, 0, 0, 12)), (64, 65, 1, (0, 31, 0, 0)), (64, 65, 0.5, (0, 63, 0, 0)), (1, 1, 4, (0, 31, 0, 31))],
)
def test_frames_are_padded_as_the_package_pads(
    height: int, width: int, scale: float, expected: tuple[int, ...]
) -> None:
    assert padding(height, width, scale) == expected


def test_levels_are_rounded_to_the_nearest_and_cut() -> None:
    frame = torch.tensor([-0.1, 0.4 / 255, 0.6 / 255, 2.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert to_uint8(frame)[0, :, 0].tolist() == [0, 0, 1, 255]


@pytest.mark.parametrize("factor", [0, 1, 3, 6])
def test_a_factor_that_halves_nothing_is_refused(averaging: Program, factor: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose 2, 4, 8"):
        averaging(tmp_path / "absent.npy", tmp_path / "made.npy", factor)


@pytest.mark.parametrize(
    "array", [np.zeros((2, 4, 4, 3), np.float32), np.zeros((2, 4, 4), np.uint8), np.zeros((0, 4, 4, 3), np.uint8)]
)
def test_another_array_is_refused(averaging: Program, array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "odd.npy", array)
    with pytest.raises(ValueError, match="uint8 \\(frames, height, width, 3\\) are wanted"):
        averaging(tmp_path / "odd.npy", tmp_path / "made.npy")


@pytest.mark.parametrize("setup", [{"version": "4.0"}, {"scale": 3.0}])
def test_an_unknown_version_or_scale_is_refused(setup: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="choose among"):
        Program(**setup)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def place() -> Environment:
    return isolated.environment("vs-networks")


@pytest.fixture(params=["3.5", "3.8"])
def worker(place: Environment, request: pytest.FixtureRequest) -> Iterator[Worker]:
    made = isolated.program(place, "rife", version=request.param)
    yield made
    made.close()


@pytest.mark.network
def test_frames_between_are_those_of_the_package_bit_for_bit(
    worker: Worker, place: Environment, tmp_path: Path
) -> None:
    expected = isolated.reference(place, f"rife-{worker.setup['version']}", CLIP, tmp_path)
    assert np.array_equal(isolated.called(worker, CLIP, tmp_path, factor=2)[1::2], expected)


@pytest.mark.network
def test_given_frames_stay_as_they_are(worker: Worker, tmp_path: Path) -> None:
    assert np.array_equal(isolated.called(worker, CLIP, tmp_path, factor=4)[::4], CLIP)


@pytest.mark.network
def test_halving_twice_keeps_the_first_halves(worker: Worker, tmp_path: Path) -> None:
    twice = isolated.called(worker, CLIP, tmp_path, factor=4)[2::4]
    assert np.array_equal(twice, isolated.called(worker, CLIP, tmp_path, factor=2)[1::2])


@pytest.mark.network
def test_spoilt_weights_are_refused(place: Environment, tmp_path: Path) -> None:
    target = tmp_path / "changed.py"
    target.write_text((isolated.ADAPTERS / "programs" / "rife.py").read_text().replace("404d2719", "00000000"))
    made = Worker(isolated.interpreter(place), f"{target}:Program", environment_bin=place.bin)
    with pytest.raises(ForeignException, match=r"flownet\.pkl: sha256 is"):
        made.start()


@pytest.mark.network
@pytest.mark.parametrize(("name", "factor"), [("rife", 2), ("rife-3.8", 2), ("rife-x4", 4), ("rife-x8", 8)])
def test_a_method_gives_a_video_of_so_many_frames_at_so_high_a_rate(name: str, factor: int, tmp_path: Path) -> None:
    (made,) = run(Command(method(name), {}), [request("frame_interpolation", {"source": CLIP}, tmp_path)], tmp_path)
    info = probe(made.outputs["video"])
    assert (made.status, info.frames, info.fps) == ("ok", 3 * factor + 1, 8.0 * factor)


@pytest.mark.network
def test_its_video_holds_the_frames_without_loss(tmp_path: Path) -> None:
    (made,) = run(Command(method("rife"), {}), [request("frame_interpolation", {"source": CLIP}, tmp_path)], tmp_path)
    assert np.array_equal(read(made.outputs["video"])[::2], CLIP)
