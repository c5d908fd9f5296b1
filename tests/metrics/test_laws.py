"""What must hold for every metric that looks at an output: ideal values, order under damage, independence of batches.

Networks run small, on seeded random weights: these laws are of the arithmetic and the plumbing, not of what a trained
network sees (that is `test_controls.py`, and the tests marked network).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.running import METRICS, build, metric, needs_small, score
from vbench_py.features.asks import roles_of, sources_of
from vbench_py.features.extraction import Extraction, of_texts
from vbench_py.types import Ask, BadMedia, Facts, Score, Series

OUTPUTS = [name for name, card in METRICS.items() if card.over == "output" and metric(name).needs]
FILES = [name for name in OUTPUTS if any(ask.view.unit == "file" for ask in metric(name).needs.values())]
LONG = {"shot-count", "cut-rate", "consistent4d-asis", "drift-dino", "clipsim-meanfeat", "viclip-text"}
"""Windows or distances of many frames: these get a longer clip."""
LARGE = {"ms-ssim-rgb": (164, 176), "niqe": (96, 192), "niqe-basicsr": (96, 192)}
"""Those that refuse smaller frames."""
NAMES = [name for name in OUTPUTS if name not in FILES and not needs_small(name)]
FACTS: Mapping[str, Any] = {
    "fps": 3.0, "prompt": "a red car on a road", "appearance_style": "Van Gogh style",
    "timeline": [{"first": 0, "last": 3, "emitted_at": 1.0}, {"first": 4, "last": 99, "emitted_at": 2.0}],
}  # fmt: skip
TEXTS = {"prompt": "a red car", "source_prompt": "a blue car", "appearance_style": "Van Gogh style"}
STILLS = {"first", "last", "reference"}
COMPARING = [n for n in NAMES if {"target", "baseline"} & set(METRICS[n].roles)]


@functools.cache
def clip(name: str) -> np.ndarray:
    return texture(32 if name in LONG else 7, *LARGE.get(name, (96, 128)))


def of(name: str, video: np.ndarray, batch: int = 0, other: np.ndarray | None = None) -> Score:
    """The score of `video`; every other role takes `other`, else the clean clip (one frame of it for images)."""
    beside = clip(name) if other is None else other
    roles = {r: beside[:1] if r in STILLS else beside for r in METRICS[name].roles if r not in TEXTS}
    return score(name, {**roles, "video": video}, facts=FACTS, batch=batch, texts=TEXTS)


def close(name: str, first: float | np.ndarray, second: float | np.ndarray) -> None:
    card = METRICS[name]
    if card.deterministic:
        np.testing.assert_array_equal(first, second)
    else:
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=card.reference.tolerance or 1e-5)


def worse(name: str, first: float, second: float) -> bool:
    """Whether `second` is worse than `first`."""
    return second < first if METRICS[name].direction == "higher" else second > first


@pytest.mark.parametrize("name", COMPARING)
def test_the_target_itself_gets_the_ideal_value(name: str) -> None:
    card = METRICS[name]
    ideal = 0.0 if card.direction == "lower" else 100.0 if card.unit == "dB" else 1.0
    assert of(name, clip(name)).value == pytest.approx(ideal, abs=1e-5)


STILL = [
    name for name in NAMES
    if METRICS[name].family in ("temporal", "consistency", "motion", "structure")
    and set(METRICS[name].roles) == {"video"} and METRICS[name].direction != "descriptive"
]  # fmt: skip
NOT_STILL = {
    "mawe": "the flow of a random network is not zero between equal frames",
    "seam-score": "its ideal is a ratio of 1",
    "motion-smoothness": "a random network does not return the frame that it is given twice",
    "motion-smoothness-rife": "a random network does not return the frame that it is given twice",
    "motion-smoothness-rife-35": "a random network does not return the frame that it is given twice",
    "warping-error-raft": "the flow of a random network is not zero between equal frames",
    "warping-error-lai-asis": "the flow of a random network is not zero between equal frames",
    "warping-error-evalcrafter-asis": "the flow of a random network is not zero between equal frames",
}


@pytest.mark.parametrize("name", [name for name in STILL if name not in NOT_STILL])
def test_a_still_video_is_perfectly_steady(name: str) -> None:
    still = np.repeat(clip(name)[:1], len(clip(name)), axis=0)
    assert of(name, still).value == pytest.approx(0.0 if METRICS[name].direction == "lower" else 1.0, abs=1e-5)


NOT_NOISE = {
    "consistent4d-asis": "as published it is no distance of the videos",
    "flolpips-triplet": "the flow of a random network weighs the pixels, so noise only tends to be worse",
    "flolpips-video": "the flow of a random network weighs the pixels, so noise only tends to be worse",
    "baseline-dino": "a random network's features do not order noise",
    "tlp": "it compares changes, of which noise has as many in every pair",
}


@pytest.mark.parametrize("name", [name for name in COMPARING if name not in NOT_NOISE])
def test_more_noise_is_worse(name: str) -> None:
    steps = [of(name, noisy(clip(name), amplitude)).value for amplitude in (0, 4, 16, 48)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


STEADY = ["temporal-flickering", "warping-error-dis", "warping-error-raft", "warping-error-source-raft"]


@pytest.mark.parametrize("name", STEADY)
def test_more_noise_is_less_steady(name: str) -> None:
    still = np.repeat(clip(name)[:1], 7, axis=0)
    steps = [of(name, noisy(still, amplitude), other=still).value for amplitude in (0, 4, 16, 48)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


# Noise-free blur barely changes what classical flow finds, and flow error is not monotone in it.
@pytest.mark.parametrize("name", [n for n in COMPARING if n not in NOT_NOISE and not n.startswith("tof")])
def test_more_blur_is_worse(name: str) -> None:
    steps = [of(name, blurred(clip(name), radius)).value for radius in (0, 1, 2, 5)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_one_equals_a_batch_of_many(name: str) -> None:
    video = noisy(clip(name), 9)
    one, many = (of(name, video, batch=batch) for batch in (1, 64))
    close(name, one.value, many.value)
    if one.curve is not None and many.curve is not None:
        close(name, one.curve.values, many.curve.values)


@pytest.mark.parametrize("name", NAMES)
def test_twice_is_the_same(name: str) -> None:
    video = noisy(clip(name), 9)
    first, second = of(name, video), of(name, video)
    assert (first.value, first.details) == (second.value, second.details)


@pytest.mark.parametrize("name", NAMES)
def test_the_value_lies_in_the_range_of_the_card(name: str) -> None:
    low, high = METRICS[name].range
    slack = METRICS[name].reference.tolerance or 0.0
    assert low - slack <= of(name, noisy(clip(name), 60)).value <= high + slack


MIDDLING = [n for n in COMPARING if not any(a.view.geometry for a in metric(n).needs.values())]


@pytest.mark.parametrize("name", MIDDLING)
def test_unequal_sizes_are_refused(name: str) -> None:
    with pytest.raises(BadMedia, match="compare equal frames"):
        of(name, clip(name)[:, :-1])


WORST = [name for name in NAMES if METRICS[name].direction != "descriptive" and "fps" in METRICS[name].facts]


@pytest.mark.parametrize("name", WORST)
def test_the_worst_second_is_not_better_than_the_mean_of_the_curve(name: str) -> None:
    whole = clip(name)
    half = len(whole) // 2
    made = of(name, np.concatenate([whole[:half], noisy(whole, 40)[half:]]))
    if made.curve is None or "worst_second" not in made.details:
        pytest.skip("its value is no mean of its curve")
    mean, worst = float(np.mean(made.curve.values)), made.details["worst_second"]
    assert not worse(name, worst, mean) or worst == pytest.approx(mean)


def _series(name: str, order: tuple[int, int]) -> list[dict[str, Series]]:
    """The arrays of two videos that went through the extractors one after the other, in this order."""
    videos = [clip(name), noisy(clip(name), 30)]
    found: list[dict[str, Series]] = [{}, {}]
    for need, ask in metric(name).needs.items():
        if ask.view.unit == "text":
            for place in found:
                place[need] = of_texts(build(ask), [TEXTS[text] for text in ask.on])
            continue
        work, gathered = Extraction(), {}
        for number in order:
            video = videos[number]
            gathered[number] = _feed(work, ask, {r: clip(name) for r in roles_of(ask)} | {"video": video})
        work.flush()
        for number, item in gathered.items():
            if item.error is not None:
                raise item.error
            found[number][need] = item.series()
    return found


def _feed(work: Extraction, ask: Ask, roles: Mapping[str, np.ndarray]) -> Any:
    shown = {role: frames[:1] if role in STILLS else frames for role, frames in roles.items()}
    return work.feed(
        {ask: build(ask)}, lambda role: iter([shown[role]]), frozenset(STILLS & set(shown)),
        sources={source: build(source) for source in sources_of(ask)}, frames=len(roles["video"]), fps=3.0,
    )[ask]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_videos_does_not_matter(name: str) -> None:
    known = Facts({"frames": len(clip(name)), **FACTS})
    first, second = (_series(name, order) for order in ((0, 1), (1, 0)))
    for one, other in zip(first, second, strict=True):
        close(name, metric(name).score(one, known).value, metric(name).score(other, known).value)


@pytest.mark.parametrize("name", [n for n in NAMES if METRICS[n].minimum_frames > 1 and n != "seam-score"])
def test_its_shortest_video_has_a_number(name: str) -> None:
    """A shorter one is refused by the card's minimum, see `tests/e2e/test_bad_media.py`."""
    whole = texture(METRICS[name].minimum_frames, *clip(name).shape[1:3])
    assert np.isfinite(of(name, whole, other=whole).value)


def test_every_network_can_run_small() -> None:
    assert [name for name in OUTPUTS if needs_small(name)] == []
