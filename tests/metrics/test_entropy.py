"""The Inception Score against torch-fidelity; diversity over seeds against scikit-learn and package vendi-score."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_distances
from torch_fidelity.metric_isc import isc_features_to_metric

from tests.metrics.parity import agree
from tests.metrics.set_clouds import compute
from vbench_py.types import Unsupported

STORED = Path(__file__).parents[1] / "data" / "vendi_sets_references.json"


def logits(count: int = 530, classes: int = 30) -> np.ndarray:
    return 3 * np.random.default_rng(0).standard_normal((count, classes)).astype(np.float32)


def test_the_inception_score_is_that_of_torch_fidelity() -> None:
    values = logits()
    expected = isc_features_to_metric(torch.from_numpy(values))
    found = compute("is-frames", values.reshape(106, 5, 30))
    made = [found.value, found.details["splits_deviation"]]
    theirs = [expected["inception_score_mean"], expected["inception_score_std"]]
    agree(made, theirs, of="is-frames", stage="algebra", rtol=1e-9)


def test_without_a_seed_splits_follow_the_order() -> None:
    values = logits()
    expected = isc_features_to_metric(torch.from_numpy(values), shuffle=False)
    made = compute("is-frames", values, seed=None).value
    agree(made, expected["inception_score_mean"], of="is-frames", stage="algebra", rtol=1e-9)


def test_frames_that_look_alike_score_1_and_all_classes_their_number() -> None:
    assert compute("is-frames", np.zeros((20, 8))).value == pytest.approx(1)
    assert compute("is-frames", np.tile(1e3 * np.eye(8), (10, 1)), seed=None, splits=5).value == pytest.approx(8)


def test_fewer_frames_than_splits_are_unsupported() -> None:
    with pytest.raises(Unsupported, match="10 splits"):
        compute("is-frames", logits(9))


def features(seeds: int = 6, frames: int = 4, dimensions: int = 16) -> np.ndarray:
    """(seeds, frames, d) float32, the seeds somewhat alike; integers of a frozen stream, the same on every machine."""
    generator = np.random.RandomState(0)
    shared = generator.randint(0, 8, (1, 1, dimensions))
    return (shared + generator.randint(-4, 5, (seeds, frames, dimensions))).astype(np.float32)


def test_diversity_is_the_mean_cosine_distance_of_pairs() -> None:
    values = features()
    expected = cosine_distances(values.mean(axis=1))[np.triu_indices(6, 1)].mean()
    made = compute("diversity-dino", values).value
    agree(made, expected, of="diversity-dino", against="scikit-learn", stage="algebra", rtol=1e-6)


def test_the_vendi_score_is_that_of_its_package() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    for case in stored["cases"]:
        made = compute("vendi-dino", features(case["seeds"])).value
        agree(made, case["value"], of="vendi-dino", stage="algebra", rtol=1e-6)


@pytest.mark.parametrize(("name", "alike"), [("diversity-dino", 0.0), ("vendi-dino", 1.0)])
def test_equal_seeds_have_no_diversity(name: str, alike: float) -> None:
    assert compute(name, np.repeat(features(1), 5, axis=0)).value == pytest.approx(alike, abs=1e-6)


@pytest.mark.parametrize(("name", "unlike"), [("diversity-dino", 1.0), ("vendi-dino", 5.0)])
def test_orthogonal_seeds_have_all_of_it(name: str, unlike: float) -> None:
    assert compute(name, np.eye(5)[:, None]).value == pytest.approx(unlike)
