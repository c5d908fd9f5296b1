"""Grids of views x time: the order of their cells, unequal views, and memory."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.video_fixtures import numbered_frames
from vbench_py.types import BadMedia, UsageError
from vbench_py.video import (
    cell_count,
    file_sha256,
    frame_shape,
    grid_cells,
    probe,
    read,
    read_chunks,
    run_length,
    write_camera,
    write_depth,
    write_video,
)


def cells(views: int, frames: int) -> np.ndarray:
    """(V, T, 16, 16, 3) uint8 with red telling the view and green the moment."""
    grid = np.zeros((views, frames, 16, 16, 3), np.uint8)
    grid[..., 0] = 10 * np.arange(views)[:, None, None, None]
    grid[..., 1] = 10 * np.arange(frames)[None, :, None, None]
    return grid


def write_grid(folder: Path, views: int = 3, frames: int = 4, *, suffix: str = ".mkv") -> Path:
    for view, clip in enumerate(cells(views, frames)):
        name = f"{30 * view:03d}{suffix}"
        if suffix == ".npz":
            folder.mkdir(exist_ok=True)
            np.savez_compressed(folder / name, video=clip)
        else:
            write_video(folder / name, clip, fps=8, encoding="ffv1" if suffix else "png")
    return folder


ORDERS: dict[str, list[tuple[int, int]]] = {
    "time": [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)],
    "view": [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)],
    "raster": [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)],
    "diagonal": [(0, 0), (1, 1), (2, 0)],
}


@pytest.mark.parametrize("order", ORDERS)
def test_order_of_cells(order: Any) -> None:
    assert [tuple(cell) for cell in grid_cells(3, 2, order).tolist()] == ORDERS[order]


def test_a_long_diagonal_comes_round_the_views() -> None:
    assert grid_cells(2, 5, "diagonal").tolist() == [[0, 0], [1, 1], [0, 2], [1, 3], [0, 4]]


def test_an_unknown_order() -> None:
    with pytest.raises(UsageError, match="'spiral' is unknown"):
        grid_cells(2, 2, "spiral")  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".mkv", "", ".npz"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (5, 2)])
def test_cells_come_in_order(tmp_path: Path, suffix: str, order: Any, shape: tuple[int, int]) -> None:
    folder = write_grid(tmp_path / "grid", *shape, suffix=suffix)
    wanted = grid_cells(*shape, order)
    np.testing.assert_array_equal(read(folder, order=order), cells(*shape)[wanted[:, 0], wanted[:, 1]])


@pytest.mark.parametrize("order", ORDERS)
def test_a_piece_of_an_order(tmp_path: Path, order: Any) -> None:
    folder = write_grid(tmp_path / "grid")
    np.testing.assert_array_equal(read(folder, 2, 4, order=order), read(folder, order=order)[2:4])


def test_facts_of_a_grid(tmp_path: Path) -> None:
    info = probe(write_grid(tmp_path / "grid"))
    assert (info.views, info.frames, info.cells, info.width, info.fps) == (("000", "030", "060"), 4, 12, 16, 8.0)
    assert [run_length(info, order) for order in ("time", "view", "diagonal", "raster")] == [4, 3, 4, 12]
    assert [cell_count(info, order) for order in ("time", "view", "diagonal", "raster")] == [12, 12, 4, 12]


def test_views_stand_in_natural_order(tmp_path: Path) -> None:
    for name in ("10", "9", "100"):
        write_video(tmp_path / "grid" / f"{name}.mkv", numbered_frames(2), fps=8)
    assert probe(tmp_path / "grid").views == ("9", "10", "100")


def test_plain_media_have_one_order(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", numbered_frames(5), fps=8)
    np.testing.assert_array_equal(read(tmp_path / "clip.mkv", order="diagonal"), numbered_frames(5))


def test_a_grid_of_depth(tmp_path: Path) -> None:
    depth = np.arange(1, 25, dtype=np.float32).reshape(2, 3, 2, 2)
    for view in range(2):
        write_depth(tmp_path / "grid" / f"{view}.npz", depth[view], unit="metres")
    info = probe(tmp_path / "grid")
    assert (info.kind, info.unit, frame_shape(info)) == ("depth", "metres", (2, 2, 1))
    np.testing.assert_array_equal(read(tmp_path / "grid", order="view")[..., 0], depth.swapaxes(0, 1).reshape(6, 2, 2))


def test_views_of_unequal_length(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid")
    write_video(folder / "090.mkv", cells(1, 3)[0], fps=8)
    with pytest.raises(BadMedia, match=r"unequal length: 000\.mkv has 4, 090\.mkv 3"):
        probe(folder)


def test_views_of_unequal_size(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid")
    write_video(folder / "090.mkv", numbered_frames(4, 16, 32), fps=8)
    with pytest.raises(BadMedia, match=r"unequal width: 000\.mkv has 16, 090\.mkv 32"):
        probe(folder)


def test_views_of_unequal_kind(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid")
    write_depth(folder / "090.npz", np.ones((4, 16, 16), np.float32), unit="metres")
    with pytest.raises(BadMedia, match=r"unequal kind: 000\.mkv has video, 090\.npz depth"):
        probe(folder)


def test_views_of_unequal_unit(tmp_path: Path) -> None:
    write_depth(tmp_path / "grid" / "000.npz", np.ones((4, 16, 16), np.float32), unit="metres")
    write_depth(tmp_path / "grid" / "030.npz", np.ones((4, 16, 16), np.float32), unit="relative")
    with pytest.raises(BadMedia, match="unequal unit"):
        probe(tmp_path / "grid")


def test_cameras_do_not_stand_among_the_views(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid")
    write_camera(folder / "camera.npz", np.eye(3), np.eye(4)[None].repeat(4, 0))
    with pytest.raises(BadMedia, match=r"camera\.npz is camera, which is no view"):
        probe(folder)


def test_a_view_that_is_there_twice(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid")
    write_video(folder / "030", cells(1, 4)[0], fps=8, encoding="png")
    with pytest.raises(BadMedia, match="the view 030 is there twice"):
        probe(folder)


def test_a_grid_inside_a_grid(tmp_path: Path) -> None:
    write_grid(tmp_path / "outer" / "inner")
    with pytest.raises(BadMedia, match="grid inside a grid"):
        probe(tmp_path / "outer")


def test_a_broken_view_is_named(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid")
    (folder / "090.mkv").write_bytes(b"")
    with pytest.raises(BadMedia, match=r"090\.mkv: is empty"):
        probe(folder)


def test_a_view_lost_after_probing(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "grid", suffix="")
    info = probe(folder)
    (folder / "030" / "000003.png").unlink()
    with pytest.raises(BadMedia, match="view 030: truncated: 3 of 4"):
        list(read_chunks(folder, info=info))


def test_hash_of_a_grid_knows_its_views(tmp_path: Path) -> None:
    one = write_grid(tmp_path / "one")
    shutil.copytree(one, tmp_path / "two")
    assert file_sha256(one) == file_sha256(tmp_path / "two")
    (tmp_path / "two" / "060.mkv").rename(tmp_path / "two" / "061.mkv")
    assert file_sha256(one) != file_sha256(tmp_path / "two")


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    def peak(name: str, frames: int) -> int:
        for view in range(3):
            plane = np.full((64, 64), 1 + view, np.float32)
            write_depth(tmp_path / name / f"{view}.npz", (plane for _ in range(frames)), unit="metres", frames=frames)
        tracemalloc.start()
        for _ in read_chunks(tmp_path / name, order="raster", chunk_bytes=1 << 16):
            pass
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak("first", 2)
    # numbers of cells (32 bytes each) are all that grows
    assert peak("long", 600) < peak("short", 30) + 600 * 3 * 100
