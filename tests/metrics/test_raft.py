"""RAFT against princeton-vl's own code on equal random weights (see tests/data/make_raft_references.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.metrics.motion_cases import LAVIE, made_clip, real_clip
from tests.metrics.networks.motion import official_shapes, random_state, write_raft
from tests.metrics.parity import agree
from vbench_py.metrics.extractors.flow import halved, padded
from vbench_py.metrics.extractors.raft import RAFT
from vbench_py.types import UsageError

STORED = json.loads((Path(__file__).parents[1] / "data" / "raft_references.json").read_text(encoding="utf-8"))
IDS = {"large": ("raft-things", "raft-things-evalcrafter"), "small": ("raft-small",)}
Paths = Mapping[str, Path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    folder = tmp_path_factory.mktemp("raft")
    return {network: write_raft(network, folder / f"raft-{network}.pth") for network in ("large", "small")}


def raft(files: Paths, network: str, iterations: int = 20, evalcrafter: bool = False) -> RAFT:
    options = {"network": network, "iterations": iterations, "evalcrafter": evalcrafter}
    made = RAFT(options, {"raft": files[network]})
    made.load("cpu")
    return made


def pairs(clip: np.ndarray) -> np.ndarray:
    return np.stack([clip[:-1], clip[1:]], axis=1)


@pytest.mark.parametrize("network", ["large", "small"])
def test_names_and_shapes_are_those_of_the_official_network(network: str) -> None:
    assert official_shapes(network) == STORED["shapes"][network]


@pytest.mark.parametrize("clip", ["made", "real"])
@pytest.mark.parametrize("network", ["large", "small"])
def test_flow_is_that_of_the_official_code(files: Paths, network: str, clip: str) -> None:
    if clip == "real" and not LAVIE.exists():
        pytest.skip(f"{LAVIE.name} is not in the data folder beside the checkout")
    frames = made_clip() if clip == "made" else real_clip()
    flow = raft(files, network)(pairs(frames))["flow"]
    assert flow.shape == (2, *frames.shape[1:3], 2) and flow.dtype == np.float32
    expected, of = STORED["flow"][f"{clip} {network}"], IDS[network]
    against = "princeton-vl/RAFT@2888e15"
    agree(flow[:, ::8, ::8], expected, of=of, against=against, stage="network", weights="random official", atol=1e-3)


def test_a_batch_of_one_equals_a_batch_of_many_to_the_last_bit(files: Paths) -> None:
    made, windows = raft(files, "small", 2), pairs(made_clip(4))
    one = np.concatenate([made(window[None])["flow"] for window in windows])
    assert np.array_equal(made(windows)["flow"], one)


def test_frames_of_float_give_what_their_bytes_give(files: Paths) -> None:
    made, windows = raft(files, "small", 2), pairs(made_clip(2))
    assert np.array_equal(made(windows)["flow"], made(windows.astype(np.float32))["flow"])


def test_frames_that_are_small_give_a_flow_of_their_size(files: Paths) -> None:
    flow = raft(files, "small", 2)(pairs(made_clip(2, 33, 50)))["flow"]
    assert flow.shape == (1, 33, 50, 2) and np.isfinite(flow).all()


def test_no_window_gives_no_flow(files: Paths) -> None:
    assert raft(files, "small")(np.zeros((0, 2, 40, 48, 3), np.uint8))["flow"].shape == (0, 40, 48, 2)


def test_the_flow_of_evalcrafter_is_that_of_dark_halved_frames_with_their_padding(files: Paths) -> None:
    windows = pairs(made_clip(2, 272, 291))
    dark = padded(halved(windows), 8, 128)[0] / np.float32(255)
    expected = raft(files, "small", 2)(dark)["flow"]
    made = raft(files, "small", 2, evalcrafter=True)(windows)["flow"]
    assert made.shape == (1, 136, 152, 2)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5)


def test_halving_is_the_bilinear_interpolation_of_torch() -> None:
    clip = made_clip(2, 33, 50).astype(np.float32)
    tensor = torch.from_numpy(clip).permute(0, 3, 1, 2)
    expected = torch.nn.functional.interpolate(tensor, scale_factor=0.5, mode="bilinear", align_corners=False)
    np.testing.assert_allclose(halved(clip), expected.permute(0, 2, 3, 1).numpy(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["missing", "unknown", "shape"])
def test_other_files_are_refused_by_name_and_key(tmp_path: Path, kind: str) -> None:
    state = {f"module.{name}": tensor for name, tensor in random_state(official_shapes("small")).items()}
    key = "module.fnet.conv1.bias"
    if kind == "missing":
        del state[key]
    elif kind == "unknown":
        state["module.fnet.conv9.bias"] = state[key]
    else:
        state[key] = state[key][:-1]
    path = tmp_path / "raft-small.pth"
    torch.save(state, path)
    with pytest.raises(UsageError, match=r"raft-small\.pth.*(feature_encoder|fnet)\.conv"):
        raft({"small": path}, "small")
