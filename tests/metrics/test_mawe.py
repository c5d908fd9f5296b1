"""MAWE against StreamingT2V's code: on given flows, and whole on torchvision's network with seeded weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import Raft_Large_Weights, raft_large

from tests.data.make_mawe_references import COEFFICIENT, case, clip
from tests.metrics.networks.breadth import RAFT_SIDE, raft_state, write_raft
from tests.metrics.parity import agree
from tests.metrics.running import metric
from vbench_py.metrics.extractors.mawe import MotionAwareWarpError, TorchvisionRAFT, stretched, warp_error
from vbench_py.types import Facts, Series, Unsupported

STORED = json.loads((Path(__file__).parents[1] / "data" / "mawe_references.json").read_text(encoding="utf-8"))
EXTRACTOR = MotionAwareWarpError({"coefficient": COEFFICIENT}, {})


def pairs(video: np.ndarray) -> np.ndarray:
    return np.stack([video[:-1], video[1:]], axis=1)


def flow_of(video: np.ndarray, weights: Mapping[str, Path], iterations: int = 12) -> np.ndarray:
    network = TorchvisionRAFT({"side": RAFT_SIDE, "iterations": iterations}, weights)
    network.load("cpu")
    return np.asarray(network(pairs(video))["flow"])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_raft(tmp_path_factory.mktemp("raft"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_given_flows_give_the_references_number(seed: int) -> None:
    first, second, flow = case(seed)
    made = EXTRACTOR(np.stack([first, second])[None], flow[None])
    value, motion = STORED["pairs"][seed]
    agree(made["value"][0], value, of="mawe", stage="algebra", rtol=1e-5)
    assert made["motion"][0] == pytest.approx(motion, rel=1e-6)


def test_random_weights_give_the_references_number_of_a_clip(weights: Mapping[str, Path]) -> None:
    video = clip()
    arrays = EXTRACTOR(pairs(video), flow_of(video, weights))
    made = metric("mawe").score({"windows": Series(np.arange(3), arrays)}, Facts({}))
    agree(made.value, STORED["mawe"], of="mawe", stage="whole", weights="random official", rtol=1e-3)


def test_flow_is_that_of_torchvisions_own_forward(weights: Mapping[str, Path]) -> None:
    network = raft_large().eval()
    network.load_state_dict(raft_state())
    small = torch.from_numpy(stretched(clip(), RAFT_SIDE, RAFT_SIDE)).permute(0, 3, 1, 2)
    ready = Raft_Large_Weights.C_T_SKHT_V2.transforms()(small[:-1], small[1:])
    with torch.inference_mode():
        expected = network(*ready, num_flow_updates=3)[-1].permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(flow_of(clip(), weights, iterations=3), expected, rtol=0, atol=1e-3)


def test_a_pixel_is_put_where_the_flow_takes_it() -> None:
    first, second = np.zeros((2, 4, 4, 3), np.uint8)
    first[1, 1], first[2, 2] = 100, 50
    flow = np.full((4, 4, 2), 9, np.float32)  # all leave the frame
    flow[1, 1], flow[2, 2] = (1, 2), (0, 1)  # both to row 3: columns 2 and 2, where the later one stays
    second[3, 2] = 53
    assert warp_error(first, second, flow) == 9
    assert warp_error(first, second, np.full((4, 4, 2), 9, np.float32)) == 0


def test_pairs_without_motion() -> None:
    frames = np.zeros((2, 2, 8, 8, 3), np.uint8)
    frames[1, 1] = 7
    arrays = EXTRACTOR(frames, np.zeros((2, 8, 8, 2), np.float32))
    made = metric("mawe").score({"windows": Series(np.arange(2), arrays)}, Facts({}))
    assert made.value == 0 and made.details["pairs_left_out"] == 1
    with pytest.raises(Unsupported):
        metric("mawe").score({"windows": Series(np.arange(1), {k: v[1:] for k, v in arrays.items()})}, Facts({}))
