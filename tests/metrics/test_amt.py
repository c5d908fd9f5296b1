"""AMT-S and VBench's motion smoothness against the reference code, on seeded weights in the official format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.metrics.clips import texture
from tests.metrics.networks.interpolators import frames_of, shapes_of, write_amt
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, score
from vbench_py.metrics.extractors.amt import AMT
from vbench_py.metrics.extractors.amt_network import AMTS
from vbench_py.types import Unsupported

STORED = json.loads((Path(__file__).parents[1] / "data" / "interpolators_references.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_amt(tmp_path_factory.mktemp("amt"))


@pytest.fixture(scope="module")
def extractor(weights: Mapping[str, Path]) -> AMT:
    made = AMT(EXTRACTORS["amt-s"].options, weights)
    made.load("cpu")
    return made


def test_keys_and_shapes_are_the_references() -> None:
    official = {key: tuple(shape) for key, shape in STORED["amt-s"]["keys"].items()}
    assert shapes_of(AMTS) == official


@pytest.mark.parametrize("which", ["texture", "lavie"])
def test_random_weights_give_the_references_frame(which: str, extractor: AMT) -> None:
    frames = torch.from_numpy(frames_of(which)[:, :128, :144]).permute(0, 3, 1, 2).float() / 255.0
    with torch.inference_mode():
        made = extractor.network(frames[:1], frames[2:])[0, :, ::9, ::9].flatten()
    agree(
        made, STORED["amt-s"][which], of="amt-s", against="MCG-NKU/AMT@70f988f", stage="network",
        weights="random official", atol=2e-5,
    )  # fmt: skip


@pytest.mark.parametrize("count", [7, 8])
def test_the_score_is_vbenchs(count: int, weights: Mapping[str, Path]) -> None:
    made = score("motion-smoothness", {"video": texture(count, 131, 150)}, weights=weights).value
    expected = STORED["motion-smoothness"][str(count)]
    agree(made, expected, of="motion-smoothness", stage="whole", weights="random official", atol=1e-5)


@pytest.mark.parametrize("size", [(49, 70), (64, 64), (96, 128)])
def test_small_frames_give_finite_numbers(size: tuple[int, int], extractor: AMT) -> None:
    value = extractor(texture(3, *size)[None])["value"]
    assert value.shape == (1,) and 0 <= value[0] <= 255


def test_frames_that_are_too_small_are_unsupported(extractor: AMT) -> None:
    with pytest.raises(Unsupported, match="at least 49 px"):
        extractor(texture(3, 48, 96)[None])


def test_windows_of_a_batch_do_not_touch_each_other(extractor: AMT) -> None:
    windows = np.stack([texture(3, 96, 128, seed) for seed in range(3)])
    alone = np.concatenate([extractor(window[None])["value"] for window in windows])
    np.testing.assert_array_equal(extractor(windows)["value"], alone)


def test_pairs_that_share_a_forward_do_not_touch_each_other(extractor: AMT) -> None:
    frames = torch.from_numpy(np.stack([texture(2, 64, 80, seed) for seed in range(2)])).permute(1, 0, 4, 2, 3) / 255.0
    with torch.inference_mode():
        together = extractor.network(frames[0], frames[1])
        alone = torch.cat([extractor.network(frames[0, i : i + 1], frames[1, i : i + 1]) for i in range(2)])
    np.testing.assert_allclose(together, alone, rtol=0, atol=2e-5)
