"""What must hold for every metric that looks at frames: ideal values, order under damage, independence of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.running import METRICS, WINDOWED, score
from vbench_py.types import BadMedia, Score

Weights = Mapping[str, Path]
IDEAL = {"dB": 100.0, "": 1.0}
CLIP = texture(7, 164, 176)
FROZEN = np.repeat(CLIP[:1], 7, axis=0)
FULL_REFERENCE = [name for name in WINDOWED if "target" in METRICS[name].roles]


def ideal(name: str) -> float:
    card = METRICS[name]
    return 0.0 if card.direction == "lower" else IDEAL[card.unit]


def of(name: str, video: np.ndarray, weights: Weights, batch: int = 0) -> Score:
    target = {"target": CLIP} if "target" in METRICS[name].roles else {}
    return score(name, {"video": video, **target}, weights=weights, batch=batch, facts={"fps": 3.0})


def worse(name: str, first: float, second: float) -> bool:
    """Whether `second` is worse than `first`."""
    return second < first if METRICS[name].direction == "higher" else second > first


@pytest.mark.parametrize("name", WINDOWED)
def test_the_ideal_video_gets_the_ideal_value(name: str, random_weights: Weights) -> None:
    video = CLIP if "target" in METRICS[name].roles else FROZEN
    assert of(name, video, random_weights).value == pytest.approx(ideal(name), abs=1e-6)


@pytest.mark.parametrize("name", WINDOWED)
def test_more_noise_is_worse(name: str, random_weights: Weights) -> None:
    clean = CLIP if "target" in METRICS[name].roles else FROZEN
    steps = [of(name, noisy(clean, amplitude), random_weights).value for amplitude in (0, 4, 16, 48)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


# Noise-free blur barely changes what classical flow finds, and flow error is not monotone in it.
@pytest.mark.parametrize("name", [name for name in FULL_REFERENCE if not name.startswith("tof")])
def test_more_blur_is_worse(name: str, random_weights: Weights) -> None:
    steps = [of(name, blurred(CLIP, radius), random_weights).value for radius in (0, 1, 2, 5)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


@pytest.mark.parametrize("name", WINDOWED)
def test_a_batch_of_one_equals_a_batch_of_many(name: str, random_weights: Weights) -> None:
    video = noisy(CLIP, 9)
    one, many = (of(name, video, random_weights, batch=batch) for batch in (1, 0))
    assert one.curve is not None and many.curve is not None
    if METRICS[name].deterministic:
        assert np.array_equal(one.curve.values, many.curve.values)
    else:
        np.testing.assert_allclose(one.curve.values, many.curve.values, atol=METRICS[name].reference.tolerance or 0)


@pytest.mark.parametrize("name", WINDOWED)
def test_twice_is_the_same(name: str, random_weights: Weights) -> None:
    video = noisy(CLIP, 9)
    first, second = of(name, video, random_weights), of(name, video, random_weights)
    assert (first.value, first.details) == (second.value, second.details)


@pytest.mark.parametrize("name", WINDOWED)
def test_the_value_lies_in_the_range_of_the_card(name: str, random_weights: Weights) -> None:
    low, high = METRICS[name].range
    assert low <= of(name, noisy(CLIP, 60), random_weights).value <= high


@pytest.mark.parametrize("name", FULL_REFERENCE)
def test_unequal_sizes_are_refused(name: str, random_weights: Weights) -> None:
    with pytest.raises(BadMedia, match="compare equal frames"):
        of(name, CLIP[:, :-1], random_weights)


@pytest.mark.parametrize("name", WINDOWED)
def test_the_worst_second_is_not_better_than_the_mean(name: str, random_weights: Weights) -> None:
    made = of(name, np.concatenate([CLIP[:4], noisy(CLIP, 40)[4:]]), random_weights)
    assert made.curve is not None
    mean = float(np.mean(made.curve.values))
    assert not worse(name, made.details["worst_second"], mean) or made.details["worst_second"] == pytest.approx(mean)
