"""What a suite brings beside videos is checked before anything runs: every fault named, with file and sample."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from vbench_py.cards import SuiteCard
from vbench_py.inputs import check_inputs
from vbench_py.metricset import metric_specs
from vbench_py.samples import Suite
from vbench_py.types import Media, Sample, UsageError
from vbench_py.video import write_camera, write_depth, write_mask, write_video

CLIP = np.zeros((4, 24, 32, 3), np.uint8)
DEPTH = np.ones((4, 24, 32), np.float32)
POSES = np.broadcast_to(np.eye(4), (4, 4, 4)).copy()
K = np.diag([30.0, 30.0, 1.0])


def suite(media: Mapping[str, Path], *metrics: str) -> tuple[Suite, tuple[str, ...]]:
    card = SuiteCard(
        id="mine",
        version="1",
        title="Mine",
        task="editing",
        summary="x",
        licence="x",
        metrics=metrics,
        primary=metrics[0],
    )
    return Suite(card, (Sample("one", "editing", media={role: Media(path) for role, path in media.items()}),)), metrics


def fault(media: Mapping[str, Path], *metrics: str) -> str:
    made, names = suite(media, *metrics)
    with pytest.raises(UsageError) as refused:
        check_inputs(made, metric_specs(names))
    return str(refused.value)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    write_video(tmp_path / "clip.mkv", CLIP, fps=8)
    return tmp_path / "clip.mkv"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "x.npz"


def test_what_fits_is_fine(clip: Path, place: Path) -> None:
    write_mask(place, np.zeros((4, 24, 32), bool))
    made, names = suite({"source": clip, "mask": place}, "background-psnr")
    check_inputs(made, metric_specs(names))


def test_a_mask_of_another_size(clip: Path, place: Path) -> None:
    write_mask(place, np.zeros((4, 12, 32), bool))
    assert "one: mask" in fault({"source": clip, "mask": place}, "background-psnr")
    assert "32x12 pixels, the source has 32x24" in fault({"source": clip, "mask": place}, "background-psnr")


def test_a_soft_mask(clip: Path, tmp_path: Path) -> None:
    soft = CLIP.copy()
    soft[2] = 90
    write_video(tmp_path / "mask.mkv", soft, fps=8)
    assert "soft mask: 90" in fault({"source": clip, "mask": tmp_path / "mask.mkv"}, "background-psnr")


def test_depth_in_another_unit(place: Path) -> None:
    write_depth(place, DEPTH, unit="disparity")
    assert "holds disparity; ground truth must be in metres" in fault({"target": place}, "abs-rel")


def test_a_video_where_depth_is_read(clip: Path) -> None:
    assert "is of kind video, the metrics here read depth" in fault({"target": clip}, "abs-rel")


def test_depth_of_a_wrong_shape(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", depth=DEPTH[..., None], unit="metres")
    assert "depth of shape (4, 24, 32, 1)" in fault({"target": tmp_path / "x.npz"}, "abs-rel")


def test_cameras_of_another_count(clip: Path, place: Path) -> None:
    write_camera(place, K, POSES[:3])
    assert "3 poses, the target has 4" in fault({"target": clip, "camera": place}, "rot-err-cami2v")


def test_cameras_of_another_convention(clip: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", intrinsics=K, world_to_camera=POSES, convention="opengl")
    text = fault({"target": clip, "camera": tmp_path / "c.npz"}, "rot-err-cami2v")
    assert "opengl" in text and "camera" in text


def test_views_of_unequal_length(tmp_path: Path) -> None:
    for name, length in (("000", 4), ("090", 3)):
        write_depth(tmp_path / "grid" / f"{name}.npz", DEPTH[:length], unit="metres")
    text = fault({"depth_target": tmp_path / "grid"}, "cross-view-consistency")
    assert "unequal length: 000.npz has 4, 090.npz 3" in text


def test_every_fault_is_in_one_message(clip: Path, place: Path, tmp_path: Path) -> None:
    write_mask(place, np.zeros((3, 12, 32), bool))
    assert fault({"source": clip, "mask": place}, "background-psnr").count("one: mask") == 2
