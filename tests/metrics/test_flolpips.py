"""FloLPIPS and its PWC-Net against the authors' code on random weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.metrics.clips import pair, texture
from tests.metrics.conftest import random_tree
from tests.metrics.networks.quality import PWC_OFFICIAL, PWC_SIZES, make_flolpips, pwc_state
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, run
from tests.metrics.running import EXTRACTORS, score
from vbench_py.metrics.extractors.pwcnet import PWCNet, correlation
from vbench_py.types import Unsupported, UsageError

VIDEO, TARGET = pair(4, 72, 96)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The official sizes, seeded random numbers."""
    folder = tmp_path_factory.mktemp("flolpips")
    paths = {name: folder / name for name in ("lpips-alex", "pwc-net-default")}
    paths["lpips-alex"].write_bytes(pickle.dumps(random_tree("alex")))
    torch.save(pwc_state(PWC_OFFICIAL), paths["pwc-net-default"])
    return paths


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_flolpips(tmp_path_factory.mktemp("small"))


def test_the_official_sizes_are_those_of_the_card() -> None:
    assert {name: EXTRACTORS["flolpips"].options[name] for name in PWC_OFFICIAL} == PWC_OFFICIAL


def test_flow_is_that_of_the_authors_network(weights: dict[str, Path]) -> None:
    network = PWCNet(**PWC_OFFICIAL)
    network.load_state_dict(torch.load(weights["pwc-net-default"], weights_only=True))
    first, second = (torch.from_numpy(VIDEO[i : i + 1]).permute(0, 3, 1, 2).float() / 255 for i in (0, 1))
    with torch.inference_mode():
        flow = network(first, second)[0, :, ::16, ::16].reshape(-1)
    against = "danier97/flolpips@66dd399 PWC-Net"
    agree(
        flow, STORED["flows"]["flow"], of="flolpips", against=against, stage="network", weights="random official",
        atol=1e-3,
    )  # fmt: skip


def test_pairs_get_the_values_of_the_published_command(weights: dict[str, Path]) -> None:
    windows = [np.stack([clip[i : i + 2] for i in range(3)]) for clip in (VIDEO, TARGET)]
    made = run("flolpips", weights, *windows, pixels="yuv420")["value"]
    expected = STORED["flows"]["flolpips-video"]
    agree(made, expected, of="flolpips-video", stage="whole", weights="random official", atol=1e-5)


def test_triplets_get_the_values_of_the_authors_class(weights: dict[str, Path]) -> None:
    made = run("flolpips", weights, VIDEO[None, :3], TARGET[None, :3])["value"]
    expected = STORED["flows"]["flolpips-triplet"]
    agree(made, expected, of="flolpips-triplet", stage="whole", weights="random official", atol=1e-5)


def test_equal_flows_give_plain_lpips(small: dict[str, Path]) -> None:
    still = [np.repeat(clip[:1, None], 2, axis=1) for clip in (VIDEO, TARGET)]
    state = {key: torch.zeros_like(value) for key, value in pwc_state(PWC_SIZES).items()}
    nothing = small["pwc-net-default"].with_name("nothing")
    torch.save(state, nothing)
    made = run("flolpips", {**small, "pwc-net-default": nothing}, *still, **PWC_SIZES)
    plain = run("lpips-alex", small, still[0][:, :1], still[1][:, :1])["value"]
    np.testing.assert_allclose(made["value"], plain, rtol=1e-6)
    assert made["still"] == 1


def test_triplets_are_judged_at_odd_frames() -> None:
    made = score("flolpips-triplet", {"video": texture(7, 48, 64), "target": texture(7, 48, 64)})
    assert made.value == 0 and made.curve is not None and made.curve.index.tolist() == [0, 2, 4]


def test_odd_sides_have_no_half_chroma(small: dict[str, Path]) -> None:
    window = texture(2, 47, 64)[None]
    with pytest.raises(Unsupported, match="even sides"):
        run("flolpips", small, window, window, pixels="yuv420", **PWC_SIZES)


def test_small_frames_are_unsupported(small: dict[str, Path]) -> None:
    window = texture(2, 30, 64)[None]
    with pytest.raises(Unsupported, match="at least 31 px"):
        run("flolpips", small, window, window, **PWC_SIZES)


def test_weights_of_another_size_are_refused(small: dict[str, Path]) -> None:
    window = texture(2, 48, 64)[None]
    with pytest.raises(UsageError, match="not the weights of PWCNet"):
        run("flolpips", small, window, window)


def test_correlation_is_the_mean_of_products_of_shifted_maps() -> None:
    first, second = torch.randn(2, 1, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    made = correlation(first, second)
    assert made[0, 4 * 9 + 5, 2, 3] == pytest.approx(float((first[0, :, 2, 3] * second[0, :, 2, 4]).mean()))
    assert made[0, 0, 2, 3] == 0
