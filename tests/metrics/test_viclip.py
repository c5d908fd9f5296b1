"""ViCLIP and its metrics against the reference code in VBench, on seeded weights in the official format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from tests.metrics.clips import texture
from tests.metrics.networks.interpolators import TEXT, VISION, frames_of, viclip_shapes, write_viclip
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, METRICS
from vbench_py.features.geometry import apply
from vbench_py.features.sampling import sampled_frames
from vbench_py.metrics.extractors.viclip import ViCLIPText, ViCLIPVideo
from vbench_py.metrics.video_text import ClipTextSimilarity
from vbench_py.types import Facts, Series, UsageError

STORED = json.loads((Path(__file__).parents[1] / "data" / "viclip_references.json").read_text(encoding="utf-8"))
VBENCH = "Vchitect/VBench@45e79ec"
METRIC = ClipTextSimilarity(METRICS["overall-consistency"], METRICS["overall-consistency"].protocol)
GEOMETRY = METRIC.needs["clips"].view.geometry


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_viclip(tmp_path_factory.mktemp("viclip"))


@pytest.fixture(scope="module")
def video(weights: Mapping[str, Path]) -> ViCLIPVideo:
    made = ViCLIPVideo(VISION, weights)
    made.load("cpu")
    return made


@pytest.fixture(scope="module")
def text(weights: Mapping[str, Path]) -> ViCLIPText:
    made = ViCLIPText(TEXT, weights)
    made.load("cpu")
    return made


def test_keys_and_shapes_are_the_references() -> None:
    made = viclip_shapes(EXTRACTORS["viclip"].options, EXTRACTORS["viclip-text"].options)
    assert made == {key: tuple(shape) for key, shape in STORED["keys"].items()}


@pytest.mark.parametrize("which", ["texture", "lavie"])
def test_random_weights_give_the_references_vector_of_a_clip(which: str, video: ViCLIPVideo) -> None:
    windows = apply(GEOMETRY, frames_of(which, 8))[None]
    made, expected = video(windows)["features"][0], STORED["video"][which]
    agree(made, expected, of="viclip", against=VBENCH, stage="network", weights="random official", atol=2e-5)


def test_random_weights_give_the_references_vectors_of_texts(text: ViCLIPText) -> None:
    made, expected = text(STORED["texts"])["features"], STORED["text"]
    agree(made, expected, of="viclip-text", against=VBENCH, stage="network", weights="random official", atol=2e-5)


@pytest.mark.parametrize("name", ["overall-consistency", "temporal-style"])
@pytest.mark.parametrize("which", ["texture", "lavie"])
def test_random_weights_give_the_references_cosine(which: str, name: str, video: ViCLIPVideo, text: ViCLIPText) -> None:
    arrays = {
        "clips": Series(np.array([0]), dict(video(apply(GEOMETRY, frames_of(which, 8))[None]))),
        "text": Series(np.array([0]), dict(text(STORED["texts"][:1]))),
    }
    clip, words = np.array(STORED["video"][which]), np.array(STORED["text"][0])
    expected = clip @ words / np.linalg.norm(clip) / np.linalg.norm(words)
    made = ClipTextSimilarity(METRICS[name], METRICS[name].protocol).score(arrays, Facts()).value
    agree(made, expected, of=name, stage="whole", weights="random official", atol=2e-5)


def test_tokens_are_the_references(text: ViCLIPText) -> None:
    assert text._tokenizer(STORED["texts"], context_length=32).tolist() == STORED["tokens"]


def test_tokens_beyond_32_are_counted(text: ViCLIPText) -> None:
    assert text(["dog " * count for count in (30, 31, 40)])["truncated"].tolist() == [0, 1, 10]


def test_frames_are_those_of_vbenchs_transform(video: ViCLIPVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = frames_of("texture", 8)
    resize = Compose([Resize(224, interpolation=InterpolationMode.BICUBIC, antialias=False), CenterCrop(224)])
    expected = resize(torch.from_numpy(frames).permute(0, 3, 1, 2)).float() / 255
    mean, deviation = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    normalised = (expected - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(deviation).view(3, 1, 1)
    monkeypatch.setattr(video, "_network", torch.nn.Flatten())
    made = video(apply(GEOMETRY, frames)[None])["features"].reshape(8, 3, 224, 224)
    agree(made, normalised, of="torch bicubic", against="torchvision, normalised", stage="resize", atol=2e-6)


def test_windows_of_a_batch_do_not_touch_each_other(video: ViCLIPVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = np.stack([texture(8, 224, 224, seed) for seed in range(3)])
    alone = np.concatenate([video(window[None])["features"] for window in windows])
    monkeypatch.setattr(video, "batch_windows", 3)
    np.testing.assert_allclose(video(windows)["features"], alone, rtol=0, atol=1e-5)


def test_the_order_of_frames_matters(video: ViCLIPVideo) -> None:
    clip = texture(8, 224, 224)
    assert np.abs(video(clip[None])["features"] - video(clip[None, ::-1])["features"]).max() > 1e-4


def test_weights_of_another_size_are_named(weights: Mapping[str, Path]) -> None:
    with pytest.raises(UsageError, match="not the weights of VisionTower"):
        ViCLIPVideo({**VISION, "layers": 3}, weights).load("cpu")


def test_the_view_takes_the_middles_of_eight_parts() -> None:
    view = METRIC.needs["clips"].view
    assert (view.sampling, view.length) == ("middle:8", 8)
    assert sampled_frames(view.sampling, 16).tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


@pytest.mark.parametrize("name", ["overall-consistency", "temporal-style"])
def test_the_score_is_the_cosine(name: str) -> None:
    clip, words = np.array([[3.0, 4.0, 0.0]], np.float32), np.array([[0.0, 2.0, 0.0]], np.float32)
    arrays = {
        "clips": Series(np.array([0]), {"features": clip}),
        "text": Series(np.array([0]), {"features": words, "truncated": np.array([5])}),
    }
    score = ClipTextSimilarity(METRICS[name], METRICS[name].protocol).score(arrays, Facts())
    assert score.value == pytest.approx(0.8, abs=1e-12) and score.details == {"tokens_cut": 5}


def test_both_metrics_share_their_arrays() -> None:
    card = METRICS["temporal-style"]
    assert ClipTextSimilarity(card, card.protocol).needs == METRIC.needs


def test_viclip_text_sees_every_third_frame_as_v2vbench_does(video: ViCLIPVideo) -> None:
    """Its 24 frames, opened as images, with its transform; then the cosine with the text, the mean over clips."""
    card = METRICS["viclip-text"]
    metric = ClipTextSimilarity(card, card.protocol)
    view = metric.needs["clips"].view
    frames = texture(24, 96, 128)
    thirds = sampled_frames(view.sampling, len(frames))
    assert thirds.tolist() == list(range(0, 24, 3)) and (view.length, view.stride) == (8, 8)
    transform = Compose([Resize(224, interpolation=InterpolationMode.BICUBIC), CenterCrop(224)])
    expected = np.stack([np.asarray(transform(Image.fromarray(frame))) for frame in frames[::3]])
    shown = apply(view.geometry, frames[thirds])
    assert shown.dtype == np.uint8
    agree(shown, expected, of="pil bicubic", against="torchvision images", stage="resize")
    vectors = video(shown[None])["features"]
    words = np.arange(1.0, vectors.shape[1] + 1)[None]
    made = metric.score(
        {
            "clips": Series(np.array([0, 24]), {"features": np.concatenate([vectors, words])}),
            "text": Series(np.zeros(1, np.int64), {"features": words, "truncated": np.array([3])}),
        },
        Facts({}),
    )
    cosine = float(vectors[0] @ words[0] / np.linalg.norm(vectors[0]) / np.linalg.norm(words[0]))
    mean, against = (cosine + 1) / 2, "the formula in numpy"
    agree(made.value, mean, of="viclip-text", against=against, stage="algebra", rtol=1e-6)
    assert made.details["tokens_cut"] == 3
