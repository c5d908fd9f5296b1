"""VideoMAE v2 and V-JEPA against the authors' own networks with random weights, at small sizes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.data.make_video_transformer_references import SIZES, SMALL, clips
from tests.metrics.networks.clips import shapes_of, tensors, write_videomae, write_vjepa
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS
from vbench_py.metrics.extractors.video_transformer import Size
from vbench_py.metrics.extractors.videomae import VideoMAE, VideoMAENetwork
from vbench_py.metrics.extractors.vjepa import VJEPA, Encoder, Probe
from vbench_py.types import Unsupported, UsageError

STORED = json.loads(
    (Path(__file__).parents[1] / "data" / "video_transformer_references.json").read_text(encoding="utf-8")
)
VJEPA_SIZE = Size(width=1280, depth=32, heads=16, hidden=5120, patch=16)
VIDEOMAE_SIZE = Size(width=1408, depth=40, heads=16, hidden=6144, patch=14)


@pytest.fixture(scope="module")
def videomae(tmp_path_factory: pytest.TempPathFactory) -> VideoMAE:
    extractor = VideoMAE({**SMALL, "patch": 14}, write_videomae(tmp_path_factory.mktemp("videomae")))
    extractor.load("cpu")
    return extractor


@pytest.fixture(scope="module")
def vjepa(tmp_path_factory: pytest.TempPathFactory) -> VJEPA:
    extractor = VJEPA({**SMALL, "patch": 16}, write_vjepa(tmp_path_factory.mktemp("vjepa")))
    extractor.load("cpu")
    return extractor


@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        pytest.param(lambda: VideoMAENetwork(VIDEOMAE_SIZE), STORED["videomae"]["shapes"], id="videomae"),
        pytest.param(lambda: Encoder(VJEPA_SIZE), STORED["vjepa"]["encoder_shapes"], id="vjepa-encoder"),
        pytest.param(lambda: Probe(VJEPA_SIZE), STORED["vjepa"]["probe_shapes"], id="vjepa-probe"),
    ],
)
def test_the_official_sizes_have_the_official_keys(
    build: Callable[[], torch.nn.Module], shapes: Mapping[str, list[int]]
) -> None:
    with torch.device("meta"):
        ours = shapes_of(build())
    assert ours == {key: tuple(shape) for key, shape in shapes.items()}


@pytest.mark.parametrize(("name", "size"), [("videomae-v2-g-ssv2", VIDEOMAE_SIZE), ("vjepa-h-ssv2", VJEPA_SIZE)])
def test_the_cards_options_are_the_official_size(name: str, size: Size) -> None:
    assert Size(**EXTRACTORS[name].options) == size


def test_videomae_gives_the_references_features(videomae: VideoMAE) -> None:
    expected = np.array(STORED["videomae"]["features"])
    made, of = videomae(clips(*SIZES[0]))["features"], "videomae-v2-g-ssv2"
    agree(made, expected, of=of, against="cd-fvd==0.1.1", stage="network", weights="random official", atol=2e-5)


@pytest.mark.parametrize("size", SIZES)
def test_vjepa_gives_jedis_features(vjepa: VJEPA, size: tuple[int, int, int]) -> None:
    expected = np.array(STORED["vjepa"]["features"]["x".join(map(str, size))])
    made, against = vjepa(clips(*size))["features"], "videojedi==1.1.0, vjepa==0.1.2"
    agree(made, expected, of="vjepa-h-ssv2", against=against, stage="network", weights="random official", atol=2e-5)


@pytest.mark.parametrize("name", ["videomae", "vjepa"])
def test_a_batch_gives_what_single_clips_give(name: str, request: pytest.FixtureRequest) -> None:
    network = request.getfixturevalue(name)
    batch = clips(*SIZES[0])
    single = np.concatenate([network(one[None])["features"] for one in batch])
    np.testing.assert_allclose(network(batch)["features"], single, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("shape", "reason"), [((8, 224, 224), "16 frames"), ((16, 112, 224), "224x224")])
def test_videomae_reads_one_size(videomae: VideoMAE, shape: tuple[int, ...], reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        videomae(np.zeros((1, *shape, 3), np.uint8))


def test_vjepa_refuses_single_frames(vjepa: VJEPA) -> None:
    with pytest.raises(Unsupported, match="2 frames"):
        vjepa(np.zeros((1, 1, 224, 224, 3), np.uint8))


@pytest.mark.parametrize("change", ["missing", "entry"])
def test_another_file_is_refused_by_name(tmp_path: Path, change: str) -> None:
    small = Size(**SMALL, patch=14)
    state: dict[str, Any] = tensors(shapes_of(VideoMAENetwork(small)))
    del state["blocks.1.attn.q_bias"]
    path = tmp_path / "other.pth"
    torch.save({"module" if change == "missing" else "state": state}, path)
    extractor = VideoMAE({**SMALL, "patch": 14}, {"vit_g_hybrid_pt_1200e_ssv2_ft.pth": path})
    with pytest.raises(UsageError, match="other.pth.*" + ("blocks.1.attn.q_bias" if change == "missing" else "module")):
        extractor.load("cpu")
