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
from vbench_py.features.asks import chained
from vbench_py.features.sampling import sampled_frames
from vbench_py.metricset import metric_specs
from vbench_py.types import Ask
from vbench_py.video import read_chunks


@dataclass
class Counts:
    """`decoded`: how often a file's frames were read; `windows` and `texts`: what extractors were handed, by id."""

    decoded: Counter[str] = field(default_factory=Counter)
    windows: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)

    @property
    def extractors(self) -> set[str]:
        return {*self.windows, *self.texts, *self.files}


class Counted:
    """An extractor and what it was handed."""

    def __init__(self, name: str, made: Any, counts: Counts) -> None:
        self._name, self._made, self._counts = name, made, counts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

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


def windows_asked(names: list[str], frames: int, fps: float, stills: frozenset[str] = frozenset()) -> Counter[str]:
    """Windows that each extractor has to see for one output of `frames` frames, each once a view, by hand.

    A source whose output is read forwards and backwards sees its windows in both orders. A sampling by frame rate that
    picks every frame of the video is no view of its own.
    """
    asked: set[tuple[Ask, bool]] = set()
    for spec in metric_specs(names):
        for ask in spec.asks.values():
            if ask.view.unit in ("text", "file"):
                continue
            sampling = ask.view.sampling
            if sampling.startswith("fps:") and len(sampled_frames(sampling, frames, fps)) == frames:
                ask = replace(ask, view=replace(ask.view, sampling="all"))
            asked.add((ask, False))
            for entry in ask.on:
                link = chained(ask, entry)
                if link is not None:
                    asked.add((link.source, link.backwards))
    total: Counter[str] = Counter()
    for ask, _ in asked:
        total[ask.extractor] += 1 if set(ask.on) <= stills else _windows(ask, frames, fps)
    return total


def _windows(ask: Ask, frames: int, fps: float) -> int:
    view = ask.view
    picked = frames if view.sampling == "all" else len(sampled_frames(view.sampling, frames, fps))
    return max(0, (picked - view.offset - view.length) // view.stride + 1)
