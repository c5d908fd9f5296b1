"""An edit of a known region without any model: its colour is turned to the prompt's, all else stays bit for bit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical import edit
from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.types import Sample

OPERATIONS = ("edit-masked-colour",)


def inside(frame: np.ndarray, mask: np.ndarray, colour: str, *, strength: float, chroma: float) -> np.ndarray:
    """`edit.recolour` where `mask` (H, W) bool is true; (H, W, 3) uint8 -> (H, W, 3) uint8, equal outside the mask."""
    if not mask.any():
        return frame
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    box = (slice(top, top + height), slice(left, left + width))
    edited = frame.copy()
    recoloured = edit.recolour(frame[box], colour, strength=strength, chroma=chroma)
    edited[box] = np.where(mask[box][..., None], recoloured, frame[box])
    return edited


def added_colour(sample: Sample, fallback: str) -> str | None:
    """The first colour word that the prompt has more often than the source prompt; None where it has none.

    Without a source prompt: the prompt's first colour word, else `fallback`.
    """
    if not sample.source_prompt:
        return edit.colour_of(sample, fallback)
    left = Counter(re.findall(r"[a-z]+", sample.source_prompt.lower()))
    for word in re.findall(r"[a-z]+", sample.prompt.lower()):
        left[word] -= 1
        if left[word] < 0 and word in edit.COLOURS:
            return str(word)
    return None


def check(parameters: Mapping[str, Any]) -> None:
    """As for the edit of whole frames."""
    edit.check(parameters)


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The source's frames, the region in `mask` recoloured; size, length and rate stay.

    A prompt that adds no colour (a removal, say) leaves the frames as they are.
    """
    job.require_native_size("source")
    colour = added_colour(job.request.sample, parameters["fallback"])
    rest = {name: value for name, value in parameters.items() if name != "fallback"}

    def frames() -> Iterator[np.ndarray]:
        for frame, mask in zip(job.frames("source"), job.masks("mask", "source"), strict=True):
            yield inside(frame, mask, colour, **rest) if colour else frame

    return Stream(frames(), job.geometry("source").fps)
