"""Batches that span videos, outputs read by other extractors, and what happens when one fails."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from tests.video_fixtures import numbered_frames
from vbench_py.features.batches import lines_of
from vbench_py.features.extraction import Extraction, extract
from vbench_py.types import Ask, BadMedia, Geometry, Series, View

SMALL = View(geometry=Geometry((4, 4)))


class Level:
    """The mean level of each window; remembers the sizes of its batches."""

    def __init__(self, together: int = 0, most: int = 1000) -> None:
        self.batches: list[int] = []
        self.most = most
        if together:
            self.batch_windows = together

    def load(self, device: str) -> None: ...
    def close(self) -> None: ...

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return int(np.prod(shape))

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        if len(windows[0]) > self.most:
            raise MemoryError
        self.batches.append(len(windows[0]))
        return {"value": np.stack([w.reshape(len(w), -1).mean(1) for w in windows], 1)}


def clip(frames: int, shift: int = 0) -> np.ndarray:
    return (numbered_frames(frames, 8, 8) + shift).astype(np.uint8)


def chunks(frames: np.ndarray, size: int = 3) -> Iterator[np.ndarray]:
    for start in range(0, len(frames), size):
        yield frames[start : start + size].copy()


def alone(ask: Ask, frames: np.ndarray) -> Series:
    found = extract({ask: Level()}, lambda role: chunks(frames), frames=len(frames))[ask]
    assert isinstance(found, Series)
    return found


@pytest.mark.parametrize("together", [1, 4, 7, 64])
def test_batches_span_videos_and_change_nothing(together: int) -> None:
    ask, extractor, work = Ask("x", ("video",), SMALL), Level(together), Extraction()
    clips = [clip(5), clip(3, 40), clip(9, 80)]
    gathered = [work.feed({ask: extractor}, lambda role, c=c: chunks(c), frames=len(c))[ask] for c in clips]
    work.flush()
    for item, frames in zip(gathered, clips, strict=True):
        expected = alone(ask, frames)
        np.testing.assert_array_equal(item.series().index, expected.index)
        np.testing.assert_array_equal(item.series().values["value"], expected.values["value"])
    assert sum(extractor.batches) == 17
    assert max(extractor.batches) <= together
    assert len(extractor.batches) == -(-17 // together)


def test_windows_of_another_shape_do_not_join() -> None:
    ask, extractor, work = Ask("x", ("video",)), Level(64), Extraction()
    first = work.feed({ask: extractor}, lambda role: chunks(clip(3)))[ask]
    second = work.feed({ask: extractor}, lambda role: chunks(numbered_frames(4, 8, 12)))[ask]
    work.flush()
    assert extractor.batches == [3, 4]
    assert len(first.series().index) == 3 and len(second.series().index) == 4


class Flow(Level):
    """Gives the first pixel's change over each pair as a dense map."""

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        self.batches.append(len(windows[0]))
        pairs = windows[0].astype(np.float32)
        return {"flow": (pairs[:, 1] - pairs[:, 0])[..., :2]}


class Reader(Level):
    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        self.batches.append(len(windows[0]))
        return {f"x{i}": w.reshape(len(w), -1)[:, 0] for i, w in enumerate(windows)}


PAIRS = View(length=2)
SOURCE = Ask("flow", ("video",), PAIRS)


def test_an_output_read_by_several_is_made_once_a_window() -> None:
    flow = Flow()
    asks = {
        Ask("one", ("flow:flow",), PAIRS): Reader(),
        Ask("two", ("video", "flow:flow", "backflow:flow"), PAIRS): Reader(),
        SOURCE: flow,
    }
    found = extract(asks, lambda role: chunks(clip(7)), sources={SOURCE: flow})
    one, two, own = found.values()
    assert isinstance(one, Series) and isinstance(two, Series) and isinstance(own, Series)
    assert sum(flow.batches) == 12, "six pairs forward, six backward"
    np.testing.assert_array_equal(one.values["x0"], two.values["x1"])
    np.testing.assert_array_equal(two.values["x1"], -two.values["x2"])
    assert own.values["flow"].shape == (6, 8, 8, 2)


def test_an_output_of_another_role_is_that_roles() -> None:
    source = Ask("flow", ("source",), PAIRS)
    ask = Ask("one", ("video", "flow:flow@source"), PAIRS)
    roles = {"video": clip(4), "source": clip(4)[::-1].copy()}
    found = extract({ask: Reader()}, lambda role: chunks(roles[role]), sources={source: Flow()})[ask]
    assert isinstance(found, Series)
    expected = np.diff(roles["source"][:, 0, 0, 0].astype(np.float32))
    np.testing.assert_array_equal(found.values["x1"], expected)


def test_asks_that_share_nothing_keep_batches_of_their_own() -> None:
    alone, reader = Ask("x", ("video",), PAIRS), Ask("one", ("flow:flow",), PAIRS)
    assert [set(group) for group in lines_of([alone, reader, SOURCE])] == [{alone}, {reader, SOURCE}]


def test_a_source_that_fails_fails_who_reads_it() -> None:
    class Broken(Flow):
        def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
            raise ValueError("no flow today")

    reader, other = Ask("one", ("flow:flow",), PAIRS), Ask("x", ("video",), PAIRS)
    found = extract({reader: Reader(), other: Level()}, lambda role: chunks(clip(4)), sources={SOURCE: Broken()})
    assert isinstance(found[reader], ValueError) and isinstance(found[other], Series)


def test_a_batch_that_does_not_fit_is_halved_and_the_values_stay() -> None:
    ask, tight = Ask("x", ("video",), SMALL), Level(64, most=3)
    found = extract({ask: tight}, lambda role: chunks(clip(10), 10), frames=10)[ask]
    assert isinstance(found, Series)
    np.testing.assert_array_equal(found.values["value"], alone(ask, clip(10)).values["value"])
    assert max(tight.batches) <= 3


def test_one_window_that_does_not_fit_is_an_error() -> None:
    ask = Ask("x", ("video",))
    found = extract({ask: Level(most=0)}, lambda role: chunks(clip(3)))[ask]
    assert isinstance(found, MemoryError)


class Broken(Level):
    """NaN for windows brighter than 100."""

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        value = windows[0].reshape(len(windows[0]), -1).mean(1)
        return {"value": np.where(value > 100, np.nan, value)}


def test_nan_fails_its_own_video_and_no_other_of_the_batch() -> None:
    ask, extractor, work = Ask("x", ("video",), SMALL), Broken(64), Extraction()
    good = work.feed({ask: extractor}, lambda role: chunks(clip(3)), frames=3)[ask]
    bad = work.feed({ask: extractor}, lambda role: chunks(clip(3, 200)), frames=3)[ask]
    work.flush()
    assert good.error is None and len(good.series().index) == 3
    assert isinstance(bad.error, BadMedia)


def test_an_extractor_may_declare_that_nan_is_an_answer() -> None:
    ask, extractor = Ask("x", ("video",), SMALL), Broken()
    extractor.finite = False  # type: ignore[attr-defined]
    found = extract({ask: extractor}, lambda role: chunks(clip(3, 200)), frames=3)[ask]
    assert isinstance(found, Series) and np.isnan(found.values["value"]).all()


@pytest.mark.parametrize("size", [1, 2, 5, 40])
def test_sampled_windows_are_those_of_the_whole(size: int) -> None:
    ask = Ask("x", ("video",), View(length=2, stride=2, sampling="fps:8", geometry=Geometry((4, 4))))
    found = extract({ask: Level()}, lambda role: chunks(clip(20), size), frames=20, fps=24.0)[ask]
    assert isinstance(found, Series)
    assert found.index.tolist() == [0, 6, 12]
    picked = clip(20)[[0, 3, 6, 9, 12, 15]].astype(float).reshape(3, -1).mean(1)
    np.testing.assert_allclose(found.values["value"][:, 0], picked, atol=1e-4)


def test_decoding_stops_when_no_view_wants_more() -> None:
    read: list[int] = []

    def watched(frames: np.ndarray) -> Iterator[np.ndarray]:
        for frame in frames:
            read.append(1)
            yield frame[None]

    ask = Ask("x", ("video",), View(length=4, sampling="first:4"))
    found = extract({ask: Level()}, lambda role: watched(clip(200)), frames=200)[ask]
    assert isinstance(found, Series) and len(found.index) == 1
    assert sum(read) < 10


def test_windows_are_let_go_without_the_garbage_collector() -> None:
    """It may not run for a long time: a circle of references would hold every batch until then."""
    seen: list[weakref.ref[np.ndarray]] = []

    class Watching(Reader):
        def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
            seen.extend(weakref.ref(window) for window in windows)
            return super().__call__(*windows)

    ask = Ask("one", ("video", "flow:flow"), PAIRS)
    gc.disable()
    try:
        extract({ask: Watching()}, lambda role: chunks(clip(40)), sources={SOURCE: Flow()})
        assert seen and not [ref for ref in seen if ref() is not None]
    finally:
        gc.enable()
