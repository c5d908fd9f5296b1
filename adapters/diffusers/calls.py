"""The arguments of one call: texts, seeds and media of a planned sample under the pipeline's own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from vbench_py.adapters.diffusers.arguments import FIELDS, TEXTS, mapping
from vbench_py.adapters.diffusers.conditions import PLACE, pinned
from vbench_py.adapters.diffusers.faces import identity
from vbench_py.adapters.diffusers.media import Shape, prepared, shape_of
from vbench_py.adapters.diffusers.schedules import schedule
from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.adapters.diffusers.signatures import parameters
from vbench_py.adapters.diffusers.tensors import as_tensors
from vbench_py.adapters.geometry import FALLBACK_FPS
from vbench_py.method_card import ModeCard
from vbench_py.types import Request, Resolved
from vbench_py.video import probe


@dataclass(frozen=True)
class Call:
    """What goes to the pipeline for one sample; `record` is for provenance."""

    arguments: dict[str, Any]
    shape: Shape
    fps: float
    media: frozenset[str] = frozenset()
    record: dict[str, Any] = field(default_factory=dict)

    def rounded(self, got: tuple[int, ...]) -> dict[str, Any]:
        """What was asked for and came out otherwise, of frames, width and height: `got` is (T, H, W, 3)."""
        width, height = self.shape.size or (None, None)
        asked = {"frames": self.shape.frames, "width": width, "height": height}
        found = {"frames": got[0], "width": got[2], "height": got[1]}
        return {
            name: {"asked": value, "got": found[name]}
            for name, value in asked.items()
            if value is not None and value != found[name]
        }


def call_of(pipeline: Any, settings: Settings, mode: ModeCard, resolved: Resolved) -> Call:
    """The call for one sample; its media are opened here. Raises `Unsupported` and `BadMedia` for what they are."""
    request, planned = resolved.request, resolved.parameters
    names = mapping(settings, mode)
    size = (planned["width"], planned["height"])
    given = Shape(planned["frames"], None if None in size else size)
    shape = shape_of(mode, dict(request.media), given, request.size_policy)
    arguments: dict[str, Any] = dict(planned["call"])
    record: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    placed: dict[str, Any] = {}
    for role in (*mode.required, *mode.optional):
        if role in names and role in request.media:
            place = names[role]
            taken = "image" if place == PLACE else place
            medium, inputs[role] = prepared(role, taken, request.media[role], shape, settings.fit)
            (placed if place == PLACE else arguments)[role if place == PLACE else place] = medium
            if settings.faces and role == "reference":
                arguments |= identity(pipeline, settings, medium)
    if placed:
        arguments[PLACE] = pinned(settings.pipeline, placed, shape.frames)
    arguments |= as_tensors(settings.pipeline, arguments)
    if inputs:
        record["inputs"] = inputs
    arguments |= _texts(settings, request, names, shape)
    fps = planned["fps"] or _input_rate(mode, request)
    arguments |= _fields(settings, names, shape, fps, request.seed)
    known = parameters(settings.pipeline)
    if "output_type" in known:
        arguments["output_type"] = "np"
    media = frozenset(names[role] for role in inputs)
    return Call(arguments, shape, fps, media, record)


def _texts(settings: Settings, request: Request, names: Mapping[str, str], shape: Shape) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for name in TEXTS:
        value = getattr(request.sample, name)
        if name not in names or not (value or name == "prompt"):
            continue
        if name == "prompt_schedule":
            texts |= schedule(settings, names[name], value, shape.frames)
        else:
            texts[names[name]] = value
    return texts


def _fields(settings: Settings, names: Mapping[str, str], shape: Shape, fps: float, seed: int) -> dict[str, Any]:
    width, height = shape.size or (None, None)
    frames = shape.frames if shape.frames is None or settings.asked is None else settings.asked.frames(shape.frames)
    values = {"frames": frames, "width": width, "height": height, "fps": fps}
    fields: dict[str, Any] = {
        names[name]: values[name] for name in FIELDS if name in names and values.get(name) is not None
    }
    if names.get("fps"):
        whole = parameters(settings.pipeline)[names["fps"]].isdigit()
        fields[names["fps"]] = round(fps) if whole else fps
    if place := names.get("seed"):
        # On the CPU, so that a seed means the same noise on any device.
        fields[place] = torch.Generator("cpu").manual_seed(seed) if place == "generator" else seed
    return fields


def _input_rate(mode: ModeCard, request: Request) -> float:
    role = next((role for role in ("source", "prefix", "control") if role in request.media), "")
    role = role or next((role for role in mode.required if role in request.media), "")
    rate = probe(request.media[role]).fps if role else None
    return float(rate or request.fps or FALLBACK_FPS)


def together(calls: Sequence[Call], names: Mapping[str, str]) -> dict[str, Any] | None:
    """One call for several samples of one shape: texts, pictures and generators as lists, all else as it is.

    None where the calls cannot be joined: other parameters, media that are videos, a seed that is no generator.
    """
    first = calls[0].arguments
    if any(call.arguments.keys() != first.keys() or call.shape != calls[0].shape for call in calls):
        return None
    if names.get("seed") != "generator":
        return None
    listed = {names[name] for name in ("prompt", "negative_prompt", "seed") if name in names} | calls[0].media
    joined: dict[str, Any] = {}
    for name, value in first.items():
        values = [call.arguments[name] for call in calls]
        if name in listed and not isinstance(value, list | dict):
            joined[name] = values
        elif name in listed or any(other != value for other in values):
            return None
        else:
            joined[name] = value
    return joined
