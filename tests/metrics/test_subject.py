"""Customization: likeness to reference images against published code, on small networks with random weights."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.make_embedding_references import shapes_hash
from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.editing_cases import masks, subject_frames
from tests.metrics.embedding_runs import WHICH, reference_features, score_features
from tests.metrics.networks.embeddings import TEXTS, dino_shapes, frames_of
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, METRICS, build, score, values
from vbench_py.metrics.embedding import units
from vbench_py.metrics.extractors.dino import DINO
from vbench_py.metrics.extractors.subject import cut_out
from vbench_py.types import Ask, BadMedia, Unsupported

STORED = json.loads((Path(__file__).parents[1] / "data" / "editing_references.json").read_text(encoding="utf-8"))
VIDEO, IMAGES = subject_frames()
MASK = masks(*VIDEO.shape[:3])
GREY = (124, 116, 104)
MASKED = {"video": VIDEO, "subject_mask": MASK, "reference": IMAGES}


def rows(count: int, seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).standard_normal((count, 6))


def test_dino_i_is_that_of_the_authors_network_and_imagenhubs_transform() -> None:
    made = values("dino-i", {"video": VIDEO, "reference": IMAGES})
    expected = STORED["dino"]["dino-i"]
    against = "TIGER-AI-Lab/ImagenHub@025ecbb, facebookresearch/dino@7c446df"
    agree(made, expected, of="dino-i", against=against, stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("name", ["dino-vits16", "dino-vits16-subject"])
def test_the_full_size_network_has_the_official_keys_and_shapes(name: str) -> None:
    options = EXTRACTORS[name].options
    shapes = dino_shapes(**options)
    assert shapes_hash(shapes) == STORED["dino"]["shapes"]
    with torch.device("meta"):
        made = DINO(options, {"": Path(name)})
        made.patch, made.width = options["patch"], options["width"]
        network = made._network()
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == shapes


@pytest.mark.parametrize("which", WHICH)
def test_clip_i_and_clip_t_are_cosines_of_openais_features(which: str) -> None:
    frames = units(reference_features()[f"{which}/clip-b32-pil"])
    clip = frames_of(which)
    made = values("clip-i", {"video": clip, "reference": clip[:2]})
    same = partial(agree, against="openai-clip==1.0.1", stage="whole", weights="random official", atol=1e-5)
    same(made, (frames @ frames[:2].T).mean(axis=1), of="clip-i")
    text = units(reference_features()["clip-b32-text"])[0]
    same(values("clip-t", {"video": clip}, texts={"prompt": TEXTS[0]}), frames @ text, of="clip-t")


def test_clip_t_is_clipsim() -> None:
    assert METRICS["clip-t"].protocol == METRICS["clipsim"].protocol
    assert METRICS["clip-t"].entry == METRICS["clipsim"].entry


@pytest.mark.parametrize("name", ["clip-i", "dino-i"])
def test_it_is_the_mean_over_frames_and_images(name: str) -> None:
    video, images = rows(4), rows(3, seed=1)
    made = score_features(name, {"video": {"features": video}, "reference": {"features": images}}, fps=2.0)
    one, other = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (video, images))
    table = np.array([[a @ b for b in other] for a in one])
    agree(made.value, table.mean(), of=name, against="closed form", stage="algebra", atol=1e-12)
    assert made.details["references"] == 3.0
    assert made.details["best_reference"] == pytest.approx(table.mean(axis=0).max())


@pytest.mark.parametrize("name", ["clip-i", "dino-i"])
def test_the_reference_itself_is_perfect_and_damage_is_not(name: str) -> None:
    image = IMAGES[:1]
    same, damaged = (
        score(name, {"video": np.repeat(clip, 2, axis=0), "reference": image}).value
        for clip in (image, noisy(blurred(image, 4), 60))
    )
    assert same == pytest.approx(1.0, abs=1e-5) and damaged < same - 1e-4


def test_a_subject_is_cut_out_on_a_grey_square() -> None:
    frame, inside = texture(1, 60, 80)[0], np.zeros((60, 80), dtype=bool)
    inside[10:20, 30:50] = True
    inside[10, 30] = False
    made = cut_out(frame, inside, 20)
    expected = np.full((20, 20, 3), GREY, dtype=np.uint8)
    expected[5:15] = frame[10:20, 30:50]
    expected[5, 0] = GREY
    np.testing.assert_array_equal(made, expected)


def test_masked_dino_i_is_dino_of_the_cut_out_against_whole_images() -> None:
    made = values("dino-i-masked", MASKED)
    network = build(Ask("dino-vits16", ("video",)))
    parts = []
    for frame, mask in zip(VIDEO, MASK[..., 0] == 255, strict=True):
        ys, xs = np.nonzero(mask)
        box = (slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1))
        cut = np.where(mask[box][..., None], frame[box], np.array(GREY, np.uint8))
        side = max(cut.shape[:2])
        canvas = Image.new("RGB", (side, side), GREY)
        canvas.paste(Image.fromarray(cut), ((side - cut.shape[1]) // 2, (side - cut.shape[0]) // 2))
        parts.append(np.asarray(canvas.resize((224, 224), Image.Resampling.BICUBIC)))
    # torchvision's sizes: 256 * 300 / 288 cut down, and half of what is over rounded to the even number.
    whole = [Image.fromarray(image).resize((266, 256), Image.Resampling.BICUBIC) for image in IMAGES]
    images = [np.asarray(image)[16:240, 21:245] for image in whole]
    one, other = (units(network(np.stack(part)[:, None])["features"]) for part in (parts, images))
    expected = (one @ other.T).mean(axis=1)
    agree(made, expected, of="dino-i-masked", against="Pillow", stage="whole", weights="random official", atol=1e-5)


def test_what_lies_outside_the_mask_does_not_count() -> None:
    other = np.where(MASK == 255, VIDEO, 255 - VIDEO)
    assert score("dino-i-masked", {**MASKED, "video": other}).value == score("dino-i-masked", MASKED).value


def test_frames_without_the_subject_are_left_out() -> None:
    gone = MASK.copy()
    gone[2] = 0
    made = score("dino-i-masked", {**MASKED, "subject_mask": gone}, facts={"fps": 2.0})
    assert made.details["frames_left_out"] == 1.0
    assert made.curve is not None and list(made.curve.index) == [0, 1, 3]
    with pytest.raises(Unsupported, match="the mask is empty in every frame"):
        score("dino-i-masked", {**MASKED, "subject_mask": np.zeros_like(MASK)})


def test_a_soft_mask_is_refused() -> None:
    with pytest.raises(BadMedia, match="the mask is soft"):
        score("dino-i-masked", {**MASKED, "subject_mask": MASK // 2})


@pytest.mark.parametrize("name", ["clip-i", "dino-i", "dino-i-masked"])
def test_one_frame_at_a_time_gives_the_same(name: str) -> None:
    roles = {role: MASKED[role] for role in METRICS[name].roles}
    one, many = (score(name, roles, batch=batch).value for batch in (1, 64))
    assert one == pytest.approx(many, abs=1e-5)
