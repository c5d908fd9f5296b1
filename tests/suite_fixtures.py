"""A suite of its own in a folder: small clips on disk, a card and a samples file, used by its path."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.video_fixtures import moving_texture
from vbench_py.video import write_video

CARD = """
id = "tiny-vsr"
version = "1"
title = "Tiny"
task = "vsr"
summary = "A few frames, made on the spot."
licence = "CC0-1.0"
primary = "psnr-rgb"
metrics = {metrics}
methods = ["nearest", "ground-truth"]
seeds = {seeds}
"""


def write_suite(
    folder: Path,
    samples: int = 3,
    *,
    metrics: Sequence[str] = ("psnr-rgb",),
    seeds: Sequence[int] = (0,),
    frames: int = 4,
) -> str:
    """The path of a x2 super-resolution suite of `samples` clips, 32x24 to 64x48."""
    folder.mkdir(parents=True)
    lines = []
    for index in range(samples):
        clip = moving_texture(frames, 48, 64, seed=index)
        write_video(folder / f"t{index}.mkv", clip, fps=8)
        write_video(folder / f"s{index}.mkv", clip[:, ::2, ::2].copy(), fps=8)
        media = {"target": {"path": f"t{index}.mkv"}, "source": {"path": f"s{index}.mkv"}}
        lines.append(json.dumps({"id": f"clip-{index}", "group": f"g{index}", "media": media}))
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "suite.toml").write_text(CARD.format(metrics=json.dumps(list(metrics)), seeds=json.dumps(list(seeds))))
    return str(folder)
