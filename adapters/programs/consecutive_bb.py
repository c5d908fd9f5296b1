"""Consecutive Brownian Bridge of ZonglinL/ConsecutiveBrownianBridge at fa4747c: frames between the frames of a video.

Runs in the environment `consecutive-bb`, in the repository's checkout. Its script takes one pair of images and writes
seven between them; here the same model halves every interval of a video, and is loaded once.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.lib.format import open_memmap
from torch import Tensor


class Program:
    """The model of `weights` (vimeo_unet.pth) as the configuration file `config` says, on `device`.

    `sample_step`, `eta` and `num_timesteps` take the place of the configuration's. The autoencoder's own checkpoint is
    not loaded: `weights` hold it.
    """

    def __init__(
        self, config: str, weights: str, sample_step: int, eta: float, num_timesteps: int, device: str = "cuda"
    ) -> None:
        table = yaml.load(Path(config).read_text(encoding="utf-8"), Loader=yaml.FullLoader)
        table["model"]["VQGAN"]["params"]["ckpt_path"] = None
        table["model"]["VQGAN"]["params"]["ddconfig"]["load_VFI"] = None
        table["model"]["BB"]["params"].update(sample_step=sample_step, eta=eta, num_timesteps=num_timesteps)
        self._script: Any = importlib.import_module("interpolate")
        settings = self._script.dict2namespace(table["model"])
        self.model = self._script.LatentBrownianBridgeModel(settings)
        self.model.load_state_dict(torch.load(weights, map_location="cpu")["model"])
        self.model.eval().to(device)
        self.device = device

    def __call__(self, source: Path, target: Path, seed: int = 0, factor: int = 2) -> None:
        """(n, H, W, 3) uint8 in `source` (.npy) become factor (n - 1) + 1 frames in `target`: given ones unchanged.

        Frames between are made of unrounded ones, and rounded down as in the script. Raises `ValueError` for a factor
        that is no power of 2.
        """
        if factor < 2 or factor & (factor - 1):
            raise ValueError(f"factor is {factor}; intervals are halved: choose 2, 4, 8, ...")
        given = np.load(source, mmap_mode="r", allow_pickle=False)
        torch.manual_seed(seed)
        made = open_memmap(target, mode="w+", dtype=np.uint8, shape=(factor * (len(given) - 1) + 1, *given.shape[1:]))
        made[::factor] = given
        for index in range(len(given) - 1):
            between = self._between(self._tensor(given[index]), self._tensor(given[index + 1]), factor)
            for place, frame in enumerate(between, index * factor + 1):
                made[place] = _levels(frame)
        made.flush()

    def _between(self, first: Tensor, last: Tensor, factor: int) -> Iterator[Tensor]:
        """The factor - 1 frames between two, in order."""
        if factor == 1:
            return
        middle = self._script.interpolate(first, last, self.model)
        yield from self._between(first, middle, factor // 2)
        yield middle
        yield from self._between(middle, last, factor // 2)

    def _tensor(self, frame: np.ndarray) -> Tensor:
        """(1, 3, H, W) in -1..1."""
        levels = torch.from_numpy(np.array(frame)).permute(2, 0, 1).unsqueeze(0).to(self.device)
        return levels.float() / 255 * 2 - 1


def _levels(frame: Tensor) -> np.ndarray:
    return ((frame[0].permute(1, 2, 0) / 2 + 0.5) * 255).to("cpu", dtype=torch.uint8).numpy()
