"""KVD, KID and JEDi against torch-fidelity, clean-fid and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from cleanfid.fid import kernel_distance as cleanfid_distance
from sklearn.metrics.pairwise import polynomial_kernel
from torch_fidelity.metric_kid import kernel_mmd

from tests.metrics.parity import agree
from tests.metrics.set_clouds import compute, metric, normal, rows
from vbench_py.metrics.vectors import gather
from vbench_py.types import Unsupported

CUBIC = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}


def clouds(count: int, dimensions: int = 24) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return normal(generator, count, dimensions) * 1.2, normal(generator, count, dimensions) + 0.1


def test_kvd_is_the_unbiased_estimate_of_torch_fidelity() -> None:
    made, real = clouds(2100)
    agree(compute("kvd", made, real).value, kernel_mmd(made, real, **CUBIC), of="kvd", stage="algebra", rtol=1e-9)


def test_kvd_takes_sets_of_different_sizes() -> None:
    made, real = clouds(90)
    real = real[:40]
    k = {
        name: polynomial_kernel(*pair, degree=3)
        for name, pair in zip("xyc", [(made,), (real,), (made, real)], strict=True)
    }
    own = sum((k[name].sum() - np.trace(k[name])) / (len(k[name]) * (len(k[name]) - 1)) for name in "xy")
    expected = own - 2 * k["c"].mean()
    agree(compute("kvd", made, real).value, expected, of="kvd", against="scikit-learn", stage="algebra", rtol=1e-9)


def test_jedi_is_that_of_the_reference() -> None:
    """oooolga/JEDi videojedi/mmd_polynomial.py: scikit-learn's kernel, biased means, x 100."""
    made, real = clouds(150)
    x, y, c = (polynomial_kernel(*pair, degree=2, gamma=None, coef0=0) for pair in [(made,), (real,), (made, real)])
    expected = 100 * (x.mean() + y.mean() - 2 * c.mean())
    agree(compute("jedi", made, real).value, expected, of="jedi", against="scikit-learn", stage="algebra", rtol=1e-9)


def test_jedi_draws_its_most_clips_by_id() -> None:
    made, real = clouds(120)
    found = metric("jedi", most=50)
    one, two = rows(made, "features"), rows(real, "features", prefix="r")
    assert found.compute(one, two).details["vectors"] == 50
    assert found.compute(one, two).value == pytest.approx(found.compute(one[::-1], two[::-1]).value, rel=1e-9)


@pytest.mark.parametrize("name", ["kid-frames", "kid-frames-torch-fidelity"])
def test_kid_is_that_of_torch_fidelity_on_the_same_subsets(name: str) -> None:
    made, real = clouds(300)
    found = metric(name, subsets=5, subset_size=100)
    one, two = rows(made, "pool"), rows(real, "pool", prefix="r")
    drawn = []
    for side, salt in ((one, "outputs"), (two, "reference")):
        vectors = gather(side, "windows", "pool")
        draws = vectors.draws(5, salt)
        drawn.append([vectors.smallest(draws[:, i], 100).values for i in range(5)])
    expected = [kernel_mmd(a, b, **CUBIC) for a, b in zip(*drawn, strict=True)]
    score = found.compute(one, two)
    ours = [score.value, score.details["subsets_deviation"]]
    theirs = [np.mean(expected), np.std(expected)]
    agree(ours, theirs, of=name, against="torch-fidelity==0.4.0", stage="algebra", rtol=1e-9)


def test_kid_of_one_whole_subset_is_that_of_clean_fid() -> None:
    made, real = clouds(80)
    np.random.seed(0)  # clean-fid orders its subset by the global stream, and sums round by order
    expected = cleanfid_distance(real, made, num_subsets=1, max_subset_size=1000)
    agree(compute("kid-frames", made, real, subsets=1).value, expected, of="kid-frames", stage="algebra", rtol=1e-9)


def test_subsets_are_without_replacement_and_unlike_one_another() -> None:
    vectors = gather(rows(np.arange(60.0).reshape(20, 3, 1)), "windows", "logits")
    draws = vectors.draws(2, "outputs")
    one, two = (vectors.smallest(draws[:, i], 30).values[:, 0] for i in range(2))
    assert len(set(one)) == 30 and set(one) != set(two)


def test_torch_fidelity_refuses_what_clean_fid_makes_smaller() -> None:
    made, real = clouds(80)
    with pytest.raises(Unsupported, match="only 80"):
        compute("kid-frames-torch-fidelity", made, real)
    assert compute("kid-frames", made, real, subsets=2).details["subset_size"] == 80


def test_equal_distributions_have_a_kernel_distance_of_0_on_average() -> None:
    generator = np.random.default_rng(3)
    found = [compute("kvd", normal(generator, 60, 8), normal(generator, 60, 8)).value for _ in range(200)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_a_set_against_itself_has_a_biased_distance_of_0() -> None:
    made = clouds(70)[0]
    assert compute("jedi", made, made).value == pytest.approx(0, abs=1e-9)
