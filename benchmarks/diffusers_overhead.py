"""Milliseconds a sample that the adapter for diffusers adds around a pipeline's call, besides encoding.

The pipeline is a stand-in that gives back ready frames at once, so that what is left is ours: the plan, the arguments,
the watching, the conversion to 8 bits. Two shapes: 16 frames of 256x256, and 49 of 480x720, where conversion weighs.
Writes benchmarks/results/diffusers_overhead.json; exit code 1 above the limit for the first shape.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np

from vbench_py.adapters.diffusers import Diffusers, running
from vbench_py.cards import MethodCard
from vbench_py.types import Request, Sample

LIMIT_MILLISECONDS = 20.0
SHAPES = ((16, 256, 256), (49, 480, 720))
SAMPLES = 7
OUT = Path(__file__).parent / "results" / "diffusers_overhead.json"


class Ready:
    """Gives the same frames (1, T, H, W, 3) float32 each time, and counts the seconds spent inside."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.frames = np.random.default_rng(0).random((1, *shape, 3), dtype=np.float32)

    def __call__(self, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(frames=self.frames)


def card(shape: tuple[int, int, int]) -> MethodCard:
    frames, height, width = shape
    mode = {"task": "t2v", "frames": {"native": frames}, "size": {"native": [width, height]}, "native_fps": 8.0}
    given = {"id": "ready", "title": "Ready frames", "adapter": "diffusers", "status": "untested", "modes": [mode]}
    return MethodCard.model_validate({**given, "defaults": {"pipeline": "WanPipeline", "repo": "none/none"}})


def overhead(shape: tuple[int, int, int]) -> float:
    """Median milliseconds a sample, encoding taken out."""
    made_card = card(shape)
    adapter = Diffusers(made_card, made_card.defaults)
    running.load_pipeline = lambda *_: Ready(shape)  # type: ignore[assignment]
    adapter.load("cpu")
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(SAMPLES):
            out = Path(folder, str(number))
            out.mkdir()
            started = perf_counter()
            resolved = adapter.plan(Request(Sample(str(number), "t2v", prompt="a car"), number))
            (made,) = adapter.generate([resolved], [out])
            if made.error is not None:
                raise made.error
            spent.append(perf_counter() - started - made.seconds["encode"])
    return statistics.median(spent) * 1000


def main() -> int:
    figures = {"x".join(map(str, shape)): round(overhead(shape), 2) for shape in SHAPES}
    about = {"python": platform.python_version(), "machine": platform.machine(), "samples": SAMPLES}
    document = {"unit": "milliseconds a sample", "limit": LIMIT_MILLISECONDS, **about, "shapes": figures}
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    sys.stdout.write(OUT.read_text())
    return int(next(iter(figures.values())) > LIMIT_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
