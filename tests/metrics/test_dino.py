"""DINO and DINOv2 against their authors' code, on small random networks in the official formats."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity
from transformers import Dinov2Config, Dinov2Model

from tests.data.make_embedding_references import shapes_hash
from tests.metrics.embedding_runs import WHICH, features, reference_features, references, small
from tests.metrics.networks.embeddings import DINO_SMALL, dino_shapes, frames_of, seeded
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, METRICS, score
from vbench_py.features.geometry import apply
from vbench_py.metrics.extractors.dino import DINO
from vbench_py.metrics.extractors.frame_encoder import IMAGENET_DEVIATION, IMAGENET_MEAN
from vbench_py.metrics.views import view_of
from vbench_py.types import Unsupported, UsageError

AUTHORS = {"dino-vitb16": "facebookresearch/dino@7c446df", "dinov2-vitb14": "facebookresearch/dinov2@b8931f7"}
NAMES = list(AUTHORS)
PORT = "transformers Dinov2Model"
STATE = seeded(dino_shapes(**DINO_SMALL, patch=14, image=70, layer_scale=True))
RENAMED = {
    r"^(cls_token|mask_token)": r"embeddings.\1", "^pos_embed": "embeddings.position_embeddings",
    r"^patch_embed\.proj": "embeddings.patch_embeddings.projection", r"^norm\.": "layernorm.",
    r"^blocks\.": "encoder.layer.", r"attn\.proj": "attention.o_proj", r"ls(\d)\.gamma": r"layer_scale\1.lambda1",
}  # fmt: skip
"""Keys of the authors' checkpoints, and what transformers calls them."""


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name", NAMES)
def test_features_of_wide_frames_are_the_authors(which: str, name: str) -> None:
    made = features(name, frames_of(which), "subject-consistency")
    expected = reference_features()[f"{which}/{name}"]
    agree(made, expected, of=name, against=AUTHORS[name], stage="network", weights="random official", atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_full_size_networks_have_the_official_keys_and_shapes(name: str) -> None:
    options = EXTRACTORS[name].options
    shapes = dino_shapes(**options)
    assert shapes_hash(shapes) == references()["shapes"][name]
    with torch.device("meta"):
        made = DINO(options, {"": Path(name)})
        made.patch, made.width = options["patch"], options["width"]
        network = made._network()
    ours = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert ours == {key: shape for key, shape in shapes.items() if key != "mask_token"}


def of_transformers(state: dict[str, torch.Tensor], frames: np.ndarray) -> np.ndarray:
    """CLS features (T, width) of transformers' port of DINOv2 on `state`, frames resized as its processor does."""
    sizes = {"hidden_size": DINO_SMALL["width"], "num_hidden_layers": 2, "num_attention_heads": DINO_SMALL["heads"]}
    network = Dinov2Model(Dinov2Config(**sizes, image_size=70, patch_size=14)).eval()
    renamed = {}
    for key, value in state.items():
        for ours, theirs in RENAMED.items():
            key = re.sub(ours, theirs, key)
        if ".qkv." in key:
            for name, part in zip(("q_proj", "k_proj", "v_proj"), value.chunk(3), strict=True):
                renamed[key.replace("attn.qkv", f"attention.{name}")] = part
        else:
            renamed[key] = value
    network.load_state_dict(renamed, strict=True)
    resized = apply(view_of(METRICS["dinov2-temp"].protocol).geometry, frames)
    pixels = torch.from_numpy(resized).permute(0, 3, 1, 2).float() / 255
    mean, deviation = (torch.tensor(part).view(1, 3, 1, 1) for part in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    with torch.inference_mode():
        return np.asarray(network(pixel_values=(pixels - mean) / deviation).pooler_output.numpy())


@pytest.mark.parametrize("which", WHICH)
def test_consistency_of_neighbours_is_that_of_the_port_which_v2vbench_uses(which: str) -> None:
    frames = frames_of(which)
    theirs = of_transformers(STATE, frames)
    cosines = np.diagonal(cosine_similarity(theirs.astype(np.float64)), 1)
    made = score("dinov2-temp", {"video": frames}).value
    agree(made, cosines.mean(), of="dinov2-temp", against=PORT, stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
def test_alignment_with_an_image_is_that_of_the_port(which: str) -> None:
    frames = frames_of(which)
    cosines = cosine_similarity(of_transformers(STATE, frames).astype(np.float64))
    steps = np.diagonal(cosines, 1)
    expected = 0.4 * cosines[-1].max() + 0.3 * steps.mean() + 0.3 * steps.min()
    name, roles = "dino-image-alignment", {"video": frames, "first": frames[-1:]}
    agree(
        score(name, roles).value, expected, of=name, against=PORT, stage="whole", weights="random official", atol=1e-5
    )


def test_positions_learnt_at_this_size_are_used_as_they_are(tmp_path: Path) -> None:
    sizes = {**DINO_SMALL, "patch": 16, "image": 64, "layer_scale": False}
    torch.save(seeded(dino_shapes(**sizes)), tmp_path / "dino.pth")
    network = DINO(sizes, {"dino": tmp_path / "dino.pth"})
    network.load("cpu")
    zero = network.tokens(torch.zeros(1, 3, 64, 64))
    state = torch.load(tmp_path / "dino.pth", weights_only=True)
    patches = state["patch_embed.proj.bias"].expand(16, -1)
    expected = torch.cat([state["cls_token"][0], patches]) + state["pos_embed"][0]
    torch.testing.assert_close(zero[0], expected)


def test_frames_smaller_than_a_patch_are_unsupported() -> None:
    with pytest.raises(Unsupported, match="sides of at least 16 px"):
        small("dino-vitb16")(np.zeros((1, 1, 15, 40, 3), np.uint8))


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    torch.save(seeded(dino_shapes(**DINO_SMALL, patch=16, image=224, layer_scale=False)), tmp_path / "dino.pth")
    with pytest.raises(UsageError, match=r"dino\.pth: not the weights of VisionTransformer"):
        DINO(EXTRACTORS["dino-vitb16"].options, {"dino": tmp_path / "dino.pth"}).load("cpu")
