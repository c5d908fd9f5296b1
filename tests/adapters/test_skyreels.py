"""SkyReels-V2 on tiny checkpoints: windows that overlap, videos that go on, and the noise on what came before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("diffusers")

import torch

from tests.adapters.helpers import waves
from tests.adapters.tiny.cases import SIDE, cases
from tests.adapters.tiny.runs import CLIP, Tiny, pixels

FORCING = "skyreels-v2-df-1.3b-540p"
WINDOWS = {"call__num_frames": 17, "call__base_num_frames": 9, "call__overlap_history": 5}
NEW = 13
"""Frames that a continuation of the tiny checkpoint adds."""


@pytest.mark.parametrize(
    ("name", "role"),
    [("skyreels-v2-i2v-1.3b-540p:i2v", "first"), (f"{FORCING}:i2v", "first"), (f"{FORCING}:i2v", "last")],
)
def test_every_image_reaches_the_output(name: str, role: str, tiny: Tiny, tmp_path: Path) -> None:
    options = {"call__num_frames": 9}
    changed = pixels(cases()[name], tiny, tmp_path / "changed", other=role, options=options)
    assert not np.array_equal(changed, pixels(cases()[name], tiny, tmp_path / "plain", options=options))


def test_a_long_video_is_made_of_windows_that_overlap(tiny: Tiny, tmp_path: Path) -> None:
    chosen = cases()[f"{FORCING}:long_video"]
    long = pixels(chosen, tiny, tmp_path / "long", options=WINDOWS)
    assert len(long) == WINDOWS["call__num_frames"]


def test_a_video_that_goes_on_begins_with_the_given_one(tiny: Tiny, tmp_path: Path) -> None:
    made = pixels(cases()[f"{FORCING}:extend"], tiny, tmp_path / "made")
    assert made.shape == (CLIP + NEW, SIDE, SIDE, 3)
    assert np.abs(made[:CLIP].astype(int) - waves(CLIP, SIDE, SIDE)).max() <= 1


def test_the_noise_on_the_history_follows_the_seed(tiny: Tiny, tmp_path: Path) -> None:
    chosen = cases()[f"{FORCING}:long_video"]
    options = {**WINDOWS, "call__addnoise_condition": 900}
    torch.manual_seed(1)
    first = pixels(chosen, tiny, tmp_path / "first", options=options)
    torch.manual_seed(2)
    assert np.array_equal(first, pixels(chosen, tiny, tmp_path / "second", options=options))
    quiet = pixels(chosen, tiny, tmp_path / "quiet", options={**options, "call__addnoise_condition": 0})
    assert not np.array_equal(first, quiet)


def test_the_model_is_told_the_frame_rate(tiny: Tiny, tmp_path: Path) -> None:
    chosen = cases()[f"{FORCING}:t2v"]
    plain = pixels(chosen, tiny, tmp_path / "24")
    assert not np.array_equal(plain, pixels(chosen, tiny, tmp_path / "16", options={"call__fps": 16}))
