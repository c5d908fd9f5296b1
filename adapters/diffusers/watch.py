"""What is measured while a pipeline runs: its first noise, when frames were decoded, and how much memory it took."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch

from vbench_py.adapters.outputs import Clock
from vbench_py.types import Chunk


@dataclass
class Watch:
    """`noise`: 16 hex digits a sample over the first latents; `decoded`: (frames, seconds since the start) a call."""

    clock: Clock
    started: float = field(default_factory=perf_counter)
    noise: list[str] = field(default_factory=list)
    decoded: list[tuple[int, float]] = field(default_factory=list)

    def timeline(self, frames: int) -> tuple[Chunk, ...]:
        """When frames became available, where the decoder's calls add up to them; else all at the end."""
        if sum(count for count, _ in self.decoded) != frames:
            return ()
        chunks, first = [], 0
        for count, at in self.decoded:
            chunks.append(Chunk(first, first + count - 1, at))
            first += count
        return tuple(chunks)


@contextmanager
def watching(pipeline: Any, clock: Clock, samples: int) -> Iterator[Watch]:
    """Listens to `prepare_latents` and to the decoder of the pipeline, both as they were afterwards."""
    watch = Watch(clock)
    vae = getattr(pipeline, "vae", None)
    prepare, decode = getattr(pipeline, "prepare_latents", None), getattr(vae, "decode", None)

    def prepared(*arguments: Any, **named: Any) -> Any:
        made = prepare(*arguments, **named)  # type: ignore[misc]
        latents = made[0] if isinstance(made, tuple | list) else made
        if not watch.noise and isinstance(latents, torch.Tensor):
            parts = torch.split(latents, 1) if len(latents) == samples else [latents]
            watch.noise = [digest(part) for part in parts]
        return made

    def decoding(*arguments: Any, **named: Any) -> Any:
        with clock.phase("decode"):
            made = decode(*arguments, **named)  # type: ignore[misc]
            if torch.cuda.is_available():
                torch.cuda.synchronize()
        pixels = made[0] if isinstance(made, tuple | list) else getattr(made, "sample", made)
        if isinstance(pixels, torch.Tensor):
            count = len(pixels) if pixels.ndim == 4 else pixels.shape[2] if pixels.ndim == 5 else 0
            watch.decoded.append((count, perf_counter() - watch.started))
        return made

    if callable(prepare):
        pipeline.prepare_latents = prepared
    if callable(decode):
        vae.decode = decoding  # type: ignore[union-attr]
    try:
        yield watch
    finally:
        if callable(prepare):
            del pipeline.prepare_latents
        if callable(decode):
            del vae.decode  # type: ignore[union-attr]


def digest(tensor: torch.Tensor) -> str:
    """16 hex digits over the bytes of a tensor, equal for equal values of one type."""
    plain = tensor.detach().to("cpu").contiguous().view(torch.uint8)
    return hashlib.sha256(plain.numpy().tobytes()).hexdigest()[:16]


def reset_peak(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def peak(device: str) -> int | None:
    """Bytes of device memory at the highest since `reset_peak`; None on a CPU, where nobody counts."""
    return int(torch.cuda.max_memory_allocated(device)) if device.startswith("cuda") else None
