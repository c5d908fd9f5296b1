"""FloLPIPS (Danier, Zhang and Bull 2022): LPIPS that counts most where the motion of video and target differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vbench_py.metrics.extractors.arithmetic import same_shape
from vbench_py.metrics.extractors.lpips import LPIPS
from vbench_py.metrics.extractors.pwcnet import PWCNet
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.types import Unsupported

_CPU_BYTES = 1 << 30


class FloLPIPS(LPIPS):
    """LPIPS (AlexNet) of (video, target) frames, positions weighted by |flow difference| over its sum in the frame.

    Pairs (B, 2, H, W, 3): of the first frames, by the flow to the second frames. Triplets (B, 3, H, W, 3): of the
    middle frames, by the flow from them to the target's first frame and to its last, the mean of both. Where the flows
    are equal everywhere, all positions count alike (plain LPIPS); the reference divides zero by zero.
    Options: `network` alex, `pixels` (rgb, or yuv420: by way of 8-bit 4:2:0 as the published command does), and the
    sizes of PWC-Net `pyramid`, `dense`, `refiner`. Gives `value` (B,) float64 and `still` (B,), the share of flows that
    are equal everywhere. `BadMedia` when sizes differ, `Unsupported` for odd sides with yuv420.
    Source: danier97/flolpips@66dd399 `flolpips.py` (`calc_flolpips`, `Flolpips`), equal to 1e-5 on the same weights.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._sizes = [[int(n) for n in options[name]] for name in ("pyramid", "dense", "refiner")]
        self._pixels = str(options["pixels"])
        self._flow_path = weights["pwc-net-default"]

    def load(self, device: str) -> None:
        super().load(device)
        self._flow = load_network(
            lambda: PWCNet(*self._sizes), read_state_dict(self._flow_path), self._flow_path, self._device
        )

    def close(self) -> None:
        super().close()
        del self._flow

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        return math.prod(shape[1:3]) * 4 * 256

    @torch.inference_mode()
    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        self.refuse_small(*video.shape[2:4])
        each = self.bytes_per_window(video.shape[1:])
        step = max(_CPU_BYTES // each if self._device.type == "cpu" else len(video), 1)
        parts = [self._windows(video[i : i + step], target[i : i + step]) for i in range(0, len(video), step)]
        values, still = zip(*parts, strict=True) if parts else ((np.zeros(0),), (np.zeros(0),))
        return {"value": np.concatenate(values), "still": np.concatenate(still)}

    def _windows(self, video: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._pixels == "yuv420":
            video, target = through_yuv420(video), through_yuv420(target)
        if video.shape[1] == 2:
            judged, steps = 0, [(video[:, 1], target[:, 1])]
        else:
            judged, steps = 1, [(target[:, 0], target[:, 0]), (target[:, 2], target[:, 2])]
        mine, theirs = video[:, judged], target[:, judged]
        differences = [self._flows(theirs, their_end) - self._flows(mine, my_end) for my_end, their_end in steps]
        totals = torch.zeros(len(steps), len(video), dtype=torch.float64, device=self._device)
        for features, head in zip(self.features(np.concatenate([mine, theirs])), self.heads, strict=True):
            distance = _distance_map(features, head)
            for i, difference in enumerate(differences):
                totals[i] += (distance * _weights(difference, distance.shape[1:])).sum((1, 2))
        still = [(difference == 0).flatten(1).all(1) for difference in differences]
        return totals.mean(0).cpu().numpy(), torch.stack(still).double().mean(0).cpu().numpy()

    def _flows(self, first: np.ndarray, second: np.ndarray) -> Tensor:
        made: Tensor = self._flow(*(self._unit_range(frames) for frames in (first, second)))
        return made

    def _unit_range(self, frames: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(frames)).to(self._device).permute(0, 3, 1, 2).float() / 255


def _distance_map(features: Tensor, head: Tensor) -> Tensor:
    """head . (unit(first) - unit(second))^2 at each position of (2B, C, h, w): (B, h, w) float64."""
    first, second = (part / (torch.linalg.vector_norm(part, dim=1, keepdim=True) + 1e-10) for part in features.chunk(2))
    distance: Tensor = ((first - second).square() * head.view(1, -1, 1, 1)).sum(1)
    return distance.double()


def _weights(difference: Tensor, size: torch.Size) -> Tensor:
    """Lengths of the flow difference (B, 2, H, W) at (h, w), over their sum: (B, h, w) float64; even when all are 0."""
    lengths = torch.linalg.vector_norm(functional.interpolate(difference, size, mode="bilinear"), dim=1).double()
    totals = lengths.sum((1, 2), keepdim=True)
    even = torch.full_like(lengths, 1 / (size[0] * size[1]))
    return torch.where(totals > 0, lengths / totals.clamp_min(torch.finfo(torch.float64).tiny), even)


def through_yuv420(windows: np.ndarray) -> np.ndarray:
    """(B, n, H, W, 3) uint8 RGB as 8-bit limited-range BT.601 4:2:0 and back, by OpenCV."""
    height, width = windows.shape[2:4]
    if height % 2 or width % 2:
        raise Unsupported("size", f"4:2:0 pixels need even sides, not {width}x{height}")
    made = np.empty_like(windows)
    for place in np.ndindex(windows.shape[:2]):
        planes = cv2.cvtColor(np.ascontiguousarray(windows[place]), cv2.COLOR_RGB2YUV_I420)
        made[place] = cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420)
    return made
