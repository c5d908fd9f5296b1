"""VMAF by files: any format, unequal pairs refused, the same score as ffmpeg gives when it reads the files itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from tests.metrics.clips import noisy, texture
from tests.metrics.parity import agree
from vbench_py.metrics.extractors.vmaf import VMAF
from vbench_py.types import BadMedia, Unsupported
from vbench_py.video import write_video

TARGET = texture(6, 96, 128)
VIDEO = noisy(TARGET, 20)


def vmaf(video: Path, target: Path, first: int = 0, every: int = 1) -> dict[str, np.ndarray]:
    options = {"model": "vmaf_v0.6.1", "pixel_format": "yuv420p", "first": first, "every": every}
    return dict(VMAF(options, {})(video, target))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clips")
    for name, frames in (("video", VIDEO), ("target", TARGET)):
        write_video(folder / f"{name}.mkv", frames, fps=8)
    return folder / "video.mkv", folder / "target.mkv"


def test_the_pipe_gives_what_ffmpeg_gives_on_the_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    graph = (
        "[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];"
        "[a][b]libvmaf=model=version=vmaf_v0.6.1:log_fmt=json:log_path=direct.json"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(files[0]), "-i", str(files[1])]
    subprocess.run([*command, "-lavfi", graph, "-f", "null", "-"], check=True, cwd=tmp_path)
    frames = json.loads((tmp_path / "direct.json").read_text(encoding="utf-8"))["frames"]
    expected = [frame["metrics"]["vmaf"] for frame in frames]
    agree(vmaf(*files)["value"], expected, of="vmaf-v0.6.1", stage="whole", weights="real", atol=1e-4)


def test_there_is_a_value_for_each_frame(files: tuple[Path, Path]) -> None:
    assert vmaf(*files)["index"].tolist() == list(range(6))


def test_every_second_frame(files: tuple[Path, Path]) -> None:
    whole, sparse = vmaf(*files), vmaf(*files, every=2)
    assert sparse["index"].tolist() == [0, 2, 4]
    np.testing.assert_allclose(sparse["value"], whole["value"][::2], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("first", "every"), [(1, 2), (2, 1), (3, 3), (4, 3)])
def test_frames_from_a_first_one_on(files: tuple[Path, Path], first: int, every: int) -> None:
    whole, sparse = vmaf(*files), vmaf(*files, first=first, every=every)
    assert sparse["index"].tolist() == list(range(first, 6, every))
    np.testing.assert_allclose(sparse["value"], whole["value"][first::every], rtol=0, atol=1e-6)


def test_pictures_that_libvmaf_crashes_on_are_unsupported(tmp_path: Path) -> None:
    write_video(tmp_path / "small.mkv", TARGET[:, :16, :64], fps=8)
    with pytest.raises(Unsupported, match="at least 17 px, not 64x16"):
        vmaf(tmp_path / "small.mkv", tmp_path / "small.mkv")


def test_identical_clips_score_near_but_not_exactly_a_hundred(files: tuple[Path, Path]) -> None:
    mean = vmaf(files[1], files[1])["value"].mean()
    assert 90 < mean < 100


def test_more_noise_is_worse(tmp_path: Path, files: tuple[Path, Path]) -> None:
    write_video(tmp_path / "worse.mkv", noisy(TARGET, 60), fps=8)
    means = [vmaf(path, files[1])["value"].mean() for path in (files[1], files[0], tmp_path / "worse.mkv")]
    assert means[0] > means[1] > means[2]


def test_a_folder_of_images_scores_like_the_video(files: tuple[Path, Path], tmp_path: Path) -> None:
    write_video(tmp_path / "frames", VIDEO, fps=8, encoding="png")
    assert np.array_equal(vmaf(tmp_path / "frames", files[1])["value"], vmaf(*files)["value"])


def test_odd_sizes_are_scored(tmp_path: Path) -> None:
    write_video(tmp_path / "odd.mkv", texture(2, 65, 79), fps=8)
    assert vmaf(tmp_path / "odd.mkv", tmp_path / "odd.mkv")["value"].shape == (2,)


def test_unequal_sizes_are_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    write_video(tmp_path / "small.mkv", VIDEO[:, :64], fps=8)
    with pytest.raises(BadMedia, match="128x64"):
        vmaf(tmp_path / "small.mkv", files[1])


def test_unequal_lengths_are_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    write_video(tmp_path / "short.mkv", VIDEO[:4], fps=8)
    with pytest.raises(BadMedia, match=r"short\.mkv: ends after 4 frames"):
        vmaf(tmp_path / "short.mkv", files[1])
