"""Frechet distances against scipy's matrix root, torch-fidelity, clean-fid, closed forms and the law of their bias."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from cleanfid.fid import frechet_distance as cleanfid_distance
from scipy.linalg import sqrtm
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

from tests.metrics.parity import agree
from tests.metrics.running import METRICS, entry
from tests.metrics.set_clouds import compute, metric, normal, rows
from vbench_py.metrics.frechet import Gaussian, equal_sets, frechet_distance, gaussian, symmetric_factor
from vbench_py.metrics.vectors import gather
from vbench_py.types import BadMedia, Facts, Series, Unsupported

ROOT, NUCLEAR = "scipy sqrtm", "nuclear norm by numpy svd"
FID = ("fid-frames", "fid-frames-torch-fidelity")


def clouds(count: int = 300, dimensions: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two well-conditioned clouds of correlated vectors, (count, d) and (count + 50, d) float32."""
    generator = np.random.default_rng(seed)
    mixes = [np.eye(dimensions) + 0.3 * generator.standard_normal((dimensions, dimensions)) / 3 for _ in range(2)]
    shifts = generator.standard_normal((2, dimensions)) * 0.3
    parts = [normal(generator, count + 50 * i, dimensions) @ mixes[i] + shifts[i] for i in range(2)]
    return parts[0].astype(np.float32), parts[1].astype(np.float32)


def of(values: np.ndarray, unbiased: bool = True) -> Gaussian:
    return gaussian(gather(rows(values), "windows", "logits"), unbiased)


def by_root(made: np.ndarray, real: np.ndarray, ddof: int) -> float:
    """The textbook form with scipy's root of the product of covariances."""
    one, two = made.astype(np.float64), real.astype(np.float64)
    a, b = np.cov(one, rowvar=False, ddof=ddof), np.cov(two, rowvar=False, ddof=ddof)
    root = np.real(sqrtm(a @ b))
    return float(np.square(one.mean(0) - two.mean(0)).sum() + np.trace(a + b - 2 * root))


@pytest.mark.parametrize(("name", "ddof"), [("fvd", 1), ("fvd-tf2018", 1), ("fvd-videogpt", 1)])
def test_unbiased_presets_are_the_textbook_form(name: str, ddof: int) -> None:
    made, real = clouds()
    agree(compute(name, made, real).value, by_root(made, real, ddof), of=name, against=ROOT, stage="algebra", rtol=1e-6)


@pytest.mark.parametrize("name", ["fvd-styleganv", "rfvd", "fvd-128f-subsample8", "fvd-cdfvd-videomae"])
def test_stylegan_v_and_cd_fvd_divide_by_the_count(name: str) -> None:
    made, real = clouds()
    agree(compute(name, made, real).value, by_root(made, real, 0), of=name, against=ROOT, stage="algebra", rtol=1e-6)


def test_fid_is_that_of_torch_fidelity() -> None:
    made, real = clouds()
    statistics = [fid_features_to_statistics(torch.from_numpy(part).double()) for part in (made, real)]
    expected = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    name = "fid-frames-torch-fidelity"
    agree(compute(name, made, real).value, expected, of=name, stage="algebra", rtol=1e-6)


def test_fid_is_that_of_clean_fid() -> None:
    made, real = clouds()
    parts = [part.astype(np.float64) for part in (made, real)]
    moments = [moment for part in parts for moment in (part.mean(0), np.cov(part, rowvar=False))]
    expected = float(cleanfid_distance(*moments))
    agree(compute("fid-frames", made, real).value, expected, of="fid-frames", stage="algebra", rtol=1e-6)


@pytest.mark.parametrize("name", FID)
def test_frames_of_all_outputs_make_one_cloud(name: str) -> None:
    made, real = clouds()
    stacked = compute(name, made.reshape(60, 5, 20), real.reshape(70, 5, 20)).value
    assert stacked == pytest.approx(compute(name, made, real).value, rel=1e-12)


def test_known_gaussians_have_the_closed_form() -> None:
    """Commuting covariances: |m|^2 + sum (s1 - s2)^2."""
    one, two = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 0.5])
    first = Gaussian(np.zeros(3), symmetric_factor(np.diag(one**2)), 10)
    second = Gaussian(np.ones(3), symmetric_factor(np.diag(two**2)), 10)
    assert frechet_distance(first, second) == pytest.approx(3 + np.square(one - two).sum(), rel=1e-12)


@pytest.mark.parametrize("count", [8, 64, 500])
def test_equal_sets_are_at_distance_0(count: int) -> None:
    made = clouds(count, 100)[0]
    found = compute("fvd", made, made)
    assert found.value <= 1e-10 * of(made).trace


@pytest.mark.parametrize("count", [8, 64, 399])
def test_fewer_vectors_than_dimensions_agree_with_the_nuclear_norm(count: int) -> None:
    made, real = (part[:count].astype(np.float64) for part in clouds(count, 400))
    one, two = made - made.mean(0), real - real.mean(0)
    norm = np.linalg.svd(one @ two.T, compute_uv=False).sum() / (count - 1)
    traces = (np.square(one).sum() + np.square(two).sum()) / (count - 1)
    expected = np.square(made.mean(0) - real.mean(0)).sum() + traces - 2 * norm
    agree(compute("fvd", made, real).value, expected, of="fvd", against=NUCLEAR, stage="algebra", rtol=1e-9)


def test_2048_vectors_of_400_agree_with_the_nuclear_norm_and_take_half_a_second() -> None:
    made, real = (part[:2048] for part in clouds(2048, 400))
    start = time.process_time()
    found = frechet_distance(of(made), of(real))
    spent = time.process_time() - start
    one, two = (part.astype(np.float64) - part.astype(np.float64).mean(0) for part in (made, real))
    # The nonzero singular values of X Y^T are those of the small product of the triangular factors.
    small = np.linalg.qr(one, mode="r") @ np.linalg.qr(two, mode="r").T
    norm = np.linalg.svd(small, compute_uv=False).sum() / 2047
    traces = (np.square(one).sum() + np.square(two).sum()) / 2047
    means = np.square(made.mean(0, dtype=np.float64) - real.mean(0, dtype=np.float64)).sum()
    agree(found, means + traces - 2 * norm, of="fvd", against=NUCLEAR, stage="algebra", rtol=1e-6)
    assert spent < 2.0


def test_the_bias_of_equal_distributions_follows_its_law() -> None:
    """Expected plug-in of two N(0, I) sets: about (d (d + 1) / 4 + d) (1 / n1 + 1 / n2)."""
    generator, d, one, two = np.random.default_rng(0), 30, 600, 900
    found = [compute("fvd", normal(generator, one, d), normal(generator, two, d)) for _ in range(20)]
    law = (d * (d + 1) / 4 + d) * (1 / one + 1 / two)
    assert np.mean([score.value for score in found]) == pytest.approx(law, rel=0.08)
    assert np.mean([score.details["equal_sets"] for score in found]) == pytest.approx(law, rel=0.08)


def test_the_law_of_the_bias_in_closed_form() -> None:
    both = Gaussian(np.zeros(6), np.eye(6), 100)
    assert equal_sets(both, both) == pytest.approx((6 * 7 / 4 + 6) * 2 / 100)


def test_infinity_of_equal_distributions_is_about_0() -> None:
    generator = np.random.default_rng(1)
    found = compute("fvd-infinity", normal(generator, 800, 60), normal(generator, 800, 60))
    biased = found.details["at_largest"]
    assert abs(found.value) < 0.1 * biased
    assert found.details["slope"] == pytest.approx(2 * (60 * 61 / 4 + 60), rel=0.1)


def test_infinity_finds_the_distance_of_shifted_distributions() -> None:
    """Squared shift 5; one value has a standard error of 2 |m| sqrt(2 / n) = 0.16 from its means alone."""
    generator = np.random.default_rng(2)
    clouds = [(normal(generator, 1500, 20) + 0.5, normal(generator, 1500, 20)) for _ in range(8)]
    assert np.mean([compute("fvd-infinity", *pair).value for pair in clouds]) == pytest.approx(5, abs=0.2)


def test_infinity_refuses_sets_below_two_and_a_half_dimensions() -> None:
    made, real = clouds(49, 20)
    with pytest.raises(Unsupported, match="needs 50 vectors"):
        compute("fvd-infinity", made, real)


def test_infinity_is_drawn_by_id_and_not_by_place() -> None:
    made, real = clouds(120, 20)
    found = metric("fvd-infinity")
    one, two = rows(made), rows(real, prefix="r")
    assert found.compute(one, two).value == pytest.approx(found.compute(one[::-1], two).value, rel=1e-9)


def test_windows_are_the_fvd_of_each_window() -> None:
    made, real = clouds(60, 10)
    later = np.stack([made, made + 1, made + 2], axis=1)
    found = compute("fvd-windows", later, real)
    each = [compute("fvd", made + k, real).value for k in range(3)]
    assert found.curve is not None
    np.testing.assert_allclose(found.curve.values, each, rtol=1e-9)
    roots = [by_root(made + k, real, 1) for k in range(3)]
    agree(found.curve.values, roots, of="fvd-windows", against=ROOT, stage="algebra", rtol=1e-6)
    assert found.value == pytest.approx(np.mean(each)) and list(found.curve.index) == [0, 16, 32]
    assert found.details["drift"] == pytest.approx(each[2] - each[0])


def test_consistent4d_as_published() -> None:
    """Its scalar covariances: `np.cov` of one row of 400 logits under numpy < 2.2."""
    generator = np.random.default_rng(0)
    one, two = generator.standard_normal((2, 1, 400))
    card = METRICS["consistent4d-asis"]
    series = {
        role: Series(np.array([0]), {"logits": value}) for role, value in zip(card.roles, (one, two), strict=True)
    }
    found = entry(card.entry)(card, card.protocol).score(series, Facts())
    a, b = np.cov(one[0]), np.cov(two[0])
    expected = np.square(one - two).sum() + a + b - 2 * np.sqrt(a * b)
    agree(found.value, expected, of=card.id, against="the formula in numpy", stage="algebra", rtol=1e-9)


def test_nan_names_the_sample() -> None:
    made, real = clouds()
    made[7, 3] = np.nan
    with pytest.raises(BadMedia, match=r"s000007 \(seed 0\)"):
        compute("fvd", made, real)


def test_too_few_outputs_are_unsupported() -> None:
    found = entry(METRICS["fvd"].entry)(METRICS["fvd"], METRICS["fvd"].protocol)
    with pytest.raises(Unsupported, match="at least 2"):
        found.compute(rows(np.zeros((1, 4))), rows(np.zeros((9, 4))))


def test_rows_in_one_order_give_equal_bits() -> None:
    made, real = clouds(2100, 10)
    assert compute("fvd", made, real).value == compute("fvd", made.copy(), real.copy()).value


def test_presets_share_one_pass_of_the_network() -> None:
    shared = ("fvd", "fvd-styleganv", "fvd-infinity", "kvd", "precision-k5", "nearest-reference")
    assert len({ask for name in shared for ask in metric(name).needs.values()}) == 1
