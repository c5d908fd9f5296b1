"""ExVideo of modelscope/DiffSynth-Studio at afd101f: Stable Video Diffusion or CogVideoX with more frames.

Runs in the environment `exvideo`, in the repository's checkout. Does what examples/ExVideo does, whose scripts hold
image, prompt and seed as constants; frames are kept without loss.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image


class Program:
    """`kind` "svd" (an image becomes a video) or "cogvideox" (a prompt does), with `weights` by name on `device`.

    Weights: svd and extension, or text_encoder, transformer, vae and lora. Raises `ValueError` for another kind.
    """

    def __init__(self, kind: str, weights: Mapping[str, str], device: str = "cuda") -> None:
        studio: Any = importlib.import_module("diffsynth")
        if kind == "svd":
            files = [weights["svd"], weights["extension"]]
            manager = studio.ModelManager(torch_dtype=torch.float16, device=device, file_path_list=files)
            self.pipeline = studio.SVDVideoPipeline.from_model_manager(manager)
        elif kind == "cogvideox":
            manager = studio.ModelManager(torch_dtype=torch.bfloat16, device=device)
            manager.load_models([weights["text_encoder"], weights["transformer"], weights["vae"]])
            manager.load_lora(weights["lora"])
            self.pipeline = studio.CogVideoPipeline.from_model_manager(manager)
        else:
            raise ValueError(f"kind is {kind!r}; choose svd or cogvideox")

    def __call__(
        self,
        target: Path,
        seed: int,
        width: int,
        height: int,
        frames: int,
        image: Image.Image | None = None,
        prompt: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes (frames, height, width, 3) uint8 to `target` (.npy), of `image`, which is stretched, or of `prompt`.

        `options` go to the pipeline: steps, guidance, for images fps and motion bucket.
        """
        given: dict[str, Any] = dict(options or {})
        if image is not None:
            given["input_image"] = image.resize((width, height))
        if prompt is not None:
            given["prompt"] = prompt
        torch.manual_seed(seed)
        video = self.pipeline(num_frames=frames, width=width, height=height, **given)
        np.save(target, np.stack([np.asarray(frame, dtype=np.uint8) for frame in video]))
