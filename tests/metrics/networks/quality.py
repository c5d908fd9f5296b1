"""Small networks of image quality and perceptual distance, with seeded random weights in the official formats."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.metrics.conftest import random_tree
from tests.metrics.networks import Small
from tests.metrics.networks.embeddings import write_archive
from vbench_py.metrics.extractors.musiq_network import MUSIQ
from vbench_py.metrics.extractors.pwcnet import PWCNet
from vbench_py.metrics.extractors.stlpips import official_shapes

_SHRINK = 8
Shapes = Mapping[str, tuple[int, ...]]

MUSIQ_SIZES: dict[str, Any] = {"width": 48, "inner": 96, "heads": 3, "layers": 2}
PWC_SIZES: dict[str, Any] = {"pyramid": [4, 4, 6, 6, 8, 8], "dense": [8, 8, 6, 4, 4], "refiner": [8, 8, 8, 6, 4, 4]}
PWC_OFFICIAL: dict[str, Any] = {
    "pyramid": [16, 32, 64, 96, 128, 196], "dense": [128, 128, 96, 64, 32], "refiner": [128, 128, 128, 96, 64, 32],
}  # fmt: skip
CLIP_SIZES: dict[str, Any] = {
    "embedding": 32, "side": 64, "layers": [1, 1, 1, 1], "width": 16, "text_width": 64, "text_layers": 2,
}  # fmt: skip


def random_state(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Seeded float32 numbers for each key, in the order of the keys' names: the same on every machine.

    Matrices and kernels are normal with variance 2 / inputs, scales and variances uniform in 0.5..1.5, the rest in
    -0.1..0.1.
    """
    stream = np.random.RandomState(seed)
    made = {}
    for key in sorted(shapes):
        shape = shapes[key]
        if len(shape) > 1:
            values = stream.standard_normal(shape) * np.sqrt(2 / max(np.prod(shape[1:]), 1))
        elif key.endswith((".weight", "running_var")):
            values = stream.uniform(0.5, 1.5, shape)
        else:
            values = stream.uniform(-0.1, 0.1, shape)
        made[key] = torch.from_numpy(np.asarray(values, dtype=np.float32))
    return made


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def musiq_state(**sizes: Any) -> dict[str, Tensor]:
    with torch.device("meta"):
        network = MUSIQ(sides=[224, 384], **{**MUSIQ_SIZES, **sizes})
    state = random_state(shapes_of(network))
    state["head.bias"] += 50  # the middle of the scale that the official heads learned
    return state


def pwc_state(sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    with torch.device("meta"):
        network = PWCNet(sizes["pyramid"], sizes["dense"], sizes["refiner"])
    return random_state(shapes_of(network))


def st_lpips_state() -> dict[str, Tensor]:
    """Random kernels and (positive) heads with the official scaling and blur."""
    state = random_state(official_shapes())
    blur = torch.tensor([1.0, 2.0, 1.0]).outer(torch.tensor([1.0, 2.0, 1.0])) / 16
    for key in state:
        if key.endswith("filt"):
            state[key] = blur.expand(state[key].shape).clone()
        if key.startswith("lin"):
            state[key] = state[key].abs()
    state["scaling_layer.shift"] = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
    state["scaling_layer.scale"] = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)
    return state


def clip_shapes(sizes: Mapping[str, Any] = CLIP_SIZES) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of OpenAI's archives of a CLIP with a ResNet."""
    from open_clip import CLIP, CLIPTextCfg, CLIPVisionCfg

    vision = CLIPVisionCfg(tuple(sizes["layers"]), width=sizes["width"], image_size=sizes["side"])
    text = CLIPTextCfg(width=sizes["text_width"], heads=sizes["text_width"] // 64, layers=sizes["text_layers"])
    with torch.device("meta"):
        return shapes_of(CLIP(sizes["embedding"], vision, text, quick_gelu=True))


def clip_state() -> dict[str, Tensor]:
    """Numbers that half precision holds exactly, as in the official archive."""
    state = {key: value.half().float() for key, value in random_state(clip_shapes()).items()}
    state["logit_scale"] = torch.tensor(2.0)
    return {key: torch.tensor(0) if key.endswith("num_batches_tracked") else value for key, value in state.items()}


@functools.cache
def svr_text() -> str:
    """A small regression as LIBSVM writes one: BRISQUE's format."""
    stream = np.random.RandomState(0)
    lines = ["svm_type epsilon_svr", "kernel_type rbf", "gamma 0.05", "nr_class 2", "total_sv 20", "rho -50", "SV"]
    for _ in range(20):
        entries = " ".join(f"{i + 1}:{value:.6f}" for i, value in enumerate(stream.uniform(-1, 1, 36)))
        lines.append(f"{stream.uniform(-100, 100):.6f} {entries}")
    return "\n".join(lines) + "\n"


def _saved(name: str, state: Mapping[str, Tensor], folder: Path) -> dict[str, Path]:
    path = folder / name
    torch.save(dict(state), path)
    return {name: path}


def small_tree(network: str) -> dict[str, Any]:
    """`random_tree` with an eighth of the channels."""

    def cut(array: np.ndarray) -> np.ndarray:
        axes = [slice(None)] * (array.ndim - 2) + [
            slice(side if side in (1, 3) else side // _SHRINK) for side in array.shape[-2:]
        ]
        return np.ascontiguousarray(array[tuple(axes)])

    tree = random_tree(network)
    return {
        name: {
            part: {key: cut(value[None])[0] if key == "bias" else cut(value) for key, value in arrays.items()}
            for part, arrays in parts.items()
        }
        for name, parts in tree.items()
    }


def make_lpips(network: str, folder: Path) -> dict[str, Path]:
    path = folder / f"lpips-{network}"
    path.write_bytes(pickle.dumps(small_tree(network)))
    return {path.name: path}


def dists_parts(width: int) -> dict[str, Tensor]:
    """Random alpha and beta for a VGG-16 whose first stage has `width` channels."""
    numbers = np.random.RandomState(1).uniform(0, 0.2, (2, 1, 3 + 23 * width, 1, 1)).astype(np.float32)
    return dict(zip(("alpha", "beta"), torch.from_numpy(numbers), strict=True))


def make_dists(folder: Path) -> dict[str, Path]:
    return make_lpips("vgg", folder) | _saved("dists", dists_parts(64 // _SHRINK), folder)


def make_niqe(folder: Path) -> dict[str, Path]:
    stream = np.random.RandomState(2)
    spread = stream.standard_normal((36, 72))
    path = folder / "niqe-pristine.npz"
    np.savez(path, mu_pris_param=stream.uniform(0, 2, (1, 36)), cov_pris_param=spread @ spread.T / 72)
    return {"niqe-pristine": path}


def make_brisque(folder: Path) -> dict[str, Path]:
    path = folder / "brisque-allmodel"
    path.write_text(svr_text(), encoding="ascii")
    return {path.name: path}


def make_clip(folder: Path) -> dict[str, Path]:
    path = folder / "clip-rn50"
    write_archive(path, clip_state())
    return {path.name: path}


def make_flolpips(folder: Path) -> dict[str, Path]:
    return make_lpips("alex", folder) | _saved("pwc-net-default", pwc_state(PWC_SIZES), folder)


SMALL: dict[str, Small] = {
    "lpips-alex": Small({}, functools.partial(make_lpips, "alex")),
    "lpips-vgg": Small({}, functools.partial(make_lpips, "vgg")),
    "dists": Small({"width": 64 // _SHRINK}, make_dists),
    "niqe": Small({"block": 48}, make_niqe),
    "brisque": Small({}, make_brisque),
    "musiq-spaq": Small(MUSIQ_SIZES | {"sides": [64, 96]}, lambda folder: _saved("musiq-spaq", musiq_state(), folder)),
    "musiq-koniq": Small(
        MUSIQ_SIZES | {"sides": [64, 96]}, lambda folder: _saved("musiq-koniq", musiq_state(), folder)
    ),
    "clip-iqa": Small(CLIP_SIZES, make_clip),
    "st-lpips-alex": Small({}, lambda folder: _saved("st-lpips-alex", st_lpips_state(), folder)),
    "temporal-lpips-alex": Small({}, functools.partial(make_lpips, "alex")),
    "flolpips": Small(PWC_SIZES, make_flolpips),
}
