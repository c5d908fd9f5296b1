"""Windows over streams: the same whatever the chunks, errors kept to their extractor, nothing left open or piled up."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.video_fixtures import numbered_frames
from vbench_py.features import batches, streams
from vbench_py.features.extraction import extract
from vbench_py.types import Ask, Extractor, Series, View

CLIP = numbered_frames(13, 4, 6)


class First:
    """Gives the level of every frame of a window, for each role; remembers the batches it saw."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def load(self, device: str) -> None: ...
    def close(self) -> None: ...

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return int(np.prod(shape))

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        self.batches.append(len(windows[0]))
        return {f"role{i}": w[:, :, 0, 0, 0].copy() for i, w in enumerate(windows)}


class Failing(First):
    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        raise ValueError("no such luck")


def chunks(clip: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(clip), size):
        yield clip[start : start + size].copy()


def ask(length: int = 1, stride: int = 1, offset: int = 0, on: tuple[str, ...] = ("video",), name: str = "x") -> Ask:
    return Ask(name, on, View("window", length, stride, offset))


def one(wanted: Ask, extractor: Extractor, size: int, clip: np.ndarray = CLIP) -> Series:
    found = extract({wanted: extractor}, lambda role: chunks(clip, size))[wanted]
    assert isinstance(found, Series)
    return found


@pytest.mark.parametrize(
    ("length", "stride", "offset", "size"), list(product((1, 2, 3), (1, 2, 5), (0, 1, 4), (1, 2, 3, 5, 13, 20)))
)
def test_windows_at_chunk_borders_are_those_of_the_whole(length: int, stride: int, offset: int, size: int) -> None:
    found = one(ask(length, stride, offset), First(), size)
    starts = np.arange(offset, len(CLIP) - length + 1, stride)
    np.testing.assert_array_equal(found.index, starts)
    np.testing.assert_array_equal(found.values["role0"], [CLIP[s : s + length, 0, 0, 0] for s in starts])


@pytest.mark.parametrize(("sizes", "length"), list(product([(3, 5), (1, 13), (13, 2)], (1, 2))))
def test_roles_cut_into_other_chunks_stay_in_step(sizes: tuple[int, int], length: int) -> None:
    cut = dict(zip(("video", "target"), sizes, strict=True))
    wanted = ask(length, on=("video", "target"))
    found = extract({wanted: First()}, lambda role: chunks(CLIP, cut[role]))[wanted]
    assert isinstance(found, Series)
    np.testing.assert_array_equal(found.values["role0"], found.values["role1"])
    assert len(found.index) == len(CLIP) - length + 1


def test_a_still_stands_beside_every_window() -> None:
    wanted = ask(2, on=("video", "first"))
    still = np.full((1, 4, 6, 3), 7, np.uint8)
    roles = {"video": CLIP, "first": still}
    found = extract({wanted: First()}, lambda role: chunks(roles[role], 4), frozenset({"first"}))[wanted]
    assert isinstance(found, Series)
    assert found.values["role1"].shape == (12, 2) and (found.values["role1"] == 7).all()


def test_asks_of_other_views_share_one_pass() -> None:
    opened: list[str] = []

    def open_role(role: str) -> Iterator[np.ndarray]:
        opened.append(role)
        return chunks(CLIP, 4)

    asks = {ask(1, name="a"): First(), ask(3, 2, 1, name="b"): First(), ask(2, 5, name="c"): First()}
    found = extract(asks, open_role)
    assert opened == ["video"]
    for wanted, series in found.items():
        assert isinstance(series, Series)
        np.testing.assert_array_equal(series.index, one(wanted, First(), 13).index)


def test_a_video_shorter_than_the_window_has_none() -> None:
    assert len(one(ask(5), First(), 2, CLIP[:3]).index) == 0


def test_an_extractor_that_fails_leaves_the_others_alone() -> None:
    good, bad = ask(2, name="good"), ask(1, name="bad")
    found = extract({bad: Failing(), good: First()}, lambda role: chunks(CLIP, 4))
    assert isinstance(found[bad], ValueError) and isinstance(found[good], Series)


def test_an_error_while_decoding_is_raised() -> None:
    def torn() -> Iterator[np.ndarray]:
        yield CLIP[:4]
        raise OSError("torn")

    with pytest.raises(OSError, match="torn"):
        extract({ask(): First()}, lambda role: torn())


class Tracked:
    """An iterator of chunks that knows whether it was closed."""

    def __init__(self, fail_at: int = 99) -> None:
        self.closed = False
        self.given = 0
        self.fail_at = fail_at

    def __iter__(self) -> Tracked:
        return self

    def __next__(self) -> np.ndarray:
        if self.given == self.fail_at:
            raise OSError("torn")
        if self.given == len(CLIP):
            raise StopIteration
        self.given += 1
        return CLIP[self.given - 1 : self.given].copy()

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("fail_at", [0, 3, 99])
def test_every_reader_that_was_begun_is_closed_however_the_pass_ends(fail_at: int) -> None:
    roles = {"video": Tracked(), "target": Tracked(fail_at)}
    wanted = ask(2, on=("video", "target"))
    raised: list[BaseException] = []
    try:
        extract({wanted: First()}, lambda role: roles[role])
    except OSError as error:
        raised.append(error)
    assert all(role.closed for role in roles.values() if role.given or role.fail_at == 0)
    assert len(raised) == (fail_at < len(CLIP))


def test_no_thread_outlives_the_pass() -> None:
    before = threading.active_count()
    one(ask(2), First(), 3)
    assert threading.active_count() == before


def test_batches_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 3 * 2 * CLIP[0].nbytes)
    extractor = First()
    one(ask(2), extractor, 13)
    assert max(extractor.batches) == 3 and sum(extractor.batches) == 12


def test_the_frames_at_hand_stay_few_however_long_the_video(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    windows = streams.RoleStream.windows

    def watched(self: streams.RoleStream, *rest: Any) -> np.ndarray:
        assert self.frames is not None
        held.append(len(self.frames))
        return windows(self, *rest)

    monkeypatch.setattr(streams.RoleStream, "windows", watched)
    long = numbered_frames(240, 4, 6)
    extract({ask(3): First(), ask(2, 7, name="y"): First()}, lambda role: chunks(long, 4))
    assert len(held) > 60 and max(held) <= 4 + 3 + 7


def test_windows_are_views_not_copies() -> None:
    class Looking(First):
        strides: tuple[int, ...] = ()

        def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
            Looking.strides = windows[0].strides
            return super().__call__(*windows)

    one(ask(2), Looking(), 13)
    assert Looking.strides[0] == Looking.strides[1] == CLIP[0].nbytes
