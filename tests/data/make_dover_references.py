"""Makes dover_references.json: keys, views and marks of the reference code of DOVER.

PYTHONPATH=EINOPS python -m tests.data.make_dover_references DOVER, where DOVER is a checkout of
VQAssessment/DOVER@f1ddc96 and EINOPS a folder with that package; timm is needed too. The draws of the reference are
replaced by the middle of their range.
"""

from __future__ import annotations

import hashlib
import json
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.metrics.clips import texture
from tests.metrics.networks.breadth import DOVER_SIZES, dover_state

TECHNICAL = {"fragments_h": 7, "fragments_w": 7, "fsize_h": 32, "fsize_w": 32, "aligned": 32, "clip_len": 32}
OPTIONS = {
    "technical": {**TECHNICAL, "frame_interval": 2, "num_clips": 3},
    "aesthetic": {
        "size_h": 224, "size_w": 224, "clip_len": 32, "frame_interval": 2, "t_frag": 32, "num_clips": 1,
    },
}  # fmt: skip
SHAPES = {"large": (20, 250, 300), "wide": (81, 144, 256), "long": (230, 64, 96)}
"""Clips (T, H, W): larger than the fragments, smaller, and long enough for choices in time."""
CLIPS: dict[str, np.ndarray] = {}


class Reader:
    """decord's reader, of a clip in `CLIPS`."""

    def __init__(self, name: str) -> None:
        self.clip = CLIPS[name]

    def __len__(self) -> int:
        return len(self.clip)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self.clip[int(index)])


def stub(name: str, **content: Any) -> None:
    made = types.ModuleType(name)
    made.__dict__.update(content)
    sys.modules[name] = made


def prepare(checkout: str) -> None:
    """Stands in for the decoder, for weights on the network, and for the draws."""
    sys.path.insert(0, checkout)
    stub("decord", bridge=types.SimpleNamespace(set_bridge=lambda name: None), VideoReader=Reader, cpu=None, gpu=None)
    stub("skvideo")
    stub("skvideo.io")
    sys.modules["skvideo"].io = sys.modules["skvideo.io"]  # type: ignore[attr-defined]
    stub("dover.datasets.basic_datasets")
    torch.hub.load_state_dict_from_url = lambda **keywords: {"model": {}}

    def middle(high: int, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.full(shape, (high - 1) // 2)

    torch.randint = middle  # type: ignore[assignment]
    np.random.randint = lambda low, high, size: np.full(size, (high - 1) // 2)  # type: ignore[assignment]


def views(name: str) -> dict[str, torch.Tensor]:
    """The views of a clip as `evaluate_one_video.py` makes them, before and after it normalises."""
    import torchvision
    from dover.datasets.dover_datasets import UnifiedFrameSampler, spatial_temporal_view_decomposition

    plain = torchvision.transforms.Resize
    torchvision.transforms.Resize = lambda size: plain(size, antialias=False)  # the default of its requirements
    samplers = {
        "technical": UnifiedFrameSampler(32, 3, 2),
        "aesthetic": UnifiedFrameSampler(1, 32, 2, 1),
    }
    made, _ = spatial_temporal_view_decomposition(name, OPTIONS, samplers)
    torchvision.transforms.Resize = plain
    return dict(made)


def normalised(made: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    mean, std = torch.FloatTensor([123.675, 116.28, 103.53]), torch.FloatTensor([58.395, 57.12, 57.375])
    found = {}
    for k, v in made.items():
        clips = int(OPTIONS[k]["num_clips"])
        flat = ((v.permute(1, 2, 3, 0) - mean) / std).permute(3, 0, 1, 2)
        found[k] = flat.reshape(v.shape[0], clips, -1, *v.shape[2:]).transpose(0, 1)
    return found


def whole() -> Any:
    """The reference's network at full size."""
    from dover.models import DOVER

    backbone = {"technical": {"type": "swin_tiny_grpb"}, "aesthetic": {"type": "conv_tiny"}}
    head = {"in_channels": 768, "hidden_channels": 64}
    return DOVER(backbone=backbone, backbone_preserve_keys="technical,aesthetic", divide_head=True, vqa_head=head)


def small() -> Any:
    """The same with the parts that the reference lets one make smaller."""
    from dover.models.conv_backbone import ConvNeXt3D
    from dover.models.head import VQAHead
    from dover.models.swin_backbone import SwinTransformer3D

    made, sizes = whole(), DOVER_SIZES
    made.technical_backbone = SwinTransformer3D(
        embed_dim=sizes["width"], depths=sizes["depths"], num_heads=sizes["heads"], use_checkpoint=False
    )
    made.technical_head = VQAHead(in_channels=8 * sizes["width"], hidden_channels=sizes["hidden"])
    made.aesthetic_backbone = ConvNeXt3D(dims=sizes["widths"], depths=sizes["blocks"])
    made.aesthetic_head = VQAHead(in_channels=sizes["widths"][-1], hidden_channels=sizes["hidden"])
    return made


def marks(network: Any, made: dict[str, torch.Tensor]) -> dict[str, list[float]]:
    technical, aesthetic = network(normalised(made))
    return {"technical": technical.mean((1, 2, 3, 4)).tolist(), "aesthetic": aesthetic.mean((1, 2, 3, 4)).tolist()}


def filled(network: Any) -> Any:
    """With seeded numbers, which also checks that the places in the windows are the file's."""
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    state = dover_state(shapes)
    for key, value in network.state_dict().items():
        assert not key.endswith("relative_position_index") or torch.equal(value, state[key]), key
    network.load_state_dict(state)
    return network


def digest(frames: torch.Tensor) -> str:
    """Of a view (C, T, H, W) as bytes (T, H, W, C)."""
    return hashlib.sha256(frames.permute(1, 2, 3, 0).to(torch.uint8).contiguous().numpy().tobytes()).hexdigest()


def main(arguments: Sequence[str]) -> None:
    prepare(arguments[0])
    torch.set_num_threads(1)
    for name, shape in SHAPES.items():
        CLIPS[name] = texture(*shape)
    network = filled(small())
    stored: dict[str, Any] = {
        "versions": {"torch": torch.__version__, "VQAssessment/DOVER": "f1ddc96"},
        "keys": {key: list(value.shape) for key, value in whole().state_dict().items()},
        "views": {}, "marks": {},
    }  # fmt: skip
    for name in SHAPES:
        made = views(name)
        stored["views"][name] = {key: digest(value) for key, value in made.items()}
        stored["marks"][name] = marks(network, made)
    stored["full_size"] = marks(filled(whole()), views("wide"))
    stored["fused"] = [
        [t, a, float(1 / (1 + np.exp(-((t - 0.1107) / 0.07355 * 0.6104 + (a + 0.08285) / 0.03774 * 0.3896))))]
        for t, a in ((0.0, 0.0), (0.2, -0.1), (-0.05, 0.03))
    ]
    text = json.dumps(stored, indent=None, separators=(",", ":"))
    Path(__file__).with_name("dover_references.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
