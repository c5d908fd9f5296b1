"""Tiny video autoencoders in the official format: the folder of a checkpoint whose `vae` is seeded and random."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from diffusers import AutoencoderKLHunyuanVideo, AutoencoderKLWan, ModelMixin

from tests.adapters.tiny import cogvideox, ltx
from tests.adapters.tiny.t5 import seeded


def wan() -> AutoencoderKLWan:
    """8 times smaller a side and 4 in time, as the real one, with 4 latent channels for 16."""
    return seeded(
        AutoencoderKLWan, base_dim=8, z_dim=4, num_res_blocks=1, latents_mean=[0.0] * 4, latents_std=[1.0] * 4
    )


def hunyuan() -> AutoencoderKLHunyuanVideo:
    """8 times smaller a side and 4 in time, as the real one, with 4 latent channels for 16."""
    return seeded(
        AutoencoderKLHunyuanVideo,
        latent_channels=4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
    )


def _write(make: Callable[[], ModelMixin], folder: Path) -> None:
    make().save_pretrained(folder / "vae")


AUTOENCODERS: dict[str, Callable[[Path], None]] = {
    "AutoencoderKLWan": partial(_write, wan),
    "AutoencoderKLHunyuanVideo": partial(_write, hunyuan),
    "AutoencoderKLLTXVideo": partial(_write, ltx.vae),
    "AutoencoderKLCogVideoX": partial(_write, cogvideox.vae),
}
