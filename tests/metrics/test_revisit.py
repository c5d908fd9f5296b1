"""Returning paths: which frames are compared, and numbers as those of the plain metrics on the same frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import noisy, texture
from tests.metrics.running import METRICS, build, metric
from tests.metrics.running import score as scored
from vbench_py.metrics.extractors.revisit import chosen, pairs_of
from vbench_py.types import Facts, Score, Series, Unsupported

NAMES = ["revisit-psnr", "revisit-lpips"]


def written(folder: Path, clip: np.ndarray) -> Path:
    path = folder / "clip.npz"
    np.savez(path, video=clip)
    return path


def back_and_forth(half: int = 8, odd: bool = False) -> np.ndarray:
    there = texture(half, 48, 64)
    return np.concatenate([there, there[::-1][odd:]])


def revisited(name: str, path: Path, facts: dict[str, Any] | None = None) -> Score:
    (ask,) = metric(name).needs.values()
    found = dict(build(ask)(path))
    series = Series(found.pop("index"), found)
    return metric(name).score({"pairs": series}, Facts({"palindrome": True} if facts is None else facts))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", [False, True])
def test_a_palindrome_is_perfect(name: str, odd: bool, tmp_path: Path) -> None:
    made = revisited(name, written(tmp_path, back_and_forth(odd=odd)))
    assert made.value == pytest.approx(100 if name == "revisit-psnr" else 0, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_more_damage_to_the_way_back_is_worse(name: str, tmp_path: Path) -> None:
    clip, found = back_and_forth(), []
    for amplitude in (0, 6, 24, 60):
        worse = np.concatenate([clip[:8], noisy(clip[8:], amplitude)])
        found.append(revisited(name, written(tmp_path, worse)).value)
    assert found == sorted(found, reverse=METRICS[name].direction == "higher") and found[0] != found[1]


@pytest.mark.parametrize(("name", "plain"), [("revisit-psnr", "psnr-rgb"), ("revisit-lpips", "lpips-alex")])
def test_it_is_the_plain_metric_of_the_pairs(name: str, plain: str, tmp_path: Path) -> None:
    clip = noisy(back_and_forth(24), 15)
    made = revisited(name, written(tmp_path, clip))
    assert made.curve is not None
    first = made.curve.index
    expected = scored(plain, {"video": clip[first], "target": clip[len(clip) - 1 - first]}).value
    assert made.value == pytest.approx(expected, rel=1e-6)
    assert made.details["farthest"] == made.curve.values[0] and made.details["pairs"] == len(first) == 16


@pytest.mark.parametrize("frames", [3, 4, 7, 40, 41, 500])
def test_pairs_are_spread_from_the_ends_inwards(frames: int) -> None:
    first = chosen(frames, 16, 0.25)
    assert first[0] == 0 and (np.diff(first) > 0).all() and len(first) <= 16
    gap = frames - 1 - 2 * first
    assert gap.min() >= 0.25 * frames and gap.min() >= 1
    assert len(first) == 16 or frames - 1 - 2 * (first[-1] + 1) < max(0.25 * frames, 1)
    assert (chosen(frames, 16, 0.25, every=2) % 2 == 0).all()


def test_frames_of_a_pair_are_mirror_images_in_time(tmp_path: Path) -> None:
    clip = texture(11, 32, 40)
    found = list(pairs_of(written(tmp_path, clip), np.array([0, 2, 4])))
    assert [t for t, _, _ in found] == [4, 2, 0]
    for t, one, two in found:
        np.testing.assert_array_equal(one, clip[t])
        np.testing.assert_array_equal(two, clip[10 - t])


@pytest.mark.parametrize("name", NAMES)
def test_only_where_the_path_returns(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, back_and_forth())
    for facts in ({}, {"palindrome": False}):
        with pytest.raises(Unsupported, match="return the way they came"):
            revisited(name, path, facts)


def test_two_frames_are_too_few_where_they_are_to_lie_apart() -> None:
    with pytest.raises(Unsupported, match="no two of 1 frames"):
        chosen(1, 16, 0.25)
