"""Style transfer: the network file is run as it is, at any size, and the styles differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.style import stylised
from vbench_py.types import UsageError
from vbench_py.video import read

STYLE = np.eye(26, dtype=np.float32)[3]
GOLDEN = (0.29030, 0.00002)
"""Mean of onnxruntime 1.x's answer to the input below in style 3, and how far ours may be: OpenCV was 1.2e-5 away at
most, pixel by pixel."""


def edited(folder: Path, clip: np.ndarray, **options: Any) -> np.ndarray:
    asked = request("editing", {"source": clip}, folder / "in")
    (made,) = run(Classical(method("style-transfer-26"), options), [asked], folder / "out")
    assert made.error is None and "runtime" in made.provenance
    return read(made.outputs["video"])


def test_an_odd_size_is_mirrored_to_multiples_of_four_and_cut_back() -> None:
    seen = []

    def network(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
        seen.append(image.shape)
        return 1 - image

    frame = waves(1, 25, 33)[0]
    np.testing.assert_array_equal(stylised(network, frame, STYLE, 1.0), 255 - frame)
    assert seen == [(1, 3, 28, 36)]


def test_strength_mixes_with_the_frame() -> None:
    frame = waves(1)[0]
    np.testing.assert_array_equal(stylised(lambda image, weights: 1 - image, frame, STYLE, 0.0), frame)
    half = stylised(lambda image, weights: 1 - image, frame, STYLE, 0.5)
    assert set(np.unique(half)) <= {127, 128}


@pytest.mark.parametrize("options", [{"style": 26}, {"style": -1}, {"strength": 1.5}])
def test_wrong_options_are_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Classical(method("style-transfer-26"), options)


@pytest.mark.network
def test_the_network_gives_what_onnxruntime_gives() -> None:
    from vbench_py.adapters.classical.style import network
    from vbench_py.checkpoints import fetch

    run_network, _ = network(fetch(method("style-transfer-26").checkpoints[0]))
    image = np.random.RandomState(0).rand(1, 3, 128, 192).astype(np.float32)
    made = run_network(image, STYLE)
    assert made.shape == image.shape and made.mean() == pytest.approx(GOLDEN[0], abs=GOLDEN[1])


@pytest.mark.network
def test_styles_differ_and_each_is_the_same_twice(tmp_path: Path) -> None:
    clip = waves(2, 50, 66)
    three, again, four = (edited(tmp_path / str(n), clip, style=style) for n, style in enumerate((3, 3, 4)))
    np.testing.assert_array_equal(three, again)
    assert three.shape == clip.shape and np.abs(three.astype(int) - four).mean() > 5
