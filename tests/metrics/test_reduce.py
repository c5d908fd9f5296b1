"""The worst second of a curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbench_py.metrics.reduce import worst_second
from vbench_py.types import Curve


def curve(values: list[float], stride: int = 1) -> Curve:
    return Curve(np.arange(len(values)) * stride, np.array(values, dtype=np.float64))


def test_the_worst_second_is_the_lowest_mean_where_higher_is_better() -> None:
    assert worst_second(curve([9, 1, 2, 9, 9]), 2.0, "higher") == 1.5


def test_the_worst_second_is_the_highest_mean_where_lower_is_better() -> None:
    assert worst_second(curve([9, 1, 2, 9, 9]), 2.0, "lower") == 9.0


def test_a_second_counts_frames_not_windows() -> None:
    assert worst_second(curve([9, 1, 2, 9], stride=2), 4.0, "higher") == 1.5


def test_a_curve_below_one_second_is_one_second() -> None:
    assert worst_second(curve([4, 2]), 24.0, "higher") == 3.0


@pytest.mark.parametrize(("fps", "direction"), [(0.0, "higher"), (float("nan"), "lower"), (8.0, "descriptive")])
def test_there_is_no_worst_second_without_fps_or_direction(fps: float, direction: str) -> None:
    assert worst_second(curve([1, 2]), fps, direction) is None


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40), st.floats(1, 60))
def test_the_worst_second_lies_between_the_extremes(values: list[float], fps: float) -> None:
    worst = worst_second(curve(values), fps, "lower")
    assert worst is not None
    assert min(values) - 1e-9 <= worst <= max(values) + 1e-9
