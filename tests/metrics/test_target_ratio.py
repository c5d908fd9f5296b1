"""Sharpness and change over time against the target, on frames whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.running import score


def test_sharpness_of_known_frames() -> None:
    # An edge of height h along the middle of 8 columns: the Laplacian is +h and -h on two of them, variance h^2 / 4.
    edge = np.zeros((2, 8, 8, 3), np.uint8)
    edge[:, :, 4:] = 200
    made = score("sharpness-ratio", {"video": edge, "target": edge // 2})
    expected = np.log2((200**2 / 4 + 20 / 12) / (100**2 / 4 + 20 / 12))
    assert made.value == pytest.approx(expected, rel=1e-12)
    assert made.details["ratio"] == pytest.approx(2**expected)


def test_the_rounding_term_is_the_variance_of_the_laplacian_of_rounding() -> None:
    """20/12: kernel coefficients squared sum to 20, rounding has variance 1/12."""
    from vbench_py.metrics.extractors.target_ratio import CHANGE_OF_ROUNDING, LAPLACIAN_OF_ROUNDING

    noise = np.random.RandomState(0).uniform(-0.5, 0.5, (2, 600, 600))
    first = noise[0]
    laplacian = sum(np.roll(first, step, axis) for step in (-1, 1) for axis in (0, 1)) - 4 * first
    assert np.var(laplacian) == pytest.approx(LAPLACIAN_OF_ROUNDING, rel=0.02)
    assert np.mean(np.abs(noise[0] - noise[1])) == pytest.approx(CHANGE_OF_ROUNDING, rel=0.02)


def test_change_of_known_frames() -> None:
    def ramp(step: int) -> np.ndarray:
        return np.broadcast_to((10 + step * np.arange(5, dtype=np.uint8))[:, None, None, None], (5, 8, 8, 3))

    made = score("temporal-flicker-ratio", {"video": ramp(8), "target": ramp(4)})
    assert made.value == pytest.approx(np.log2((8 + 1 / 3) / (4 + 1 / 3)))
    assert made.details["ratio"] == 2
    assert made.curve is not None and len(made.curve.values) == 4


def test_a_still_target_has_no_ratio_but_a_distance() -> None:
    still = np.repeat(texture(1, 16, 16), 3, axis=0)
    assert score("temporal-flicker-ratio", {"video": still, "target": still}).value == 0
    made = score("temporal-flicker-ratio", {"video": noisy(still, 8), "target": still})
    assert made.value > 2 and "ratio" not in made.details


@pytest.mark.parametrize(("name", "least"), [("sharpness-ratio", 1), ("temporal-flicker-ratio", 2)])
def test_more_and_less_than_the_target_are_both_worse(name: str, least: int) -> None:
    clip = texture(4, 48, 64)
    more, fewer = (score(name, {"video": video, "target": clip}) for video in (noisy(clip, 40), blurred(clip, 3)))
    assert more.value > 0.1 and more.details["ratio"] > 1
    assert fewer.value > 0.1 and fewer.details["ratio"] < 1
