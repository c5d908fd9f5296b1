"""Small I3D, Inception, VideoMAE and V-JEPA files in the formats of the cards, with seeded random weights."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.data.make_i3d_references import random_tree
from tests.data.make_video_transformer_references import SMALL as TRANSFORMER
from tests.data.make_video_transformer_references import seeded
from tests.metrics.networks import Small
from vbench_py.metrics.extractors.i3d_network import CLASSES, units
from vbench_py.metrics.extractors.inception_network import InceptionV3
from vbench_py.metrics.extractors.video_transformer import Size
from vbench_py.metrics.extractors.videomae import VideoMAENetwork
from vbench_py.metrics.extractors.vjepa import Encoder, Probe

WIDTH = 0.125
Shapes = Mapping[str, tuple[int, ...]]


def i3d_shapes(width: float = 1.0) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of an I3D checkpoint whose channels are scaled by `width`."""
    shapes: dict[str, tuple[int, ...]] = {}
    outputs = {}
    for unit in units(width):
        place = unit.name.replace("/", "|", 1)
        sides = (unit.side,) * 3
        shapes[f"params|{place}|Conv_0|kernel"] = (*sides, unit.inputs, unit.outputs)
        shapes[f"params|{place}|BatchNorm_0|bias"] = (unit.outputs,)
        shapes |= {f"batch_stats|{place}|BatchNorm_0|{part}": (1, 1, 1, 1, unit.outputs) for part in ("mean", "var")}
        outputs[unit.name] = unit.outputs
    last = ("Branch_0/Conv3d_0a_1x1", "Branch_1/Conv3d_0b_3x3", "Branch_2/Conv3d_0b_3x3", "Branch_3/Conv3d_0b_1x1")
    inputs = sum(outputs[f"Mixed_5c/{branch}"] for branch in last)
    shapes["params|Logits/Conv3d_0c_1x1|Conv_0|kernel"] = (1, 1, 1, inputs, CLASSES)
    shapes["params|Logits/Conv3d_0c_1x1|Conv_0|bias"] = (CLASSES,)
    return shapes


def write_i3d(folder: Path, width: float = WIDTH) -> Mapping[str, Path]:
    path = folder / "i3d-k400"
    path.write_bytes(pickle.dumps(random_tree(i3d_shapes(width))))
    return {"i3d-k400": path}


def inception_shapes(width: float = 1.0, *, logits: bool = True) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of pytorch-fid's Inception state dict."""
    shapes: dict[str, tuple[int, ...]] = {}
    with torch.device("meta"):
        network = InceptionV3(width, logits=logits)
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            shapes[f"{name}.conv.weight"] = tuple(module.weight.shape)
            shapes |= {
                f"{name}.bn.{part}": (module.out_channels,)
                for part in ("weight", "bias", "running_mean", "running_var")
            }
        elif isinstance(module, nn.Linear):
            shapes |= {f"{name}.weight": tuple(module.weight.shape), f"{name}.bias": tuple(module.bias.shape)}
    return shapes


def inception_state(width: float = 1.0, *, logits: bool = True) -> dict[str, Tensor]:
    """Seeded numbers; variances and gains lie near 1."""
    made = tensors(inception_shapes(width, logits=logits))
    return {key: value.abs() + 0.5 if key.endswith("running_var") else value for key, value in made.items()}


def write_inception(folder: Path, width: float = WIDTH) -> Mapping[str, Path]:
    path = folder / "pt_inception-2015-12-05-6726825d.pth"
    torch.save(inception_state(width), path)
    return {path.name: path}


class _Scripted(nn.Module):
    """One convolution as the TorchScript archive keeps it."""

    def __init__(self, parts: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.weight = nn.Parameter(parts["conv.weight"])
        self.beta = nn.Parameter(parts["bn.bias"])
        self.register_buffer("mean", parts["bn.running_mean"])
        self.register_buffer("var", parts["bn.running_var"])

    def forward(self, maps: Tensor) -> Tensor:
        return maps


def write_scripted_inception(folder: Path, width: float = WIDTH) -> Mapping[str, Path]:
    path = folder / "inception-2015-12-05.pt"
    state = inception_state(width, logits=False)
    names = dict.fromkeys(key.rsplit(".", 2)[0] for key in inception_shapes(width, logits=False))
    parts = ("conv.weight", "bn.bias", "bn.running_mean", "bn.running_var")
    layers = nn.Sequential(*(_Scripted({part: state[f"{name}.{part}"] for part in parts}) for name in names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.save(torch.jit.script(layers), str(path))
    return {path.name: path}


def tensors(shapes: Shapes, prefix: str = "") -> dict[str, Tensor]:
    return {prefix + key: torch.from_numpy(value) for key, value in seeded(shapes).items()}


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def _size(patch: int) -> Size:
    return Size(**TRANSFORMER, patch=patch)


def write_videomae(folder: Path) -> Mapping[str, Path]:
    path = folder / "vit_g_hybrid_pt_1200e_ssv2_ft.pth"
    torch.save({"module": tensors(shapes_of(VideoMAENetwork(_size(14))))}, path)
    return {path.name: path}


def write_vjepa(folder: Path) -> Mapping[str, Path]:
    encoder, probe = folder / "vith16.pth.tar", folder / "ssv2-probe.pth.tar"
    torch.save({"target_encoder": tensors(shapes_of(Encoder(_size(16))), "module.backbone."), "epoch": 1}, encoder)
    torch.save({"classifier": tensors(shapes_of(Probe(_size(16))), "module."), "epoch": 1}, probe)
    return {encoder.name: encoder, probe.name: probe}


_INCEPTION: dict[str, Any] = {"width": WIDTH}
SMALL: dict[str, Small] = {
    "i3d-k400": Small({"width": WIDTH}, write_i3d),
    "inception-fid": Small(_INCEPTION, write_scripted_inception),
    "inception-fid-logits": Small(_INCEPTION, write_inception),
    "videomae-v2-g-ssv2": Small(TRANSFORMER, write_videomae),
    "vjepa-h-ssv2": Small(TRANSFORMER, write_vjepa),
}
