"""Motion control: points followed through textures whose motion is known, and the reference's similarity of tracks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import noisy, texture
from tests.metrics.editing_cases import tracklets
from tests.metrics.parity import agree
from tests.metrics.running import build, metric
from vbench_py.metrics.extractors.tracks import AskedTracks, GridTracks
from vbench_py.metrics.tracks import similarity
from vbench_py.types import BadMedia, Facts, Score, Series, Unsupported
from vbench_py.video import write_tracks, write_video

STORED = json.loads((Path(__file__).parents[1] / "data" / "editing_references.json").read_text(encoding="utf-8"))
FRAMES, HEIGHT, WIDTH = 8, 96, 128
CLIP = texture(FRAMES, HEIGHT, WIDTH)
STEP = np.array([-2.0, -1.0])
"""What the texture moves a frame, x and y."""
STARTS = np.stack(np.meshgrid(np.linspace(40, 100, 4), np.linspace(30, 70, 3)), axis=-1).reshape(-1, 2)
TRUE = STARTS + STEP * np.arange(FRAMES)[:, None, None]
DIAGONAL = np.hypot(HEIGHT, WIDTH)


def asked(tracks: np.ndarray = TRUE, visible: np.ndarray | None = None) -> np.ndarray:
    """Tracks (T, N, 3) float32 as a stream has them."""
    seen = np.ones(tracks.shape[:2], dtype=bool) if visible is None else visible
    return np.concatenate([tracks, seen[..., None]], axis=2).astype(np.float32)


def extractor(name: str) -> Any:
    return build(next(iter(metric(name).needs.values())))


def series(arrays: Any) -> Series:
    arrays = dict(arrays)
    return Series(arrays.pop("index"), arrays)


def error(clip: np.ndarray = CLIP, tracks: np.ndarray | None = None, name: str = "trajectory-error-lk") -> Score:
    follower: AskedTracks = extractor(name)
    wanted = asked() if tracks is None else tracks
    found = {"points": series(follower.compare(clip, wanted)), "target": series(follower.compare(CLIP, wanted))}
    made: Score = metric(name).score(found, Facts({"fps": 4.0}))
    return made


def fidelity(clip: np.ndarray, source: np.ndarray = CLIP) -> Score:
    follower: GridTracks = extractor("motion-fidelity-lk")
    found = {"video": series(follower.track(clip)), "source": series(follower.track(source))}
    made: Score = metric("motion-fidelity-lk").score(found, Facts({}))
    return made


@pytest.mark.parametrize("name", ["trajectory-error-lk", "trajectory-match-lk"])
def test_points_of_a_sliding_texture_are_where_it_slid(name: str) -> None:
    made = error(name=name)
    agree(made.details["pixels"], 0.0, of=name, against="closed form", stage="whole", atol=0.05)
    assert made.details["lost_share"] == made.details["points_left_out"] == 0.0


def test_a_constant_offset_is_its_length_by_the_diagonal() -> None:
    """The asked points run away by (3, 4) pixels a frame, so t frames later they are 5 t away."""
    tracks = asked(TRUE + np.array([3.0, 4.0]) * np.arange(FRAMES)[:, None, None])
    expected = 5 * np.mean(np.arange(1, FRAMES)) / DIAGONAL
    agree(
        error(tracks=tracks).value, expected, of="trajectory-error-lk", against="closed form", stage="whole", rtol=0.01
    )


@pytest.mark.parametrize("name", ["trajectory-error-lk", "trajectory-match-lk"])
def test_more_damage_is_a_larger_error(name: str) -> None:
    still = np.repeat(CLIP[:1], FRAMES, axis=0)
    slow = CLIP[np.arange(FRAMES) // 2]
    steps = [error(clip, name=name).value for clip in (CLIP, slow, still)]
    assert steps[0] < steps[1] < steps[2]


def test_the_target_itself_has_no_error_whatever_the_tracker_makes_of_it() -> None:
    wrong = TRUE + np.array([3.0, 4.0]) * np.arange(FRAMES)[:, None, None]
    assert error(tracks=asked(wrong), name="trajectory-match-lk").value == 0.0


def test_what_is_lost_stays_where_it_was_last_seen() -> None:
    cut = np.concatenate([CLIP[:4], texture(4, HEIGHT, WIDTH, seed=7)])
    made = error(cut)
    assert made.details["lost_share"] > 0.5
    assert made.curve is not None
    lost = np.linalg.norm(STEP) * np.arange(1, 5) / DIAGONAL
    np.testing.assert_allclose(made.curve.values[3:], lost, rtol=0.25)


def test_points_that_leave_the_frame_are_lost() -> None:
    start = np.array([[5.0, 48.0]])
    tracks = start + STEP * np.arange(FRAMES)[:, None, None]
    made = error(tracks=asked(tracks, (tracks[..., 0] > 0)))
    assert made.details["points"] == 1.0 and made.curve is not None
    assert list(made.curve.index) == [1, 2]


def test_points_that_are_not_to_be_seen_do_not_count() -> None:
    wrong = TRUE.copy()
    wrong[3:, 0] += 50
    visible = np.ones(wrong.shape[:2], dtype=bool)
    visible[3:, 0] = False
    wrong[3, 0] = np.nan
    assert error(tracks=asked(wrong, visible)).details["pixels"] < 0.05


def test_points_that_are_not_in_the_first_frame_are_left_out() -> None:
    visible = np.ones(TRUE.shape[:2], dtype=bool)
    visible[0, :2] = False
    made = error(tracks=asked(TRUE, visible))
    assert (made.details["points"], made.details["points_left_out"]) == (10.0, 2.0)
    with pytest.raises(Unsupported, match="no asked point is seen in the first frame"):
        error(tracks=asked(TRUE, np.zeros(TRUE.shape[:2], dtype=bool)))


@pytest.mark.parametrize(("frames", "told"), [(6, "the video has 6 frames, the tracks 8"), (9, "more frames than")])
def test_unequal_lengths_are_refused(frames: int, told: str) -> None:
    with pytest.raises(BadMedia, match=told):
        error(texture(frames, HEIGHT, WIDTH))


def test_files_give_what_frames_give(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", CLIP, fps=8)
    write_tracks(tmp_path / "tracks.npz", TRUE, np.ones(TRUE.shape[:2], dtype=bool))
    follower = extractor("trajectory-error-lk")
    made = follower(tmp_path / "clip.mkv", tmp_path / "tracks.npz")
    for name, array in follower.compare(CLIP, asked()).items():
        np.testing.assert_array_equal(made[name], array)
    grid = extractor("motion-fidelity-lk")
    np.testing.assert_array_equal(grid(tmp_path / "clip.mkv")["position"], grid.track(CLIP)["position"])


def test_similarity_of_tracks_is_the_references() -> None:
    made = similarity(*tracklets(), still=0.1)
    agree(made, STORED["motion"], of="motion-fidelity-lk", stage="algebra", atol=1e-6)


def test_steps_that_stand_still_agree_with_each_other_only() -> None:
    still, right = np.zeros((1, 4, 2)), np.arange(4)[None, :, None] * np.array([3.0, 0.0])
    half = np.concatenate([still[:, :1], right[:, :3]], axis=1)
    made = [float(similarity(a, b, 0.1)[0, 0]) for a, b in ((still, still), (still, right), (right, right))]
    assert made == [1.0, 0.0, 1.0]
    assert float(similarity(right, -right, 0.1)[0, 0]) == -1.0
    assert float(similarity(half, right, 0.1)[0, 0]) == pytest.approx(2 / 3)


def test_the_source_itself_has_its_motion() -> None:
    made = fidelity(CLIP)
    assert made.value == pytest.approx(1.0)
    assert made.details["video_followed"] == made.details["source_followed"] > 0.5


def test_looks_do_not_matter_and_motion_does() -> None:
    other = (255 - CLIP.astype(np.int64) // 2).astype(np.uint8)
    still = np.repeat(CLIP[:1], FRAMES, axis=0)
    kept, stopped, back = (fidelity(clip).value for clip in (other, still, CLIP[::-1].copy()))
    assert kept > 0.999 and kept > stopped > back
    assert stopped == pytest.approx(0.0, abs=1e-6) and back == pytest.approx(-1.0, abs=0.01)


def test_a_still_video_keeps_the_motion_of_a_still_source() -> None:
    still = np.repeat(CLIP[:1], FRAMES, axis=0)
    assert fidelity(still, still).value == pytest.approx(1.0)


def test_a_video_without_texture_cannot_be_followed() -> None:
    with pytest.raises(Unsupported, match="no point of the grid can be followed through the video"):
        fidelity(np.full_like(CLIP, 90))
    with pytest.raises(BadMedia, match="the video has 6 frames, the source 8"):
        fidelity(CLIP[:6])


def test_twice_is_the_same() -> None:
    clip = noisy(CLIP, 9)
    assert (fidelity(clip).value, fidelity(clip).details) == (fidelity(clip).value, fidelity(clip).details)
    assert (error(clip).value, error(clip).details) == (error(clip).value, error(clip).details)
