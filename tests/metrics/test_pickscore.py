"""PickScore against transformers' CLIPModel on a small random network in the official file's format."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.data.make_embedding_references import shapes_hash
from tests.metrics.embedding_runs import WHICH, reference_features, references
from tests.metrics.networks.embeddings import PICK_SMALL, TEXTS, frames_of, pickscore_shapes, write_pickscore
from tests.metrics.parity import agree
from vbench_py.features.geometry import apply
from vbench_py.metrics.embedding import units
from vbench_py.metrics.extractors.pickscore import PickScoreImages, PickScoreText
from vbench_py.metrics.views import geometry_of
from vbench_py.types import UsageError

PORT = f"transformers=={references()['versions']['transformers']} CLIPModel"
GEOMETRY = {"size": [224], "fit": "short", "kernel": "bicubic", "library": "pil", "crop": [224, 224]}
FULL_IMAGES = {"patch": 14, "width": 1280, "depth": 32, "heads": 16, "projection": 1024}
FULL_TEXT = {"width": 1024, "depth": 24, "heads": 16, "projection": 1024}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pickscore(tmp_path_factory.mktemp("pickscore") / "pickscore_v1.safetensors")


@pytest.fixture(scope="module")
def images(path: Path) -> PickScoreImages:
    made = PickScoreImages({**PICK_SMALL, "patch": 14}, {path.name: path})
    made.load("cpu")
    return made


@pytest.fixture(scope="module")
def texts(path: Path) -> PickScoreText:
    made = PickScoreText(PICK_SMALL, {path.name: path})
    made.load("cpu")
    return made


@pytest.mark.parametrize("which", WHICH)
def test_features_of_frames_are_those_of_transformers(images: PickScoreImages, which: str) -> None:
    made = images(apply(geometry_of(GEOMETRY), frames_of(which))[:, None])["features"]
    expected, of = reference_features()[f"{which}/pickscore-images"], "pickscore-images"
    agree(made, expected, of=of, against=PORT, stage="network", weights="random official", atol=1e-5)


def test_features_of_texts_are_those_of_transformers(texts: PickScoreText) -> None:
    made = texts(TEXTS)["features"]
    expected, of = reference_features()["texture/pickscore-text"], "pickscore-text"
    agree(made, expected, of=of, against=PORT, stage="network", weights="random official", atol=1e-5)


@pytest.mark.parametrize("which", WHICH)
def test_the_score_is_tgves_formula(images: PickScoreImages, texts: PickScoreText, which: str) -> None:
    frames = images(apply(geometry_of(GEOMETRY), frames_of(which))[:, None])["features"]
    text = texts(TEXTS[:1])
    made = text["scale"][0] * (units(frames) @ units(text["features"])[0]).mean()
    agree(made, references()[which]["pickscore"], of="pickscore", stage="whole", weights="random official", atol=1e-5)


def test_the_factor_is_the_exponential_of_the_logit_scale(path: Path, texts: PickScoreText) -> None:
    assert texts(["a"])["scale"][0] == pytest.approx(math.exp(load_file(path)["logit_scale"].item()))


def test_full_size_networks_have_the_official_keys_and_shapes() -> None:
    shapes = pickscore_shapes(width=1280, depth=32, projection=1024, text_width=1024, text_depth=24)
    assert shapes_hash(shapes) == references()["shapes"]["pickscore"]
    where = {"": Path("pickscore")}
    image_tower, text_tower = PickScoreImages(FULL_IMAGES, where), PickScoreText(FULL_TEXT, where)
    image_tower.patch, image_tower.width = 14, 1280
    with torch.device("meta"):
        towers = [image_tower._network(), text_tower._network()]
    ours = {key: tuple(value.shape) for tower in towers for key, value in tower.state_dict().items()}
    assert ours | {"logit_scale": ()} == shapes


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"no")
    with pytest.raises(UsageError, match=r"x\.safetensors: no safetensors file"):
        PickScoreImages(FULL_IMAGES, {"x": tmp_path / "x.safetensors"}).load("cpu")
