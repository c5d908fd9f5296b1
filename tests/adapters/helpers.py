"""What the adapters' tests share: cards from disk, requests, and small clips that move."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import vbench_py.adapters
from vbench_py.cards import MethodCard, validate
from vbench_py.types import Adapter, Generated, Request, Sample
from vbench_py.video import write_video

ADAPTERS = Path(next(iter(vbench_py.adapters.__path__)))


def method(identifier: str) -> MethodCard:
    """The method card `identifier`, validated."""
    path = ADAPTERS / "methods" / f"{identifier}.toml"
    card: MethodCard = validate("method", tomllib.loads(path.read_text(encoding="utf-8")), path)
    return card


def waves(frames: int = 5, height: int = 24, width: int = 32, speed: float = 1.5, detail: float = 1.0) -> np.ndarray:
    """A smooth texture that moves right by `speed` pixels a frame, (T, H, W, 3) uint8."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    clip = []
    for time in range(frames):
        moved = (x - speed * time) * detail
        planes = [
            127 + 60 * np.sin(moved / 4.1 + y * detail / 7) + 50 * np.sin(moved / (2.9 + colour) - y * detail / 5)
            for colour in range(3)
        ]
        clip.append(np.clip(np.stack(planes, axis=-1), 0, 255))
    return np.rint(np.stack(clip)).astype(np.uint8)


def request(
    task: str, media: Mapping[str, np.ndarray], folder: Path, *, identifier: str = "s", seed: int = 0, **rest: Any
) -> Request:
    """A request whose media are written (FFV1, 8 frames a second) below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    prompt = rest.pop("prompt", "a red car on a road")
    paths = {}
    for role, frames in media.items():
        paths[role] = folder / f"{role}.mkv"
        write_video(paths[role], frames, fps=8.0)
    sample = Sample(id=identifier, task=task, prompt=prompt, seeds=(seed,))
    return Request(sample=sample, seed=seed, media=paths, **rest)


def run(adapter: Adapter, requests: Iterable[Request], folder: Path) -> list[Generated]:
    """Plans and generates as the core does, into `folder/0`, `folder/1` ..."""
    adapter.load("cpu")
    batch = [adapter.plan(item) for item in requests]
    out = [folder / str(number) for number in range(len(batch))]
    for path in out:
        path.mkdir(parents=True)
    made = list(adapter.generate(batch, out))
    adapter.close()
    return made


def psnr(made: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of uint8 arrays of one shape, over all their values."""
    error = np.mean((made.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error))
