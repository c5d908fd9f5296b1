"""Depth files of the field's data sets, turned into .npz."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from vbench_py.types import BadMedia, UsageError
from vbench_py.video import convert_depth, probe, read

NYU = Path(__file__).parents[1].parent / "shared" / "data" / "depth"
STORED = np.array([[0, 256, 512], [1000, 65535, 128]], np.uint16)


def png_folder(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for index in range(count):
        assert cv2.imwrite(str(folder / f"frame{index}.png"), STORED + np.uint16(index) * (STORED > 0))
    return folder


def dpt(path: Path, depth: np.ndarray) -> Path:
    height, width = depth.shape
    path.write_bytes(struct.pack("<fii", 202021.25, width, height) + depth.astype("<f4").tobytes())
    return path


def test_sixteen_bit_png_with_a_factor(tmp_path: Path) -> None:
    convert_depth(png_folder(tmp_path / "depth"), 256, tmp_path / "depth.npz")
    info = probe(tmp_path / "depth.npz")
    assert (info.kind, info.unit, info.frames, info.width, info.height) == ("depth", "metres", 3, 3, 2)
    found = read(tmp_path / "depth.npz")[0, ..., 0]
    np.testing.assert_allclose(found, np.where(STORED > 0, STORED / 256, np.nan), rtol=1e-7)


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    convert_depth(png_folder(tmp_path / "depth", 12), 1000, tmp_path / "depth.npz")
    np.testing.assert_allclose(read(tmp_path / "depth.npz")[:, 0, 1, 0], (256 + np.arange(12)) / 1000, rtol=1e-6)


def test_files_in_an_order_of_their_own(tmp_path: Path) -> None:
    folder = png_folder(tmp_path / "depth")
    convert_depth([folder / "frame2.png", folder / "frame0.png"], 5000, tmp_path / "depth.npz")
    np.testing.assert_allclose(read(tmp_path / "depth.npz")[:, 0, 1, 0], [258 / 5000, 256 / 5000], rtol=1e-6)


def test_sintel_dpt(tmp_path: Path) -> None:
    depth = np.array([[1.5, 2.5, -1.0], [np.inf, 70.25, 3.0]], np.float32)
    convert_depth([dpt(tmp_path / "frame_0001.dpt", depth)], 1, tmp_path / "depth.npz")
    wanted = [[1.5, 2.5, np.nan], [np.nan, 70.25, 3.0]]
    np.testing.assert_array_equal(read(tmp_path / "depth.npz")[0, ..., 0], np.array(wanted, np.float32))


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3), (4, 1, 2, 3)])
def test_npy(tmp_path: Path, shape: tuple[int, ...]) -> None:
    depth = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
    np.save(tmp_path / "depth.npy", depth)
    convert_depth(tmp_path / "depth.npy", 1, tmp_path / "depth.npz")
    np.testing.assert_array_equal(read(tmp_path / "depth.npz"), depth.reshape(-1, 2, 3, 1))


@pytest.mark.skipif(not NYU.is_dir(), reason="shared/data/depth is not here")
@pytest.mark.parametrize("name", ["nyu_depth", "nyu_pred"])
def test_the_nyu_sample(tmp_path: Path, name: str) -> None:
    convert_depth(NYU / f"{name}.npy", 1, tmp_path / "depth.npz")
    np.testing.assert_array_equal(read(tmp_path / "depth.npz")[0, ..., 0], np.load(NYU / f"{name}.npy").squeeze())


def test_disparity_keeps_its_name(tmp_path: Path) -> None:
    convert_depth(png_folder(tmp_path / "depth"), 256, tmp_path / "depth.npz", unit="disparity")
    assert probe(tmp_path / "depth.npz").unit == "disparity"


def test_equal_files_give_equal_bytes(tmp_path: Path) -> None:
    folder = png_folder(tmp_path / "depth")
    for name in ("one", "two"):
        convert_depth(folder, 256, tmp_path / f"{name}.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_an_eight_bit_picture_is_no_depth(tmp_path: Path) -> None:
    (tmp_path / "depth").mkdir()
    cv2.imwrite(str(tmp_path / "depth" / "0.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(BadMedia, match="no 16-bit grey"):
        convert_depth(tmp_path / "depth", 256, tmp_path / "depth.npz")


def test_frames_of_unequal_size(tmp_path: Path) -> None:
    folder = png_folder(tmp_path / "depth")
    cv2.imwrite(str(folder / "frame9.png"), STORED[:, :2])
    with pytest.raises(BadMedia, match=r"frame9\.png: 2x2"):
        convert_depth(folder, 256, tmp_path / "depth.npz")
    assert not (tmp_path / "depth.npz").exists()


@pytest.mark.parametrize("damage", ["tag", "length"])
def test_a_damaged_dpt(tmp_path: Path, damage: str) -> None:
    path = dpt(tmp_path / "frame.dpt", np.ones((2, 3), np.float32))
    data = path.read_bytes()
    path.write_bytes(b"ABCD" + data[4:] if damage == "tag" else data[:-4])
    with pytest.raises(BadMedia, match=r"frame\.dpt"):
        convert_depth([path], 1, tmp_path / "depth.npz")


def test_files_of_two_kinds(tmp_path: Path) -> None:
    folder = png_folder(tmp_path / "depth")
    dpt(folder / "frame.dpt", np.ones((2, 3), np.float32))
    with pytest.raises(BadMedia, match=r"\.dpt and \.png"):
        convert_depth(folder, 256, tmp_path / "depth.npz")


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "depth").mkdir()
    with pytest.raises(BadMedia, match="holds no depth files"):
        convert_depth(tmp_path / "depth", 256, tmp_path / "depth.npz")


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_factor_that_divides_nothing(tmp_path: Path, factor: float) -> None:
    with pytest.raises(UsageError, match="divides no depth"):
        convert_depth(tmp_path, factor, tmp_path / "depth.npz")
