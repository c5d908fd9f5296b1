"""Cameras and tracks: what comes back, and every camera that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vbench_py.types import BadMedia, UsageError
from vbench_py.video import (
    file_sha256,
    frame_dtype,
    frame_shape,
    probe,
    read,
    read_camera,
    read_chunks,
    write_camera,
    write_tracks,
)

K = np.array([[100.0, 0, 32], [0, 110, 24], [0, 0, 1]])


def poses(frames: int = 4, seed: int = 0) -> np.ndarray:
    """Rigid world-to-camera matrices (T, 4, 4)."""
    rng = np.random.default_rng(seed)
    found = np.tile(np.eye(4), (frames, 1, 1))
    for pose in found:
        turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        pose[:3, :3] = turned * np.sign(np.linalg.det(turned))
        pose[:3, 3] = rng.normal(size=3)
    return found


def as_json(path: Path, **changes: Any) -> Path:
    fields = {"intrinsics": [K.tolist()], "world_to_camera": poses().tolist(), "convention": "opencv"} | changes
    path.write_text(json.dumps({key: value for key, value in fields.items() if value is not None}))
    return path


def test_cameras_come_back(tmp_path: Path) -> None:
    write_camera(tmp_path / "camera.npz", K, poses())
    found = read_camera(tmp_path / "camera.npz")
    np.testing.assert_array_equal(found.world_to_camera, poses())
    np.testing.assert_array_equal(found.intrinsics, np.tile(K, (4, 1, 1)))


def test_a_frame_is_k_r_t(tmp_path: Path) -> None:
    write_camera(tmp_path / "camera.npz", K, poses())
    frames = read(tmp_path / "camera.npz", 1, 3)
    assert (frames.shape, frames.dtype) == ((2, 3, 7, 1), np.dtype(np.float64))
    np.testing.assert_array_equal(frames[0, :, :3, 0], K)
    np.testing.assert_array_equal(frames[..., 3:, 0], poses()[1:3, :3])


def test_facts_of_cameras(tmp_path: Path) -> None:
    write_camera(tmp_path / "camera.npz", K, poses())
    info = probe(tmp_path / "camera.npz")
    assert (info.kind, info.frames, info.width, info.height) == ("camera", 4, 0, 0)
    assert (frame_shape(info), frame_dtype(info)) == ((3, 7, 1), np.dtype(np.float64))


def test_json_says_the_same(tmp_path: Path) -> None:
    write_camera(tmp_path / "camera.npz", K, poses())
    np.testing.assert_array_equal(read(as_json(tmp_path / "camera.json")), read(tmp_path / "camera.npz"))


def test_equal_cameras_are_equal_files(tmp_path: Path) -> None:
    write_camera(tmp_path / "one.npz", K, poses())
    write_camera(tmp_path / "two.npz", K[None], poses().astype(">f8"))
    assert file_sha256(tmp_path / "one.npz") == file_sha256(tmp_path / "two.npz")


def test_cameras_of_a_grid(tmp_path: Path) -> None:
    world = poses(6).reshape(2, 3, 4, 4)
    write_camera(tmp_path / "camera.npz", K, world, views=("000", "090"))
    info = probe(tmp_path / "camera.npz")
    assert (info.views, info.frames, info.cells) == (("000", "090"), 3, 6)
    np.testing.assert_array_equal(read(tmp_path / "camera.npz")[..., 3:, 0], poses(6)[:, :3])
    orbit = read(tmp_path / "camera.npz", order="view")
    np.testing.assert_array_equal(orbit[..., 3:, 0], world.swapaxes(0, 1).reshape(6, 4, 4)[:, :3])


@pytest.mark.parametrize("convention", ["opengl", "blender", "colmap", 3])
def test_another_convention_is_refused_with_the_way(tmp_path: Path, convention: Any) -> None:
    with pytest.raises(BadMedia, match=r"convention .*numpy.diag\(\[1, -1, -1, 1\]\) @ world_to_camera"):
        probe(as_json(tmp_path / "camera.json", convention=convention))


def test_a_convention_has_to_be_said(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="does not say its convention"):
        probe(as_json(tmp_path / "camera.json", convention=None))


def test_camera_to_world_is_refused_with_the_way(tmp_path: Path) -> None:
    path = as_json(tmp_path / "camera.json", world_to_camera=None, camera_to_world=poses().tolist())
    with pytest.raises(BadMedia, match=r"numpy.linalg.inv\(camera_to_world\)"):
        probe(path)


def test_camera_to_world_beside_what_is_read_does_no_harm(tmp_path: Path) -> None:
    path = as_json(tmp_path / "camera.json", camera_to_world=np.linalg.inv(poses()).tolist())
    np.testing.assert_array_equal(read_camera(path).world_to_camera, poses())


def test_an_inverse_of_an_inverse_is_a_camera(tmp_path: Path) -> None:
    write_camera(tmp_path / "camera.npz", K, np.linalg.inv(np.linalg.inv(poses(50))))
    assert probe(tmp_path / "camera.npz").frames == 50


def test_camera_to_world_in_an_npz_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "camera.npz", intrinsics=K, camera_to_world=poses(), convention="opencv")
    with pytest.raises(BadMedia, match="the inverse of what is read"):
        probe(tmp_path / "camera.npz")


@pytest.mark.parametrize("count", [2, 3, 5])
def test_wrong_count(tmp_path: Path, count: int) -> None:
    with pytest.raises(BadMedia, match=f"intrinsics for {count} cameras, world_to_camera for 4"):
        probe(as_json(tmp_path / "camera.json", intrinsics=[K.tolist()] * count))


def changed(place: tuple[int, int, int], value: float) -> list[Any]:
    world = poses()
    world[place] = value
    return world.tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (changed((2, 0, 3), float("nan")), "camera 2 holds NaN"),
        (changed((1, 3, 3), 2.0), "camera 1 has a last row"),
        ((poses() * 1.01).tolist(), "camera 0 has a last row"),
        ((poses() @ np.diag([1.01, 1.01, 1.01, 1])).tolist(), "camera 0 has a rotation that is none"),
        ((np.diag([1, 1, -1, 1]) @ poses()).tolist(), "camera 0 mirrors the world"),
        ([np.eye(3).tolist()], r"world_to_camera of shape \(1, 3, 3\)"),
        ([[1, 2], [3]], "no array of matrices"),
        ("none", "no numbers"),
    ],
)
def test_matrices_that_are_no_cameras(tmp_path: Path, world: Any, reason: str) -> None:
    with pytest.raises(BadMedia, match=reason):
        probe(as_json(tmp_path / "camera.json", world_to_camera=world))


@pytest.mark.parametrize("inner", [np.eye(3) * 2, np.diag([-1.0, 1, 1]), K.T])
def test_intrinsics_that_are_none(tmp_path: Path, inner: np.ndarray) -> None:
    with pytest.raises(BadMedia, match="intrinsics that are none"):
        probe(as_json(tmp_path / "camera.json", intrinsics=[inner.tolist()]))


def test_what_would_not_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="mirrors"):
        write_camera(tmp_path / "camera.npz", K, np.diag([1, 1, -1, 1]) @ poses())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["[1, 2]", "{", ""])
def test_json_that_holds_no_cameras(tmp_path: Path, text: str) -> None:
    (tmp_path / "camera.json").write_text(text)
    with pytest.raises(BadMedia, match=r"camera\.json"):
        probe(tmp_path / "camera.json")


def test_views_that_do_not_fit_the_axis(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="for an axis of 2"):
        write_camera(tmp_path / "camera.npz", K, poses(6).reshape(2, 3, 4, 4), views=("000", "090", "180"))


def tracks(frames: int = 3, points: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.random((frames, points, 2)) * 30, rng.random((frames, points)) > 0.3


def test_tracks_come_back(tmp_path: Path) -> None:
    places, visible = tracks()
    write_tracks(tmp_path / "tracks.npz", places, visible)
    info = probe(tmp_path / "tracks.npz")
    assert (info.kind, info.points, info.frames, frame_shape(info)) == ("tracks", 5, 3, (5, 3, 1))
    found = read(tmp_path / "tracks.npz")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[..., :2, 0], places.astype(np.float32))
    np.testing.assert_array_equal(found[..., 2, 0], visible)


def test_tracks_of_a_grid(tmp_path: Path) -> None:
    places, visible = tracks(6)
    write_tracks(tmp_path / "tracks.npz", places.reshape(2, 3, 5, 2), visible.reshape(2, 3, 5))
    assert probe(tmp_path / "tracks.npz").views == ("0", "1")
    np.testing.assert_array_equal(read(tmp_path / "tracks.npz")[..., :2, 0], places.astype(np.float32))


def test_tracks_come_in_chunks(tmp_path: Path) -> None:
    write_tracks(tmp_path / "tracks.npz", *tracks())
    assert [len(chunk) for chunk in read_chunks(tmp_path / "tracks.npz", chunk_bytes=130)] == [2, 1]


def test_a_hidden_point_may_be_nowhere(tmp_path: Path) -> None:
    places, visible = tracks()
    places[~visible] = np.nan
    write_tracks(tmp_path / "tracks.npz", places, visible)
    assert np.isnan(read(tmp_path / "tracks.npz")[..., :2, 0][~visible]).all()


def test_a_visible_point_may_not(tmp_path: Path) -> None:
    places, visible = tracks()
    places[1, 2], visible[1, 2] = np.nan, True
    np.savez(tmp_path / "tracks.npz", tracks=places, visible=visible)
    with pytest.raises(BadMedia, match="point 2 is visible in frame 1"):
        read(tmp_path / "tracks.npz")
    with pytest.raises(UsageError, match="a visible point"):
        write_tracks(tmp_path / "again.npz", places, visible)


@pytest.mark.parametrize("visible", [None, np.ones((3, 4), bool), np.ones((3, 5))])
def test_visible_has_to_fit(tmp_path: Path, visible: Any) -> None:
    arrays = {"tracks": tracks()[0]} | ({} if visible is None else {"visible": visible})
    np.savez(tmp_path / "tracks.npz", **arrays)
    with pytest.raises(BadMedia, match="visible"):
        probe(tmp_path / "tracks.npz")
