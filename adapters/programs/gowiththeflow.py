"""Go-with-the-Flow of Eyeline-Labs/Go-with-the-Flow at 018f351: a clip's motion as the noise of a new video.

Runs in the environment `gowiththeflow`, in the repository's checkout. The repository's two scripts, one after the
other, with these differences: nothing is installed or fetched while it runs, the clip and the video go through no
lossy file, and a seed is set, which the scripts do not know. RyannDaGreat/CommonSource is handed over.
"""

from __future__ import annotations

import importlib
import random
import sys
import zipfile
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType
from typing import Any

import numpy as np
import torch
from PIL import Image

FRAMES, HEIGHT, WIDTH, CHANNELS = 49, 480, 720, 16
REDUCED, ENLARGED, LATENT = 0.5, 8, 8
"""Flow is read at half size, the noise warped at 8 times that, and latents are 8 times smaller than frames."""


class Program:
    """The model `model` (a LoRA's name, which begins with that of its base: I2V5B, T2V5B, T2V2B) on `device`.

    `common` is CommonSource, a folder or its .zip; `base` the folder of the CogVideoX model; the LoRA's file lies in
    lora_models of the working folder. `low_vram` moves parts off the GPU between steps.
    """

    def __init__(self, model: str, base: str, common: str, low_vram: bool = True, device: str = "cuda") -> None:
        _hand_over(Path(common))
        self.script: Any = importlib.import_module("cut_and_drag_inference")
        self.rp: Any = self.script.rp
        self.script.pipe_ids[model.split("_")[0]] = base
        self.pipeline = self.script.get_pipe(model, device, low_vram=low_vram)
        self.device = device

    def __call__(
        self,
        motion: Path,
        target: Path,
        prompt: str,
        seed: int,
        first: Image.Image | None = None,
        degradation: float = 0.5,
        downtemp: str = "nearest",
        steps: int = 30,
        guidance: float = 6.0,
    ) -> None:
        """The clip in `motion` (.npy, (T, H, W, 3) uint8) becomes (49, 480, 720, 3) uint8 in `target`.

        It is brought to 49 frames of 720x480, cut at the sides; `first` is the new video's first frame, else the
        clip's own. `degradation` 0 follows the motion, 1 not at all.
        """
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        clip = self._clip(np.load(motion, mmap_mode="r", allow_pickle=False))
        noise = self.script.get_downtemp_noise(self._noise(clip), noise_downtemp_interp=downtemp)
        latents = self.script.nw.mix_new_noise(noise[None], degradation)
        image = {"image": first or Image.fromarray(clip[0])} if self.pipeline.is_i2v else {}
        video = self.pipeline(
            prompt=prompt, num_inference_steps=steps, guidance_scale=guidance, latents=latents, **image
        ).frames[0]
        np.save(target, np.stack([np.asarray(frame, dtype=np.uint8) for frame in video]))

    def _clip(self, frames: np.ndarray) -> np.ndarray:
        video = self.rp.resize_list(list(frames), length=FRAMES)
        video = self.rp.resize_images_to_hold(video, height=HEIGHT, width=WIDTH)
        return np.asarray(
            self.rp.as_numpy_array(self.rp.crop_images(video, height=HEIGHT, width=WIDTH, origin="center"))
        )

    def _noise(self, clip: np.ndarray) -> torch.Tensor:
        """(49, 16, 60, 90) bfloat16."""
        made = self.script.nw.get_noise_from_video(
            clip,
            remove_background=False,
            visualize=False,
            save_files=False,
            noise_channels=CHANNELS,
            resize_frames=REDUCED,
            resize_flow=ENLARGED,
            downscale_factor=round(REDUCED * ENLARGED) * LATENT,
            device=self.device,
        )
        return torch.tensor(made.numpy_noises).permute(0, 3, 1, 2).to(self.script.dtype)


def _hand_over(common: Path) -> None:
    """Makes CommonSource importable as rp.git.CommonSource, where rp would clone it."""
    if common.is_file():
        folder = Path(mkdtemp(prefix="common-"))
        with zipfile.ZipFile(common) as archive:
            archive.extractall(folder)
        common = next(folder.iterdir())
    above: Any = importlib.import_module("rp")
    for name, path in (("git", common.parent), ("CommonSource", common)):
        module = ModuleType(f"{above.__name__}.{name}")
        module.__path__ = [str(path)]
        sys.modules[module.__name__] = module
        setattr(above, name, module)
        above = module
