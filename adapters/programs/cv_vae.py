"""CV-VAE of AILab-CVC/CV-VAE at 375f18a: videos through its autoencoder and back, without a lossy file between.

Runs in the environment `cv-vae`, in the repository's checkout. The repository's script writes H.264 at crf 10; here
every level is kept. The rest is as there: stretched, 4k+1 frames, half precision, rounded down to 8 bits.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import torch
from torchvision import transforms

MULTIPLE = 8
"""Pixels a side of one latent."""
STEP = 4
"""Frames of one latent, after the first."""


class Program:
    """The model in `subfolder` of `weights` (vae3d, vae3d_v1-1, vae3d_sd3) on `device`.

    `posterior` "sample" draws from the encoder's distribution, as the authors' script does, "mode" takes its middle.
    Raises `ValueError` for another posterior.
    """

    def __init__(self, weights: str, subfolder: str = "vae3d", posterior: str = "sample", device: str = "cuda") -> None:
        if posterior not in ("sample", "mode"):
            raise ValueError(f"posterior is {posterior!r}; choose sample or mode")
        models = importlib.import_module("models.modeling_vae")
        kind = models.CVVAESD3Model if subfolder.endswith("sd3") else models.CVVAEModel
        self.type = torch.float16 if device.startswith("cuda") else torch.float32
        self.network = kind.from_pretrained(weights, subfolder=subfolder, torch_dtype=self.type)
        self.network.requires_grad_(False).to(device).eval()
        self.posterior, self.device = posterior, device

    @torch.no_grad()
    def __call__(self, source: Path, target: Path, width: int, height: int, seed: int = 0) -> None:
        """(T, H, W, 3) uint8 in `source` (.npy) become (4k+1, height, width, 3) uint8 in `target`.

        Sides are brought to the nearest multiple of 8, frames beyond 4k+1 are left out.
        """
        given = np.load(source, mmap_mode="r", allow_pickle=False)
        count = 1 + (len(given) - 1) // STEP * STEP
        frames = torch.from_numpy(np.array(given[:count])).permute(0, 3, 1, 2)
        frames = transforms.Resize(size=(_rounded(height), _rounded(width)))(frames)
        video = frames.permute(1, 0, 2, 3).unsqueeze(0).to(self.type) / 127.5 - 1.0
        torch.manual_seed(seed)
        posterior = self.network.encode(video.to(self.device)).latent_dist
        latent = posterior.sample() if self.posterior == "sample" else posterior.mode()
        made = self.network.decode(latent).sample.squeeze(0).permute(1, 2, 3, 0)
        levels = (made.clamp(-1.0, 1.0) + 1.0) * 127.5
        np.save(target, levels.to("cpu", dtype=torch.uint8).numpy())


def _rounded(side: int) -> int:
    return max(MULTIPLE, round(side / MULTIPLE) * MULTIPLE)
