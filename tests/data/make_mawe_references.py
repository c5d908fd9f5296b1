"""Makes mawe_references.json: warp errors and MAWE of the reference code of StreamingT2V.

python -m tests.data.make_mawe_references MAWE, where MAWE is mawe.py of Picsart-AI-Research/StreamingT2V@d39e286. The
decoder is replaced by clips in memory, and the network by torchvision's on seeded weights (its own `forward`).
"""

from __future__ import annotations

import importlib.util
import json
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torchvision.models.optical_flow import Raft_Large_Weights, raft_large

from tests.metrics.clips import noisy, texture
from tests.metrics.networks.breadth import RAFT_SIDE, raft_state

COEFFICIENT = 9.5
RANDOM = (48, 64)


def clip() -> np.ndarray:
    return noisy(texture(4, 96, 160), 10)


def case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two frames (H, W, 3) uint8 and a flow (H, W, 2) float32 that meets, leaves the frame and hits half pixels."""
    stream = np.random.RandomState(seed)
    first, second = stream.randint(0, 256, (2, *RANDOM, 3)).astype(np.uint8)
    return first, second, (np.round(stream.standard_normal((*RANDOM, 2)) * 8) / 2).astype(np.float32)


def reference(path: str) -> Any:
    """The module, for frames of `RAFT_SIDE` instead of 720 px."""
    stub = types.ModuleType("matplotlib.pyplot")
    sys.modules.setdefault("matplotlib", types.ModuleType("matplotlib"))
    sys.modules.setdefault("matplotlib.pyplot", stub)
    torchvision.io.read_video = None
    spec = importlib.util.spec_from_file_location("mawe", path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    plain = made.F.resize
    made.F = types.SimpleNamespace(
        resize=lambda video, size, antialias: plain(video, [min(s, RAFT_SIDE) for s in size], antialias=antialias)
    )
    made.device = "cpu"
    made.transforms = Raft_Large_Weights.DEFAULT.transforms()
    frames = torch.from_numpy(clip()).permute(0, 3, 1, 2)
    made.read_video = lambda *arguments, **keywords: (frames,)
    grid = made.warp_with_flow
    made.warp_with_flow = lambda img, flow: grid(img, flow, device="cpu")
    return made


def one(module: Any, seed: int) -> list[float]:
    """W and F of a random pair, by the reference's own loop with a network that gives this flow."""
    first, second, flow = case(seed)
    pair = torch.from_numpy(np.stack([first, second])).permute(0, 3, 1, 2)
    kept = module.read_video, module.F, module.transforms
    module.read_video = lambda *arguments, **keywords: (pair,)
    module.F = types.SimpleNamespace(resize=lambda video, size, antialias: video)
    module.transforms = lambda left, right: (left, right)
    value = module.get_mawe("", lambda left, right: [torch.from_numpy(flow).permute(2, 0, 1)[None]], COEFFICIENT)
    module.read_video, module.F, module.transforms = kept
    return [float(value), float(np.sqrt((flow.astype(np.float64) ** 2).sum(-1)).mean())]


def main(arguments: Sequence[str]) -> None:
    torch.set_num_threads(1)
    module = reference(arguments[0])
    network = raft_large().eval()
    network.load_state_dict(raft_state())
    stored = {
        "versions": {"torchvision": torchvision.__version__, "Picsart-AI-Research/StreamingT2V": "d39e286"},
        "pairs": [one(module, seed) for seed in range(3)],
        "mawe": float(module.get_mawe("", network, COEFFICIENT)),
    }
    text = json.dumps(stored, separators=(",", ":"))
    Path(__file__).with_name("mawe_references.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
