"""A schedule of prompts in the form that a pipeline takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.types import Unsupported


def schedule(
    settings: Settings, parameter: str, prompts: Sequence[tuple[int, str]], frames: int | None
) -> dict[str, Any]:
    """`prompts` (first frame, text) as a dictionary by frame (FreeNoise), or as segments of windows.

    Prompts that begin behind the last frame are left out. Raises `Unsupported("prompt_schedule", ...)` where the
    parameter takes neither.
    """
    kept = [(at, text) for at, text in prompts if frames is None or at < frames]
    if settings.free_noise is not None and parameter == "prompt":
        return {parameter: dict(kept)}
    if parameter == "prompt_segments":
        return {parameter: _segments(settings, kept, frames)}
    raise Unsupported("prompt_schedule", f"{settings.pipeline} takes no schedule in {parameter}")


def _segments(settings: Settings, prompts: Sequence[tuple[int, str]], frames: int | None) -> list[dict[str, Any]]:
    """Windows of the temporal tiles that a prompt begins in, to the one before the next prompt's."""
    tile = int(settings.call.get("temporal_tile_size", 80))
    step = tile - int(settings.call.get("temporal_overlap", 24))
    starts = [at // step for at, _ in prompts]
    last = max(starts[-1], ((frames or tile) - 1) // step)
    ends = [*(max(start, following - 1) for start, following in pairwise(starts)), last]
    return [
        {"start_window": start, "end_window": end, "text": text}
        for start, end, (_, text) in zip(starts, ends, prompts, strict=True)
    ]
