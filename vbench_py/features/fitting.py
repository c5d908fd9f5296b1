"""Extractors that look at a whole sequence before they judge its frames: depth brought to scale, for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from vbench_py.types import Ask, Extractor

Answers = dict[Ask, np.ndarray | Exception]
SUM = "sum_"
"""Before the name of an array that is added over the windows: its size does not grow with the sequence."""


class Round:
    """One round of fitting, dressed as an extractor: it keeps what `fit` says, and gives nothing."""

    def __init__(self, extractor: Any) -> None:
        self.extractor = extractor
        self.sums: dict[str, np.ndarray] = {}
        self.parts: dict[str, list[np.ndarray]] = {}

    def load(self, device: str) -> None:
        """The extractor is loaded."""

    def close(self) -> None:
        """The extractor stays open."""

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return int(self.extractor.bytes_per_window(shape))

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        for name, array in self.extractor.fit(*windows).items():
            if not name.startswith(SUM):
                self.parts.setdefault(name, []).append(np.asarray(array))
                continue
            for row in np.asarray(array):  # one after another: the same bits however windows are batched
                self.sums[name] = row.copy() if name not in self.sums else self.sums[name] + row
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        return self.sums | {name: np.concatenate(parts) for name, parts in self.parts.items()}


def fit(
    asks: Mapping[Ask, Extractor],
    run: Callable[[Mapping[Ask, Extractor], Mapping[Ask, np.ndarray]], Mapping[Ask, Exception | None]],
) -> Answers:
    """What each extractor that has rounds of fitting was fitted to, or the error that it met.

    `run` passes all windows to the extractors it is given, with the answers so far, and returns what went wrong.
    """
    answers: Answers = {}
    wanted = {ask: int(getattr(extractor, "rounds", 0)) for ask, extractor in asks.items()}
    for number in range(max(wanted.values(), default=0)):
        known = {ask: found for ask, found in answers.items() if isinstance(found, np.ndarray)}
        rounds: dict[Ask, Extractor] = {
            ask: Round(asks[ask]) for ask, count in wanted.items() if number < count and (ask in known or not number)
        }
        for ask, found in run(rounds, known).items():
            answers[ask] = found or _answer(rounds[ask], known.get(ask))
    return answers


def _answer(finished: Any, before: np.ndarray | None) -> np.ndarray | Exception:
    try:
        return np.atleast_1d(np.asarray(finished.extractor.fitted(finished.arrays(), before), dtype=np.float64))
    except Exception as error:
        return error
