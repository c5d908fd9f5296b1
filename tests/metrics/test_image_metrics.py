"""Agreement with an image on hand-made features, against VBench's own function, and aesthetics with the real head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tests.metrics.clips import noisy, texture
from tests.metrics.embedding_runs import WHICH, references, score_features
from tests.metrics.networks.embeddings import DINO_SMALL, REAL, dino_shapes, frames_of, seeded
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, score
from vbench_py.features.geometry import apply
from vbench_py.metrics.extractors.dino import DINOStructure
from vbench_py.metrics.extractors.laion import LAIONHead
from vbench_py.metrics.views import geometry_of
from vbench_py.types import BadMedia

HEAD = REAL.parents[1] / "weights" / "sa_0_4_vit_l_14_linear.pth"
UP, RIGHT = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])


@pytest.mark.parametrize("which", WHICH)
def test_i2v_subject_is_vbenchs_number(which: str) -> None:
    frames = frames_of(which)
    made = score("i2v-subject", {"video": frames, "first": frames[-1:]}).value
    expected = references()[which]["i2v-subject"]
    agree(made, expected, of="i2v-subject", stage="whole", weights="random official", atol=1e-6)


@pytest.mark.parametrize("which", WHICH)
def test_aesthetic_quality_is_vbenchs_number(which: str) -> None:
    made = score("aesthetic-quality", {"video": frames_of(which)}).value
    expected = references()[which]["aesthetic-quality"]
    agree(made, expected, of="aesthetic-quality", stage="whole", weights="random official", atol=1e-6)


@pytest.mark.skipif(not HEAD.is_file(), reason="shared/data is not here")
def test_the_real_head_is_a_line_on_the_unit_feature() -> None:
    card = EXTRACTORS["laion-head-l14"]
    head = LAIONHead(card.options, {card.checkpoints[0].name: HEAD})
    head.load("cpu")
    features = np.random.RandomState(0).standard_normal((4, 768)).astype(np.float32)
    state = torch.load(HEAD, weights_only=True)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    expected = units @ state["weight"].numpy()[0] + state["bias"].item()
    made, against = head(features)["value"], "the linear map of the file in numpy"
    agree(made, expected, of="laion-head-l14", against=against, stage="network", weights="real", atol=1e-5)


def test_only_the_best_frame_meets_the_image() -> None:
    features = np.concatenate([UP, UP, RIGHT, RIGHT])
    made = score_features("i2v-subject", {"video": {"features": features}, "first": {"features": RIGHT}})
    assert made.value == pytest.approx(0.4 * 1 + 0.3 * 2 / 3 + 0.3 * 0)


def test_identity_drift_is_the_last_frames_cosine() -> None:
    features = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    made = score_features("identity-drift", {"video": {"features": features}, "first": {"features": RIGHT}}, fps=2.0)
    assert made.value == pytest.approx(0)
    assert made.details["slope_per_second"] == pytest.approx(-1.0)


def test_the_first_frame_alone_is_compared() -> None:
    frames = texture(3, 64, 96)
    same = score("first-frame-dino", {"video": frames, "first": frames[:1]})
    other = score("first-frame-dino", {"video": frames, "first": noisy(frames[:1], 90)})
    # The image is resized by another library than frames are: equal pixels come close to 1, not to the last digit.
    assert same.value == pytest.approx(1, abs=2e-3) and other.value < same.value


def test_equal_videos_are_equal_to_the_baseline() -> None:
    frames = texture(3, 64, 96)
    assert score("baseline-dino", {"video": frames, "baseline": frames}).value == pytest.approx(1)


def test_a_baseline_of_another_length_is_refused() -> None:
    arrays = {"video": {"features": np.eye(3)}, "baseline": {"features": np.eye(3)[:2]}}
    with pytest.raises(BadMedia, match="the video has 3, baseline 2"):
        score_features("baseline-dino", arrays)


def test_first_frame_psnr_is_scikit_images() -> None:
    frames = texture(2, 64, 96)
    image = noisy(frames[:1], 20)
    made = score("first-frame-psnr", {"video": frames, "first": image}).value
    expected = peak_signal_noise_ratio(image[0], frames[0], data_range=255)
    agree(made, expected, of="first-frame-psnr", stage="whole", rtol=1e-6)


def test_first_frame_ssim_is_scikit_images() -> None:
    frames = texture(2, 64, 96)
    image = noisy(frames[:1], 20)
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(image[0], frames[0], channel_axis=2, **gaussian)
    made = score("first-frame-ssim", {"video": frames, "first": image}).value
    agree(made, expected, of="first-frame-ssim", stage="whole", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize(("name", "white"), [("structure-distance", 1.0), ("structure-distance-pnp", 255.0)])
def test_structure_distance_is_pnp_inversions_number(tmp_path: Path, which: str, name: str, white: float) -> None:
    sizes = {**DINO_SMALL, "patch": 8, "image": 224, "layer_scale": False}
    torch.save(seeded(dino_shapes(**sizes)), tmp_path / "dino.pth")
    extractor = DINOStructure({**sizes, "white": white}, {"dino": tmp_path / "dino.pth"})
    extractor.load("cpu")
    frames = apply(geometry_of({"size": [224], "fit": "short"}), frames_of(which))[:, None]
    made = extractor(frames, frames[::-1])["value"]
    agree(made, references()[which][name], of=name, stage="whole", weights="random official", rtol=1e-4, atol=1e-9)
