"""A pipeline for pictures over a video, frame by frame: depth of each frame, or another picture of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vbench_py.adapters.diffusers.arguments import mapping
from vbench_py.adapters.diffusers.calls import call_of
from vbench_py.adapters.diffusers.media import frames_for
from vbench_py.adapters.diffusers.results import frames_by_sample
from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.adapters.outputs import Clock, write_depth_frames, write_frames
from vbench_py.cards import ModeCard
from vbench_py.types import Generated, Resolved


def frame_by_frame(pipeline: Any, settings: Settings, mode: ModeCard, resolved: Resolved, folder: Path) -> Generated:
    """Every frame of the first required role through the pipeline, each from the same initial noise.

    With a `unit`, `result` is depth (H, W) and the output `depth`; else pictures, and the output `video`.
    """
    clock = Clock()
    call = call_of(pipeline, settings, mode, resolved)
    role = mode.required[0]
    parameter = mapping(settings, mode)[role]
    source = frames_for(role, resolved.request.media[role], call.shape, settings.fit)

    def made() -> Iterator[np.ndarray]:
        for picture in source:
            arguments = {**call.arguments, parameter: picture}
            if "generator" in arguments:
                arguments["generator"] = torch.Generator("cpu").manual_seed(resolved.request.seed)
            with torch.inference_mode():
                result = getattr(pipeline(**arguments), settings.result)
            yield _depth(result) if settings.unit else frames_by_sample(result, 1)[0][0]

    if settings.unit:
        written = write_depth_frames(resolved, folder, made(), unit=settings.unit, count=len(source), clock=clock)
    else:
        written = write_frames(resolved, folder, made(), fps=call.fps, clock=clock)
    written.provenance = {**call.record, "per_frame": True}
    return written


def _depth(result: Any) -> np.ndarray:
    """(H, W) float32 of one prediction (1, H, W, 1), (1, 1, H, W) or (H, W)."""
    plain = result.detach().float().cpu().numpy() if hasattr(result, "detach") else np.asarray(result)
    return np.ascontiguousarray(plain.squeeze(), dtype=np.float32)
