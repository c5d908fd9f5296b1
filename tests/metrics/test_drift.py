"""Drift of quality: the arithmetic on known marks, and the same arrays as the means beside it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.clips import noisy, texture
from tests.metrics.running import metric, score, values
from vbench_py.types import Facts, Series

PAIRS = [("quality-drift-aesthetic", "aesthetic-quality", 10), ("quality-drift-imaging", "imaging-quality", 1)]


@pytest.mark.parametrize(("drift", "mean", "divisor"), PAIRS)
def test_of_known_marks(drift: str, mean: str, divisor: int) -> None:
    marks = np.linspace(60, 22, 20)  # 15 % of 20 frames are 3, 2 apart: 58 against 24
    made = metric(drift).score({"windows": Series(np.arange(20), {"value": marks})}, Facts({"fps": 4.0}))
    assert made.value == pytest.approx(34 / divisor)
    assert made.details["difference"] == pytest.approx(-34 / divisor)
    assert made.details["slope_per_second"] == pytest.approx(-8 / divisor)
    np.testing.assert_allclose(made.curve.values, np.abs(marks - 58) / divisor)


@pytest.mark.parametrize(("drift", "mean", "divisor"), PAIRS)
def test_it_asks_what_the_mean_asks(drift: str, mean: str, divisor: int) -> None:
    assert metric(drift).needs == metric(mean).needs


@pytest.mark.parametrize(("drift", "mean", "divisor"), PAIRS)
def test_it_is_the_difference_of_the_marks_at_the_ends(drift: str, mean: str, divisor: int) -> None:
    clip = texture(8, 64, 96)
    video = np.concatenate([clip[:4], noisy(clip[4:], 80)])
    marks = values(mean, {"video": video})
    assert score(drift, {"video": video}).value == pytest.approx(abs(marks[-1] - marks[0]), rel=1e-9)
