"""Counts what a run does: which files are decoded how often, and how many windows each extractor is handed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vbench_py import align, catalogue
from vbench_py.features.asks import chained, roles_of
from vbench_py.features.sampling import sampled_frames
from vbench_py.metricset import metric_specs
from vbench_py.types import Ask
from vbench_py.video import read_chunks


@dataclass
class Counts:
    """`decoded`: how often a file's frames were read; the others: what extractors were handed, by id.

    `fitted`: the windows that extractors were fitted to first, which they see once more a round.
    """

    decoded: Counter[str] = field(default_factory=Counter)
    windows: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    fitted: Counter[str] = field(default_factory=Counter)


class Counted:
    """An extractor and what it was handed."""

    def __init__(self, name: str, made: Any, counts: Counts) -> None:
        self._name, self._made, self._counts = name, made, counts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    def fit(self, *given: Any) -> Any:
        self._counts.fitted[self._name] += len(given[0])
        return self._made.fit(*given)

    def __call__(self, *given: Any) -> Any:
        if isinstance(given[0], np.ndarray):
            self._counts.windows[self._name] += len(given[0])
        elif isinstance(given[0], Path):
            self._counts.files[self._name] += 1
        else:
            self._counts.texts[self._name] += 1
        return self._made(*given)


@contextmanager
def counted() -> Iterator[Counts]:
    """Counts all that happens in this process inside the `with` block."""
    counts, load = Counts(), catalogue.load

    def counted_load(kind: str, name: str, **overrides: Any) -> Any:
        made = load(kind, name, **overrides)
        return Counted(name, made, counts) if kind == "extractor" else made

    def counted_chunks(path: Path, **keywords: Any) -> Any:
        counts.decoded[Path(path).name] += 1
        return read_chunks(path, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "load", counted_load)
        patch.setattr(align, "read_chunks", counted_chunks)
        yield counts


@dataclass(frozen=True)
class Shown:
    """What one output is like: frames of it (of each view), their rate, how many views, which roles are images."""

    frames: int
    fps: float
    views: int = 0
    stills: frozenset[str] = frozenset()

    def windows(self, ask: Ask) -> int:
        """Windows of an ask."""
        view, cells = ask.view, self.frames * max(self.views, 1)
        if set(ask.on) <= self.stills:
            return 1
        if view.unit == "run":
            return {"": 1, "time": self.views, "view": self.frames, "diagonal": 1, "raster": 1}[view.path]
        picked = cells if view.sampling == "all" else len(sampled_frames(view.sampling, cells, self.fps))
        return max(0, (picked - view.offset - view.length) // view.stride + 1)


def _asks(names: list[str], shown: Shown) -> set[Ask]:
    """All asks for windows. A sampling by frame rate that picks every frame of the video is no view of its own."""
    found = set()
    for spec in metric_specs(names):
        for ask in spec.asks.values():
            if ask.view.unit in ("text", "file"):
                continue
            sampling = ask.view.sampling
            if sampling.startswith("fps:") and len(sampled_frames(sampling, shown.frames, shown.fps)) == shown.frames:
                ask = replace(ask, view=replace(ask.view, sampling="all"))
            found.add(ask)
    return found


def rounds(ask: Ask) -> int:
    """In how many rounds the extractor of an ask is fitted to the whole output first."""
    return int(getattr(catalogue.load("extractor", ask.extractor, **dict(ask.options)), "rounds", 0))


def windows_asked(names: list[str], shown: Shown) -> tuple[Counter[str], Counter[str]]:
    """Windows that each extractor has to see for one output, by hand: to answer, each once a view; and to be fitted.

    A source whose output is read forwards and backwards sees its windows in both orders, and once more for each round
    of fitting of who reads it.
    """
    asks = _asks(names, shown)
    answering: dict[tuple[Ask, bool], int] = {(ask, False): 1 for ask in asks}
    fitted: Counter[str] = Counter()
    for ask in asks:
        fitted[ask.extractor] += rounds(ask) * shown.windows(ask)
        for entry in ask.on:
            link = chained(ask, entry)
            if link is not None:
                place = (link.source, link.backwards)
                answering[place] = max(answering.get(place, 0), 1 + rounds(ask))
    total: Counter[str] = Counter()
    for (ask, _), times in answering.items():
        total[ask.extractor] += times * shown.windows(ask)
    return total, +fitted


def decodes_asked(names: list[str], shown: Shown) -> Counter[str]:
    """How often each role is decoded: once for each order of the cells of a grid, and once more a round of fitting."""
    asks = _asks(names, shown)
    total: Counter[str] = Counter()
    for path in {ask.view.path for ask in asks}:
        for role in {role for ask in asks if ask.view.path == path for role in roles_of(ask)}:
            reading = [rounds(ask) for ask in asks if ask.view.path == path and role in roles_of(ask)]
            total[role] += 1 + max(reading)
    return total
