"""Settings as plain keywords of the Python functions, so that nobody has to build the dataclasses."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from vbench_py.session import Settings


class Keywords(TypedDict, total=False):
    """What `run`, `score` and `Evaluator` understand beside their own arguments, as the flags of these names."""

    results: str | Path
    """Folder of runs: `results` unless VBENCH_PY_RESULTS names another."""
    limit: int | None
    """Only the first N samples; marks the run partial."""
    seeds: Sequence[int]
    """Only these seeds; marks the run partial."""
    shard: tuple[int, int]
    """(i, n), counted from 1: this process takes every n-th sample."""
    every: int
    """Scores windows that start at every K-th frame; part of the protocol."""
    align: str
    """none, or some of trim, resize, encoding joined by +, for references that differ in them; part of the protocol."""
    encode_as: str
    """Scores as if published in this encoding, e.g. h264-crf18."""
    reference_set: str
    """What metrics of sets compare with: a folder of videos, a file of saved features, or a reference card."""
    reference_run: str | Path
    """The run folder that metrics named NAME:baseline compare with."""
    device: str
    batch_size: int
    fail_on_error: float
    """Stops after this many failures, or above this share if below 1."""
    accept_licence: bool


_SELECTION = ("limit", "seeds", "shard")
_SCORE = ("every", "align", "encode_as", "reference_set")
_PATHS = ("results", "reference_run")


def settings_from(settings: Settings | None, metrics: Sequence[str], keywords: Keywords) -> Settings:
    """`settings` (or the defaults) with what was given changed. Raises `TypeError` for an unknown keyword."""
    known = Keywords.__annotations__
    given: dict[str, Any] = dict(keywords)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise TypeError(f"unknown keyword {name!r}; {hint}")
    settings = settings or Settings()
    if isinstance(metrics, str):
        metrics = (metrics,)
    given |= {name: Path(given[name]) for name in _PATHS if given.get(name) is not None}
    given |= {name: tuple(given[name]) for name in ("seeds", "shard") if name in given}
    selection = replace(settings.selection, **{name: given.pop(name) for name in _SELECTION if name in given})
    score = replace(settings.score, **{name: given.pop(name) for name in _SCORE if name in given})
    return replace(settings, metrics=tuple(metrics) or settings.metrics, selection=selection, score=score, **given)
