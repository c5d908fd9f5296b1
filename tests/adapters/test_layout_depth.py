"""Trees of depth arrays, and the unit that somebody has to state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import run
from tests.adapters.layout_trees import adapter, frames, match, names, why
from vbench_py.types import BadMedia, Generated, Request, Sample, UsageError
from vbench_py.video import probe, read, write_depth

CLIPS = [Sample(f"sintel/{clip}", "depth") for clip in ("alley_1", "market_2")]
DEPTH = np.linspace(0.1, 5, 3 * 4 * 6, dtype=np.float32).reshape(3, 4, 6)


def saved(root: Path, name: str, array: np.ndarray = DEPTH, *, key: str = "depth") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        np.savez_compressed(path, **{key: array})
    return path


def made(root: Path, out: Path, **options: Any) -> Generated:
    found = adapter(root, "depth-npz", **options)
    found.match(CLIPS)
    (one,) = run(found, [Request(sample=CLIPS[0], seed=0)], out)
    return one


@pytest.mark.parametrize(
    "name",
    ["alley_1.npz", "alley_1_depths.npz", "sintel/alley_1_rgb_left.npz", "alley_1_pred.npy", "alley_1_disparity.npz"],
)
def test_the_names_of_each_repository_are_found(tmp_path: Path, name: str) -> None:
    saved(tmp_path, name)
    assert names(match(tmp_path, "depth-npz", CLIPS)) == {("sintel/alley_1", 0): name}


def test_frames_of_a_clip_in_files_are_one_clip(tmp_path: Path) -> None:
    for number in range(3):
        saved(tmp_path, f"clean/alley_1/frame_{number:04d}.npy", DEPTH[number])
    assert names(match(tmp_path, "depth-npz", CLIPS)) == {("sintel/alley_1", 0): "clean/alley_1"}


def test_pictures_of_depth_and_pieces_are_left(tmp_path: Path) -> None:
    frames(tmp_path, ("alley_1",))
    (tmp_path / "alley_1_vis.mp4").touch()
    saved(tmp_path, "market_2_snippets.npz")
    found = match(tmp_path, "depth-npz", CLIPS)
    assert not found.found
    assert why(found, "alley_1") == why(found, "alley_1_vis.mp4") == "a picture of depth or a video, not depth itself"
    assert "before they are aligned" in why(found, "market_2_snippets.npz")


def test_two_networks_for_one_clip_are_refused(tmp_path: Path) -> None:
    saved(tmp_path, "vda/alley_1_depths.npz", key="depths")
    saved(tmp_path, "crafter/alley_1.npz")
    with pytest.raises(UsageError, match="fit"):
        match(tmp_path, "depth-npz", CLIPS)


@pytest.mark.parametrize(
    ("name", "key", "shape"),
    [
        ("alley_1.npz", "depth", (3, 4, 6)),
        ("alley_1_depths.npz", "depths", (3, 4, 6)),
        ("alley_1_pred.npy", "", (3, 4, 6)),
        ("alley_1_disparity.npz", "disparity", (3, 1, 4, 6)),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_values_arrive_unchanged_with_the_unit(
    tmp_path: Path, name: str, key: str, shape: tuple[int, ...], dtype: type
) -> None:
    array = DEPTH.astype(dtype)
    saved(tmp_path / "in", name, array.reshape(shape), key=key)
    one = made(tmp_path / "in", tmp_path / "out", unit="disparity")
    assert one.status == "ok", one.error
    np.testing.assert_array_equal(read(one.outputs["depth"])[..., 0], array.astype(np.float32))
    assert probe(one.outputs["depth"]).unit == "disparity"


def test_the_conversion_is_recorded(tmp_path: Path) -> None:
    saved(tmp_path / "in", "alley_1_depths.npz", key="depths")
    one = made(tmp_path / "in", tmp_path / "out", unit="relative")
    said = "array 'depths' float32 written as depth in relative; values unchanged"
    assert one.provenance["converted"] == {"depth": said}
    assert one.resolved.parameters["unit"] == "relative"


def test_frames_in_files_arrive_in_order(tmp_path: Path) -> None:
    for number in range(3):
        saved(tmp_path / "in", f"alley_1/{number}.npy", DEPTH[number])
    one = made(tmp_path / "in", tmp_path / "out", unit="metres")
    np.testing.assert_array_equal(read(one.outputs["depth"])[..., 0], DEPTH)


def test_depth_without_a_unit_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "in", "alley_1.npz")
    one = made(tmp_path / "in", tmp_path / "out")
    assert isinstance(one.error, BadMedia) and "without a unit; say --set unit=" in str(one.error)


def test_another_unit_than_the_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_depth(tmp_path / "in/alley_1.npz", DEPTH, unit="metres")
    one = made(tmp_path / "in", tmp_path / "out", unit="disparity")
    assert "holds metres, and unit=disparity was said" in str(one.error)


def test_disparity_is_not_called_metres(tmp_path: Path) -> None:
    saved(tmp_path / "in", "alley_1_disparity.npz", key="disparity")
    assert "holds disparity" in str(made(tmp_path / "in", tmp_path / "out", unit="metres").error)


def test_depth_with_its_unit_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_depth(tmp_path / "in/alley_1.npz", DEPTH, unit="metres")
    one = made(tmp_path / "in", tmp_path / "out")
    assert one.outputs["depth"].read_bytes() == (tmp_path / "in/alley_1.npz").read_bytes()
    assert "converted" not in one.provenance


@pytest.mark.parametrize(
    ("array", "key", "message"),
    [
        (DEPTH, "arr_0", "holds arr_0; depth is one of"),
        (np.zeros((3, 4, 6, 3), np.float32), "depth", r"depth of shape \(3, 4, 6, 3\)"),
        (np.zeros((3, 4, 6), np.uint8), "depth", "levels of a picture"),
    ],
)
def test_what_is_no_depth_is_refused(tmp_path: Path, array: np.ndarray, key: str, message: str) -> None:
    saved(tmp_path / "in", "alley_1.npz", array, key=key)
    one = made(tmp_path / "in", tmp_path / "out", unit="disparity")
    with pytest.raises(BadMedia, match=message):
        raise one.error or AssertionError(one)


def test_frames_of_unlike_size_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "in", "alley_1/0.npy", DEPTH[0])
    saved(tmp_path / "in", "alley_1/1.npy", DEPTH[0, :2])
    assert "frames of unlike shape" in str(made(tmp_path / "in", tmp_path / "out", unit="metres").error)


def test_an_unknown_unit_is_refused_before_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unit 'feet'; say one of metres, disparity, relative"):
        adapter(tmp_path, "depth-npz", unit="feet")


def test_a_unit_for_a_video_is_refused(tmp_path: Path) -> None:
    from tests.adapters.test_precomputed import clip

    sample = Sample("one", "t2v", prompt="x")
    clip(tmp_path / "in" / "one.mkv")
    (one,) = run(adapter(tmp_path / "in", "auto", unit="metres"), [Request(sample=sample, seed=0)], tmp_path / "out")
    assert "is no array, and unit=metres was said" in str(one.error)
