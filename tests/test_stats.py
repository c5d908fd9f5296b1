"""Means over clusters, the coverage of their intervals, paired differences, shared ranks."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from vbench_py.stats import (
    Estimate,
    bootstrap_interval,
    cluster_mean,
    mean_interval,
    paired_difference,
    separated,
    shared_ranks,
)


def test_mean_is_over_groups_not_over_videos() -> None:
    assert cluster_mean([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"]).mean == 3.0


def test_counts_videos_and_groups() -> None:
    estimate = cluster_mean([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"])
    assert (estimate.n, estimate.clusters) == (4, 2)


def test_one_group_has_no_interval() -> None:
    estimate = cluster_mean([1.0, 2.0], ["a", "a"])
    assert isnan(estimate.low) and isnan(estimate.high) and not estimate.has_interval


def test_no_values_give_no_mean() -> None:
    assert isnan(cluster_mean([], []).mean)


def test_an_infinite_value_gives_an_infinite_mean_without_interval() -> None:
    estimate = cluster_mean([inf, 30.0, 31.0], ["a", "b", "c"])
    assert estimate.mean == inf and not estimate.has_interval


def test_few_groups_agree_with_scipys_student_interval() -> None:
    means = np.array([28.1, 29.4, 27.2, 30.3])
    expected = reference.t.interval(0.95, len(means) - 1, loc=means.mean(), scale=reference.sem(means))
    assert mean_interval(means) == pytest.approx(expected, rel=1e-12)


def test_symmetric_groups_agree_with_scipys_student_interval() -> None:
    means = np.arange(11, dtype=np.float64)  # no skewness, so that the correction must vanish
    expected = reference.t.interval(0.95, len(means) - 1, loc=means.mean(), scale=reference.sem(means))
    assert mean_interval(means) == pytest.approx(expected, rel=1e-9)


def test_interval_of_equal_groups_is_their_value() -> None:
    assert mean_interval(np.full(8, 0.5)) == (0.5, 0.5)


def test_interval_leans_towards_the_long_tail() -> None:
    estimate = cluster_mean([1.0, 1.0, 1.1, 1.2, 1.1, 1.0, 9.0], list("abcdefg"))
    assert estimate.high - estimate.mean > estimate.mean - estimate.low


def _coverage(draw: np.ndarray, truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in map(mean_interval, draw)]))


REPEATS = 6000
"""Standard error of a coverage near 95 %: 0.3 points."""


@pytest.mark.parametrize("groups", [5, 10, 30])
def test_coverage_of_normal_groups(groups: int) -> None:
    draw = np.random.default_rng(1).normal(2.0, 3.0, (REPEATS, groups))
    assert 0.93 <= _coverage(draw, 2.0) <= 0.97


@pytest.mark.parametrize("groups", [5, 10, 30])
def test_coverage_of_skewed_groups(groups: int) -> None:
    draw = np.random.default_rng(2).gamma(4.0, 1.0, (REPEATS, groups))  # skewness 1
    assert 0.93 <= _coverage(draw, 4.0) <= 0.97


@pytest.mark.parametrize("groups", [10, 30])
def test_coverage_of_strongly_skewed_groups(groups: int) -> None:
    draw = np.random.default_rng(3).exponential(1.0, (REPEATS, groups))  # skewness 2
    assert 0.93 <= _coverage(draw, 1.0) <= 0.97


def test_five_strongly_skewed_groups_are_covered_better_than_by_students_t() -> None:
    draw = np.random.default_rng(4).exponential(1.0, (REPEATS, 5))
    margin = reference.t.ppf(0.975, 4) * draw.std(axis=1, ddof=1) / np.sqrt(5)
    students = float(np.mean(np.abs(draw.mean(axis=1) - 1.0) <= margin))
    assert _coverage(draw, 1.0) > students + 0.02


def test_the_bootstrap_agrees_with_scipys_percentile_bootstrap() -> None:
    means = np.sort(np.random.default_rng(6).gamma(4.0, 1.0, 40))
    found = reference.bootstrap((means,), np.mean, n_resamples=100_000, method="percentile", rng=7)
    expected = found.confidence_interval
    # 2000 resamples give an end of the interval to some 4 % of its width.
    assert bootstrap_interval(means) == pytest.approx(tuple(expected), abs=0.05 * (expected.high - expected.low))


def test_the_bootstrap_draws_whole_groups() -> None:
    values, groups = [1.0, 1.0, 1.0, 5.0, 5.0, 5.0], list("aaabbb")
    estimate = cluster_mean(values, groups, "bootstrap")
    assert (estimate.low, estimate.high, estimate.n, estimate.clusters) == (1.0, 5.0, 6, 2)


def test_the_bootstrap_is_the_same_in_any_order() -> None:
    values = np.random.default_rng(8).normal(0, 1, 50)
    groups = np.arange(50) % 9
    turned = np.random.default_rng(9).permutation(50)
    found = [cluster_mean(values[order], groups[order], "bootstrap") for order in (slice(None), turned)]
    assert found[0] == found[1]


def test_the_bootstrap_of_one_group_has_no_interval() -> None:
    assert not cluster_mean([1.0, 2.0], ["a", "a"], "bootstrap").has_interval


def test_the_bootstrap_of_equal_groups_is_their_value() -> None:
    assert bootstrap_interval(np.full(6, 0.5)) == (0.5, 0.5)


@pytest.mark.parametrize(("groups", "told"), [(5, 0.837), (10, 0.899), (30, 0.936)])
def test_the_bootstrap_covers_normal_groups_as_its_docstring_says(groups: int, told: float) -> None:
    draw = np.sort(np.random.default_rng(10).normal(2.0, 3.0, (1500, groups)), axis=1)
    found = float(np.mean([low <= 2.0 <= high for low, high in map(bootstrap_interval, draw)]))
    assert found == pytest.approx(told, abs=0.03)  # three standard errors of 1500 draws


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(-1e6, 1e6)), min_size=1, max_size=40), st.randoms())
def test_the_order_of_rows_changes_no_bit(rows: list[tuple[str, float]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (
        cluster_mean([value for _, value in it], [group for group, _ in it]) for it in (rows, shuffled)
    )  # fmt: skip
    assert repr(first) == repr(second)


def _keys(count: int) -> list[tuple[str, int]]:
    return [(f"s{number}", 0) for number in range(count)]


def test_paired_difference_uses_shared_keys_only() -> None:
    a = {("x", 0): 3.0, ("y", 0): 5.0}
    difference = paired_difference(a, {("x", 0): 1.0, ("z", 0): 9.0}, {key: key[0] for key in a})
    assert (difference.mean, difference.n) == (2.0, 1)


def test_a_paired_difference_sees_what_sample_spread_hides() -> None:
    rng = np.random.default_rng(5)
    hard = rng.normal(0, 10, 20)
    a = dict(zip(_keys(20), hard + 0.5 + rng.normal(0, 0.2, 20), strict=True))
    b = dict(zip(_keys(20), hard, strict=True))
    assert separated(paired_difference(a, b, {key: key[0] for key in a}))


def test_two_infinities_differ_by_nothing() -> None:
    a = dict.fromkeys(_keys(6), inf)
    assert paired_difference(a, a, {key: key[0] for key in a}).mean == 0.0


def test_equal_runs_are_not_separated() -> None:
    a = dict.fromkeys(_keys(6), 1.0)
    assert not separated(paired_difference(a, a, {key: key[0] for key in a}))


def test_without_an_interval_nothing_is_separated() -> None:
    assert not separated(Estimate(3.0, nan, nan, 1, 1))


def test_ranks_are_shared_with_the_first_of_the_tie() -> None:
    means = [10, 9, 8, 2]
    assert shared_ranks(lambda i, j: means[i] - means[j] > 1, 4) == [1, 1, 3, 4]


def test_ranks_of_separate_rows_count_up() -> None:
    assert shared_ranks(lambda i, j: True, 3) == [1, 2, 3]
