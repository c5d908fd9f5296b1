"""Makes video_transformer_references.json: features of the authors' own networks with random weights, at small sizes.

python -m tests.data.make_video_transformer_references, in an environment of its own with torch, numpy, cd-fvd==0.1.1,
videojedi==1.1.0 and vjepa==0.1.2. Also lists the keys and shapes of the official sizes.
"""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from tests.metrics.clips import texture

SMALL = {"width": 48, "depth": 2, "heads": 4, "hidden": 96}
SIZES = ((16, 224, 224), (8, 240, 320))


def clips(frames: int, height: int, width: int) -> np.ndarray:
    """(2, frames, height, width, 3) uint8."""
    return np.stack([texture(frames, height, width, seed=i) for i in (1, 2)])


def seeded(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, np.ndarray]:
    """Float32 arrays by sorted key: matrices normal with variance 1 / inputs, gains near 1, the rest within 0.2."""
    stream = np.random.RandomState(seed)
    made = {}
    for key in sorted(shapes):
        shape = tuple(shapes[key])
        if len(shape) > 1:
            values = stream.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        else:
            values = stream.uniform(-0.2, 0.2, shape) + (key.endswith("weight"))
        made[key] = values.astype(np.float32)
    return made


def _shapes(network: Any) -> dict[str, list[int]]:
    return {key: list(value.shape) for key, value in network.state_dict().items()}


def _filled(network: Any) -> Any:
    torch = importlib.import_module("torch")
    state = {key: torch.from_numpy(value) for key, value in seeded(_shapes(network)).items()}
    network.load_state_dict(state)
    return network.eval()


def _videomae(torch: Any) -> dict[str, Any]:
    finetune = importlib.import_module("cdfvd.third_party.VideoMAEv2.videomaev2_finetune")
    preprocess = importlib.import_module("cdfvd.third_party.VideoMAEv2.utils").preprocess_videomae
    official = {"num_classes": 174, "all_frames": 16, "use_mean_pooling": True}
    small = finetune.VisionTransformer(
        patch_size=14, embed_dim=SMALL["width"], depth=SMALL["depth"], num_heads=SMALL["heads"],
        mlp_ratio=SMALL["hidden"] / SMALL["width"], qkv_bias=True,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6), **official,
    )  # fmt: skip
    with torch.inference_mode():
        features = _filled(small).forward_features(preprocess(clips(*SIZES[0])))
    # On the meta device the reference's torch.linspace(...).item() has no value to give.
    with torch.device("meta"), mock.patch.object(torch, "linspace", np.linspace):
        shapes = _shapes(finetune.vit_giant_patch14_224(**official))
    return {"features": features.tolist(), "shapes": shapes}


def _vjepa(torch: Any) -> dict[str, Any]:
    jedi = importlib.import_module("videojedi.V_JEPA")
    utils = importlib.import_module("videojedi.V_JEPA_utils")
    transformer = importlib.import_module("vjepa.models.vision_transformer")
    # What JEDi's `import vjepa.datasets.utils.video.transforms as ...` gives: torchvision's, which a star import puts
    # over the package's own of that name. It takes (T, C, H, W); the package's own would refuse.
    normalise = importlib.import_module("vjepa.datasets.utils.video").transforms.Normalize
    official = {"img_size": 224, "patch_size": 16, "num_frames": 16, "tubelet_size": 2, "uniform_power": True}
    small = transformer.VisionTransformer(
        embed_dim=SMALL["width"], depth=SMALL["depth"], num_heads=SMALL["heads"],
        mlp_ratio=SMALL["hidden"] / SMALL["width"], qkv_bias=True,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6), **official,
    )  # fmt: skip
    probe = jedi.AttentiveClassifier(
        embed_dim=SMALL["width"], num_heads=SMALL["heads"], depth=1, num_classes=174,
        # The classifier takes this from its caller; JEDi leaves the default of 4.
        mlp_ratio=SMALL["hidden"] / SMALL["width"],
    )  # fmt: skip
    whole = jedi.VJEPA.__new__(jedi.VJEPA)
    whole.encoder = utils.ClipAggregation(_filled(small), tubelet_size=2, attend_across_segments=True)
    whole.classifier = SimpleNamespace(module=_filled(probe))
    whole.transforms = normalise(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    whole.finetuned = True
    features = {}
    for size in SIZES:
        videos = torch.from_numpy(clips(*size)).permute(0, 1, 4, 2, 3) / 255
        features["x".join(map(str, size))] = whole.get_feats(videos).tolist()
    with torch.device("meta"):
        encoder = _shapes(transformer.vit_huge(**official))
        head = _shapes(jedi.AttentiveClassifier(embed_dim=1280, num_heads=16, depth=1, num_classes=174))
    return {
        "features": features,
        "encoder_shapes": encoder,
        "probe_shapes": head,
    }


def main() -> None:
    torch = importlib.import_module("torch")
    record = {
        "input": "clips(*size) of make_video_transformer_references",
        "versions": {"torch": str(torch.__version__), "cd-fvd": "0.1.1", "videojedi": "1.1.0", "vjepa": "0.1.2"},
        "videomae": _videomae(torch),
        "vjepa": _vjepa(torch),
    }
    path = Path(__file__).with_name("video_transformer_references.json")
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
