"""Makes embedding_references.npz: what the reference repositories' own code says with seeded random weights.

    PYTHONPATH=. REFERENCES=<folder> python tests/data/make_embedding_references.py

in an environment of its own with openai-clip==1.0.1, setuptools<80, einops, and torch, torchvision, transformers,
open_clip_torch. The folder holds checkouts under their repositories' names: dino@7c446df, dinov2@b8931f7,
VBench@45e79ec, instruct-pix2pix@0dffd1e, EditBoard@089075a, PnPInversion@07f97f4. Weights and frames are made as the
tests make them (tests/metrics/networks/embeddings.py); nothing of the references is kept but these numbers.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import math
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from tests.metrics.networks.embeddings import (
    DINO_SMALL,
    PICK_SMALL,
    STYLE,
    TEXTS,
    clip_state,
    dino_shapes,
    frames_of,
    seeded,
    write_archive,
    write_pickscore,
)

FOLDER = Path(os.environ.get("REFERENCES", "."))


def module(path: str, name: str = "") -> ModuleType:
    """A file of a reference repository as a module, found as `name`."""
    name = name or Path(path).stem
    spec = importlib.util.spec_from_file_location(name, FOLDER / path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def package(folder: str) -> str:
    """Makes a package of VBench importable without its own `__init__`, afresh; returns its name."""
    for name in [name for name in sys.modules if name.startswith(f"{folder}.")]:
        del sys.modules[name]
    made = ModuleType(folder)
    made.__path__ = [str(FOLDER / "VBench" / folder)]
    sys.modules[folder] = made
    return folder


def dino(reference: str, patch: int, image: int, layer_scale: bool) -> torch.nn.Module:
    state = seeded(dino_shapes(**DINO_SMALL, patch=patch, image=image, layer_scale=layer_scale))
    sizes = {"embed_dim": DINO_SMALL["width"], "depth": DINO_SMALL["depth"], "num_heads": DINO_SMALL["heads"]}
    if reference == "dino":
        sys.path.insert(0, str(FOLDER / "dino"))
        transformer = module("dino/vision_transformer.py")
        norm = partial(torch.nn.LayerNorm, eps=1e-6)
        made = transformer.VisionTransformer(patch_size=patch, mlp_ratio=4, qkv_bias=True, norm_layer=norm, **sizes)
        sys.path.pop(0)
    else:
        sys.path.insert(0, str(FOLDER / "dinov2"))
        transformer = importlib.import_module("dinov2.models.vision_transformer")
        attention = importlib.import_module("dinov2.layers").MemEffAttention
        block = partial(importlib.import_module("dinov2.layers").NestedTensorBlock, attn_class=attention)
        made = transformer.DinoVisionTransformer(
            img_size=image, patch_size=patch, init_values=1.0, block_chunks=0, block_fn=block, **sizes
        )
    made.load_state_dict(state, strict=True)
    return made.eval()


def tensor(frames: np.ndarray) -> Tensor:
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float()


def vbench(frames: np.ndarray, networks: dict[str, Any], head: torch.nn.Module) -> dict[str, float]:
    """VBench's dimensions of one video, by its own functions; only decoding is taken from them."""
    utils = importlib.import_module(f"{package('vbench')}.utils")
    loaded = lambda path, return_tensor=True, **rest: tensor(frames) if return_tensor else frames  # noqa: E731
    made = {}
    with mock.patch.object(utils, "load_video", loaded):
        subject = importlib.import_module("vbench.subject_consistency")
        made["subject-consistency"] = subject.subject_consistency(networks["dino"], ["v.mp4"], "cpu", False)[0]
        background = importlib.import_module("vbench.background_consistency")
        clip, preprocess = networks["clip-b32"]
        made["background-consistency"] = background.background_consistency(clip, preprocess, ["v.mp4"], "cpu", False)[0]
        aesthetic = importlib.import_module("vbench.aesthetic_quality")
        made["aesthetic-quality"] = aesthetic.laion_aesthetic(head, networks["clip-l14"][0], ["v.mp4"], "cpu")[0]
        style = importlib.import_module("vbench.appearance_style")
        info = [{"auxiliary_info": {"appearance_style": STYLE}, "video_list": ["v.mp4"]}]
        # The learnt scale is random here: VBench takes it for 100.
        scale = float(clip.logit_scale.exp())
        made["appearance-style"] = style.appearance_style(clip, info, "cpu")[0] * 100 / scale
    utils = importlib.import_module(f"{package('vbench2_beta_i2v')}.utils")
    with mock.patch.object(utils, "load_video", loaded), tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "first.png"
        Image.fromarray(frames[-1]).save(image)
        i2v = importlib.import_module("vbench2_beta_i2v.i2v_subject")
        made["i2v-subject"] = float(i2v.i2v_subject(networks["dino"], [(str(image), "v.mp4")], "cpu")[0])
    return {name: float(value) for name, value in made.items()}


def editing(frames: np.ndarray, networks: dict[str, Any], folder: Path) -> dict[str, Any]:
    """InstructPix2Pix's direction, EditBoard's success rate and PnPInversion's structure distance by their own code."""
    source, edited = frames, frames[::-1].copy()
    clip = importlib.import_module("clip")
    similarity = module("instruct-pix2pix/metrics/clip_similarity.py")
    with mock.patch.object(clip, "load", lambda *a, **k: networks["clip-l14"]):
        measure = similarity.ClipSimilarity("ViT-L/14")
    with torch.no_grad():
        pairs = [
            measure(a, b, [TEXTS[0]], [TEXTS[1]])[2].item()
            for a, b in zip((tensor(source) / 255).split(1), (tensor(edited) / 255).split(1), strict=True)
        ]
    # EditBoard crops what is higher than wide in a way of its own; the frames here are wider than high.
    sys.modules["editboard"] = ModuleType("editboard")
    sys.modules["editboard.utils"] = mock.MagicMock()
    success = module("EditBoard/editboard/success_rate.py")
    for i, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{i}.png")
    rate = success.video_score(str(folder), TEXTS[1], TEXTS[0], *networks["clip-b32"], "cpu")
    calculator = module("PnPInversion/evaluation/matrics_calculator.py")
    with mock.patch.object(torch.hub, "load", lambda *a, **k: dino("dino", 8, 224, False)):
        loss = calculator.LossG.__new__(calculator.LossG)
        torch.nn.Module.__init__(loss)
        loss.extractor = calculator.VitExtractor("dino_vitb8", "cpu")
    transforms = importlib.import_module("torchvision.transforms")
    # As torchvision 0.13, which that repository asks for: no antialias on tensors.
    resize = transforms.Resize(224, max_size=480, antialias=False)
    normalise = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    loss.global_transform = transforms.Compose([resize, normalise])
    loss.extractor.get_head_num = lambda: DINO_SMALL["heads"]
    loss.extractor.get_embedding_dim = lambda: DINO_SMALL["width"]
    loss.extractor.layers_dict = {key: list(range(DINO_SMALL["depth"])) for key in loss.extractor.KEY_LIST}
    last = partial(calculator.VitExtractor.get_keys_self_sim_from_input, loss.extractor)
    loss.extractor.get_keys_self_sim_from_input = lambda image, layer_num: last(image, DINO_SMALL["depth"] - 1)
    with torch.no_grad(), mock.patch.object(loss.extractor, "_init_hooks_data", lambda: _emptied(loss.extractor)):
        structure = {
            levels: [
                float(loss.calculate_global_ssim_loss(a, b))
                for a, b in zip((tensor(source) / levels).split(1), (tensor(edited) / levels).split(1), strict=True)
            ]
            for levels in (1, 255)
        }
    return {
        "clip-direction": pairs, "success-rate": rate,
        "structure-distance": structure[255], "structure-distance-pnp": structure[1],
    }  # fmt: skip


def _emptied(extractor: Any) -> None:
    extractor.outputs_dict = {key: [] for key in extractor.KEY_LIST}


def pickscore(frames: np.ndarray, folder: Path, preprocess: Any) -> dict[str, Any]:
    """transformers' CLIPModel, and the line of TGVE's `pick_score` on its features."""
    transformers = importlib.import_module("transformers")
    half = {
        "hidden_size": PICK_SMALL["width"], "intermediate_size": 4 * PICK_SMALL["width"], "hidden_act": "gelu",
        "num_hidden_layers": PICK_SMALL["depth"], "num_attention_heads": PICK_SMALL["heads"],
    }  # fmt: skip
    config = transformers.CLIPConfig(
        text_config=half, vision_config={**half, "patch_size": 14}, projection_dim=PICK_SMALL["projection"]
    )
    model = transformers.CLIPModel(config).eval()
    model.load_state_dict(load_file(write_pickscore(folder / "pickscore.safetensors")), strict=True)
    tokens = importlib.import_module("clip").tokenize(TEXTS, truncate=True).long()
    pixels = torch.stack([preprocess(Image.fromarray(frame)) for frame in frames])
    with torch.no_grad():
        images = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
        texts = model.text_projection(model.text_model(input_ids=tokens).pooler_output)
        unit = [part / torch.norm(part, dim=-1, keepdim=True) for part in (images, texts)]
        score = (model.logit_scale.exp() * (unit[1] @ unit[0].T)[0]).mean()
    return {"pickscore-images": images.numpy(), "pickscore-text": texts.numpy(), "pickscore": float(score)}


def official_shapes() -> dict[str, str]:
    """A hash of the sorted keys and shapes of each full-size network of the references."""
    clip = importlib.import_module("clip.model").CLIP
    transformers = importlib.import_module("transformers")
    vits = sys.modules["vision_transformer"]
    dinov2 = importlib.import_module("dinov2.models.vision_transformer")
    tower = {"hidden_act": "gelu", "num_attention_heads": 16}
    text = {**tower, "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24}
    vision = {**tower, "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "patch_size": 14}
    with torch.device("meta"):
        networks = {
            "clip-vit-b32": clip(512, 224, 12, 768, 32, 77, 49408, 512, 8, 12),
            "clip-vit-l14": clip(768, 224, 24, 1024, 14, 77, 49408, 768, 12, 12),
            "dinov2-vitb14": dinov2.vit_base(14, img_size=518, init_values=1.0, block_chunks=0),
            "pickscore": transformers.CLIPModel(
                transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=1024)
            ),
        }
    networks |= {f"dino-vitb{patch}": vits.vit_base(patch_size=patch, num_classes=0) for patch in (8, 16)}
    return {name: shapes_hash({k: tuple(v.shape) for k, v in n.state_dict().items()}) for name, n in networks.items()}


def shapes_hash(shapes: dict[str, tuple[int, ...]]) -> str:
    text = "\n".join(f"{key} {list(shapes[key])}" for key in sorted(shapes))
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    clip = importlib.import_module("clip")
    arrays: dict[str, np.ndarray] = {}
    numbers: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        networks: dict[str, Any] = {"dino": dino("dino", 16, 224, False)}
        for size, patch in (("b32", 32), ("l14", 28)):
            path = write_archive(folder / f"{size}.pt", clip_state(patch=patch))
            networks[f"clip-{size}"] = clip.load(str(path), device="cpu")
        head = torch.nn.Linear(32, 1)
        head.load_state_dict(seeded({"weight": (1, 32), "bias": (1,)}))
        arrays |= text_features(networks)
        for which in ("texture", "lavie"):
            frames = frames_of(which)
            for key, value in features(frames, networks).items():
                arrays[f"{which}/{key}"] = value
            found: dict[str, Any] = vbench(frames, networks, head)
            with tempfile.TemporaryDirectory() as stills:
                found |= editing(frames, networks, Path(stills))
            for key, value in pickscore(frames, folder, networks["clip-b32"][1]).items():
                if isinstance(value, np.ndarray):
                    arrays[f"{which}/{key}"] = value
                else:
                    found[key] = value
            numbers[which] = found
    numbers["shapes"] = official_shapes()
    numbers["versions"] = {n: importlib.import_module(n).__version__ for n in ("torch", "torchvision", "transformers")}
    assert all(math.isfinite(v) for w in ("texture", "lavie") for v in numbers[w].values() if isinstance(v, float))
    np.savez_compressed(Path(__file__).with_name("embedding_references.npz"), **arrays)
    text = json.dumps(numbers, indent=1) + "\n"
    Path(__file__).with_name("embedding_references.json").write_text(text, encoding="utf-8")


@torch.no_grad()
def text_features(networks: dict[str, Any]) -> dict[str, np.ndarray]:
    tokens = importlib.import_module("clip").tokenize(TEXTS, truncate=True)
    return {f"clip-{size}-text": networks[f"clip-{size}"][0].encode_text(tokens).numpy() for size in ("b32", "l14")}


@torch.no_grad()
def features(frames: np.ndarray, networks: dict[str, Any]) -> dict[str, np.ndarray]:
    """Features under the reference's own resize: VBench's for tensors, OpenAI's for images."""
    utils = importlib.import_module(f"{package('vbench')}.utils")
    made = {}
    for size in ("b32", "l14"):
        network, preprocess = networks[f"clip-{size}"]
        made[f"clip-{size}"] = network.encode_image(utils.clip_transform(224)(tensor(frames))).numpy()
        stills = torch.stack([preprocess(Image.fromarray(frame)) for frame in frames])
        made[f"clip-{size}-pil"] = network.encode_image(stills).numpy()
        projection, network.visual.proj = network.visual.proj, None
        made[f"clip-{size}-pooled"] = network.visual(stills).numpy()
        network.visual.proj = projection
    wide = utils.dino_transform(224)(tensor(frames))
    made["dino-vitb16"] = networks["dino"](wide).numpy()
    whole = wide[..., : wide.shape[-2] // 14 * 14, : wide.shape[-1] // 14 * 14]
    made["dinov2-vitb14"] = dino("dinov2", 14, 70, True)(whole).numpy()
    return made


if __name__ == "__main__":
    main()
