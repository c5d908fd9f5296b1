"""Rules of frames and sizes: the arithmetic of what a model can give, before anything loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vbench_py.adapters.rules import (
    fitted_size,
    frames_of,
    frames_within,
    keeps_frames,
    nearest_frames,
    nearest_size,
    size_of,
    told_frames,
    told_size,
)
from vbench_py.method_card import FramesCard, SizeCard
from vbench_py.types import Request, Sample, Unsupported

WAN = FramesCard(multiple=4, plus=1, least=5, most=121, native=81)
SVD = FramesCard(fixed=(25, 14), native=25)
COPY = FramesCard(multiple=4, plus=1, least=5, most=49, follows="source")
WIDE = SizeCard(fixed=((1024, 576), (576, 1024), (512, 288)), native=(1024, 576))
FREE = SizeCard(multiple=16, most_pixels=832 * 480, native=(832, 480))
LIKE = SizeCard(multiple=16, most_pixels=832 * 480, follows="first")


def asked(policy: str = "native", media: tuple[str, ...] = (), **fields: Any) -> Request:
    paths = {role: Path(role) for role in media}
    return Request(Sample("s", "t2v"), 0, media=paths, size_policy=policy, **fields)  # type: ignore[arg-type]


def test_native_ignores_what_is_asked() -> None:
    assert frames_of(WAN, asked(frames=16)) == 81
    assert size_of(FREE, asked(width=64, height=64)) == (832, 480)


@pytest.mark.parametrize(
    ("count", "allowed"), [(1, 5), (5, 5), (6, 5), (7, 5), (8, 9), (80, 81), (120, 121), (121, 121), (500, 121)]
)
def test_nearest_of_a_series(count: int, allowed: int) -> None:
    assert nearest_frames(WAN, count) == allowed
    assert frames_of(WAN, asked("nearest", frames=count)) == allowed


@pytest.mark.parametrize(("count", "allowed"), [(1, 14), (19, 14), (20, 25), (100, 25)])
def test_nearest_of_fixed_counts(count: int, allowed: int) -> None:
    assert nearest_frames(SVD, count) == allowed


def test_exact_refuses_and_names_the_nearest() -> None:
    with pytest.raises(Unsupported, match=r"frames: 16 asked for; the model gives 4k\+1 from 5 to 121, .* 17"):
        frames_of(WAN, asked("exact", frames=16))
    assert frames_of(WAN, asked("exact", frames=17)) == 17
    with pytest.raises(Unsupported, match="size: 640x480 asked for"):
        size_of(WIDE, asked("exact", width=640, height=480))


def test_the_user_wins_within_what_the_model_can() -> None:
    assert frames_of(WAN, asked(frames=16), 9) == 9
    with pytest.raises(Unsupported, match="at most 121"):
        frames_of(WAN, asked(), 125)
    with pytest.raises(Unsupported, match="nearest is 9"):
        frames_of(WAN, asked(), 10)
    assert frames_of(SVD, asked(), 3) == 3
    assert not keeps_frames(SVD, 3)


def test_chosen_sides() -> None:
    assert size_of(FREE, asked(), (320, None)) == (320, 480)
    with pytest.raises(Unsupported, match="multiples of 16"):
        size_of(FREE, asked(), (321, 480))
    with pytest.raises(Unsupported, match="up to 399360 pixels"):
        size_of(FREE, asked(), (1280, 720))
    with pytest.raises(Unsupported, match="choose both"):
        size_of(SizeCard(multiple=8), asked(), (64, None))


def test_one_side_alone_keeps_the_native_shape() -> None:
    assert size_of(FREE, asked("nearest", width=416)) == (416, 240)
    assert size_of(FREE, asked("nearest", height=240)) == (416, 240)


def test_nearest_size_is_of_like_shape_first() -> None:
    assert nearest_size(WIDE, (300, 500)) == (576, 1024)
    assert nearest_size(WIDE, (640, 360)) == (512, 288)
    assert nearest_size(FREE, (100, 100)) == (96, 96)


def test_the_input_decides_where_the_rule_follows_it() -> None:
    assert frames_of(COPY, asked(media=("source",), frames=16)) is None
    assert size_of(LIKE, asked(media=("first",))) is None
    assert frames_within(COPY, 48) == 45
    assert frames_within(COPY, 500) == 49
    with pytest.raises(Unsupported, match="the input has 3"):
        frames_within(COPY, 3)
    assert frames_within(SVD, 20) == 14


def test_an_input_keeps_its_shape_when_it_shrinks() -> None:
    width, height = fitted_size(LIKE, (1920, 1080))
    assert (width, height) == (832, 464)
    assert width * height <= 832 * 480
    assert fitted_size(LIKE, (7, 7)) == (16, 16)


def test_without_a_rule_only_a_policy_counts() -> None:
    assert frames_of(None, asked(frames=7)) is None
    assert frames_of(None, asked("nearest", frames=7)) == 7
    assert size_of(None, asked("exact", width=30, height=20)) == (30, 20)


def test_rules_in_words() -> None:
    assert told_frames(SVD) == "25 or 14"
    assert told_frames(COPY) == "4k+1 from 5 to 49 as the source"
    assert told_size(LIKE) == "multiples of 16 up to 399360 pixels as the first"
