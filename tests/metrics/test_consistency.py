"""Metrics of consistency on hand-made features, and against VBench's own functions on small networks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from tests.metrics.embedding_runs import WHICH, reference_features, references, score_features
from tests.metrics.networks.embeddings import frames_of
from tests.metrics.parity import agree
from tests.metrics.running import score
from vbench_py.types import Unsupported

METRICS = [
    "subject-consistency", "background-consistency", "clip-temp", "clip-temp-l14", "dinov2-temp",
    "frame-consistency-allpairs", "drift-dino",
]  # fmt: skip
SKLEARN = "scikit-learn cosine_similarity"
FEATURES = np.random.RandomState(0).standard_normal((60, 8))


def of(metric: str, features: np.ndarray, **facts: float) -> float:
    return score_features(metric, {"video": {"features": features, "pooled": features}}, **facts).value


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("metric", ["subject-consistency", "background-consistency"])
def test_a_video_gets_vbenchs_number(which: str, metric: str) -> None:
    made = score(metric, {"video": frames_of(which)}).value
    agree(made, references()[which][metric], of=metric, stage="whole", weights="random official", atol=1e-6)


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize(
    ("metric", "key"),
    [
        ("clip-temp", "clip-b32-pil"), ("clip-temp-l14", "clip-l14-pooled"),
        ("frame-consistency-allpairs", "clip-l14-pil"),
    ],
)  # fmt: skip
def test_clips_consistency_is_that_of_the_packages_features(which: str, metric: str, key: str) -> None:
    cosines = cosine_similarity(reference_features()[f"{which}/{key}"].astype(np.float64))
    pairs = np.diagonal(cosines, 1) if "temp" in metric else cosines[~np.eye(len(cosines), dtype=bool)]
    made, against = score(metric, {"video": frames_of(which)}).value, "openai-clip==1.0.1"
    agree(made, pairs.mean(), of=metric, against=against, stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("metric", METRICS)
def test_a_frozen_video_is_perfect(metric: str) -> None:
    assert of(metric, np.repeat(FEATURES[:1], 60, axis=0)) == pytest.approx(1.0)


@pytest.mark.parametrize("metric", METRICS)
def test_the_length_of_features_does_not_matter(metric: str) -> None:
    assert of(metric, FEATURES * np.arange(1, 61)[:, None]) == pytest.approx(of(metric, FEATURES))


@pytest.mark.parametrize("metric", METRICS)
def test_one_frame_is_not_enough(metric: str) -> None:
    with pytest.raises(Unsupported, match="frames"):
        of(metric, FEATURES[:1])


def test_first_and_previous_count_half_each_and_never_below_zero() -> None:
    features = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]])
    assert of("subject-consistency", features) == pytest.approx((0 + 0.5 * np.sqrt(0.5)) / 2)


def test_neighbours_alone_are_compared() -> None:
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert of("clip-temp", features) == pytest.approx(0.0)
    assert of("clip-temp-l14", features) == pytest.approx(1 / 3)


def test_all_pairs_give_the_mean_off_the_diagonal_of_scikit_learns_matrix() -> None:
    matrix = cosine_similarity(FEATURES)
    np.fill_diagonal(matrix, 0)
    made = of("frame-consistency-allpairs", FEATURES)
    expected = matrix.sum() / (60 * 59)
    agree(made, expected, of="frame-consistency-allpairs", against=SKLEARN, stage="algebra", atol=1e-12)


def test_all_pairs_do_not_look_at_the_order() -> None:
    assert of("frame-consistency-allpairs", FEATURES[::-1]) == pytest.approx(of("frame-consistency-allpairs", FEATURES))


def turning(frames: int, step: float) -> np.ndarray:
    """Features that turn by `step` radians a frame."""
    angles = step * np.arange(frames)
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def test_drift_is_the_mean_over_distances() -> None:
    expected = np.mean([np.cos(0.01 * distance) for distance in (2, 5, 10, 20, 50)])
    assert of("drift-dino", turning(60, 0.01)) == pytest.approx(expected)


def test_drift_leaves_out_distances_that_do_not_fit() -> None:
    made = score_features("drift-dino", {"video": {"features": turning(8, 0.1)}}, fps=2.0)
    assert made.value == pytest.approx((np.cos(0.2) + np.cos(0.5)) / 2)
    assert made.details["after_2_seconds"] == pytest.approx(np.cos(0.4))
    assert "after_10_frames" not in made.details and "after_5_seconds" not in made.details


def test_drift_curve_falls_and_its_slope_says_how_fast() -> None:
    made = score_features("drift-dino", {"video": {"features": turning(30, 0.02)}}, fps=10.0)
    assert made.curve is not None and (np.diff(made.curve.values) < 0).all()
    line = np.polyfit(np.arange(30), made.curve.values, 1)[0]
    assert made.details["slope_per_second"] == pytest.approx(10 * line)


def test_the_worst_second_is_told_where_the_fps_is_known() -> None:
    features = np.concatenate([turning(6, 0.0), turning(6, 0.5)])
    made = score_features("clip-temp", {"video": {"features": features}}, fps=4.0)
    assert made.details["worst_second"] == pytest.approx(np.cos(0.5))
