"""DISTS against pyiqa and its authors' package: on random weights always, on the real ones with `-m network`."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.metrics.clips import noisy, pair, texture
from tests.metrics.conftest import random_tree
from tests.metrics.networks.quality import dists_parts
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, real, run
from tests.metrics.running import metric
from vbench_py.features.geometry import resized_size
from vbench_py.types import BadMedia, Unsupported, UsageError

PACKAGES = {"": "pyiqa==0.1.8", "-package": "DISTS-pytorch==0.1"}
CLIPS = tuple(clip[:, None] for clip in pair(2, 48, 64))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The official sizes, seeded random numbers."""
    folder = tmp_path_factory.mktemp("dists")
    paths = {name: folder / name for name in ("lpips-vgg", "dists")}
    paths["lpips-vgg"].write_bytes(pickle.dumps(random_tree("vgg")))
    torch.save(dists_parts(64), paths["dists"])
    return paths


@pytest.mark.parametrize("key", ["dists-random", "dists-random-package"])
def test_random_weights_give_the_packages_values(weights: dict[str, Path], key: str) -> None:
    made, expected = run("dists", weights, *CLIPS)["value"], STORED["distances"][key]
    agree(made, expected, of="dists", against=PACKAGES[key[12:]], stage="whole", weights="random official", atol=1e-6)


@pytest.mark.network
@pytest.mark.parametrize("key", ["dists", "dists-package"])
def test_real_weights_give_the_packages_values(key: str) -> None:
    made, expected = run("dists", real("dists"), *CLIPS)["value"], STORED["distances"][key]
    agree(made, expected, of="dists", against=PACKAGES[key[5:]], stage="whole", weights="real", atol=1e-6)


@pytest.mark.network
def test_real_weights_rank_noise() -> None:
    weights, target = real("dists"), texture(1, 64, 64)[:, None]
    steps = [float(run("dists", weights, noisy(target, n), target)["value"][0]) for n in (0, 8, 32, 96)]
    assert steps[0] == 0 and steps == sorted(steps) and len(set(steps)) == 4


def test_identical_frames_are_at_distance_zero(weights: dict[str, Path]) -> None:
    assert np.abs(run("dists", weights, CLIPS[0], CLIPS[0])["value"]).max() < 1e-12


@pytest.mark.parametrize(
    ("size", "shown"), [((720, 1280), (256, 455)), ((256, 400), (256, 400)), ((200, 900), (200, 900))]
)
def test_the_official_script_shrinks_the_shorter_side_to_256(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert resized_size(metric("dists-256").needs["windows"].view.geometry, *size) == shown


def test_unequal_sizes_are_refused(weights: dict[str, Path]) -> None:
    with pytest.raises(BadMedia, match="compare equal frames"):
        run("dists", weights, CLIPS[0], CLIPS[1][:, :, :-1])


def test_small_frames_are_unsupported(weights: dict[str, Path]) -> None:
    with pytest.raises(Unsupported, match="at least 16 px"):
        run("dists", weights, CLIPS[0][:, :, :15], CLIPS[1][:, :, :15])


def test_weights_of_another_size_are_refused(weights: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="alpha and beta"):
        run("dists", weights, *CLIPS, width=32)
