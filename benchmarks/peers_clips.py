"""Clips for the benchmarks against peers: moving texture, written once, so that every contender decodes real files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run by path: the clips of the tests lie beside this folder

from tests.metrics.clips import noisy, texture
from vbench_py.video import write_video


def write_clips(
    folder: Path, count: int, frames: int, size: tuple[int, int], *, noise: int = 0, first: int = 0
) -> Path:
    """A folder of `count` H.264 clips of `frames` frames at (height, width) `size`; `noise` levels spoil them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        clip = texture(frames, *size, seed=number)
        write_video(folder / f"{number:03d}.mp4", noisy(clip, noise, seed=number) if noise else clip, fps=8.0,
                    encoding="h264-crf18")  # fmt: skip
    return folder
