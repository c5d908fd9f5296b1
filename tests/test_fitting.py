"""Extractors that are fitted to the whole sequence first, runs of grids, and units: the same whatever the chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from vbench_py.features.asks import roles_of
from vbench_py.features.extraction import extract
from vbench_py.types import Ask, Series, View

CLIP = np.random.default_rng(0).random((11, 4, 6, 1)).astype(np.float32)
OTHER = CLIP * 3 + 2


class Scaled:
    """Brings its first role to the second's mean, then to its spread: two rounds. Gives what is left."""

    rounds = 2

    def load(self, device: str) -> None: ...
    def close(self) -> None: ...

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return 4 * int(np.prod(shape))

    def fit(self, mine: np.ndarray, theirs: np.ndarray, *fitted: np.ndarray) -> Mapping[str, np.ndarray]:
        means = [part.mean(axis=(1, 2, 3, 4), dtype=np.float64) for part in (mine, theirs)]
        if not fitted:
            return {"sum_means": np.stack([*means, np.ones(len(mine))], axis=1)}
        assert fitted[0].shape == (len(mine), 2)
        return {"centred": np.stack([means[0] - fitted[0][:, 0], means[1] - fitted[0][:, 1]], axis=1)}

    def fitted(self, arrays: Mapping[str, np.ndarray], before: np.ndarray | None) -> np.ndarray:
        if before is None:
            total = arrays["sum_means"]
            return total[:2] / total[2]
        spread = np.sqrt(np.mean(arrays["centred"] ** 2, axis=0))
        return np.concatenate([before, spread])

    def __call__(self, mine: np.ndarray, theirs: np.ndarray, fitted: np.ndarray) -> Mapping[str, np.ndarray]:
        centre, aim, spread, wanted = fitted[0]
        made = (mine - centre) / spread * wanted + aim
        return {"left": np.abs(made - theirs).mean(axis=(1, 2, 3, 4))}


class Broken(Scaled):
    def fitted(self, arrays: Mapping[str, np.ndarray], before: np.ndarray | None) -> np.ndarray:
        raise ValueError("nothing to fit")


class Shape(Scaled):
    """Gives the number of frames of a window and the unit that it was told."""

    rounds = 0

    def __call__(self, frames: np.ndarray, *units: np.ndarray) -> Mapping[str, np.ndarray]:  # type: ignore[override]
        told = {"unit": units[0].copy()} if units else {}
        return {"length": np.full(len(frames), frames.shape[1]), **told}


def chunks(clip: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(clip), size):
        yield clip[start : start + size].copy()


def answers(ask: Ask, extractor: Any, size: int, **more: Any) -> Series:
    roles = {"depth": CLIP, "target": OTHER}
    found = extract({ask: extractor}, lambda role: chunks(roles[role], size), frames=len(CLIP), **more)[ask]
    if isinstance(found, Exception):
        raise found
    return found


ASK = Ask("scaled", ("depth", "target"))


def test_a_sequence_is_fitted_before_its_frames_are_judged() -> None:
    assert answers(ASK, Scaled(), 4).values["left"].max() < 1e-5


@pytest.mark.parametrize("size", [1, 3, 11])
def test_chunks_do_not_matter_to_a_bit(size: int) -> None:
    np.testing.assert_array_equal(answers(ASK, Scaled(), size).values["left"], answers(ASK, Scaled(), 5).values["left"])


def test_a_fit_that_fails_fails_its_ask_alone() -> None:
    other = Ask("shape", ("depth",))
    found = extract({ASK: Broken(), other: Shape()}, lambda role: chunks(CLIP, 4), frames=len(CLIP))
    assert "nothing to fit" in str(found[ASK]) and isinstance(found[other], Series)


def test_a_run_is_as_long_as_the_path_says() -> None:
    found = answers(Ask("shape", ("depth",), View("run", path="view")), Shape(), 4, run=3)
    assert found.index.tolist() == [0, 3, 6] and set(found.values["length"]) == {3}


def test_a_clip_without_a_path_is_one_run() -> None:
    assert answers(Ask("shape", ("depth",), View("run")), Shape(), 4).values["length"].tolist() == [len(CLIP)]


def test_units_reach_the_extractor_as_text() -> None:
    ask = Ask("shape", ("depth", "unit:depth"))
    assert set(answers(ask, Shape(), 4, units={"depth": "disparity"}).values["unit"]) == {"disparity"}
    assert roles_of(ask) == ("depth",)
