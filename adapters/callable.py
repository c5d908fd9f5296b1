"""A Python function as a method: called with one request at a time, its result checked and written."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable as Function
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.adapters.geometry import FALLBACK_FPS
from vbench_py.adapters.modes import capabilities, choose_mode, resolve
from vbench_py.adapters.outputs import Clock, each, write_frames
from vbench_py.adapters.placing import place
from vbench_py.adapters.results import named_outputs
from vbench_py.cards import MethodCard
from vbench_py.frames import iter_frames, to_numpy
from vbench_py.keys import canonical
from vbench_py.types import Capability, Generated, Parameters, Request, Resolved, UsageError
from vbench_py.video import probe, read, read_image, write_depth


@dataclass(frozen=True)
class Call:
    """What the function is given. `frames`, `fps`, `width` and `height` are None where the suite leaves them open.

    `prompt_schedule` holds (frame, prompt) pairs; `facts` are those of the sample, `azimuths` of asked views say.
    """

    id: str
    task: str
    prompt: str
    negative_prompt: str
    source_prompt: str
    seed: int
    frames: int | None
    fps: float | None
    width: int | None
    height: int | None
    parameters: Parameters = field(default_factory=dict)
    axes: Parameters = field(default_factory=dict)
    media: Mapping[str, Path] = field(default_factory=dict)
    prompt_schedule: tuple[tuple[int, str], ...] = ()
    facts: Parameters = field(default_factory=dict)

    def read(self, role: str) -> np.ndarray:
        """All frames of the medium in `role`, (T, H, W, 3) uint8 RGB. Raises `KeyError` for a role without a medium."""
        return read(self.media[role])

    def image(self, role: str) -> np.ndarray:
        """The image in `role`, (H, W, 3) uint8 RGB. Raises `KeyError` for a role without a medium."""
        return read_image(self.media[role])


class Callable:
    """Options: `function`, called with a `Call`; all others reach it as `call.parameters`.

    It may return frames (see `vbench_py.frames.iter_frames`), a (frames, fps) pair, a path, a dict of outputs by name,
    or an iterator of frames or chunks, which is written as it comes and gives the output a timeline. What it raises
    becomes a failed row.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        self.parameters = {**card.defaults, **options}
        self.function: Function[[Call], Any] = self.parameters.pop("function", None)
        if not callable(self.function):
            raise UsageError(f"method {card.id}: option function is {self.function!r}; give a function of one argument")

    def identity(self) -> str:
        """`module:qualname`, the sha256 of its source where that is to be had, and the other options if there are any.

        What a closure or an object holds is not part of it: tell such runs apart by name or axes.
        """
        told = _tellable(self.parameters)
        return " ".join(filter(None, (self._function_identity(), canonical(told) if told else "")))

    def _function_identity(self) -> str:
        function: Any = inspect.unwrap(self.function)
        while isinstance(function, functools.partial):
            function = inspect.unwrap(function.func)
        owner = function if hasattr(function, "__qualname__") else type(function)
        name = f"{owner.__module__}:{owner.__qualname__}"
        try:
            source = inspect.getsource(owner)
        except (OSError, TypeError):
            return name
        return f"{name}@{hashlib.sha256(source.encode()).hexdigest()}"

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def plan(self, request: Request) -> Resolved:
        """Options, the request's parameters (which win), the function's identity. Raises `Unsupported` by the card."""
        choose_mode(self.card, request)
        parameters = {**_tellable(self.parameters), **request.parameters, "function": self._function_identity()}
        return resolve(self.card, request, parameters, seed_applied=True)

    def load(self, device: str) -> None:
        """Nothing to load: the function owns its model."""

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        return each(batch, out, self._one)

    def close(self) -> None:
        """Nothing is held."""

    def _one(self, resolved: Resolved, folder: Path) -> Generated:
        clock = Clock()
        with clock.phase("generate"):
            outputs = named_outputs(
                self.function(_call(resolved.request, {**self.parameters, **resolved.request.parameters}))
            )
        paths: dict[str, Path] = {}
        made = Generated(resolved=resolved, outputs=paths)
        for name, output in outputs.items():
            if isinstance(output.content, Path):
                with clock.phase("copy"):
                    paths[name] = place(output.content, folder, name)
                if name == "video":
                    info = probe(paths[name])
                    made.encoding = "lossless" if info.lossless else info.encoding
                continue
            if output.unit:
                with clock.phase("encode"):
                    paths[name] = folder / f"{name}.npz"
                    write_depth(paths[name], to_numpy(output.content), unit=output.unit)
                continue
            fps = output.fps or resolved.request.fps or FALLBACK_FPS
            written = write_frames(resolved, folder, iter_frames(output.content), fps=fps, clock=clock, name=name)
            paths[name] = written.outputs[name]
            if name == "video":
                made.timeline = written.timeline if output.streamed else ()
        made.seconds = dict(clock.seconds)
        return made


def _tellable(parameters: Parameters) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if not callable(value)}


def _call(request: Request, parameters: Parameters) -> Call:
    sample = request.sample
    return Call(
        id=sample.id,
        task=sample.task,
        prompt=sample.prompt,
        negative_prompt=sample.negative_prompt,
        source_prompt=sample.source_prompt,
        seed=request.seed,
        frames=request.frames,
        fps=request.fps,
        width=request.width,
        height=request.height,
        parameters=parameters,
        axes=request.axes,
        media=request.media,
        prompt_schedule=sample.prompt_schedule,
        facts=sample.facts,
    )
