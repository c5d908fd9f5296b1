"""Precision, recall, density and coverage against package prdc; the copy alarm against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from prdc import compute_prdc
from sklearn.metrics.pairwise import cosine_distances

from tests.metrics.parity import agree
from tests.metrics.set_clouds import compute, normal
from vbench_py.types import Unsupported

NUMBERS = ["precision-k3", "recall-k3", "precision-k5", "recall-k5", "density-k5", "coverage-k5"]


def clouds(made: int = 150, real: int = 200, dimensions: int = 12) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return normal(generator, made, dimensions) * 0.8 + 0.2, normal(generator, real, dimensions)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("sizes", [(150, 200), (2300, 90)])
def test_numbers_are_those_of_prdc(name: str, sizes: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    made, real = clouds(*sizes)
    number, k = name.split("-k")
    expected = compute_prdc(real, made, int(k))[number]
    agree(compute(name, made, real).value, expected, of=name, stage="algebra", atol=1e-12)


@pytest.mark.parametrize("name", [name for name in NUMBERS if "density" not in name])
def test_equal_sets_have_everything(name: str) -> None:
    made = clouds()[0]
    assert compute(name, made, made).value == 1


@pytest.mark.parametrize("name", NUMBERS)
def test_sets_far_apart_have_nothing(name: str) -> None:
    made, real = clouds()
    assert compute(name, made + 100, real).value == 0


def test_as_many_vectors_as_neighbours_are_unsupported() -> None:
    made, real = clouds(20, 5)
    with pytest.raises(Unsupported, match="5-th nearest neighbour needs 6"):
        compute("coverage-k5", made, real)


def test_the_copy_alarm_measures_the_nearest_cosine() -> None:
    made, real = clouds(2300, 90)
    found = compute("nearest-reference", made, real)
    distances = cosine_distances(made, real)
    own = cosine_distances(real)
    np.fill_diagonal(own, np.inf)
    threshold = np.percentile(own.min(1), 1)
    ours, theirs = [found.value, found.details["threshold"]], [distances.min(), threshold]
    agree(ours, theirs, of="nearest-reference", against="scikit-learn", stage="algebra", atol=1e-12)
    assert found.details["copies"] == (distances.min(1) < threshold).sum()


def test_the_copy_alarm_counts_a_copied_clip() -> None:
    made, real = clouds()
    made[3] = 2 * real[11]
    found = compute("nearest-reference", made, real)
    assert found.value == pytest.approx(0, abs=1e-12) and found.details["copies"] >= 1
