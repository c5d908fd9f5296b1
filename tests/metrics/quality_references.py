"""What the tests of image quality share: the stored values of the references, real files, and runs on given weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.metrics.running import EXTRACTORS, entry
from vbench_py.checkpoints import fetch

STORED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "quality_references.json").read_text(encoding="utf-8")
)
_SHARED = Path(__file__).parents[3] / "shared" / "data"


def run(extractor: str, weights: Mapping[str, Path], *windows: np.ndarray, **options: Any) -> Mapping[str, np.ndarray]:
    """What an extractor says of (B, n, H, W, 3) windows, with its card's options but for `options`."""
    card = EXTRACTORS[extractor]
    made = entry(card.entry)({**card.options, **options}, weights)
    made.load("cpu")
    found: Mapping[str, np.ndarray] = made(*windows)
    return found


def real(extractor: str) -> dict[str, Path]:
    """The official checkpoints of an extractor."""
    return {card.name: fetch(card, progress=False) for card in EXTRACTORS[extractor].checkpoints}


def in_shared_data(path: str) -> Path:
    found = _SHARED / path
    if not found.is_file():
        pytest.skip(f"shared/data/{path} is not there")
    return found


def river() -> np.ndarray:
    """The first two frames of a generated video: (2, 320, 512, 3) uint8."""
    image = Image.open(in_shared_data("generated/lavie/lavie_jungle_river_at_sunset,_ultra_quality.gif"))
    frames = zip(range(2), ImageSequence.Iterator(image), strict=False)
    return np.stack([np.array(frame.convert("RGB")) for _, frame in frames])


def digest(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """One hash of all keys and shapes."""
    text = json.dumps({key: list(shapes[key]) for key in sorted(shapes)})
    return hashlib.sha256(text.encode()).hexdigest()
