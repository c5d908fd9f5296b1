"""A method and a metric that stop at a gate, so that a test can kill, fill or change something at a known moment.

The folder named by GATE holds `stop-<name>` for a place to stop at, `reached` once work stands there, `go` to let it
through, and `log` with a line for every piece of work that began.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.cards import MethodCard, MetricCard
from vbench_py.types import Ask, Capability, Facts, Generated, Request, Resolved, Score, Series
from vbench_py.video import read, write_video

CARDS = """
[[adapter]]
id = "gated"
version = "1"
title = "Stops at a gate"
entry = "tests.e2e.gated:Gated"

[[method]]
id = "gated-repeat"
title = "Pixels repeated four times, behind a gate"
adapter = "gated"
status = "runs"
modes = [{ task = "vsr", required = ["source"] }]

[[extractor]]
id = "gated-mean"
version = "1"
title = "Mean level, behind a gate"
entry = "tests.e2e.gated:GatedMean"

[[metric]]
id = "gated-level"
version = "1"
title = "Mean level"
family = "test"
entry = "tests.e2e.gated:Level"
summary = "Mean of all levels."
direction = "descriptive"
range = [0.0, 255.0]
unit = ""
extractors = ["gated-mean"]
evidence = "closed form"
"""


def gate(name: str) -> None:
    if "GATE" not in os.environ:
        return
    folder = Path(os.environ["GATE"])
    with (folder / "log").open("a") as log:
        log.write(name + "\n")
    if (folder / f"stop-{name}").exists():
        (folder / "reached").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)


class Gated:
    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card

    def capabilities(self) -> list[Capability]:
        return [Capability(mode="vsr", task="vsr", required=("source",))]

    def plan(self, request: Request) -> Resolved:
        return Resolved(request=request)

    def load(self, device: str) -> None:
        pass

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        for resolved, folder in zip(batch, out, strict=True):
            (folder / "video.mkv").write_bytes(b"half of a video")
            gate(f"generate-{resolved.request.sample.id}")
            (folder / "video.mkv").unlink()
            frames = read(resolved.request.media["source"]).repeat(4, axis=1).repeat(4, axis=2)
            write_video(folder / "video.mkv", frames, fps=24)
            yield Generated(resolved=resolved, outputs={"video": folder / "video.mkv"})

    def close(self) -> None:
        pass


class GatedMean:
    """Mean level of a frame: (B, 1, H, W, 3) uint8 -> level (B,)."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.calls = 0

    def load(self, device: str) -> None:
        pass

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return int(np.prod(shape))

    def __call__(self, *windows: np.ndarray) -> dict[str, np.ndarray]:
        gate(f"score-{self.calls}")
        self.calls += 1
        return {"level": windows[0].mean(axis=(1, 2, 3, 4))}

    def close(self) -> None:
        pass


class Level:
    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.needs = {"mean": Ask("gated-mean", ("video",))}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        return Score(float(arrays["mean"].values["level"].mean()))
