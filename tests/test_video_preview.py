"""Previews of everything that can be seen."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.video_fixtures import moving_texture
from vbench_py.types import BadMedia
from vbench_py.video import (
    probe,
    read,
    write_camera,
    write_depth,
    write_flow,
    write_mask,
    write_preview,
    write_tracks,
    write_video,
)
from vbench_py.video.colours import DepthPainter, FlowPainter


def shown(source: Path) -> np.ndarray:
    write_preview(source, source.with_name("preview.mp4"))
    return read(source.with_name("preview.mp4")).astype(int)


def test_near_is_bright_and_invalid_grey(tmp_path: Path) -> None:
    depth = np.broadcast_to(np.linspace(1, 9, 64, dtype=np.float32), (3, 32, 64)).copy()
    depth[:, :, 24:40] = 0
    write_depth(tmp_path / "depth.npz", depth, unit="metres")
    row = shown(tmp_path / "depth.npz")[1, 16]
    assert row[0].sum() > 500 > row[20].sum() > 150 > row[60].sum()
    np.testing.assert_allclose(row[32], 128, atol=4)


def test_depth_has_one_range_a_clip() -> None:
    frames = [np.full((4, 4, 1), metres, np.float32) for metres in (1, 2, 4)]
    paint = DepthPainter(frames, "metres")
    brightness = [int(paint(frame).sum()) for frame in frames]
    assert brightness == sorted(brightness, reverse=True)
    assert len(set(brightness)) == 3


def test_depth_without_a_valid_pixel_is_grey() -> None:
    frame = np.full((4, 4, 1), np.nan, np.float32)
    assert (DepthPainter([frame], "relative")(frame) == 128).all()


@pytest.mark.parametrize(("flow", "strong", "weak"), [((5, 0), 0, 1), ((-5, 0), 2, 0), ((0, 5), 0, 2), ((0, -5), 2, 1)])
def test_flow_has_the_colours_of_the_wheel(flow: tuple[int, int], strong: int, weak: int) -> None:
    """Right is red, left cyan to blue, down yellow, up violet."""
    frame = np.broadcast_to(np.array(flow, np.float32), (4, 4, 2))
    pixel = FlowPainter([frame])(frame)[0, 0].astype(int)
    assert pixel[strong] > pixel[weak] + 100


def test_the_wheel_closes() -> None:
    angle = np.linspace(-np.pi, np.pi, 721)
    frame = np.stack([np.cos(angle), np.sin(angle)], axis=-1)[None].astype(np.float32)
    steps = np.abs(np.diff(FlowPainter([frame])(frame)[0].astype(int), axis=0))
    assert steps.max() < 10


def test_still_is_white_and_unknown_grey() -> None:
    frame = np.zeros((1, 2, 2), np.float32)
    frame[0, 1] = np.nan
    assert FlowPainter([frame])(frame).tolist() == [[[255] * 3, [128] * 3]]


def test_flow_is_shown(tmp_path: Path) -> None:
    flow = np.full((3, 32, 32, 2), 2, np.float32)
    flow[-1] = np.nan
    write_flow(tmp_path / "flow.npz", flow)
    assert shown(tmp_path / "flow.npz").shape == (3, 32, 32, 3)


def test_a_mask_is_shown_in_black_and_white(tmp_path: Path) -> None:
    mask = np.zeros((2, 32, 32), bool)
    mask[:, :, 16:] = True
    write_mask(tmp_path / "mask.npz", mask)
    row = shown(tmp_path / "mask.npz")[0, 16]
    assert row[4].max() < 8 < 247 < row[28].min()


def test_a_grid_is_shown_as_tiles(tmp_path: Path) -> None:
    levels = (0, 80, 160, 240)
    for view, level in enumerate(levels):
        write_video(tmp_path / "grid" / f"{90 * view:03d}.mkv", np.full((3, 32, 48, 3), level, np.uint8), fps=8)
    frame = shown(tmp_path / "grid")[1]
    assert frame.shape == (64, 96, 3)
    found = [frame[16, 24], frame[16, 72], frame[48, 24], frame[48, 72]]
    np.testing.assert_allclose(np.mean(found, axis=1), levels, atol=4)


def test_twelve_views_at_most(tmp_path: Path) -> None:
    for view in range(25):
        write_depth(tmp_path / "grid" / f"{view}.npz", np.full((2, 30, 40), 1 + view, np.float32), unit="metres")
    assert shown(tmp_path / "grid").shape == (2, 90, 160, 3)


def test_tiles_keep_within_the_width(tmp_path: Path) -> None:
    for view in range(5):
        write_video(tmp_path / "grid" / f"{view}.mkv", moving_texture(2, 96, 200), fps=8)
    write_preview(tmp_path / "grid", tmp_path / "preview.mp4", max_width=202)
    info = probe(tmp_path / "preview.mp4")
    assert (info.width, info.height, info.frames) == (200, 64, 2)


def test_cameras_and_tracks_have_no_pictures(tmp_path: Path) -> None:
    write_camera(tmp_path / "camera.npz", np.eye(3), np.eye(4)[None])
    write_tracks(tmp_path / "tracks.npz", np.zeros((2, 3, 2)), np.ones((2, 3), bool))
    for name in ("camera", "tracks"):
        with pytest.raises(BadMedia, match=f"{name} has no pictures"):
            write_preview(tmp_path / f"{name}.npz", tmp_path / "preview.mp4")
    assert not (tmp_path / "preview.mp4").exists()


def test_memory_does_not_grow_with_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vbench_py.video.preview._CHUNK_BYTES", 1 << 17)

    def peak(frames: int) -> int:
        plane = np.linspace(1, 2, 64 * 64, dtype=np.float32).reshape(64, 64)
        write_depth(tmp_path / "depth.npz", (plane for _ in range(frames)), unit="disparity", frames=frames)
        tracemalloc.start()
        write_preview(tmp_path / "depth.npz", tmp_path / "preview.mp4")
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(2)
    assert peak(400) < peak(80) + (1 << 18)
