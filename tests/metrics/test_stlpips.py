"""ST-LPIPS against its authors' package, and tLP against the lpips package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import lpips
import numpy as np
import pytest
import torch

from tests.metrics.clips import pair, texture
from tests.metrics.networks.quality import st_lpips_state
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, real, run
from tests.metrics.running import score
from tests.metrics.test_lpips import package, tensor
from vbench_py.types import Unsupported, UsageError

CLIPS = tuple(clip[:, None] for clip in pair(2, 48, 64))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    path = tmp_path_factory.mktemp("st-lpips") / "st-lpips-alex"
    torch.save(st_lpips_state(), path)
    return {path.name: path}


def test_random_weights_give_the_packages_values(weights: dict[str, Path]) -> None:
    made = run("st-lpips-alex", weights, *CLIPS)["value"]
    agree(
        made, STORED["distances"]["st-lpips-random"], of="st-lpips", stage="whole", weights="random official", rtol=1e-5
    )


@pytest.mark.network
def test_real_weights_give_the_packages_values() -> None:
    made = run("st-lpips-alex", real("st-lpips-alex"), *CLIPS)["value"]
    agree(made, STORED["distances"]["st-lpips"], of="st-lpips", stage="whole", weights="real", atol=1e-6)


@pytest.mark.network
def test_a_shift_costs_less_than_in_lpips() -> None:
    clip = texture(2, 96, 128)
    shifted = np.roll(clip, 1, axis=2)
    share = [
        run(name, real(name), shifted[:, None], clip[:, None])["value"].mean()
        / run(name, real(name), pair(2, 96, 128)[0][:, None], clip[:, None])["value"].mean()
        for name in ("st-lpips-alex", "lpips-alex")
    ]
    assert share[0] < share[1]


def test_the_smallest_frames_work_and_smaller_ones_are_unsupported(weights: dict[str, Path]) -> None:
    clip = texture(1, 21, 21)[:, None]
    assert run("st-lpips-alex", weights, clip, clip)["value"] == 0
    with pytest.raises(Unsupported, match="sides of at least 21"):
        run("st-lpips-alex", weights, clip[:, :, 1:], clip[:, :, 1:])


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"net.slice1.0.weight": torch.zeros(1)}, tmp_path / "other")
    with pytest.raises(UsageError, match="not the weights of ST-LPIPS"):
        run("st-lpips-alex", {"st-lpips-alex": tmp_path / "other"}, *CLIPS)


def steps_of(network: lpips.LPIPS, clip: np.ndarray) -> np.ndarray:
    """LPIPS from frame to frame of the middle 64x96 of 96x128 frames."""
    middle = tensor(np.ascontiguousarray(clip[:, 16:80, 16:112]))
    with torch.inference_mode():
        return np.asarray(network(middle[:-1], middle[1:]).reshape(-1).numpy())


def test_tlp_is_the_difference_of_the_packages_steps(random_weights: Mapping[str, Path]) -> None:
    video, target = pair(7, 96, 128)
    network = package("alex", random_weights["lpips-alex"])
    expected = np.abs(steps_of(network, target[2:5]) - steps_of(network, video[2:5])) * 100
    made = score("tlp", {"video": video, "target": target}, weights=random_weights)
    assert made.curve is not None
    agree(made.curve.values, expected, of="tlp", stage="whole", weights="random official", atol=1e-4)
    assert made.curve.index.tolist() == [2, 3]
