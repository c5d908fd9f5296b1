"""DOVER against its repository's code, on seeded weights in the official format and with the draws fixed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.metrics.clips import texture
from tests.metrics.networks.breadth import DOVER_SIZES, dover_shapes, dover_state, write_dover
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, METRICS, metric
from vbench_py.metrics.dover import fused
from vbench_py.metrics.extractors.dover import DOVER, clip_frames, fragments, resized, spread_frames
from vbench_py.types import Facts, Series, Unsupported, UsageError

STORED = json.loads((Path(__file__).parents[1] / "data" / "dover_references.json").read_text(encoding="utf-8"))
SHAPES = {"large": (20, 250, 300), "wide": (81, 144, 256), "long": (230, 64, 96)}
OPTIONS = {**EXTRACTORS["dover"].options, **DOVER_SIZES}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_dover(tmp_path_factory.mktemp("dover"))


@pytest.fixture(scope="module")
def extractor(weights: Mapping[str, Path]) -> DOVER:
    made = DOVER(OPTIONS, weights)
    made.load("cpu")
    return made


def saved(clip: np.ndarray, folder: Path) -> Path:
    path = folder / "clip.npy"
    np.save(path, clip)
    return path


def test_keys_and_shapes_are_the_references() -> None:
    sizes = {name: EXTRACTORS["dover"].options[name] for name in DOVER_SIZES}
    assert dover_shapes(sizes) == {key: tuple(shape) for key, shape in STORED["keys"].items()}


@pytest.mark.parametrize("which", SHAPES)
def test_views_are_the_references_byte_for_byte(which: str) -> None:
    clip = texture(*SHAPES[which])
    technical = np.stack([fragments(clip[frame]) for frame in clip_frames(len(clip)).reshape(-1)])
    assert hashlib.sha256(technical.tobytes()).hexdigest() == STORED["views"][which]["technical"]
    aesthetic = np.stack([resized(clip[frame]) for frame in spread_frames(len(clip))])
    assert hashlib.sha256(aesthetic.tobytes()).hexdigest() == STORED["views"][which]["aesthetic"]


@pytest.mark.parametrize("which", SHAPES)
def test_random_weights_give_the_references_marks(which: str, extractor: DOVER, tmp_path: Path) -> None:
    clip = texture(*SHAPES[which])
    made = extractor(saved(clip, tmp_path))
    for name, count in (("technical", 1), ("aesthetic", 3)):
        expected = STORED["marks"][which][name] * count
        agree(made[name], expected, of=f"dover-{name}", stage="whole", weights="random official", atol=1e-5)
    assert made["index"].tolist() == clip_frames(len(clip))[:, 0].tolist()


@pytest.mark.network  # nothing is downloaded, but the official size takes long: it runs with the real networks
def test_random_weights_give_the_references_marks_at_full_size(tmp_path: Path) -> None:
    options = EXTRACTORS["dover"].options
    path = tmp_path / "DOVER.pth"
    torch.save(dover_state({key: tuple(shape) for key, shape in STORED["keys"].items()}), path)
    made = DOVER(options, {"DOVER.pth": path})
    made.load("cpu")
    found = made(saved(texture(*SHAPES["wide"]), tmp_path))
    for name, expected in STORED["full_size"].items():
        theirs = expected * (3 // len(expected))
        agree(found[name], theirs, of=f"dover-{name}", stage="whole", weights="random official", atol=1e-4)


def test_frames_of_short_and_long_videos() -> None:
    """Thirds of 230 frames are 76: 12 starts to draw from, the middle is 5; 32nds are 7: 5 places, the middle is 2."""
    assert clip_frames(230)[:, 0].tolist() == [5, 81, 157] and clip_frames(230)[0, :3].tolist() == [5, 7, 9]
    assert spread_frames(230)[:3].tolist() == [2, 9, 16]
    assert clip_frames(7)[1].tolist()[:4] == [2, 4, 6, 1]
    assert spread_frames(7).tolist() == [0] * 32


def test_every_nth_frame_is_a_video_of_these(
    weights: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = texture(24, 64, 96)

    def sums(self: DOVER, backbone: object, head: object, at: Mapping[int, np.ndarray], frames: np.ndarray) -> float:
        return float(sum(at[int(frame)].sum(dtype=np.int64) for frame in frames))

    monkeypatch.setattr(DOVER, "_mark", sums)
    made = []
    for frames, options in ((clip, {"first": 1, "every": 3}), (clip[1::3], {})):
        reader = DOVER({**OPTIONS, **options}, weights)
        reader.load("cpu")
        made.append(reader(saved(frames, tmp_path)))
    sparse, part = made
    for name in ("technical", "aesthetic"):
        np.testing.assert_array_equal(sparse[name], part[name])
    np.testing.assert_array_equal(sparse["index"], 1 + 3 * part["index"])


def test_fusion_is_the_references() -> None:
    for technical, aesthetic, expected in STORED["fused"]:
        agree(fused(technical, aesthetic), expected, of="dover", stage="algebra", rtol=1e-12)


@pytest.mark.parametrize("name", ["dover", "dover-technical", "dover-aesthetic"])
def test_scores_of_known_marks(name: str) -> None:
    marks = {"technical": np.array([0.1, 0.2, 0.6]), "aesthetic": np.full(3, -0.1)}
    made = metric(name).score({"marks": Series(np.array([0, 8, 16]), marks)}, Facts({}))
    expected = {"dover": fused(0.3, -0.1), "dover-technical": 0.3, "dover-aesthetic": -0.1}
    assert made.value == pytest.approx(expected[name])
    assert (made.curve is not None) == (name == "dover-technical")
    low, high = METRICS[name].range
    assert low <= made.value <= high


def test_tiny_frames_are_refused(extractor: DOVER, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="32 px, not 40x30"):
        extractor(saved(texture(3, 30, 40), tmp_path))


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "DOVER.pth"
    torch.save({key: value for key, value in dover_state(dover_shapes()).items() if "fc_last" not in key}, path)
    with pytest.raises(UsageError, match=r"technical_head\.fc_last\.weight"):
        DOVER(OPTIONS, {"DOVER.pth": path}).load("cpu")
