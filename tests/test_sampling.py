"""Sampled frames are those of the protocols that name them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vbench_py.features.sampling import sampled_frames
from vbench_py.types import Unsupported, UsageError


@pytest.mark.parametrize(
    ("sampling", "frames", "fps", "expected"),
    [
        ("all", 4, None, [0, 1, 2, 3]),
        ("first:3", 9, None, [0, 1, 2]),
        ("middle:8", 16, None, [0, 2, 4, 6, 8, 10, 12, 14]),
        ("middle:8", 5, None, [0, 1, 2, 3, 4, 4, 4, 4]),
        ("uniform:4", 10, None, [0, 3, 6, 9]),
        ("fps:8", 7, 24.0, [0, 3, 6]),
        ("fps:8", 4, 5.0, [0, 1, 2, 3]),
        ("fps:8", 6, 20.0, [0, 2, 4]),
        ("odd", 6, None, [1, 3, 5]),
        ("even", 5, None, [0, 2, 4]),
        ("every:3", 8, None, [0, 3, 6]),
        ("every:8:3", 40, None, [0, 8, 16]),
        ("padded:2:1:4", 3, None, [0, 0, 0, 1, 2, 2, 2]),
    ],
)
def test_frames_of_each_protocol(sampling: str, frames: int, fps: float | None, expected: list[int]) -> None:
    assert sampled_frames(sampling, frames, fps).tolist() == expected


def test_middle_frames_follow_vbenchs_rule() -> None:
    """VBench: the middles of `num` intervals of linspace(0, frames, num + 1) cut to whole numbers."""
    for frames in range(8, 60):
        edges = [int(edge) for edge in np.linspace(0, frames, 9)]
        expected = [(start + end - 1) // 2 for start, end in pairwise(edges)]
        assert sampled_frames("middle:8", frames).tolist() == expected


@pytest.mark.parametrize("sampling", ["first:16", "uniform:16"])
def test_too_few_frames_are_refused(sampling: str) -> None:
    with pytest.raises(Unsupported, match="16 frames, the video has 9"):
        sampled_frames(sampling, 9)


def test_too_few_frames_of_every_nth_are_refused() -> None:
    assert sampled_frames("every:8:16", 121).tolist() == list(range(0, 128, 8))
    with pytest.raises(Unsupported, match="121 frames, the video has 120"):
        sampled_frames("every:8:16", 120)


def test_an_unknown_sampling_is_refused() -> None:
    with pytest.raises(UsageError, match="not known"):
        sampled_frames("random:4", 9)
