"""Media of a request as a pipeline takes them: PIL pictures of the planned size, cut to a length that it can take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vbench_py.adapters.diffusers.arguments import STILLS
from vbench_py.adapters.rules import Size, fitted_size, frames_within
from vbench_py.method_card import ModeCard
from vbench_py.types import Unsupported
from vbench_py.video import probe, read, read_chunks

MASKS = ("mask", "reference_mask")


@dataclass(frozen=True)
class Shape:
    """What comes out: frames and (width, height), each None where the pipeline's own default decides."""

    frames: int | None
    size: Size | None


def shape_of(mode: ModeCard, media: dict[str, Path], planned: Shape, policy: str) -> Shape:
    """`planned`, completed from the media that the mode's rules follow.

    Raises `Unsupported` for an input too short, or, where the policy is exact, of a length or size the model cannot
    give back.
    """
    frames, size = planned.frames, planned.size
    rule = mode.frames
    if frames is None and rule is not None and rule.follows in media:
        given = probe(media[rule.follows]).frames
        taken = frames_within(rule, given)
        if policy == "exact" and taken != given:
            raise Unsupported("frames", f"the {rule.follows} has {given}, of which the model can take {taken}")
        frames = rule.times * (taken - 1) + 1
    room = mode.size
    if size is None and room is not None and room.follows in media:
        info = probe(media[room.follows])
        size = fitted_size(room, (info.width, info.height))
        if policy == "exact" and size != (info.width * room.times, info.height * room.times):
            reason = f"the {room.follows} is {info.width}x{info.height}, the model gives {size[0]}x{size[1]}"
            raise Unsupported("size", reason)
    return Shape(frames, size)


def prepared(role: str, parameter: str, path: Path, shape: Shape, fit: str) -> tuple[Any, dict[str, Any]]:
    """The medium for `parameter` (a picture, or a list of them) and what was done to it, for the record."""
    info = probe(path)
    still = parameter in STILLS or role.partition("/")[0] == "reference"
    # Pipelines that take a list of subjects place each on a canvas of their own.
    size = None if fit == "none" or parameter == "reference_images" else shape.size
    pictures = frames_for(role, path, Shape(1 if still else shape.frames, size), fit)
    got = pictures[0].size
    record: dict[str, Any] = {"frames": len(pictures), "from": [info.width, info.height], "to": list(got)}
    if (info.width, info.height) != got:
        record["fit"] = fit
    return (pictures[0] if parameter in STILLS else pictures), record


def frames_for(role: str, path: Path, shape: Shape, fit: str) -> list[Image.Image]:
    """The frames of a medium, cut to the shape's length and brought to its size: RGB, and L for masks."""
    frames = next(iter(read_chunks(path)))[:1] if shape.frames == 1 else _cut(read(path), shape.frames)
    resample = Image.Resampling.NEAREST if role in MASKS else Image.Resampling.LANCZOS
    size = shape.size or (frames.shape[2], frames.shape[1])
    pictures = [fitted(Image.fromarray(frame), size, fit, resample) for frame in frames]
    return [picture.convert("L") for picture in pictures] if role in MASKS else pictures


def _cut(frames: np.ndarray, count: int | None) -> np.ndarray:
    """The first `count` frames; the only frame of a picture as often as it takes, for a mask that holds throughout."""
    if count is not None and len(frames) == 1 < count:
        return np.repeat(frames, count, axis=0)
    return frames if count is None else frames[:count]


def fitted(picture: Image.Image, size: Size, fit: str, resample: Image.Resampling) -> Image.Image:
    """`picture` at `size`: cut from the middle after resizing (crop), with black bars (pad), or out of shape."""
    if picture.size == size:
        return picture
    if fit == "stretch":
        return picture.resize(size, resample)
    scales = size[0] / picture.width, size[1] / picture.height
    scale = max(scales) if fit == "crop" else min(scales)
    inner = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    resized = picture.resize(inner, resample)
    place = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    whole = Image.new(picture.mode, size)
    whole.paste(resized, place)
    return whole
