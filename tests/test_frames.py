"""What people hand over as a video: whole arrays here, streams and refusals in tests/adapters/test_results.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.video_fixtures import moving_texture
from vbench_py.frames import as_frames, iter_frames
from vbench_py.types import BadMedia

CLIP = moving_texture(4, 24, 32)
FORMS: dict[str, Any] = {
    "array": CLIP,
    "batch of one": CLIP[None],
    "channels second": CLIP.transpose(0, 3, 1, 2),
    "float": CLIP / 255,
    "float32 tensor, channels second": torch.from_numpy(CLIP).permute(0, 3, 1, 2).float() / 255,
    "list of frames": list(CLIP),
    "generator of chunks": (CLIP[i : i + 2] for i in (0, 2)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_whole_equals_the_frames_one_after_the_other(form: str) -> None:
    np.testing.assert_array_equal(as_frames(FORMS[form]), CLIP)


def test_a_plain_array_is_not_copied() -> None:
    assert np.shares_memory(as_frames(CLIP), CLIP)


def test_the_result_is_contiguous() -> None:
    assert as_frames(CLIP.transpose(0, 3, 1, 2)).flags.c_contiguous


def test_every_level_survives_the_way_through_float32() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    np.testing.assert_array_equal(as_frames(levels.astype(np.float32) / np.float32(255)), levels)


def test_half_way_values_round_to_even_as_numpy_does() -> None:
    assert np.unique(as_frames(np.full((1, 2, 2, 3), 0.5))) == [128]


def test_frames_are_converted_one_at_a_time() -> None:
    stream = iter_frames(iter([CLIP[0] / 255, CLIP[1] * 2.0]))
    np.testing.assert_array_equal(next(stream), CLIP[0])
    with pytest.raises(BadMedia, match=r"outside \[0, 1\]"):
        next(stream)


@pytest.mark.parametrize(
    ("video", "message"),
    [
        (CLIP.astype(np.int64), "type int64"),
        (CLIP * 1.0, "scale it"),
        (CLIP / 127.5 - 1, r"\(x \+ 1\) / 2"),
        (np.full((1, 4, 4, 3), np.nan), "NaN"),
        (np.zeros((2, 3, 8, 3), np.uint8), "reads two ways"),
        ([], "no frames"),
        (7, "int"),
        (["a.png"], "a frame is a str"),
    ],
)
def test_what_cannot_be_read_one_way_is_refused(video: Any, message: str) -> None:
    with pytest.raises(BadMedia, match=message):
        as_frames(video)
