"""Arithmetic that anybody can redo, for every kind of need: sets, groups, texts, siblings, chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.types import TEXT, Ask, Facts, Geometry, Score, Series, SetRow, View

WEIGHTS = """
[[extractor.checkpoints]]
name = "toy-weights"
sha256 = "{sha256}"
bytes = 12000000
licence = "toy licence"
[[extractor.checkpoints.sources]]
kind = "file"
path = "{path}"
"""
CALLS: list[str] = []
"""Every call of an extractor: its name and how many windows it got."""


class Level:
    """The mean level of each window, as `features` (B, 1)."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.batch_windows = 4

    def load(self, device: str) -> None: ...
    def close(self) -> None: ...

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return int(np.prod(shape))

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        CALLS.append(f"level:{len(windows[0])}")
        return {"features": windows[0].reshape(len(windows[0]), -1).mean(1, keepdims=True, dtype=np.float64)}


class Head(Level):
    """Twice the level that another extractor gave."""

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        CALLS.append(f"head:{len(windows[0])}")
        return {"value": 2.0 * windows[0][:, 0]}


class Difference(Level):
    """How far the levels of two roles lie apart."""

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        first, second = (w.reshape(len(w), -1).mean(1, dtype=np.float64) for w in windows)
        return {"value": np.abs(first - second)}


class Letters(Level):
    """The number of letters of each text."""

    def __call__(self, *texts: Any) -> Mapping[str, np.ndarray]:
        CALLS.append("letters")
        return {"value": np.array([len(text) for text in texts[0]], dtype=np.float64)}


VIEW = View(geometry=Geometry((8, 8)))
LEVEL = Ask("toy-level", ("video",), VIEW)


class Base:
    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.needs: Mapping[str, Ask] = {"level": LEVEL}


class MeanDistance(Base):
    """Distance of the mean levels of outputs and reference."""

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        ours, theirs = (_mean(part) for part in (rows, reference))
        return Score(abs(ours - theirs), {"ours": ours}, interval=(abs(ours - theirs) - 1, abs(ours - theirs) + 1))


class Spread(Base):
    """Range of the mean levels of a group's outputs."""

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        levels = [_mean([row]) for row in rows]
        return Score(max(levels) - min(levels))


def _mean(rows: Sequence[SetRow]) -> float:
    return float(np.mean([row.arrays["level"].values["features"].mean() for row in rows]))


class LettersOf(Base):
    """Letters of the prompt."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.needs = {"letters": Ask("toy-letters", ("prompt",), TEXT)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        return Score(float(arrays["letters"].values["value"][0]))


class Doubled(Base):
    """Mean of the head's values."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.needs = {"head": Ask("toy-head", ("features:toy-level",), VIEW)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        return Score(float(arrays["head"].values["value"].mean()))


class LevelOf(Base):
    """Mean level."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        return Score(float(arrays["level"].values["features"].mean()))


class LevelAt8(LevelOf):
    """Mean level at 8 frames a second."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.needs = {"level": replace(LEVEL, view=replace(VIEW, sampling="fps:8"))}


class FromSibling(Base):
    """Mean distance of levels from the output under the next seed."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.needs = {"difference": Ask("toy-difference", ("video", "sibling"), VIEW)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        return Score(float(arrays["difference"].values["value"].mean()))


def _extractor(name: str, entry: str, more: str = "") -> str:
    return f'[[extractor]]\nid = "{name}"\nversion = "1"\ntitle = "{name}"\nentry = "tests.e2e.toy:{entry}"\n{more}\n'


def _metric(name: str, entry: str, extractor: str, more: str = "") -> str:
    return (
        f'[[metric]]\nid = "{name}"\nversion = "1"\ntitle = "{name}"\nfamily = "toy"\nentry = "tests.e2e.toy:{entry}"\n'
        f'summary = "{entry}."\ndirection = "lower"\nrange = [0.0, inf]\nunit = ""\nevidence = "closed form"\n'
        f'extractors = ["{extractor}"]\n{more}\n'
    )


SET = 'over = "set"\nreference_set = true\nminimum_outputs = 2'


def put_up(folder: Path, weights: str = "") -> Path:
    """A folder of cards; `weights` is the table of a checkpoint that `toy-weighed` needs."""
    cards = folder / "toy-cards"
    cards.mkdir(exist_ok=True)
    texts = [
        _extractor("toy-level", "Level"), _extractor("toy-head", "Head"), _extractor("toy-letters", "Letters"),
        _extractor("toy-difference", "Difference"), _extractor("toy-heavy", "Level", weights),
        _metric("toy-level-8", "LevelAt8", "toy-level"),
        _metric("toy-level", "LevelOf", "toy-level"), _metric("toy-set", "MeanDistance", "toy-level", SET),
        _metric("toy-spread", "Spread", "toy-level", 'over = "group"\nminimum_outputs = 2'),
        _metric("toy-letters", "LettersOf", "toy-letters", 'roles = ["prompt"]'),
        _metric("toy-doubled", "Doubled", "toy-head"), _metric("toy-sibling", "FromSibling", "toy-difference"),
        _metric("toy-weighed", "vbench", "toy-heavy").replace(
            "tests.e2e.toy:vbench", "vbench_py.metrics.reduce:FrameMean"
        ),
    ]  # fmt: skip
    (cards / "toy.toml").write_text("\n".join(texts), encoding="utf-8")
    return cards
