"""Makes editing_references.json: what published code says about edits, tracks, subjects and cuts.

    PYTHONPATH=.:<site-packages with scenedetect==0.7.2> python -m tests.data.make_editing_references FOLDER

FOLDER holds checkouts under their repositories' names: EditBoard@089075a, PnPInversion@07f97f4,
diffusion-motion-transfer@da9d4c3, dino@7c446df. Frames, masks and weights are made as the tests make them.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import sys
import tempfile
import types
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import cv2
import numpy as np
import torch
from PIL import Image
from torchvision import transforms
from torchvision.models import squeezenet1_1

from tests.data.make_embedding_references import shapes_hash
from tests.metrics.editing_cases import (
    cuts,
    edited,
    edits512,
    masks,
    references512,
    still512,
    subject_frames,
    tracklets,
)
from tests.metrics.networks.editing import SQUEEZE_HEADS, write_squeeze
from tests.metrics.networks.embeddings import DINO_SMALL, dino_shapes, seeded


def module(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def written(folder: Path, frames: np.ndarray) -> str:
    folder.mkdir()
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:04d}.png")
    return str(folder)


def editboard(checkout: Path) -> dict[str, Any]:
    # What only draws is not needed.
    stubs = {name: types.ModuleType(name) for name in ("matplotlib", "matplotlib.pyplot")}
    names = ("ff_alpha", "ff_beta", "semantic_score")
    with mock.patch.dict(sys.modules, stubs), mock.patch.object(sys, "path", [str(checkout), *sys.path]):
        alpha, beta, semantic = (importlib.import_module(f"editboard.{name}") for name in names)
    source, edit = edited()
    source, edit = source[..., ::-1], edit[..., ::-1]
    flows = [alpha.compute_optical_flow(source[t], source[t + 1]) for t in range(len(source) - 1)]
    own = [alpha.compute_optical_flow(edit[t], edit[t + 1]) for t in range(len(source) - 1)]
    pairs = []
    for t, flow in enumerate(flows):
        warped = [alpha.apply_optical_flow(np.ascontiguousarray(clip[t]), flow) for clip in (source, edit)]
        found = alpha.calculate_ff_alpha(source[t + 1], warped[0], edit[t + 1], warped[1])
        share = float(found[1]) * 512 * 512 / source[0, ..., 0].size
        pairs.append([float(found[0]), share, float(beta.ff_beta_for_one(flow, own[t]))])
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        clips = {"source": references512(), "edit": edits512(), "still": still512(), "mask": masks(4, 512, 512)}
        paths = {key: written(place / key, clip) for key, clip in clips.items()}
        return {
            "pairs": pairs,
            "ff-alpha": float(alpha.ff_alpha_for_video(paths["source"], paths["edit"])),
            "ff-alpha-invalid": float(alpha.ff_alpha_for_video(paths["still"], paths["edit"])),
            "ff-beta": float(beta.ff_beta_for_video(paths["source"], paths["edit"])),
            "semantic-score": float(semantic.semantic_score(paths["source"], paths["edit"], paths["mask"])),
        }


def seeded_squeeze() -> torch.nn.Module:
    with tempfile.TemporaryDirectory() as name:
        trunk, heads = write_squeeze(Path(name)).values()
        network = squeezenet1_1()
        network.load_state_dict(torch.load(trunk, weights_only=True))
        network.heads = torch.load(heads, weights_only=True)
    return network


def pnp(checkout: Path) -> dict[str, list[float]]:
    calculator = module(checkout / "evaluation" / "matrics_calculator.py", "matrics_calculator")
    network = seeded_squeeze()
    made = object.__new__(calculator.MetricsCalculator)
    made.device = "cpu"
    made.psnr_metric_calculator = calculator.PeakSignalNoiseRatio(data_range=1.0)
    made.mse_metric_calculator = calculator.MeanSquaredError()
    made.ssim_metric_calculator = calculator.StructuralSimilarityIndexMeasure(data_range=1.0)
    lpips = importlib.import_module("torchmetrics.functional.image.lpips")
    with mock.patch("torchvision.models.squeezenet1_1", lambda *given, **named: network):
        distance = lpips._LPIPS(pretrained=False, net="squeeze", use_dropout=True).eval()
    for i in range(len(SQUEEZE_HEADS)):
        head = getattr(distance, f"lin{i}")
        head.model[1].weight.data = network.heads[f"lin{i}.model.1.weight"]
    made.lpips_metric_calculator = lambda one, other: distance(one, other).detach()
    source, edit = edited()
    kept = 1 - masks(*source.shape[:3]) / 255.0
    found: dict[str, list[float]] = {}
    for name in ("psnr", "mse", "ssim", "lpips"):
        measure = getattr(made, f"calculate_{name}")
        found[name] = [float(measure(a, b, k, k)) for a, b, k in zip(source, edit, kept, strict=True)]
    return found


def motion(checkout: Path) -> list[list[float]]:
    """Only the function is taken: its module wants a tracker."""
    tree = ast.parse((checkout / "motion_fidelity_score.py").read_text(encoding="utf-8"))
    wanted = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "get_similarity_matrix"]
    space: dict[str, Any] = {"torch": torch}
    exec(compile(ast.Module(body=list(wanted), type_ignores=[]), "motion_fidelity_score.py", "exec"), space)
    one, other = (torch.from_numpy(part) for part in tracklets())
    return [[float(value) for value in row] for row in space["get_similarity_matrix"](one, other)]


def dino(checkout: Path) -> dict[str, Any]:
    sys.path.insert(0, str(checkout))
    authors = module(checkout / "vision_transformer.py", "vision_transformer")
    official = authors.vit_small(patch_size=16, num_classes=0)
    state = {key: tuple(value.shape) for key, value in official.state_dict().items()}
    sizes: Mapping[str, int] = DINO_SMALL
    small = authors.VisionTransformer(
        patch_size=16, embed_dim=sizes["width"], depth=sizes["depth"], num_heads=sizes["heads"], num_classes=0,
        qkv_bias=True, norm_layer=torch.nn.LayerNorm,
    )  # fmt: skip
    for part in small.modules():
        if isinstance(part, torch.nn.LayerNorm):
            part.eps = 1e-6
    small.load_state_dict(seeded(dino_shapes(**DINO_SMALL, patch=16, image=224, layer_scale=False)))
    steps = [transforms.Resize(256, interpolation=3), transforms.CenterCrop(224), transforms.ToTensor()]
    prepare = transforms.Compose([*steps, transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    video, images = (
        torch.nn.functional.normalize(small.eval()(torch.stack([prepare(Image.fromarray(f)) for f in part])), dim=1)
        for part in subject_frames()
    )
    return {"shapes": shapes_hash(state), "dino-i": (video @ images.T).mean(1).tolist()}


def scenes() -> dict[str, Any]:
    scenedetect = importlib.import_module("scenedetect")
    film = cuts()[..., ::-1]
    found: dict[str, Any] = {"version": scenedetect.__version__, "cuts": {}}
    for shortest in (0, 6, 15):
        detector = scenedetect.ContentDetector(threshold=27.0, min_scene_len=shortest)
        found["cuts"][shortest], values = [], []
        for number, frame in enumerate(film):
            when = scenedetect.FrameTimecode(number, fps=24.0)
            at = detector.process_frame(when, np.ascontiguousarray(frame))
            found["cuts"][shortest] += [int(cut.frame_num) for cut in at]
            values.append(float(detector._frame_score))
        found["content"] = values
    return found


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    record = {
        "versions": {"opencv": cv2.__version__, "torch": torch.__version__},
        "EditBoard": editboard(folder / "EditBoard"),
        "PnPInversion": pnp(folder / "PnPInversion"),
        "motion": motion(folder / "diffusion-motion-transfer"),
        "dino": dino(folder / "dino"),
        "scenedetect": scenes(),
    }
    Path(__file__).with_name("editing_references.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
