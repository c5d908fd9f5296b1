"""Codecs as methods: true rates, the same bytes each time, any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, psnr, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.types import Generated, UsageError
from vbench_py.video import read

CODECS = ["h264-crf23", "h265-crf28", "av1-crf35", "jpeg-q50"]
LADDER = [
    ("h264-crf23", "h264-crf33"),
    ("h265-crf28", "h265-crf38"),
    ("av1-crf35", "av1-crf55"),
    ("jpeg-q50", "jpeg-q15"),
]


def coded(name: str, folder: Path, clip: np.ndarray, **options: Any) -> Generated:
    asked = request("reconstruction", {"source": clip}, folder / "in")
    (made,) = run(Classical(method(name), options), [asked], folder / "out")
    assert made.error is None
    return made


def noisy(frames: int = 8, height: int = 64, width: int = 96) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 6, (frames, height, width, 3))
    return np.clip(waves(frames, height, width) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", CODECS)
def test_what_comes_back_is_near_the_source_and_not_equal(name: str, tmp_path: Path) -> None:
    clip = waves(8, 64, 96, detail=0.4)
    back = read(coded(name, tmp_path, clip).outputs["video"])
    assert back.shape == clip.shape and 30 < psnr(back, clip) < 60


@pytest.mark.parametrize(("fine", "coarse"), LADDER)
def test_a_lower_rate_costs_fewer_bytes_and_more_error(fine: str, coarse: str, tmp_path: Path) -> None:
    clip = noisy()
    made = [coded(name, tmp_path / name, clip) for name in (fine, coarse)]
    quality = [psnr(read(one.outputs["video"]), clip) for one in made]
    sizes = [one.provenance["code_bytes"] for one in made]
    assert quality[0] > quality[1] and sizes[0] > sizes[1] > 0


@pytest.mark.parametrize("name", CODECS)
def test_the_rate_can_be_set(name: str, tmp_path: Path) -> None:
    option: dict[str, Any] = {"quality": 90} if name.startswith("jpeg") else {"crf": 10}
    clip = noisy()
    default, better = coded(name, tmp_path / "a", clip), coded(name, tmp_path / "b", clip, **option)
    assert better.provenance["code_bytes"] > default.provenance["code_bytes"]


@pytest.mark.parametrize("name", CODECS)
def test_the_same_frames_give_the_same_code(name: str, tmp_path: Path) -> None:
    clip = noisy(12, 70, 90)
    made = [coded(name, tmp_path / str(time), clip) for time in range(4)]
    assert len({one.provenance["code_bytes"] for one in made}) == 1
    assert len({one.outputs["video"].read_bytes() for one in made}) == 1


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 25, 33), (3, 130, 66)])
def test_any_size_comes_back_as_it_was(name: str, shape: tuple[int, int, int], tmp_path: Path) -> None:
    clip = np.full((*shape, 3), 90, np.uint8)
    assert read(coded(name, tmp_path, clip).outputs["video"]).shape == clip.shape


@pytest.mark.parametrize("name", CODECS)
def test_both_ways_are_timed_and_no_second_counts_twice(name: str, tmp_path: Path) -> None:
    from time import perf_counter

    begun = perf_counter()
    seconds = coded(name, tmp_path, noisy()).seconds
    assert seconds["encode_code"] > 0 and seconds["decode_code"] > 0
    assert sum(seconds.values()) <= perf_counter() - begun


def test_settings_are_told(tmp_path: Path) -> None:
    codec = coded("h264-crf33", tmp_path, waves(2)).provenance["codec"]
    assert (codec["library"], codec["crf"], codec["pixel_format"]) == ("libx264", "33", "yuv420p")


def test_a_jpegs_size_is_that_of_its_files(tmp_path: Path) -> None:
    import cv2

    clip = noisy(3)
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    for index, frame in enumerate(clip):
        cv2.imwrite(str(tmp_path / f"{index}.jpg"), frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50, *sampling])
    files = sum(path.stat().st_size for path in tmp_path.glob("*.jpg"))
    assert coded("jpeg-q50", tmp_path / "made", clip).provenance["code_bytes"] == files


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264-crf23", {"crf": 52}),
        ("av1-crf35", {"crf": -1}),
        ("h265-crf28", {"codec": "h266"}),
        ("jpeg-q50", {"quality": 0}),
    ],
)
def test_wrong_options_are_refused_at_once(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Classical(method(name), options)


def test_a_preset_that_the_encoder_lacks_is_told(tmp_path: Path) -> None:
    asked = request("reconstruction", {"source": waves(2)}, tmp_path / "in")
    (made,) = run(Classical(method("h264-crf23"), {"preset": "swift"}), [asked], tmp_path / "out")
    assert made.status == "failed" and "swift" in str(made.error)
