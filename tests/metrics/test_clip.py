"""CLIP against package openai-clip, on small random networks in OpenAI's own file format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.make_embedding_references import shapes_hash
from tests.metrics.embedding_runs import WHICH, features, reference_features, references, small
from tests.metrics.networks.embeddings import TEXTS, clip_shapes, clip_state, frames_of, write_archive
from tests.metrics.parity import agree
from vbench_py.metrics.extractors.clip import CLIPImages
from vbench_py.metrics.extractors.clip_weights import _network, load_clip
from vbench_py.types import Unsupported, UsageError

PACKAGE = "openai-clip==1.0.1"
FULL = {
    "clip-vit-b32": {"width": 768, "text_width": 512, "layers": 12, "patch": 32, "embedding": 512},
    "clip-vit-l14": {
        "width": 1024, "text_width": 768, "layers": 24, "text_layers": 12, "patch": 14, "embedding": 768,
    },
}  # fmt: skip
VIEWS = {"": "background-consistency", "-pil": "clipsim"}


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("size", ["b32", "l14"])
@pytest.mark.parametrize("resize", VIEWS)
def test_features_of_frames_are_the_packages(which: str, size: str, resize: str) -> None:
    made = features(f"clip-vit-{size}", frames_of(which), VIEWS[resize])
    expected = reference_features()[f"{which}/clip-{size}{resize}"]
    agree(made, expected, of=f"clip-vit-{size}", against=PACKAGE, stage="network", weights="random official", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("size", ["b32", "l14"])
def test_pooled_features_are_the_packages_without_its_projection(which: str, size: str) -> None:
    made = features(f"clip-vit-{size}", frames_of(which), "clipsim", "pooled")
    expected = reference_features()[f"{which}/clip-{size}-pooled"]
    agree(made, expected, of=f"clip-vit-{size}", against=PACKAGE, stage="network", weights="random official", atol=1e-5)


@pytest.mark.parametrize("size", ["b32", "l14"])
def test_features_of_texts_are_the_packages(size: str) -> None:
    made = small(f"clip-vit-{size}-text")(TEXTS)["features"]
    expected, of = reference_features()[f"clip-{size}-text"], f"clip-vit-{size}-text"
    agree(made, expected, of=of, against=PACKAGE, stage="network", weights="random official", atol=1e-5)


def test_tokens_that_do_not_fit_are_counted() -> None:
    words = ["cat " * count for count in (1, 75, 76, 100)]
    assert small("clip-vit-b32-text")(words)["truncated"].tolist() == [0, 0, 1, 25]


@pytest.mark.parametrize("name", FULL)
def test_full_size_networks_have_the_official_keys_and_shapes(name: str) -> None:
    shapes = clip_shapes(**FULL[name])
    assert shapes_hash(shapes) == references()["shapes"][name]
    with torch.device("meta"):
        network = _network({key: torch.empty(shape) for key, shape in shapes.items()}, Path(name))
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == shapes


def test_the_batch_changes_nothing() -> None:
    windows = np.random.RandomState(0).uniform(0, 255, (5, 1, 224, 224, 3)).astype(np.float32)
    network = small("clip-vit-b32")
    whole = network(windows)["features"]
    alone = np.concatenate([network(window[None])["features"] for window in windows])
    np.testing.assert_allclose(whole, alone, rtol=0, atol=1e-5)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ViT-B-32.pt"
    torch.save({"weight": torch.zeros(1)}, path)
    with pytest.raises(UsageError, match=r"ViT-B-32\.pt: no TorchScript archive"):
        load_clip(path, torch.device("cpu"))


def test_a_missing_weight_is_named(tmp_path: Path) -> None:
    state = clip_state()
    del state["visual.ln_post.bias"]
    path = write_archive(tmp_path / "ViT-B-32.pt", state)
    with pytest.raises(UsageError, match=r"visual\.ln_post\.bias \(64,\) is missing"):
        CLIPImages({}, {"ViT-B-32.pt": path}).load("cpu")


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(Unsupported, match="takes 224x224 pixels, the view gives 96x64"):
        small("clip-vit-b32")(np.zeros((1, 1, 64, 96, 3), np.uint8))
