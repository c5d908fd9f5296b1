"""NIQE against pyiqa and BasicSR, on the authors' model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.metrics.clips import noisy, pair, texture
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, in_shared_data, real, river, run
from tests.metrics.running import score
from vbench_py.types import Unsupported, UsageError

Weights = dict[str, Path]
COLOURS = {"niqe": "grey", "niqe-basicsr": "y"}


@pytest.fixture(scope="module")
def pristine() -> Weights:
    return {"niqe-pristine": in_shared_data("weights/niqe_pris_params.npz")}


@pytest.mark.parametrize(("key", "colour", "tolerance"), [
    ("niqe", "grey", 1e-4), ("niqe-basicsr-float64", "y", 1e-4), ("niqe-basicsr", "y", 2e-3),
])  # fmt: skip
def test_textured_frames_get_the_packages_values(key: str, colour: str, tolerance: float, pristine: Weights) -> None:
    made = run("niqe", pristine, pair(2, 200, 300)[0][:, None], colour=colour)["value"]
    of = "niqe" if key == "niqe" else "niqe-basicsr"
    against = "basicsr==1.4.2 in float64" if "float64" in key else ""
    expected = STORED["natural scenes"]["texture"][key]
    agree(made, expected, of=of, against=against, stage="whole", weights="real", atol=tolerance)


@pytest.mark.parametrize("name", COLOURS)
def test_a_generated_video_gets_the_packages_values(name: str, pristine: Weights) -> None:
    made = run("niqe", pristine, river()[:, None], colour=COLOURS[name])["value"]
    agree(made, STORED["natural scenes"]["river"][name], of=name, stage="whole", weights="real", atol=2e-2)


def test_the_difference_to_pyiqa_is_the_sign_of_its_rounding_errors(pristine: Weights) -> None:
    made = run("niqe", pristine, river()[:, None])["value"]
    expected, against = STORED["natural scenes"]["river"]["niqe-exact"], "pyiqa==0.1.8 without its rounding errors"
    agree(made, expected, of="niqe", against=against, stage="whole", weights="real", atol=2e-3)


@pytest.mark.network
def test_the_index_has_the_same_model(pristine: Weights) -> None:
    assert real("niqe")["niqe-pristine"].read_bytes() == pristine["niqe-pristine"].read_bytes()


def test_heavy_noise_is_worse_on_a_photograph_like_frame(pristine: Weights) -> None:
    frames = river()[:1, None]
    clean, damaged = (run("niqe", pristine, clip)["value"][0] for clip in (frames, noisy(frames, 60)))
    assert damaged > clean + 1


def test_flat_frames_are_left_out_and_counted() -> None:
    clip = texture(3, 100, 160)
    faded = np.concatenate([clip, np.zeros_like(clip[:1])])
    made = score("niqe", {"video": faded}, facts={"fps": 3.0})
    assert made.value == pytest.approx(score("niqe", {"video": clip}, facts={"fps": 3.0}).value)
    assert made.details["frames_without_statistics"] == 1


def test_a_black_video_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="no window"):
        score("niqe", {"video": np.zeros((2, 100, 160, 3), np.uint8)})


def test_a_frame_of_one_block_is_unsupported(pristine: Weights) -> None:
    with pytest.raises(Unsupported, match="two whole blocks"):
        run("niqe", pristine, texture(1, 150, 150)[:, None])


def test_another_file_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", mu_pris_param=np.zeros(3), cov_pris_param=np.zeros((3, 3)))
    with pytest.raises(UsageError, match="not a NIQE model"):
        run("niqe", {"niqe-pristine": tmp_path / "other.npz"}, texture(1, 200, 200)[:, None])
