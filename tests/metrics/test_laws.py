"""What must hold for every metric that looks at an output: ideal values, order under damage, independence of batches.

Networks run small, on seeded random weights: these laws are of the arithmetic and the plumbing, not of what a trained
network sees (that is `test_controls.py`, and the tests marked network). What each metric is shown: `truths.py`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy
from tests.metrics.running import ISOLATED, METRICS, build, feed, metric, needs_small, of_files
from tests.metrics.truths import FACTS, TEXTS, clean, damaged, of, output, still, time_axis, truth
from vbench_py.features.asks import roles_of
from vbench_py.features.extraction import Extraction, of_texts
from vbench_py.promises.clips import STILL_ROLES
from vbench_py.types import LADDER, BadMedia, Facts, Series

OUTPUTS = [name for name, card in METRICS.items() if card.over == "output" and metric(name).needs]
NOT_HERE = {
    "cross-shot-consistency": "a random network finds no cut; see tests/metrics/test_story.py",
    **{name: f"runs in {it}, which may not be built: tests/metrics/test_strred.py" for name, it in ISOLATED.items()},
}
NAMES = [name for name in OUTPUTS if name not in NOT_HERE and not needs_small(name)]
COMPARING = [
    name for name in NAMES
    if METRICS[name].direction != "descriptive"
    and {"target", "baseline", "source", "camera", "tracks"} & set(METRICS[name].roles)
]  # fmt: skip
PIXELS = [name for name in COMPARING if output(name) in ("video", "views")]


def close(name: str, first: float | np.ndarray, second: float | np.ndarray) -> None:
    card = METRICS[name]
    if card.deterministic:
        np.testing.assert_array_equal(first, second)
    else:
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=card.reference.tolerance or 1e-5)


def worse(name: str, first: float, second: float) -> bool:
    """Whether `second` is worse than `first`."""
    return second < first if METRICS[name].direction == "higher" else second > first


NOT_IDEAL = {
    "clip-direction": "an edit that changes nothing has no direction",
    "cross-view-consistency": "pixels are read between pixels",
    "ff-alpha": "the second frame is read between the pixels of the first",
    "ff-beta": "an angle of nothing is as small as its rounding",
    "ff-beta-asis": "an angle of nothing is as small as its rounding",
    "opw": "the flow of the frames is not exactly that of their depth",
    "rot-err-pnp": "poses are found in the pictures",
    "trans-err-pnp": "poses are found in the pictures",
    "tae": "depth is read between pixels",
    "tae-zbuffer": "depth is read between pixels",
    "trajectory-error-lk": "points are followed in the pictures",
    "vmaf-v0.6.1": "equal clips score near 100",
    "warping-error-lai-asis": "the flow of a random network warps nothing right",
    "warping-error-source-dis": "the second frame is read between the pixels of the first",
    "warping-error-source-raft": "the flow of a random network warps nothing right",
}


def ideal(name: str) -> float:
    card = METRICS[name]
    return 0.0 if card.direction == "lower" else 100.0 if card.unit == "dB" else 1.0


@pytest.mark.parametrize("name", [name for name in COMPARING if name not in NOT_IDEAL])
def test_the_target_itself_gets_the_ideal_value(name: str) -> None:
    assert of(name, clean(name)).value == pytest.approx(ideal(name), abs=1e-5)


STILL = [
    name for name in NAMES
    if METRICS[name].family in ("temporal", "consistency", "motion", "structure")
    and set(METRICS[name].roles) == {"video"} and METRICS[name].direction != "descriptive"
]  # fmt: skip
NOT_STILL = {
    "mawe": "the flow of a random network is not zero between equal frames",
    "seam-score": "its ideal is a ratio of 1",
    "shot-count-match": "one shot is not the three that were asked for",
    "shot-count-match-content": "one shot is not the three that were asked for",
    "motion-smoothness": "a random network does not return the frame that it is given twice",
    "motion-smoothness-rife": "a random network does not return the frame that it is given twice",
    "motion-smoothness-rife-35": "a random network does not return the frame that it is given twice",
    "warping-error-raft": "the flow of a random network is not zero between equal frames",
    "warping-error-lai-asis": "the flow of a random network is not zero between equal frames",
    "warping-error-evalcrafter-asis": "the flow of a random network is not zero between equal frames",
}


@pytest.mark.parametrize("name", [name for name in STILL if name not in NOT_STILL])
def test_a_still_video_is_perfectly_steady(name: str) -> None:
    assert of(name, still(clean(name))).value == pytest.approx(ideal(name), abs=1e-5)


NO_ORDER = {
    "clip-direction": "a random network's features do not order directions",
    "consistent4d-asis": "as published it is no distance of the videos",
    "ff-alpha-asis": "as published it is 0 where the source's own flow errs, as it does here",
}
NOT_NOISE = {
    **NO_ORDER,
    "baseline-dino": "a random network's features do not order noise",
    "flolpips-triplet": "the flow of a random network weighs the pixels, so noise only tends to be worse",
    "flolpips-video": "the flow of a random network weighs the pixels, so noise only tends to be worse",
    "rot-err-pnp": "poses found in noisy pictures are off by chance",
    "tlp": "it compares changes, of which noise has as many in every pair",
    "trans-err-pnp": "poses found in noisy pictures are off by chance",
}
NOT_LADDER = {
    **NO_ORDER,
    "physics-iq-spatial-iou": "everything moves everywhere, damaged or not",
    "tlp": "it compares changes, of which a dark and blurred clip has as few as a calm one",
}


@pytest.mark.parametrize("name", [name for name in PIXELS if name not in NOT_NOISE])
def test_more_noise_is_worse(name: str) -> None:
    steps = [of(name, noisy(clean(name), amplitude)).value for amplitude in (0, 4, 16, 48)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


@pytest.mark.parametrize("name", [name for name in COMPARING if name not in NOT_LADDER])
def test_each_rung_of_damage_is_worse(name: str) -> None:
    """Where the camera is found in the pictures, the last rung leaves too little of them."""
    rungs = LADDER[:3] if name.endswith("-pnp") else LADDER
    steps = [of(name, damaged(name, rung)).value for rung in rungs]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


STEADY = ["temporal-flickering", "warping-error-dis", "warping-error-source-dis", "warping-error-source-raft"]


@pytest.mark.parametrize("name", ["warping-error-raft", *STEADY])
def test_more_noise_is_less_steady(name: str) -> None:
    shown = still(clean(name))
    beside = dict.fromkeys(truth(name), shown)
    steps = [of(name, noisy(shown, amplitude), beside=beside).value for amplitude in (0, 4, 16, 48)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


# Blur changes little about the flow and points that are found, and it hides errors of warping.
UNBLURRED = ("tof", "warping-error", "ff-alpha")
BLURRED = [
    name for name in PIXELS
    if name not in NOT_NOISE and METRICS[name].family != "motion" and not name.startswith(UNBLURRED)
]  # fmt: skip


@pytest.mark.parametrize("name", BLURRED)
def test_more_blur_is_worse(name: str) -> None:
    steps = [of(name, _blurred(clean(name), radius)).value for radius in (0, 1, 2, 5)]
    assert all(worse(name, a, b) for a, b in pairwise(steps)), steps


def _blurred(shown: np.ndarray, radius: int) -> np.ndarray:
    return np.stack([blurred(view, radius) for view in shown]) if shown.ndim == 5 else blurred(shown, radius)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_one_equals_a_batch_of_many(name: str) -> None:
    one, many = (of(name, damaged(name, LADDER[1]), batch=batch) for batch in (1, 64))
    close(name, one.value, many.value)
    if one.curve is not None and many.curve is not None:
        close(name, one.curve.values, many.curve.values)


@pytest.mark.parametrize("name", NAMES)
def test_twice_is_the_same(name: str) -> None:
    first, second = (of(name, damaged(name, LADDER[1])) for _ in range(2))
    assert (first.value, first.details) == (second.value, second.details)


@pytest.mark.parametrize("name", NAMES)
def test_the_value_lies_in_the_range_of_the_card(name: str) -> None:
    low, high = METRICS[name].range
    slack = METRICS[name].reference.tolerance or 0.0
    rung = LADDER[2] if name.endswith("-pnp") else LADDER[3]
    assert low - slack <= of(name, damaged(name, rung)).value <= high + slack


def _in_step(name: str) -> bool:
    """Whether frames as they are are compared one with another."""
    asks = metric(name).needs.values()
    still_alone = all(len(set(roles_of(ask)) - set(STILL_ROLES)) < 2 for ask in asks)
    plain = all(ask.view.unit == "window" and not ask.view.geometry for ask in asks)
    return plain and not still_alone and not any(getattr(build(ask), "unequal", False) for ask in asks)


@pytest.mark.parametrize("name", [name for name in COMPARING if _in_step(name)])
def test_unequal_sizes_are_refused(name: str) -> None:
    with pytest.raises(BadMedia, match=r"compare equal frames|cannot be warped"):
        of(name, clean(name)[..., :-1, :, :])


WORST = [name for name in NAMES if METRICS[name].direction != "descriptive" and "fps" in METRICS[name].facts]


@pytest.mark.parametrize("name", WORST)
def test_the_worst_second_is_not_better_than_the_mean_of_the_curve(name: str) -> None:
    whole, spoilt = clean(name), damaged(name, LADDER[2])
    axis = time_axis(whole)
    half = whole.shape[axis] // 2
    parts = [whole.take(range(half), axis), spoilt.take(range(half, whole.shape[axis]), axis)]
    made = of(name, np.concatenate(parts, axis))
    if made.curve is None or "worst_second" not in made.details:
        pytest.skip("its value is no mean of its curve")
    mean, worst = float(np.mean(made.curve.values)), made.details["worst_second"]
    assert not worse(name, worst, mean) or worst == pytest.approx(mean)


def _series(name: str, order: tuple[int, int]) -> list[dict[str, Series]]:
    """The arrays of two outputs that went through the extractors one after the other, in this order."""
    shown = [{**truth(name), output(name): made} for made in (clean(name), damaged(name, LADDER[1]))]
    found: list[dict[str, Series]] = [{}, {}]
    for need, ask in metric(name).needs.items():
        if ask.view.unit in ("text", "file"):
            texts = ask.view.unit == "text"
            for place, roles in zip(found, shown, strict=True):
                told = [TEXTS[text] for text in ask.on] if texts else []
                place[need] = of_texts(build(ask), told) if texts else of_files(name, ask, roles, FACTS)
            continue
        work: Extraction = Extraction()
        gathered: dict[int, Any] = {number: feed(work, ask, shown[number], facts=FACTS) for number in order}
        work.flush()
        for number, item in gathered.items():
            if item.error is not None:
                raise item.error
            found[number][need] = item.series()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_videos_does_not_matter(name: str) -> None:
    known = Facts({"frames": clean(name).shape[time_axis(clean(name))], **FACTS})
    first, second = (_series(name, order) for order in ((0, 1), (1, 0)))
    for one, other in zip(first, second, strict=True):
        close(name, metric(name).score(one, known).value, metric(name).score(other, known).value)


@pytest.mark.parametrize("name", [n for n in NAMES if METRICS[n].minimum_frames > 1 and n != "seam-score"])
def test_its_shortest_video_has_a_number(name: str) -> None:
    """A shorter one is refused by the card's minimum, see `tests/e2e/test_bad_media.py`."""
    whole = truth(name, METRICS[name].minimum_frames)
    assert np.isfinite(of(name, whole[output(name)], beside=whole).value)


def test_every_network_can_run_small() -> None:
    assert [name for name in OUTPUTS if needs_small(name)] == []
