"""Depth, flow and masks as .npz: units, invalid values, refusals, and memory that does not grow."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.video_fixtures import encode, moving_texture
from vbench_py.types import BadMedia, UsageError
from vbench_py.video import (
    check_mask,
    file_sha256,
    frame_dtype,
    frame_shape,
    probe,
    read,
    read_chunks,
    write_depth,
    write_flow,
    write_mask,
    write_video,
)


def ramp(frames: int = 5, height: int = 6, width: int = 8) -> np.ndarray:
    """Depth that differs everywhere, in metres: (T, H, W) float32."""
    return np.arange(1, frames * height * width + 1, dtype=np.float32).reshape(frames, height, width) / 7


def unknown_at_end(flow: np.ndarray) -> np.ndarray:
    flow = flow.copy()
    flow[-1] = np.nan
    return flow


def test_depth_comes_back(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(), unit="metres")
    np.testing.assert_array_equal(read(tmp_path / "depth.npz"), ramp()[..., None])


def test_facts_of_depth(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(), unit="disparity")
    info = probe(tmp_path / "depth.npz")
    assert (info.kind, info.unit, info.frames, info.width, info.height) == ("depth", "disparity", 5, 8, 6)
    assert (frame_shape(info), frame_dtype(info)) == ((6, 8, 1), np.dtype(np.float32))


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_float_is_read_as_float32(tmp_path: Path, dtype: str, save: Any) -> None:
    save(tmp_path / "depth.npz", depth=ramp().astype(dtype), unit="metres")
    found = read(tmp_path / "depth.npz", 2, 4)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[..., 0], ramp()[2:4].astype(dtype).astype(np.float32))


@pytest.mark.parametrize(
    ("unit", "valid"),
    [("metres", [True, False, False, False, False, False]), ("relative", [True, True, True, False, False, False])],
)
def test_what_is_no_depth_is_invalid(tmp_path: Path, unit: Any, valid: list[bool]) -> None:
    values = np.array([1.0, 0.0, -1.0, np.nan, np.inf, -np.inf]).reshape(1, 1, 6)
    write_depth(tmp_path / "depth.npz", values, unit=unit)
    assert np.isfinite(read(tmp_path / "depth.npz")).ravel().tolist() == valid


def test_depth_beyond_float32_is_invalid(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", np.full((1, 2, 2), 1e300), unit="metres")
    assert np.isnan(read(tmp_path / "depth.npz")).all()


def test_an_iterator_gives_the_bytes_of_the_array(tmp_path: Path) -> None:
    write_depth(tmp_path / "one.npz", ramp(), unit="metres")
    write_depth(tmp_path / "two.npz", iter(ramp()), unit="metres", frames=5)
    assert file_sha256(tmp_path / "one.npz") == file_sha256(tmp_path / "two.npz")


def test_archives_carry_no_date(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(), unit="metres")
    with zipfile.ZipFile(tmp_path / "depth.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(), unit="metres")
    with np.load(tmp_path / "depth.npz") as stored:
        assert str(stored["unit"]) == "metres"
        np.testing.assert_array_equal(stored["depth"], ramp())


def test_depth_without_a_unit(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", depth=ramp())
    with pytest.raises(BadMedia, match=r"depth without a unit.*unit=\"metres\""):
        probe(tmp_path / "clip.npz")


def test_a_bare_array_of_planes_is_asked_what_it_is(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", ramp())
    with pytest.raises(BadMedia, match=r"shape \(5, 6, 8\) is no clip; is it depth, or a mask"):
        probe(tmp_path / "clip.npy")


def test_a_bare_depth_npy_has_no_unit(tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", ramp())
    with pytest.raises(BadMedia, match="depth without a unit"):
        probe(tmp_path / "depth.npy")


@pytest.mark.parametrize("unit", ["mm", "meters", "", 3, ["metres", "metres"]])
def test_wrong_unit(tmp_path: Path, unit: Any) -> None:
    np.savez(tmp_path / "depth.npz", depth=ramp(), unit=unit)
    with pytest.raises(BadMedia, match=r"in the unit .* one of metres, disparity, relative"):
        probe(tmp_path / "depth.npz")


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4, 1), (0, 4, 4)])
def test_wrong_shape_of_depth(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.savez(tmp_path / "depth.npz", depth=np.ones(shape, np.float32), unit="metres")
    with pytest.raises(BadMedia, match="depth of shape"):
        probe(tmp_path / "depth.npz")


def test_integer_depth_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "depth.npz", depth=np.ones((1, 2, 2), np.uint16), unit="metres")
    with pytest.raises(BadMedia, match="dtype uint16"):
        probe(tmp_path / "depth.npz")


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "depth.npz", depth=np.array([{}], dtype=object), unit="metres")
    with pytest.raises(BadMedia, match="pickled"):
        probe(tmp_path / "depth.npz")


def test_two_kinds_in_one_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "both.npz", depth=ramp(), unit="metres", mask=np.ones((5, 6, 8), bool))
    with pytest.raises(BadMedia, match="holds depth and mask"):
        probe(tmp_path / "both.npz")


def test_a_cut_archive(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(), unit="metres")
    data = (tmp_path / "depth.npz").read_bytes()
    (tmp_path / "depth.npz").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadMedia, match="cut off"):
        probe(tmp_path / "depth.npz")


def test_changed_bytes_are_seen_when_read(tmp_path: Path) -> None:
    write_depth(tmp_path / "depth.npz", ramp(), unit="metres")
    data = bytearray((tmp_path / "depth.npz").read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "depth.npz").write_bytes(bytes(data))
    with pytest.raises(BadMedia, match="damaged"):
        read(tmp_path / "depth.npz")


@pytest.mark.parametrize("frames", [4, 6])
def test_a_wrong_number_of_frames_leaves_no_file(tmp_path: Path, frames: int) -> None:
    with pytest.raises(UsageError, match=f"{frames} were said"):
        write_depth(tmp_path / "depth.npz", iter(ramp()), unit="metres", frames=frames)
    assert not list(tmp_path.iterdir())


def test_an_iterator_has_to_say_its_length(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="how many frames"):
        write_depth(tmp_path / "depth.npz", iter(ramp()), unit="metres")


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    def peak(frames: int) -> int:
        def made() -> Iterator[np.ndarray]:
            for index in range(frames):
                yield np.full((128, 128), 1 + index, np.float32)

        tracemalloc.start()
        write_depth(tmp_path / "depth.npz", made(), unit="metres", frames=frames)
        for _ in read_chunks(tmp_path / "depth.npz", chunk_bytes=1 << 18):
            pass
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(2)
    assert peak(400) < peak(20) + (1 << 18)


def test_flow_comes_back(tmp_path: Path) -> None:
    flow = unknown_at_end(np.random.default_rng(0).normal(size=(4, 5, 6, 2)).astype(np.float32))
    write_flow(tmp_path / "flow.npz", flow)
    info = probe(tmp_path / "flow.npz")
    assert (info.kind, frame_shape(info), info.frames) == ("flow", (5, 6, 2), 4)
    np.testing.assert_array_equal(read(tmp_path / "flow.npz"), flow)


def test_flow_unknown_in_one_component_is_unknown(tmp_path: Path) -> None:
    flow = unknown_at_end(np.zeros((2, 1, 2, 2), np.float32))
    flow[0, 0, 0, 0] = np.inf
    write_flow(tmp_path / "flow.npz", flow)
    assert np.isnan(read(tmp_path / "flow.npz", 0, 1)).all(axis=-1).ravel().tolist() == [True, False]


def test_flow_after_the_last_frame_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "flow.npz", flow=np.zeros((2, 3, 3, 2), np.float32))
    with pytest.raises(BadMedia, match="backward flow"):
        read(tmp_path / "flow.npz")
    with pytest.raises(BadMedia, match="backward flow"):
        write_flow(tmp_path / "again.npz", np.zeros((2, 3, 3, 2), np.float32))


def test_wrong_shape_of_flow(tmp_path: Path) -> None:
    np.savez(tmp_path / "flow.npz", flow=np.zeros((2, 2, 3, 3), np.float32))
    with pytest.raises(BadMedia, match="flow of shape"):
        probe(tmp_path / "flow.npz")


@pytest.mark.parametrize("dtype", [bool, np.uint8])
def test_a_mask_is_a_video_in_black_and_white(tmp_path: Path, dtype: Any) -> None:
    mask = np.random.default_rng(0).random((3, 5, 6)) > 0.5
    stored = mask if dtype is bool else mask.astype(np.uint8) * 255
    write_mask(tmp_path / "mask.npz", stored)
    assert probe(tmp_path / "mask.npz").kind == "video"
    np.testing.assert_array_equal(read(tmp_path / "mask.npz"), np.repeat(mask[..., None] * np.uint8(255), 3, axis=3))


@pytest.mark.parametrize("value", [1, 128, 254])
def test_a_soft_mask_is_refused(tmp_path: Path, value: int) -> None:
    np.savez(tmp_path / "mask.npz", mask=np.full((2, 4, 4), value, np.uint8))
    with pytest.raises(BadMedia, match=f"soft mask: {value}"):
        read(tmp_path / "mask.npz")
    with pytest.raises(BadMedia, match=f"soft mask: {value}"):
        write_mask(tmp_path / "again.npz", np.full((2, 4, 4), value, np.uint8))


def test_a_mask_of_floats_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "mask.npz", mask=np.ones((2, 4, 4), np.float32))
    with pytest.raises(BadMedia, match="cut a soft mask"):
        probe(tmp_path / "mask.npz")


def test_a_lossless_video_serves_as_a_mask(tmp_path: Path) -> None:
    hard = np.where(moving_texture(3) > 127, 255, 0)[..., :1].repeat(3, axis=3).astype(np.uint8)
    write_video(tmp_path / "mask.mkv", hard, fps=8)
    check_mask(tmp_path / "mask.mkv", read(tmp_path / "mask.mkv"))


def test_a_lossy_video_does_not(tmp_path: Path) -> None:
    hard = np.where(moving_texture(3) > 127, 255, 0)[..., :1].repeat(3, axis=3).astype(np.uint8)
    with pytest.raises(BadMedia, match="soft mask"):
        check_mask("mask.mp4", read(encode(tmp_path / "mask.mp4", hard)))
