"""imresize against Octave and a Python port that was held against MATLAB, and laws of resampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vbench_py.derive.imresize import imresize, imresize_double
from vbench_py.types import UsageError

REFERENCE = np.load(Path(__file__).parent / "data" / "imresize_reference.npz")
IMAGE = REFERENCE["image"]
SCALES = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "eighth": 1 / 8, "double": 2.0}


@pytest.mark.parametrize("name", SCALES)
def test_floats_equal_octave(name: str) -> None:
    ours = imresize(IMAGE / 255, scale=SCALES[name])
    np.testing.assert_allclose(ours, REFERENCE[f"octave_{name}"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["half", "third", "quarter", "eighth"])
def test_the_route_through_double_equals_octave_level_for_level(name: str) -> None:
    expected = np.floor(np.clip(REFERENCE[f"octave_{name}"], 0, 1) * 255 + 0.5).astype(np.uint8)
    np.testing.assert_array_equal(imresize_double(IMAGE, scale=SCALES[name]), expected)


@pytest.mark.parametrize("name", ["third", "quarter", "eighth"])
def test_uint8_equals_the_port(name: str) -> None:
    np.testing.assert_array_equal(imresize(IMAGE, scale=SCALES[name]), REFERENCE[f"python_{name}_uint8"])


def test_uint8_differs_from_the_port_at_exact_halves_only() -> None:
    # The port rounds halves to even, MATLAB away from zero. Rows come first; eight pixels feed one of the second pass.
    differs = imresize(IMAGE, scale=1 / 2) != REFERENCE["python_half_uint8"]
    after_rows = imresize(IMAGE.astype(float), size=(12, 48)) % 1 == 0.5
    taps = np.clip(2 * np.arange(24)[:, None] + np.arange(-3, 5), 0, 47)
    fed_by_a_half = after_rows[:, taps].any(axis=2)
    a_half_itself = imresize(imresize(IMAGE, size=(12, 48)).astype(float), size=(12, 24)) % 1 == 0.5
    assert not (differs & ~fed_by_a_half & ~a_half_itself).any()


def test_uint8_is_within_a_level_of_the_port() -> None:
    assert np.abs(imresize(IMAGE, scale=1 / 2).astype(int) - REFERENCE["python_half_uint8"]).max() <= 1


def test_a_given_size_equals_the_port() -> None:
    np.testing.assert_allclose(imresize(IMAGE / 255, size=(7, 31)), REFERENCE["python_size_float"], rtol=0, atol=1e-12)


def test_a_given_size_in_uint8_equals_the_port() -> None:
    np.testing.assert_array_equal(imresize(IMAGE, size=(7, 31)), REFERENCE["python_size_uint8"])


@settings(max_examples=40, deadline=None)
@given(
    level=st.integers(0, 255),
    sides=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_a_flat_image_stays_flat(level: int, sides: tuple[int, int], size: tuple[int, int]) -> None:
    flat = np.full((*sides, 3), level, dtype=np.uint8)
    np.testing.assert_array_equal(imresize(flat, size=size), np.full((*size, 3), level, dtype=np.uint8))


def test_mirrored_input_gives_mirrored_output() -> None:
    ours = imresize(IMAGE[:, ::-1] / 255, scale=1 / 3)
    np.testing.assert_allclose(ours, imresize(IMAGE / 255, scale=1 / 3)[:, ::-1], rtol=0, atol=1e-12)


def test_scale_one_changes_nothing() -> None:
    np.testing.assert_array_equal(imresize(IMAGE, scale=1.0), IMAGE)


def test_sides_are_rounded_up() -> None:
    assert imresize(IMAGE[:23, :45], scale=1 / 4).shape == (6, 12, 3)


def test_grey_images_keep_two_axes() -> None:
    np.testing.assert_array_equal(imresize(IMAGE[..., 0], scale=1 / 4), imresize(IMAGE, scale=1 / 4)[..., 0])


def test_float32_stays_float32() -> None:
    assert imresize(IMAGE.astype(np.float32), scale=1 / 2).dtype == np.float32


@pytest.mark.parametrize("arguments", [{}, {"scale": 0.5, "size": (4, 4)}, {"size": (0, 4)}])
def test_wrong_use_is_named(arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="imresize"):
        imresize(IMAGE, **arguments)  # type: ignore[arg-type]
