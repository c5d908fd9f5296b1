"""DINO (Caron et al. 2021) and DINOv2 (Oquab et al. 2023): vision transformers trained without labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np
import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

from vbench_py.metrics.extractors.arithmetic import same_shape
from vbench_py.metrics.extractors.frame_encoder import IMAGENET_DEVIATION, IMAGENET_MEAN, FrameEncoder
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.types import Unsupported

_OFFSET = 0.1
"""Added to the number of patches a side before positions are scaled: the official networks were used with it."""
_UNUSED = "mask_token"


class DINO(FrameEncoder):
    """`features` (B, width): the class token after the last norm, not of unit length.

    Frames of any size of at least one patch: what is left over at the right and the bottom is not looked at.
    Options: `patch`, `width`, `depth`, `heads`, `image` (the side that positions were learnt at), `layer_scale`.
    Agrees with facebookresearch/dino@7c446df and facebookresearch/dinov2@b8931f7 on the same weights to 1e-5.
    """

    mean: ClassVar = IMAGENET_MEAN
    deviation: ClassVar = IMAGENET_DEVIATION

    def build(self, device: torch.device) -> nn.Module:
        self.patch, self.width = int(self.options["patch"]), int(self.options["width"])
        state = read_state_dict(self.path)
        if self.options["layer_scale"]:
            state.pop(_UNUSED, None)
        return load_network(self._network, state, self.path, device)

    def _network(self) -> VisionTransformer:
        return VisionTransformer(
            img_size=int(self.options["image"]),
            patch_size=self.patch,
            embed_dim=self.width,
            depth=int(self.options["depth"]),
            num_heads=int(self.options["heads"]),
            num_classes=0,
            init_values=1.0 if self.options["layer_scale"] else None,
        )

    def encode(self, images: Tensor) -> Mapping[str, Tensor]:
        network = cast(VisionTransformer, self.network)
        return {"features": network.norm(network.blocks(self.tokens(images)))[:, 0]}

    def tokens(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) to class token and patches with their positions, (B, 1 + patches, width)."""
        network = cast(VisionTransformer, self.network)
        height, width = images.shape[2] // self.patch, images.shape[3] // self.patch
        if not (height and width):
            raise Unsupported("size", f"the network needs sides of at least {self.patch} px, not {images.shape[3]}")
        whole = images[:, :, : height * self.patch, : width * self.patch]
        patches = network.patch_embed.proj(whole).flatten(2).transpose(1, 2)
        tokens = torch.cat([cast(Tensor, network.cls_token).expand(len(images), -1, -1), patches], 1)
        square = images.shape[2] == images.shape[3]
        return tokens + _positions(cast(Tensor, network.pos_embed), height, width, square)


def _positions(learnt: Tensor, height: int, width: int, square: bool) -> Tensor:
    """Positions (1, 1 + n^2, D) of a square of patches for `height` x `width` of them, bicubic, (1, 1 + h w, D)."""
    grid = math.isqrt(learnt.shape[1] - 1)
    if square and height == grid:
        return learnt
    plane = learnt[:, 1:].reshape(1, grid, grid, -1).permute(0, 3, 1, 2)
    factors = ((height + _OFFSET) / grid, (width + _OFFSET) / grid)
    scaled = interpolate(plane, scale_factor=factors, mode="bicubic")
    return torch.cat([learnt[:, :1], scaled.flatten(2).transpose(1, 2)], 1)


class DINOStructure(DINO):
    """`value` (B,): mean squared difference of the self-similarities of two frames' tokens, 0 when equal.

    The tokens are the keys of the last block, all heads side by side; similarity is their cosine. Option `white`: what
    a white pixel is before the ImageNet normalisation, 1.0, or 255.0 as in PnPInversion, whose command line hands
    levels of 0..255 to a network that was trained on 0..1.
    Agrees with cure-lab/PnPInversion@07f97f4, evaluation/matrics_calculator.py:calculate_structure_distance, to 1e-4
    relative.
    """

    def load(self, device: str) -> None:
        super().load(device)
        self._mean, self._deviation = (part / float(self.options["white"]) for part in (self._mean, self._deviation))

    def encode(self, images: Tensor) -> Mapping[str, Tensor]:
        network = cast(VisionTransformer, self.network)
        tokens = network.blocks[:-1](self.tokens(images))
        last: Any = network.blocks[-1]
        keys = last.attn.qkv(last.norm1(tokens)).chunk(3, dim=-1)[1]
        units = normalize(keys, dim=-1)
        return {"similarity": units @ units.transpose(1, 2)}

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        tokens = shape[1] * shape[2] // self.patch**2 + 1
        return 2 * super().bytes_per_window(shape) + 16 * tokens**2

    def __call__(self, *windows: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(*windows)
        first, second = (self.arrays(frames)["similarity"] for frames in windows)
        return {"value": np.mean(np.square(first - second, dtype=np.float64), axis=(1, 2))}
