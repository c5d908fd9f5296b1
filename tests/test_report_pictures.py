"""The pictures of a sample: depth, views, masks, tracks, error maps and temporal profiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.report_media import outputs
from tests.video_fixtures import moving_texture
from vbench_py.leaderboard import leaderboard
from vbench_py.records import RunRecords
from vbench_py.report import drawing, errors
from vbench_py.report.media import Gallery
from vbench_py.report.samples import Card, cards, pick
from vbench_py.report.tiles import Tile, pictures, views_told
from vbench_py.report.unlike import Unlike
from vbench_py.video import Unit, probe, read, write_camera, write_depth, write_mask, write_tracks, write_video
from vbench_py.video.preview import preview_info

HEIGHT, WIDTH, FRAMES = 48, 64, 8
FACTS = {"width": WIDTH, "height": HEIGHT, "frames": FRAMES, "fps": 8.0}


def card(made: list[RunRecords], folder: Path) -> Card:
    (table,) = leaderboard(made).tables
    (found,) = cards(table, pick(table, 1)[0], Gallery(folder))
    return found


def tile(found: Card, name: str) -> Tile:
    return next(it for it in found.tiles if it.name == name)


def clip(path: Path, seed: int = 0, frames: int = FRAMES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, moving_texture(frames, seed=seed), fps=8)
    return path


def method(folder: Path, name: str = "m", seed: int = 0, frames: int = FRAMES, **changes: Any) -> RunRecords:
    clip(folder / name / "video.mkv", seed, frames)
    return outputs(folder, name, {"video": "video.mkv"}, {"target": folder / "target.mkv"}, FACTS, **changes)


def ramp(near: float, far: float) -> np.ndarray:
    return np.broadcast_to(np.linspace(near, far, WIDTH, dtype=np.float32), (FRAMES, HEIGHT, WIDTH)).copy()


@pytest.fixture
def deep(tmp_path: Path) -> Card:
    write_depth(tmp_path / "target.npz", ramp(2, 8), unit="metres")
    cameras = np.tile(np.eye(4), (FRAMES, 1, 1))
    lens = np.tile(np.diag([50.0, 50.0, 1.0]), (FRAMES, 1, 1))
    write_camera(tmp_path / "camera.npz", lens, cameras)
    media = {
        "source": clip(tmp_path / "source.mkv"), "camera": tmp_path / "camera.npz", "target": tmp_path / "target.npz"
    }  # fmt: skip
    made = []
    kinds: tuple[tuple[str, np.ndarray, Unit], ...] = (
        ("metric", ramp(3, 6), "metres"),
        ("inverse", 0.7 / ramp(2, 8), "disparity"),
        ("relative", ramp(0, 1), "relative"),
    )
    for name, values, unit in kinds:
        (tmp_path / name).mkdir()
        write_depth(tmp_path / name / "depth.npz", values, unit=unit)
        made.append(outputs(tmp_path, name, {"depth": "depth.npz"}, media, FACTS | {"fps": None}, task="depth"))
    return card(made, tmp_path)


def test_depth_of_one_unit_shares_the_colours_of_the_ground_truth(deep: Card) -> None:
    told = tile(deep, "ground truth").facts[-1].split(",")[0]
    assert tile(deep, "metric").facts[-1] == f"{told}, as ground truth, near is bright"


def test_depth_of_another_unit_says_that_its_colours_are_its_own(deep: Card) -> None:
    assert "a range of its own" in tile(deep, "inverse").facts[-1] and "disparity" in tile(deep, "inverse").facts


def test_shared_colours_are_seen_in_the_picture(deep: Card, tmp_path: Path) -> None:
    """3 m and 6 m of the prediction look as they do in the ground truth's 2 m to 8 m."""
    truth, made = (
        read(tmp_path / tile(deep, name).shown.url)[0, 24].astype(int) for name in ("ground truth", "metric")
    )
    place = round((3 - 2) / (8 - 2) * (WIDTH - 1))
    np.testing.assert_allclose(made[1], truth[place], atol=40)
    assert abs(made[1] - truth[1]).max() > 60


def test_cameras_have_no_tile(deep: Card) -> None:
    assert [it.name for it in deep.tiles if it.row is None] == ["source", "ground truth"]


def test_depth_plays_at_the_rate_of_its_source(deep: Card, tmp_path: Path) -> None:
    assert probe(tmp_path / tile(deep, "metric").shown.url).fps == 8


def test_an_error_of_depth_is_none_up_to_a_scale_even_in_disparity(deep: Card, tmp_path: Path) -> None:
    found = tile(deep, "inverse").error
    assert found and read(tmp_path / found.url).max() < 24


def test_relative_depth_has_no_error_map_and_says_so(deep: Card) -> None:
    found = tile(deep, "relative").error
    assert found and not found.url and "relative" in found.reason


def test_the_scale_of_errors_of_depth_is_stated(deep: Card) -> None:
    assert deep.errors == ("|log ratio| of depth, after the ratio of medians", "0.3")


def test_views_are_one_tile_and_so_is_the_grid_of_the_truth(tmp_path: Path) -> None:
    files = {}
    for number, name in enumerate(("000", "090", "180", "270")):
        clip(tmp_path / "m" / "view" / f"{name}.mkv", number)
        clip(tmp_path / "target" / f"{name}.mkv", number)
        files[f"view/{name}"] = f"view/{name}.mkv"
    made = outputs(tmp_path, "m", files, {"target": tmp_path / "target"}, FACTS, task="novel_view_4d")
    found = card([made], tmp_path)
    assert [it.name for it in found.tiles] == ["ground truth", "m"]
    assert all("4 views, 000 to 270" in it.facts for it in found.tiles)
    assert tile(found, "m").ratio == f"{2 * WIDTH} / {2 * HEIGHT}"
    error = tile(found, "m").error
    assert error and read(tmp_path / error.url).max() < 20


def test_a_grid_of_more_views_than_are_shown_says_so() -> None:
    assert views_told([f"{azimuth:03d}" for azimuth in range(0, 320, 20)]) == ("12 of 16 views, 000 to 300",)


def test_an_output_is_its_video_and_hides_what_nobody_can_see(tmp_path: Path) -> None:
    made = outputs(tmp_path, "m", {"depth": "d.npz", "poses": "p.npz", "view/000": "view/000.mkv"}, {}, {})
    assert pictures(made.outputs[0]) == {"depth": ("d.npz", ()), "views": ("view", ("000",))}
    made = outputs(tmp_path, "m", {"video": "v.mkv", "depth": "d.npz"}, {}, {})
    assert pictures(made.outputs[0]) == {"video": ("v.mkv", ())}


def test_a_mask_is_an_outline_on_its_source(tmp_path: Path) -> None:
    write_video(tmp_path / "source.mkv", np.full((FRAMES, HEIGHT, WIDTH, 3), 90, np.uint8), fps=8)
    mask = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    mask[:, 16:32, 24:40] = True
    write_mask(tmp_path / "mask.npz", mask)
    made = method(tmp_path)
    media = {"source": str(tmp_path / "source.mkv"), "mask": str(tmp_path / "mask.npz")}
    found = card([replace(made, outputs=[replace(made.outputs[0], media=media)])], tmp_path)
    assert [it.name for it in found.tiles] == ["source", "m"]
    frame = read(tmp_path / tile(found, "source").shown.url)[0].astype(int)
    assert "outline: mask" in tile(found, "source").facts
    assert frame[15, 32].min() > 150 and frame[14, 32].max() < 70 and abs(frame[24, 32] - 90).max() < 12


def test_a_mask_of_another_size_keeps_a_tile_of_its_own(tmp_path: Path) -> None:
    write_mask(tmp_path / "mask.npz", np.zeros((FRAMES, 10, 10), bool))
    made = method(tmp_path)
    media = {"source": str(clip(tmp_path / "source.mkv")), "mask": str(tmp_path / "mask.npz")}
    found = card([replace(made, outputs=[replace(made.outputs[0], media=media)])], tmp_path)
    assert [it.name for it in found.tiles] == ["source", "mask", "m"]


def test_an_outlined_source_keeps_its_own_rate(tmp_path: Path) -> None:
    write_video(tmp_path / "source.mkv", moving_texture(4), fps=4)
    write_mask(tmp_path / "mask.npz", np.zeros((1, HEIGHT, WIDTH), bool))
    made = method(tmp_path)
    media = {"source": str(tmp_path / "source.mkv"), "mask": str(tmp_path / "mask.npz")}
    found = card([replace(made, outputs=[replace(made.outputs[0], media=media)])], tmp_path)
    info = probe(tmp_path / tile(found, "source").shown.url)
    assert (info.fps, info.frames) == (4, 4)


def test_an_outline_is_a_white_line_in_a_black_one() -> None:
    mask = np.zeros((20, 20), bool)
    mask[8:12, 8:12] = True
    row = drawing.outlined(np.full((20, 20, 3), 90, np.uint8), mask)[10, :, 0]
    assert row[5:15].tolist() == [90, 0, 255, 90, 90, 90, 90, 255, 0, 90]


def test_tracks_are_drawn_on_the_first_image(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "first.png"), np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    points = np.stack([np.linspace(10, 50, FRAMES), np.full(FRAMES, 20.0)], axis=-1)[:, None].astype(np.float32)
    write_tracks(tmp_path / "tracks.npz", points, np.ones((FRAMES, 1), bool))
    made = method(tmp_path)
    media = {"first": str(tmp_path / "first.png"), "tracks": str(tmp_path / "tracks.npz")}
    found = card([replace(made, outputs=[replace(made.outputs[0], media=media)])], tmp_path)
    assert [it.name for it in found.tiles] == ["first", "m"] and "tracks that are asked: 1" in tile(
        found, "first"
    ).facts
    picture = read(tmp_path / tile(found, "first").shown.url)[0]
    scale = picture.shape[1] / WIDTH
    assert (picture[round(20 * scale), round(30 * scale)] != 90).any() and (picture[-1, -1] == 90).all()


def test_errors_are_zero_in_black_and_sixty_four_levels_at_the_end() -> None:
    flat = np.full((2, 2, 3), 100, np.uint8)
    assert (errors.colour_distance(flat, flat) == 0).all()
    np.testing.assert_allclose(errors.colour_distance(flat, flat - 32), 0.5)
    ends = errors.painted(np.array([[0.0, 1.0, 5.0, np.nan]]))
    assert ends[0, 0].max() < 5 and ends[0, 1].min() > 180 and (ends[0, 2] == ends[0, 1]).all()
    assert (ends[0, 3] == 128).all()


def test_an_output_of_another_length_has_no_error_map_and_says_so(tmp_path: Path) -> None:
    clip(tmp_path / "target.mkv")
    found = card([method(tmp_path, "same", 1), method(tmp_path, "longer", frames=FRAMES + 1)], tmp_path)
    same, longer = tile(found, "same").error, tile(found, "longer").error
    assert (
        same and same.url and longer and longer.reason == "no error map: its frames are not those of the ground truth"
    )


def test_a_difference_of_kind_is_told_before_anything_is_read(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(1, 2), unit="metres")
    with pytest.raises(Unlike, match="depth against video"):
        errors.check(preview_info(tmp_path / "depth.npz"), preview_info(clip(tmp_path / "clip.mkv")))


def test_a_profile_is_the_middle_row_over_time(tmp_path: Path) -> None:
    clip(tmp_path / "target.mkv")
    found = card([method(tmp_path, seed=1, task="deblurring")], tmp_path)
    assert [it.name for it in found.profiles] == ["ground truth", "m"]
    profile = found.profiles[1].profile
    assert profile is not None
    picture = read(tmp_path / profile.url)[0]
    np.testing.assert_array_equal(picture, read(tmp_path / "m" / "video.mkv")[:, HEIGHT // 2])


def test_tasks_that_make_up_their_content_have_no_profiles(tmp_path: Path) -> None:
    clip(tmp_path / "target.mkv")
    assert card([method(tmp_path, seed=1, task="i2v")], tmp_path).profiles == []
