"""MUSIQ against pyiqa's network on random weights, and its keys and shapes at the official size."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.metrics.clips import pair, texture
from tests.metrics.networks.quality import MUSIQ_SIZES, musiq_state, shapes_of
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, digest, run
from tests.metrics.running import EXTRACTORS, metric
from vbench_py.features.geometry import resized_size
from vbench_py.metrics.extractors.musiq_network import MUSIQ, hashed_places
from vbench_py.types import UsageError


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    path = tmp_path_factory.mktemp("musiq") / "musiq-spaq"
    torch.save(musiq_state(), path)
    return {"musiq-spaq": path}


@pytest.mark.parametrize("size", [(96, 128), (130, 90)])
def test_random_weights_give_pyiqas_values(weights: dict[str, Path], size: tuple[int, int]) -> None:
    made = run("musiq-spaq", weights, pair(2, *size)[0][:, None], **MUSIQ_SIZES)["value"]
    expected, of = STORED["networks"]["musiq"][str(size)], ("musiq-koniq", "musiq-spaq")
    agree(made, expected, of=of, stage="network", weights="random official", atol=1e-4)


@pytest.mark.parametrize("extractor", ["musiq-spaq", "musiq-koniq"])
def test_keys_and_shapes_are_those_of_the_official_size(extractor: str) -> None:
    options = EXTRACTORS[extractor].options
    with torch.device("meta"):
        network = MUSIQ(*(options[name] for name in ("width", "inner", "heads", "layers", "sides")))
    assert digest(shapes_of(network)) == STORED["networks"]["musiq-keys"]


def test_weights_of_another_size_are_refused(weights: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="not the weights of MUSIQ"):
        run("musiq-spaq", weights, texture(1, 64, 64)[:, None], **{**MUSIQ_SIZES, "layers": 3})


def test_places_are_hashed_by_the_nearest_neighbour() -> None:
    assert hashed_places(2, 5).tolist() == [row * 10 + column for row in (0, 5) for column in (0, 2, 4, 6, 8)]


@pytest.mark.parametrize(
    ("size", "shown"), [((720, 1280), (288, 512)), ((480, 270), (480, 270)), ((1024, 576), (512, 288))]
)
def test_vbench_shrinks_the_longer_side_to_512(size: tuple[int, int], shown: tuple[int, int]) -> None:
    geometry = metric("imaging-quality").needs["windows"].view.geometry
    assert resized_size(geometry, *size) == shown
