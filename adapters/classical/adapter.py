"""The adapter of all classical methods: a card names an operation and its parameters, a family streams it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from vbench_py.adapters.classical import (
    animate,
    code,
    deblur,
    depth,
    edit,
    extend,
    follow,
    interpolate,
    paste,
    recolour,
    shots,
    stereo,
    style,
    upscale,
    views,
)
from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.modes import capabilities, checked_options, choose_mode, resolve
from vbench_py.adapters.outputs import Clock, each, write_depth_frames, write_frames
from vbench_py.cards import MethodCard
from vbench_py.checkpoints import fetch
from vbench_py.types import Capability, Generated, Request, Resolved, UsageError

FAMILIES: Mapping[str, ModuleType] = {
    operation: family
    for family in (
        upscale,
        interpolate,
        animate,
        deblur,
        edit,
        recolour,
        style,
        code,
        extend,
        shots,
        paste,
        follow,
        depth,
        stereo,
        views,
    )
    for operation in family.OPERATIONS
}


class Classical:
    """Runs the card's `operation` with the rest of its defaults as parameters; outputs are the same bytes each time.

    Raises `UsageError` at once for an unknown operation, an unknown parameter or a value out of range.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        self.parameters = checked_options(card, options)
        self.operation = str(self.parameters.pop("operation", ""))
        if self.operation not in FAMILIES:
            known = ", ".join(sorted(FAMILIES))
            raise UsageError(f"method {card.id}: unknown operation {self.operation!r}; known operations: {known}")
        self.family = FAMILIES[self.operation]
        self.weights: dict[str, Path] = {}
        try:
            self.family.check(self.parameters)
        except UsageError as error:
            raise UsageError(f"method {card.id}: {error}") from error

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def plan(self, request: Request) -> Resolved:
        """The operation and its parameters; opens no file. Raises `Unsupported` for another task or a missing role."""
        choose_mode(self.card, request)
        parameters = {"operation": self.operation, **self.parameters}
        return resolve(self.card, request, parameters, seed_applied=False)

    def load(self, device: str) -> None:
        """Fetches the card's weights where it has any; `device` is ignored, all arithmetic is on the CPU."""
        self.weights = {checkpoint.name: fetch(checkpoint) for checkpoint in self.card.checkpoints}

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        return each(batch, out, self._one)

    def _one(self, resolved: Resolved, folder: Path) -> Generated:
        clock = Clock()
        given = self.family.stream(self.operation, Job(resolved.request, clock, self.weights), self.parameters)
        streams: Sequence[Stream] = [given] if isinstance(given, Stream) else given
        outputs: dict[str, Path] = {}
        provenance: dict[str, Any] = {}
        for stream in streams:
            made = _written(resolved, folder, stream, clock)
            outputs |= made.outputs
            provenance |= stream.provenance
        timeline = made.timeline if len(streams) == 1 else ()
        return Generated(resolved, outputs, seconds=made.seconds, timeline=timeline, provenance=provenance)

    def close(self) -> None:
        """Nothing is held."""


def _written(resolved: Resolved, folder: Path, stream: Stream, clock: Clock) -> Generated:
    if stream.unit is None:
        return write_frames(resolved, folder, stream.frames, fps=stream.fps, clock=clock, name=stream.name)
    return write_depth_frames(
        resolved, folder, stream.frames, unit=stream.unit, count=stream.count, clock=clock, name=stream.name
    )
