"""Pictures: same bytes, no aliasing, closed paths, subframes, shots."""

import hashlib
import itertools
import time

import numpy as np
import pytest

from tests.world.helpers import SMALL
from vbench_py.types import UsageError
from vbench_py.world import WorldParameters, cameras, everything, flow, rgb


def digest(p: WorldParameters) -> str:
    return hashlib.sha256(b"".join(frame.tobytes() for frame in rgb(p))).hexdigest()


def test_the_same_parameters_give_the_same_bytes_and_another_seed_others() -> None:
    assert digest(SMALL) == digest(SMALL)
    assert digest(SMALL) != digest(SMALL.model_copy(update={"scene": 8}))


def test_a_known_video_has_its_known_bytes() -> None:
    # Rendering uses only operations that IEEE 754 rounds one way, so this holds on every machine; a change of it
    # changes every suite that is made of the world.
    p = WorldParameters(scene=1, frames=3, width=64, height=48, camera="orbit")
    assert digest(p) == "c1d49ccb7ef5edfe4e31ab8b265b07372ed25ec770b3be128bf82aa352be8411"


@pytest.mark.parametrize("scene", [1, 2, 4])
def test_a_half_size_picture_is_the_large_one_averaged(scene: int) -> None:
    small = WorldParameters(scene=scene, frames=1, width=128, height=96, azimuth=30.0)
    large = next(rgb(small.model_copy(update={"width": 256, "height": 192}))).astype(float)
    averaged = large.reshape(96, 2, 128, 2, 3).mean(axis=(1, 3))
    error = np.abs(averaged - next(rgb(small)))
    assert error.mean() < 1.6
    assert np.percentile(error, 99) < 14


@pytest.mark.parametrize("frames", [7, 8])
def test_a_returning_path_is_a_palindrome(frames: int) -> None:
    p = WorldParameters(scene=3, frames=frames, width=48, height=32, camera="return", still=True)
    video = list(rgb(p))
    for t in range(frames):
        np.testing.assert_array_equal(video[t], video[frames - 1 - t])
    assert (video[0] != video[frames // 2]).mean() > 0.5


def test_a_loop_ends_where_it_began() -> None:
    p = WorldParameters(scene=3, frames=9, width=48, height=32, camera="loop", still=True)
    video = list(rgb(p))
    np.testing.assert_array_equal(video[0], video[-1])
    assert (video[0] != video[3]).mean() > 0.5


@pytest.mark.parametrize("camera", ["orbit", "return", "loop", "pan", "dolly"])
def test_subframes_hold_the_frames(camera: str) -> None:
    p = WorldParameters.model_validate({"scene": 5, "frames": 3, "width": 48, "height": 32, "camera": camera})
    fine = list(rgb(p.model_copy(update={"subframes": 4})))
    assert len(fine) == 12
    for frame, coarse in enumerate(rgb(p)):
        np.testing.assert_array_equal(coarse, fine[4 * frame])


def test_a_doubled_frame_rate_shows_the_moments_between() -> None:
    p = WorldParameters(scene=5, frames=3, width=48, height=32, fps=8, camera="orbit")
    fast = list(rgb(p.model_copy(update={"fps": 16.0, "frames": 5})))
    for frame, slow in enumerate(rgb(p)):
        np.testing.assert_array_equal(slow, fast[2 * frame])


def test_every_view_of_a_grid_shows_the_same_moments() -> None:
    grid = WorldParameters(scene=5, frames=2, width=48, height=32, azimuths=(0.0, 30.0, 330.0))
    views = grid.views()
    assert list(views) == ["000", "030", "330"]
    with pytest.raises(UsageError, match="3 views"):
        next(rgb(grid))
    first = {name: next(rgb(view)) for name, view in views.items()}
    assert (first["000"] != first["030"]).mean() > 0.5


def test_shots_cut_between_rooms_and_flow_ends_at_the_cut() -> None:
    p = WorldParameters(scene=6, frames=6, width=48, height=32, shots=2, shot_lengths=(2, 4), camera="orbit")
    video = [frame.astype(float) for frame in rgb(p)]
    changes = [np.abs(a - b).mean() for a, b in itertools.pairwise(video)]
    assert np.argmax(changes) == 1
    forward = [np.isnan(frame[0]).all() for frame in flow(p)]
    assert forward == [False, True, False, False, False, True]


def test_references_show_the_subject_from_several_sides() -> None:
    stills = SMALL.references(3)
    pictures = [next(rgb(still)) for still in stills]
    poses = [cameras(still)[1][0] for still in stills]
    assert len(pictures) == 3 and all(still.rendered == 1 for still in stills)
    assert not np.allclose(poses[0], poses[1])


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (200, 40)])
def test_any_size_renders(size: tuple[int, int]) -> None:
    p = WorldParameters(scene=0, frames=1, width=size[0], height=size[1], supersample=3)
    assert next(rgb(p)).shape == (size[1], size[0], 3)


def test_all_truths_of_eight_frames_take_less_than_an_eighth_of_ten_seconds() -> None:
    p = WorldParameters(scene=1, frames=8, width=256, height=256, camera="orbit")
    start = time.process_time()
    assert len(list(everything(p))) == 8
    assert time.process_time() - start < 1.25
