"""Windows to extractors in batches that are bounded by bytes and may span videos; each extractor runs once a window."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vbench_py.failures import out_of_memory
from vbench_py.features.asks import UNIT, Chained, chained, sources_of
from vbench_py.types import Ask, BadMedia, Extractor, Series

BATCH_BYTES = 256 << 20
Arrays = Mapping[str, np.ndarray]


@dataclass
class Gathered:
    """What one ask has of one video so far."""

    ask: Ask
    index: list[np.ndarray] = field(default_factory=list)
    values: dict[str, list[np.ndarray]] = field(default_factory=dict)
    error: Exception | None = None
    waiting: int = 0
    """Windows that were handed over and are not yet answered."""

    def add(self, index: np.ndarray, arrays: Arrays) -> None:
        self.index.append(index)
        for name, array in arrays.items():
            self.values.setdefault(name, []).append(array)

    def series(self) -> Series:
        """Parts may come in any order of batches, but always in the order of the frames."""
        index = np.concatenate(self.index) if self.index else np.zeros(0, dtype=np.int64)
        return Series(index, {name: np.concatenate(parts) for name, parts in self.values.items()})


@dataclass
class Piece:
    """Windows of one video: `frames` (B,) their first source frames, `windows` by role, who gets the arrays."""

    frames: np.ndarray
    windows: Mapping[str, np.ndarray]
    gathered: Mapping[Ask, Gathered]

    def kept(self) -> Piece:
        """The same with arrays of its own, for what has to wait."""
        return Piece(self.frames, {role: array.copy() for role, array in self.windows.items()}, self.gathered)


class Line:
    """Asks that are answered together: they see the same windows, and share what one reads of another."""

    def __init__(self, asks: Sequence[Ask], extractors: Mapping[Ask, Extractor]) -> None:
        self.asks = tuple(asks)
        self.extractors = extractors
        mine = dict.fromkeys([*asks, *(source for ask in asks for source in sources_of(ask))])
        self._running = [extractors[ask] for ask in mine]
        self.together = max((int(getattr(item, "batch_windows", 0)) for item in self._running), default=0)
        self._pending: list[Piece] = []
        self._least_bytes: dict[tuple[int, ...], int] = {}

    @property
    def pending(self) -> int:
        return sum(len(piece.frames) for piece in self._pending)

    def capacity(self, shape: tuple[int, ...]) -> int:
        """Windows of `shape` (n, H, W, C) that go into one call."""
        if shape not in self._least_bytes:
            self._least_bytes[shape] = max(1, *(item.bytes_per_window(shape) for item in self._running))
        room = max(BATCH_BYTES // self._least_bytes[shape], 1)
        return min(room, self.together) if self.together else room

    def add(self, piece: Piece) -> None:
        """Runs the piece with what waits, or lets it wait when the batch is not full."""
        shape = {role: array.shape[1:] for role, array in piece.windows.items()}
        if self._pending and shape != {role: array.shape[1:] for role, array in self._pending[0].windows.items()}:
            self.flush()
        for item in piece.gathered.values():
            item.waiting += len(piece.frames)
        full = self.capacity(next(iter(shape.values())))
        if not self.together or self.pending + len(piece.frames) >= full:
            pieces, self._pending = [*self._pending, piece], []
            self._run(pieces)
        else:
            self._pending.append(piece.kept())

    def flush(self) -> None:
        """Runs whatever waits."""
        pieces, self._pending = self._pending, []
        if pieces:
            self._run(pieces)

    def _run(self, pieces: Sequence[Piece]) -> None:
        if len(pieces) == 1:
            windows = pieces[0].windows
        else:
            windows = {role: np.concatenate([piece.windows[role] for piece in pieces]) for role in pieces[0].windows}
        answers = self._answers(windows)
        ends = np.cumsum([len(piece.frames) for piece in pieces])
        for piece, end in zip(pieces, ends, strict=True):
            part = slice(int(end) - len(piece.frames), int(end))
            own = answers
            if len(pieces) > 1 and any(isinstance(answer, Exception) for answer in answers.values()):
                own, part = self._answers(piece.windows), slice(None)  # another video's windows may be at fault
            for ask, item in piece.gathered.items():
                item.waiting -= len(piece.frames)
                answer = own[ask]
                if isinstance(answer, Exception):
                    item.error = item.error or answer
                elif item.error is None:
                    item.add(piece.frames, {name: array[part] for name, array in answer.items()})

    def _answers(self, windows: Mapping[str, np.ndarray]) -> dict[Ask, Arrays | Exception]:
        """Every ask's arrays for these windows; each extractor is called once, whoever reads it."""
        batch = Batch(self, windows)
        return {ask: batch.run(ask) for ask in self.asks}

    def call(self, ask: Ask, arguments: Sequence[Any], count: int) -> Arrays | Exception:
        broken = next((item for item in arguments if isinstance(item, Exception)), None)
        if broken is not None:
            return broken
        try:
            return checked(ask.extractor, self.extractors[ask], arguments, count)
        except Exception as error:
            return error


class Batch:
    """One batch on its way through a line: what each extractor said of it, so that nobody asks twice."""

    def __init__(self, line: Line, windows: Mapping[str, np.ndarray]) -> None:
        self.line = line
        self.windows = windows
        self.count = len(next(iter(windows.values())))
        self.made: dict[tuple[Ask, bool], Arrays | Exception] = {}

    def run(self, ask: Ask, backwards: bool = False) -> Arrays | Exception:
        """The arrays of an ask, for windows whose frames stand in reverse if `backwards`."""
        if (ask, backwards) not in self.made:
            arguments = [self._argument(ask, entry, backwards) for entry in ask.on]
            if fitted_name(ask) in self.windows:
                arguments.append(self.windows[fitted_name(ask)])
            self.made[ask, backwards] = self.line.call(ask, arguments, self.count)
        return self.made[ask, backwards]

    def _argument(self, ask: Ask, entry: str, backwards: bool) -> np.ndarray | Exception:
        link: Chained | None = chained(ask, entry)
        if link is None:
            turned = backwards and not entry.startswith(UNIT)
            return self.windows[entry][:, ::-1] if turned else self.windows[entry]
        arrays = self.run(link.source, link.backwards != backwards)
        if isinstance(arrays, Exception):
            return arrays
        if link.output not in arrays:
            name = f"extractor {link.source.extractor}: gives {', '.join(arrays)}, no {link.output!r}"
            return ValueError(f"{name}, which {ask.extractor} reads")
        return arrays[link.output]


def checked(name: str, extractor: Extractor, arguments: Sequence[Any], count: int) -> Arrays:
    """What the extractor gives for `count` windows, halving the batch where it does not fit in memory.

    Raises `ValueError` when there is not one value a window (numbers would lie at wrong frames) and `BadMedia` for NaN
    or infinity where the extractor does not declare them (`finite = False`).
    """
    try:
        with exact_arithmetic():
            arrays = {key: np.asarray(array) for key, array in extractor(*arguments).items()}
    except Exception as error:
        if not out_of_memory(error) or count < 2:
            raise
        half = count // 2
        parts = [
            checked(name, extractor, [item[piece] for item in arguments], size)
            for piece, size in ((slice(0, half), half), (slice(half, None), count - half))
        ]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    for key, array in arrays.items():
        if array.shape[:1] != (count,):
            raise ValueError(
                f"extractor {name}: {key} has shape {array.shape} for {count} windows; "
                "its first axis must be the windows"
            )
        if getattr(extractor, "finite", True) and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise BadMedia(f"extractor {name}: {key} is not finite (NaN or infinity)")
    return arrays


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """float32 on a GPU is float32: torch rounds convolutions to TF32 by default, which is coarser than any tolerance.

    The setting is the process's, so it is put back: whoever trains in this process keeps theirs.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        yield
        return
    places = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [place.allow_tf32 for place in places]
    try:
        for place in places:
            place.allow_tf32 = False
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            place.allow_tf32 = value


def fitted_name(ask: Ask) -> str:
    """The name among a batch's windows of what the ask's extractor was fitted to."""
    return f"fitted:{ask!r}"


def lines_of(asks: Sequence[Ask]) -> list[tuple[Ask, ...]]:
    """Asks grouped so that those that read one extractor's output on one view stand together."""
    groups: list[tuple[set[Ask], list[Ask]]] = []
    for ask in asks:
        reads = {ask, *sources_of(ask)}
        touching = [group for group in groups if group[0] & reads]
        merged: tuple[set[Ask], list[Ask]] = (set(reads), [])
        for group in touching:
            merged[0].update(group[0])
            merged[1].extend(group[1])
            groups.remove(group)
        merged[1].append(ask)
        groups.append(merged)
    return [tuple(members) for _, members in groups]
