"""RAFT (Teed & Deng 2020): optical flow by recurrent refinement over all pairs of pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.optical_flow import raft_large, raft_small

from vbench_py.metrics.extractors.flow import halved, padded
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict

_OFFICIAL: tuple[tuple[str, Any], ...] = (
    (r"^feature_encoder\.", "fnet."),
    (r"^context_encoder\.", "cnet."),
    (r"\.convnormrelu(\d)\.0\.", r".conv\1."),
    (r"\.convnormrelu(\d)\.1\.", r".norm\1."),
    (r"\.convnormrelu\.0\.", ".conv1."),
    (r"\.convnormrelu\.1\.", ".norm1."),
    (r"^([fc]net)\.conv\.", r"\1.conv2."),
    (r"\.motion_encoder\.conv(corr|flow)(\d)\.0\.", lambda part: f".encoder.conv{part[1][0]}{part[2]}."),
    (r"\.motion_encoder\.conv\.0\.", ".encoder.conv."),
    (r"\.recurrent_block\.convgru(\d)\.(conv[zrq])\.", r".gru.\2\1."),
    (r"^mask_predictor\.convrelu\.0\.", "update_block.mask.0."),
    (r"^mask_predictor\.conv\.", "update_block.mask.2."),
)
_TWIN = re.compile(r"cnet\.layer\d\.0\.norm3\..*")
_LEAST_SIDE = 128
_FLOATS_PER_PIXEL = 320


def official_names(network: nn.Module) -> dict[str, str]:
    """The name in princeton-vl's files (without "module.") of every tensor of torchvision's network, by its name there.

    The official files hold the norm of a downsampling shortcut twice, as `downsample.1` and `norm3`: one tensor.
    """
    names = {}
    separable = any("convgru2" in name for name in network.state_dict())
    for name in network.state_dict():
        official = name
        for pattern, replacement in _OFFICIAL:
            official = re.sub(pattern, replacement, official)
        names[name] = official if separable else re.sub(r"(gru\.conv[zrq])1\.", r"\1.", official)
    return names


def _load_official(build: Callable[[], nn.Module], path: Path, device: torch.device) -> Any:
    """torchvision's network with the tensors of an official file."""
    with torch.device("meta"):
        ours = {official: name for name, official in official_names(build()).items()}
    official = read_state_dict(path, prefix="module.")
    state = {ours.get(name, name): tensor for name, tensor in official.items() if not _TWIN.fullmatch(name)}
    return load_network(build, state, path, device)


class RAFT:
    """Optical flow from the first to the second frame of each pair, in pixels.

    Frames (B, 2, H, W, 3) in 0..255, any size: the border is repeated to multiples of 8 and at least 128 (where the
    official code gives NaN) and the flow is cut back. Gives `flow` (B, H, W, 2) float32, x then y.
    Options: `network`, large or small; `iterations`; `evalcrafter`: frames are halved, reach the network 255 times
    too dark, and the padding stays on the flow, as EvalCrafter's warping error has it. Weights: the one official file.
    Agrees with princeton-vl/RAFT@2888e15 `core/raft.py` (test mode, no mixed precision) on equal weights to 1e-3 px.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._build = {"large": raft_large, "small": raft_small}[str(options["network"])]
        self._iterations = int(options["iterations"])
        self._evalcrafter = bool(options["evalcrafter"])
        (self._path,) = weights.values()
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self._network = _load_official(self._build, self._path, self._device)

    def close(self) -> None:
        del self._network

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (2, H, W, 3) pair takes: the maps of the encoders, and the pyramid of all correlations."""
        pixels = shape[1] * shape[2]
        return 4 * (pixels * _FLOATS_PER_PIXEL + (pixels // 64) ** 2 * 4 // 3)

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        # One pair at a time on a CPU: more at once is no faster, takes memory, and would move the last bits.
        step = 1 if self._device.type == "cpu" else max(len(video), 1)
        parts = [self._flow(video[i : i + step]) for i in range(0, len(video), step)]
        return {"flow": np.concatenate(parts) if parts else np.zeros((0, *video.shape[2:4], 2), np.float32)}

    @torch.inference_mode()
    def _flow(self, video: np.ndarray) -> np.ndarray:
        frames = halved(video) if self._evalcrafter else video
        frames, cut = padded(frames, multiple=8, least=_LEAST_SIDE)
        tensor = torch.from_numpy(np.ascontiguousarray(frames)).to(self._device).float().permute(1, 0, 4, 2, 3)
        tensor = tensor / 255 / 255 if self._evalcrafter else tensor / 255
        flow = self._refine(*(2 * tensor - 1).contiguous()).permute(0, 2, 3, 1).cpu().numpy()
        return np.ascontiguousarray(flow if self._evalcrafter else flow[:, *cut])

    def _refine(self, first: Tensor, second: Tensor) -> Tensor:
        """Two (B, 3, H, W) in [-1, 1] to (B, 2, H, W). torchvision's own `forward` would upsample after every step."""
        network = self._network
        network.corr_block.build_pyramid(*network.feature_encoder(torch.cat([first, second])).chunk(2))
        context = network.context_encoder(first)
        size = network.update_block.hidden_state_size
        hidden, context = torch.tanh(context[:, :size]), torch.relu(context[:, size:])
        rows, columns = (torch.arange(n, dtype=torch.float32, device=first.device) for n in context.shape[2:])
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy")).expand(len(first), -1, -1, -1)
        flow = torch.zeros_like(grid)
        for _ in range(self._iterations):
            correlation = network.corr_block.index_pyramid(grid + flow)
            hidden, change = network.update_block(hidden, context, correlation, flow)
            flow = flow + change
        network.corr_block.corr_pyramid = []
        if network.mask_predictor is None:
            return 8 * functional.interpolate(flow, scale_factor=8, mode="bilinear", align_corners=True)
        return _convex_upsampling(flow, network.mask_predictor(hidden))


def _convex_upsampling(flow: Tensor, mask: Tensor) -> Tensor:
    """(B, 2, h, w) and weights (B, 9 * 64, h, w) to (B, 2, 8h, 8w): each pixel a weighted mean of 3 x 3 coarse ones."""
    batch, _, height, width = flow.shape
    weights = mask.view(batch, 1, 9, 8, 8, height, width).softmax(2)
    around = functional.unfold(8 * flow, 3, padding=1).view(batch, 2, 9, 1, 1, height, width)
    fine = (weights * around).sum(2)
    return fine.permute(0, 1, 4, 2, 5, 3).reshape(batch, 2, 8 * height, 8 * width)
