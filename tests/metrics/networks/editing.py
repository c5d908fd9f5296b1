"""Small LPIPS, DINO and CLIP files for metrics of editing, customization and stories, with seeded random weights."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import torch
from torchvision.models import squeezenet1_1

from tests.metrics.networks import Small
from tests.metrics.networks.embeddings import SMALL as EMBEDDINGS
from tests.metrics.networks.embeddings import Shapes, _dino, seeded
from tests.metrics.networks.quality import make_lpips

SQUEEZE_HEADS = (64, 128, 256, 384, 384, 512, 512)
SUBJECT = "dino_deitsmall16_pretrain.pth"


def squeeze_shapes() -> Shapes:
    """Keys and shapes of torchvision's SqueezeNet 1.1: small enough to be taken whole."""
    with torch.device("meta"):
        return {key: tuple(value.shape) for key, value in squeezenet1_1().state_dict().items()}


def write_squeeze(folder: Path) -> Mapping[str, Path]:
    """A random trunk, its activations neither dying nor growing, and random heads that are not negative."""
    trunk, heads = folder / "squeezenet1_1-b8a52dc0.pth", folder / "lpips-squeeze-heads.pth"
    torch.save({key: 1.5 * value for key, value in seeded(squeeze_shapes()).items()}, trunk)
    sizes = {f"lin{i}.model.1.weight": (1, size, 1, 1) for i, size in enumerate(SQUEEZE_HEADS)}
    torch.save({key: value.abs() for key, value in seeded(sizes).items()}, heads)
    return {trunk.name: trunk, heads.name: heads}


SMALL: dict[str, Small] = {
    "masked-lpips-alex": Small(make=functools.partial(make_lpips, "alex")),
    "masked-lpips-squeeze": Small(make=write_squeeze),
    "dino-vits16": _dino(SUBJECT, patch=16, image=224, layer_scale=False),
    "dino-vits16-subject": _dino(SUBJECT, patch=16, image=224, layer_scale=False),
    "clip-vit-b32-text-lines": EMBEDDINGS["clip-vit-b32-text"],
}
