"""Media for the pipelines that take them as tensors, and the mask that tells them which frames are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

TAKERS: Mapping[str, tuple[str, ...]] = {
    "EasyAnimateControlPipeline": ("control_video", "ref_image"),
    "EasyAnimateInpaintPipeline": ("video", "mask_video"),
}
"""Class of pipeline -> its parameters of media."""
VIDEO, MASK = "video", "mask_video"


def as_tensors(pipeline: str, arguments: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Those of `arguments` that the pipeline wants as tensors: (1, 3, T, H, W) in 0..1, masks (1, 1, T, H, W).

    Masks hold 0 for what is given and 255 for what is to be made. A video without a mask is a first picture repeated:
    its mask says that only the first frame is given.
    """
    names = [name for name in TAKERS.get(pipeline, ()) if name in arguments]
    made = {name: _mask(arguments[name]) if name == MASK else _video(arguments[name]) for name in names}
    if VIDEO in made and MASK not in made:
        mask = torch.full_like(made[VIDEO][:, :1], 255.0)
        mask[:, :, :1] = 0.0
        made[MASK] = mask
    return made


def _video(pictures: Image.Image | Sequence[Image.Image]) -> torch.Tensor:
    listed = [pictures] if isinstance(pictures, Image.Image) else pictures
    frames = torch.from_numpy(np.stack([np.asarray(picture) for picture in listed]))
    return frames.permute(3, 0, 1, 2)[None].float() / 255


def _mask(pictures: Sequence[Image.Image]) -> torch.Tensor:
    frames = np.stack([np.asarray(picture.convert("L")) for picture in pictures])
    return torch.from_numpy(np.where(frames > 127, 255.0, 0.0)).float()[None, None]
