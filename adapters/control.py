"""Controls: methods whose place on a leaderboard is known beforehand. A metric that ranks them otherwise is suspect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.adapters.damage import RUNGS
from vbench_py.adapters.frames import cover
from vbench_py.adapters.geometry import Geometry, output_geometry
from vbench_py.adapters.modes import capabilities, checked_options, choose_mode, resolve
from vbench_py.adapters.outputs import Clock, each, write_frames
from vbench_py.adapters.truth import copied, damaged, streamed
from vbench_py.cards import MethodCard
from vbench_py.types import BadMedia, Capability, Generated, Request, Resolved, UsageError
from vbench_py.video import probe, read

KINDS = ("ground-truth", *RUNGS, "noise", "frozen-frame", "shuffled-frames")
RANDOM_KINDS = (*RUNGS, "noise", "shuffled-frames")
SHUFFLE_BYTES = 1 << 30


class Control:
    """The card's default `kind` says which control. All but `ground-truth` and its damaged forms see inputs only.

    Noise and shuffling are drawn from the seed and the sample's id: the same bytes each time, others for each sample.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        self.parameters = checked_options(card, options)
        self.kind = str(self.parameters.get("kind", ""))
        if self.kind not in KINDS:
            raise UsageError(f"method {card.id}: unknown kind {self.kind!r}; known kinds: {', '.join(KINDS)}")

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def plan(self, request: Request) -> Resolved:
        """The kind; no file is opened. Raises `Unsupported` for another task or a missing role."""
        choose_mode(self.card, request)
        return resolve(self.card, request, self.parameters, seed_applied=self.kind in RANDOM_KINDS)

    def load(self, device: str) -> None:
        """Nothing to load."""

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        return each(batch, out, self._one)

    def close(self) -> None:
        """Nothing is held."""

    def _one(self, resolved: Resolved, folder: Path) -> Generated:
        request, clock = resolved.request, Clock()
        required = choose_mode(self.card, request).required
        path = request.media[required[0]] if required else None
        if self.kind == "ground-truth" or self.kind in RUNGS:
            if path is None:
                raise UsageError(f"method {self.card.id}: its modes require no role to copy; name one in the card")
            if self.kind == "ground-truth":
                return copied(resolved, folder, clock)
            return damaged(resolved, folder, clock, RUNGS[self.kind], lambda: _random(request))
        geometry = output_geometry(request, path)
        if self.kind == "noise":
            frames = _noise(geometry, _random(request))
        elif path is None:
            raise UsageError(f"method {self.card.id}: {self.kind} needs an input; name its role in the card")
        elif self.kind == "frozen-frame":
            frames = _frozen(path, geometry)
        else:
            frames = _shuffled(path, geometry, _random(request), clock)
        return write_frames(resolved, folder, frames, fps=geometry.fps, clock=clock)


def _random(request: Request) -> np.random.Generator:
    words = np.frombuffer(hashlib.sha256(request.sample.id.encode()).digest(), np.uint32)
    return np.random.Generator(np.random.PCG64([request.seed % 2**64, *words.tolist()]))


def _noise(geometry: Geometry, random: np.random.Generator) -> Iterator[np.ndarray]:
    shape = (geometry.height, geometry.width, 3)
    for _ in range(geometry.frames):
        yield np.frombuffer(random.bytes(int(np.prod(shape))), np.uint8).reshape(shape)


def _frozen(path: Path, geometry: Geometry) -> Iterator[np.ndarray]:
    frame = cover(read(path, 0, 1)[0], geometry.width, geometry.height)
    for _ in range(geometry.frames):
        yield frame


def _shuffled(path: Path, geometry: Geometry, random: np.random.Generator, clock: Clock) -> Iterator[np.ndarray]:
    """Reads the clip once for every gibibyte of frames, so that a long clip needs no more memory than that."""
    info = probe(path)
    given = info.frames
    if given < 2:
        raise BadMedia(f"{path.name}: one frame cannot be shuffled")
    # Sorting raw bits: NumPy keeps their stream across versions, not that of `permutation`.
    order = np.argsort(random.bit_generator.random_raw(given), kind="stable")
    if np.array_equal(order, np.arange(given)):
        order = np.roll(order, 1)
    shown = order[np.arange(geometry.frames) * given // geometry.frames]
    held = max(1, SHUFFLE_BYTES // (info.width * info.height * 3))
    for start in range(0, geometry.frames, held):
        wanted = set(shown[start : start + held].tolist())
        kept = {index: frame.copy() for index, frame in enumerate(streamed(path, clock)) if index in wanted}
        for index in shown[start : start + held].tolist():
            yield cover(kept[index], geometry.width, geometry.height)
