"""Agreement with texts on hand-made features, and against the references' own functions on small networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.metrics.embedding_runs import WHICH, reference_features, references, score_features
from tests.metrics.networks.embeddings import STYLE, TEXTS, frames_of
from tests.metrics.parity import agree
from tests.metrics.running import score
from vbench_py.types import Unsupported

FEATURES = np.random.RandomState(0).standard_normal((16, 8))
UP, RIGHT = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])


def text(feature: np.ndarray, cut: int = 0) -> dict[str, Any]:
    return {"features": feature, "truncated": np.array([cut])}


@pytest.mark.parametrize("which", WHICH)
def test_appearance_style_is_vbenchs_number(which: str) -> None:
    made = score("appearance-style", {"video": frames_of(which)}, texts={"appearance_style": STYLE}).value
    expected = references()[which]["appearance-style"]
    agree(made, expected, of="appearance-style", stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
def test_clip_direction_is_instruct_pix2pixs_number(which: str) -> None:
    frames = frames_of(which)
    texts = {"prompt": TEXTS[1], "source_prompt": TEXTS[0]}
    made = score("clip-direction", {"video": frames[::-1].copy(), "source": frames}, texts=texts)
    assert made.curve is not None
    expected = references()[which]["clip-direction"]
    agree(made.curve.values, expected, of="clip-direction", stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
def test_success_rate_is_editboards_number(which: str) -> None:
    texts = {"prompt": TEXTS[0], "source_prompt": TEXTS[1]}
    made = score("success-rate", {"video": frames_of(which)}, texts=texts).value
    expected = references()[which]["success-rate"]
    agree(made, expected, of="success-rate", stage="whole", weights="random official")


@pytest.mark.parametrize("which", WHICH)
def test_clipsim_is_the_packages_mean_cosine(which: str) -> None:
    images, texts = reference_features()[f"{which}/clip-b32-pil"], reference_features()["clip-b32-text"]
    cosines = (images @ texts[0]) / np.linalg.norm(images, axis=1) / np.linalg.norm(texts[0])
    made = score("clipsim", {"video": frames_of(which)}, texts={"prompt": TEXTS[0]})
    agree(made.value, cosines.mean(), of="clipsim", stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
def test_clipscore_is_a_hundred_times_the_packages_cosine(which: str) -> None:
    images, texts = reference_features()[f"{which}/clip-l14-pil"], reference_features()["clip-l14-text"]
    cosines = (images @ texts[1]) / np.linalg.norm(images, axis=1) / np.linalg.norm(texts[1])
    made = score("clipscore-100", {"video": frames_of(which)}, texts={"prompt": TEXTS[1]})
    expected, against = 100 * cosines.mean(), "openai-clip==1.0.1"
    agree(
        made.value, expected, of="clipscore-100", against=against, stage="whole", weights="random official", atol=1e-3
    )


def test_tokens_that_were_cut_are_told() -> None:
    made = score("clipsim", {"video": frames_of("texture")}, texts={"prompt": "cat " * 80})
    assert made.details["tokens_cut"] == 5


def test_the_mean_feature_is_not_the_mean_of_cosines() -> None:
    # FETV normalises frames, takes their mean and normalises again.
    units = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    mean = units.mean(0) / np.linalg.norm(units.mean(0))
    prompt = FEATURES[:1] + 1
    made = score_features("clipsim-meanfeat", {"video": {"features": FEATURES}, "prompt": text(prompt)})
    expected = float(mean @ prompt[0]) / np.linalg.norm(prompt)
    agree(made.value, expected, of="clipsim-meanfeat", against="the formula in numpy", stage="algebra", rtol=1e-6)


@pytest.mark.parametrize("metric", ["clipsim", "clipscore-100", "clipsim-meanfeat"])
def test_frames_that_lie_on_the_text_are_perfect(metric: str) -> None:
    arrays = {"video": {"features": np.repeat(UP, 16, 0) * 3}, "prompt": text(UP)}
    assert score_features(metric, arrays).value == pytest.approx(100 if metric == "clipscore-100" else 1)


def test_success_counts_frames_nearer_to_the_target_and_ties() -> None:
    frames = np.array([[0.1, 1.0], [1.0, 0.1], [1.0, 1.0], [0.0, 1.0]])
    arrays = {"video": {"features": frames}, "prompt": text(UP, 2), "source_prompt": text(RIGHT, 1)}
    made = score_features("success-rate", arrays)
    assert made.value == 0.75 and made.details["tokens_cut"] == 3


def test_an_edit_along_the_texts_is_perfect_and_against_them_the_worst() -> None:
    clips = {"video": {"features": UP}, "source": {"features": RIGHT}}
    along = {**clips, "prompt": text(UP), "source_prompt": text(RIGHT)}
    against = {**clips, "prompt": text(RIGHT), "source_prompt": text(UP)}
    assert [score_features("clip-direction", a).value for a in (along, against)] == pytest.approx([1, -1])


def test_an_unchanged_frame_has_no_direction() -> None:
    arrays = {"video": {"features": UP}, "source": {"features": UP}, "prompt": text(UP), "source_prompt": text(RIGHT)}
    assert score_features("clip-direction", arrays).value == 0


def test_equal_texts_have_no_direction() -> None:
    arrays = {"video": {"features": UP}, "source": {"features": RIGHT}, "prompt": text(UP), "source_prompt": text(UP)}
    with pytest.raises(Unsupported, match="source and target text are the same"):
        score_features("clip-direction", arrays)
