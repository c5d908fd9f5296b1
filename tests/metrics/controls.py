"""Real generated clips and what was done to them on purpose, so that a metric can show that it sees what it claims."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.checkout import ROOT
from tests.metrics.clips import noisy
from tests.metrics.running import EXTRACTORS, METRICS, metric, rows, score
from vbench_py.checkpoints import fetch
from vbench_py.types import Ask, Score, SetRow
from vbench_py.video import read

FOLDER = ROOT.parent / "shared" / "data" / "generated" / "lavie"
FACTS: Mapping[str, Any] = {
    "fps": 8.0,
    "timeline": [{"first": 0, "last": 7, "emitted_at": 1.0}, {"first": 8, "last": 15, "emitted_at": 2.0}],
}
"""What a method would have told: two chunks, whose seam is where the control `cut` has its cut."""
SIZE = (160, 256)
"""Half the height and width of the clips."""


@functools.cache
def clips(count: int = 3) -> Mapping[str, np.ndarray]:
    """The first clips by name: (16, 320, 512, 3) uint8 each. Empty where they are not at hand."""
    films = sorted(FOLDER.glob("*.gif"))[:count]
    return {film.stem.removeprefix("lavie_").partition(",")[0]: read(film) for film in films}


def halved(clip: np.ndarray) -> np.ndarray:
    """(T, 160, 256, 3) uint8, by areas."""
    return np.stack([cv2.resize(frame, SIZE[::-1], interpolation=cv2.INTER_AREA) for frame in clip])


@functools.cache
def small() -> Mapping[str, np.ndarray]:
    return {name: halved(clip) for name, clip in clips().items()}


def other(name: str) -> np.ndarray:
    """The clip after this one."""
    names = list(small())
    return small()[names[(names.index(name) + 1) % len(names)]]


def frozen(clip: np.ndarray) -> np.ndarray:
    return np.repeat(clip[:1], len(clip), axis=0)


def shuffled(clip: np.ndarray) -> np.ndarray:
    return clip[np.random.RandomState(0).permutation(len(clip))]


def blurred(clip: np.ndarray, sigma: float = 3.0) -> np.ndarray:
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in clip])


def brightened(clip: np.ndarray, most: float = 60.0) -> np.ndarray:
    """Each frame `most` / (T - 1) levels brighter than the one before."""
    rise = np.linspace(0, most, len(clip))[:, None, None, None]
    return np.clip(clip + rise, 0, 255).astype(np.uint8)


def jittered(clip: np.ndarray, pixels: int = 4) -> np.ndarray:
    """Every second frame moved right and down; what leaves comes in at the other side."""
    return np.stack([np.roll(f, (pixels, pixels), (0, 1)) if t % 2 else f for t, f in enumerate(clip)])


CONTROLS: Mapping[str, Callable[[str], np.ndarray]] = {
    "clean": lambda name: small()[name],
    "noise": lambda name: noisy(small()[name], 48),
    "frozen": lambda name: frozen(small()[name]),
    "shuffled": lambda name: shuffled(small()[name]),
    "blur": lambda name: blurred(small()[name]),
    "brightening": lambda name: brightened(small()[name]),
    "doubled": lambda name: np.concatenate([small()[name], small()[name]]),
    "cut": lambda name: np.concatenate([small()[name][:8], other(name)[8:]]),
    "jitter": lambda name: jittered(small()[name]),
}


@functools.cache
def weights(extractor: str) -> Mapping[str, Path]:
    """The official checkpoints of an extractor, fetched where they are not here."""
    return {card.name: fetch(card, progress=False) for card in EXTRACTORS[extractor].checkpoints}


def weights_of(name: str) -> Mapping[str, Path]:
    return {key: path for item in METRICS[name].extractors for key, path in weights(item).items()}


@functools.cache
def scored(name: str, control: str, clip: str) -> Score:
    """Metric `name` of a control of `clip`, its other roles the clean clip; networks on their official weights."""
    video = CONTROLS[control](clip)
    beside = small()[clip][: len(video)]
    roles = dict.fromkeys(METRICS[name].roles, beside) | {"video": video}
    return score(name, roles, facts=FACTS, weights=weights_of(name))


def value(name: str, control: str, clip: str) -> float:
    return scored(name, control, clip).value


Clips = Mapping[str, np.ndarray]


@functools.cache
def halves() -> tuple[Clips, Clips]:
    """Two sets of clips of the same films: the left upper and right lower quarters, and the two others."""
    made: list[dict[str, np.ndarray]] = [{}, {}]
    for name, clip in clips(4).items():
        for row in (0, 1):
            for column in (0, 1):
                part = clip[:, 160 * row : 160 * (row + 1), 256 * column : 256 * (column + 1)]
                made[(row + column) % 2][f"{name} {row}{column}"] = part
    return made[0], made[1]


def copied(made: Clips) -> Clips:
    """As many clips, but all are near copies of one: moved by some pixels."""
    first = next(iter(made.values()))
    return {name: np.roll(first, 2 * i, axis=2) for i, name in enumerate(made)}


SETS: Mapping[str, Callable[[Clips], Clips]] = {
    "clean": lambda made: made,
    "noise": lambda made: {name: noisy(clip, 48) for name, clip in made.items()},
    "blur": lambda made: {name: blurred(clip) for name, clip in made.items()},
    "frozen": lambda made: {name: frozen(clip) for name, clip in made.items()},
    "shuffled": lambda made: {name: shuffled(clip) for name, clip in made.items()},
    "copies": copied,
}


@functools.cache
def _rows(asks: frozenset[tuple[str, Ask]], control: str, side: int, like: str) -> list[SetRow]:
    """What a metric with these asks reads of one half; metrics of equal asks share it."""
    # Metrics of frames get every fifth one: neighbours are nearly the same.
    step = 1 if METRICS[like].minimum_frames > 1 else 5
    made = SETS[control](halves()[side])
    return rows(like, {name: clip[::step] for name, clip in made.items()}, weights=weights_of(like))


def set_value(name: str, control: str) -> float:
    """A metric of sets of one half's clips after `control`, against the other half."""
    asks = frozenset(metric(name).needs.items())
    like = next(n for n, card in METRICS.items() if card.over == "set" and frozenset(metric(n).needs.items()) == asks)
    made, reference = _rows(asks, control, 0, like), _rows(asks, "clean", 1, like)
    return float(metric(name).compute(made, reference).value)
