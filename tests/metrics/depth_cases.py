"""Depth whose truth is known, made of integers and a frozen random stream, and depth metrics run on it in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.metrics.clips import texture
from tests.metrics.running import EXTRACTORS, METRICS, build, entry
from vbench_py.features.asks import sources_of
from vbench_py.features.extraction import extract
from vbench_py.types import Facts, Score

NYU = Path(__file__).parents[2].parent / "shared" / "data" / "depth"
ERRORS = ("abs-rel", "sq-rel", "rmse-depth", "rmse-log", "silog", "delta1", "delta2", "delta3")
UNITS = {"depth": "disparity", "target": "metres"}


def truth(frames: int = 6, height: int = 48, width: int = 64) -> np.ndarray:
    """True depth (T, H, W) float32 in metres, 1 to 12, with a near box; 0 where unknown: a strip, the last frame."""
    ground = texture(frames, height, width, seed=3)[..., 0].astype(np.float32) / 25 + np.float32(2)
    for t in range(frames):
        ground[t, 12:30, 8 + 3 * t : 24 + 3 * t] = 1 + np.float32(t) / 8
    ground[:, -5:, :9] = 0
    ground[-1] = 0
    return ground


def disparity(depth: np.ndarray, noise: float = 0.02, seed: int = 5) -> np.ndarray:
    """Predicted disparity (T, H, W) float32, 2 / depth - 0.15 and some: a few values are negative."""
    drawn = np.random.RandomState(seed).randint(-1000, 1001, depth.shape) / 1000
    known = np.where(depth > 0, depth, 10)
    return (2 / known - 0.15 + noise * drawn).astype(np.float32)


def cameras(frames: int, height: int = 48, width: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Intrinsics (T, 3, 3), pixel centres at integers, and camera-to-world (T, 4, 4) of a camera that turns and moves.

    The focal length grows a little from frame to frame.
    """
    intrinsics, poses = np.zeros((frames, 3, 3)), np.tile(np.eye(4), (frames, 1, 1))
    for t in range(frames):
        focal, angle = 60 + t / 2, t / 50
        intrinsics[t] = [[focal, 0, width / 2 - 0.5], [0, focal + 1, height / 2 - 0.5], [0, 0, 1]]
        poses[t, :3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
        poses[t, :3, 3] = [t / 10, -t / 20, t / 15]
    return intrinsics, poses


def camera_role(intrinsics: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """(T, 3, 7, 1) float64 [K | world-to-camera], pixel centres at integer + 0.5."""
    moved = intrinsics.copy()
    moved[:, :2, 2] += 0.5
    return np.concatenate([moved, np.linalg.inv(poses)[:, :3]], axis=2)[..., None]


def role(depth: np.ndarray) -> np.ndarray:
    """(T, H, W) as a stream of depth has it: (T, H, W, 1) float32, NaN instead of 0."""
    return np.where(depth == 0, np.nan, depth).astype(np.float32)[..., None]


def run(
    name: str, roles: Mapping[str, np.ndarray], *, units: Mapping[str, str] = UNITS, chunk: int = 0, **settings: Any
) -> Score:
    """The score of a depth metric on roles in memory, streamed in pieces of `chunk` frames; `settings` override."""
    card = METRICS[name]
    made = entry(card.entry)(card, {**card.protocol, **settings})
    ask = made.needs["windows"]
    sources = {source: build(source) for source in sources_of(ask)}
    extractor = entry(EXTRACTORS[ask.extractor].entry)({**EXTRACTORS[ask.extractor].options, **dict(ask.options)}, {})
    extractor.load("cpu")
    frames = len(roles["depth"])
    step = chunk or frames
    series = extract(
        {ask: extractor},
        lambda wanted: iter([roles[wanted][i : i + step] for i in range(0, frames, step)]),
        sources=sources, frames=frames, units=units,
    )[ask]  # fmt: skip
    if isinstance(series, Exception):
        raise series
    scored: Score = made.score({"windows": series}, Facts({"frames": frames}))
    return scored
