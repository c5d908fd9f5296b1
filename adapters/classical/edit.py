"""Edits without any model: the copy, and a real change of colour read from the prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.types import Sample, UsageError

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (220, 30, 30),
    "orange": (255, 140, 0),
    "golden": (255, 200, 40),
    "yellow": (250, 230, 40),
    "green": (40, 160, 60),
    "turquoise": (64, 200, 190),
    "cyan": (0, 200, 220),
    "blue": (40, 80, 220),
    "purple": (130, 50, 180),
    "violet": (130, 60, 220),
    "pink": (255, 120, 180),
    "magenta": (220, 30, 200),
    "brown": (130, 80, 40),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "gray": (128, 128, 128),
    "white": (255, 255, 255),
}
NEUTRAL_CHROMA = 5.0


def copy(frame: np.ndarray, colour: str) -> np.ndarray:
    """The frame as it is: nothing is lost and nothing is edited."""
    return frame


def recolour(frame: np.ndarray, colour: str, *, strength: float, chroma: float) -> np.ndarray:
    """Turns the frame towards `colour`, keeping its lightness pattern. (H, W, 3) uint8 -> (H, W, 3) uint8.

    In CIE L*a*b*: each pixel takes the colour's hue, its own chroma and `chroma` more at middle lightness (none at
    its ends); black, grey and white take all chroma away and move lightness half-way. `strength` in [0, 1] mixes.
    """
    lab = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    swatch = np.array([[COLOURS[colour]]], np.float32) / 255
    target = cv2.cvtColor(swatch, cv2.COLOR_RGB2LAB)[0, 0]
    lightness, own = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    edited = np.zeros_like(lab)
    edited[..., 0] = lightness
    reach = float(np.hypot(target[1], target[2]))
    if reach < NEUTRAL_CHROMA:
        edited[..., 0] = (lightness + target[0]) / 2
    else:
        more = own + chroma * (1 - np.abs(lightness / 50 - 1))
        edited[..., 1:] = more[..., None] * (target[1:] / reach)
    mixed = cv2.cvtColor(lab + np.float32(strength) * (edited - lab), cv2.COLOR_LAB2RGB)
    return np.clip(np.rint(mixed * 255), 0, 255).astype(np.uint8)


def colour_of(sample: Sample, fallback: str) -> str:
    """The first colour word of the prompt that the source prompt lacks, else its first colour word, else `fallback`."""
    words = [word for word in re.findall(r"[a-z]+", sample.prompt.lower()) if word in COLOURS]
    before = set(re.findall(r"[a-z]+", sample.source_prompt.lower()))
    return next((word for word in words if word not in before), words[0] if words else fallback)


OPERATIONS: Mapping[str, Callable[..., np.ndarray]] = {"edit-copy": copy, "edit-colour": recolour}


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for an unknown colour word, a strength outside [0, 1] or a negative chroma."""
    if parameters.get("fallback", "blue") not in COLOURS:
        raise UsageError(f"fallback is {parameters['fallback']!r}; choose among {', '.join(COLOURS)}")
    if not 0 <= parameters.get("strength", 1.0) <= 1:
        raise UsageError(f"strength is {parameters['strength']}; give a share between 0 and 1")
    if parameters.get("chroma", 0.0) < 0:
        raise UsageError(f"chroma is {parameters['chroma']}; give 0 or more (CIE L*a*b* units)")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The source's frames, each edited alike; size, length and rate stay."""
    job.require_native_size("source")
    colour = colour_of(job.request.sample, parameters.get("fallback", "blue"))
    rest = {name: value for name, value in parameters.items() if name != "fallback"}
    edit = OPERATIONS[operation]
    return Stream((edit(frame, colour, **rest) for frame in job.frames("source")), job.geometry("source").fps)
