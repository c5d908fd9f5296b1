"""Inception-v3 against torch-fidelity's network, and the weights against published values."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
import torch_fidelity.feature_extractor_inceptionv3 as fidelity
from torch import Tensor
from torch.nn import functional

from tests.metrics.clips import texture
from tests.metrics.networks.clips import (
    WIDTH,
    inception_shapes,
    inception_state,
    write_inception,
    write_scripted_inception,
)
from tests.metrics.parity import agree
from tests.metrics.running import EXTRACTORS
from vbench_py.checkpoints import fetch
from vbench_py.features.geometry import apply
from vbench_py.metrics.extractors.inception import Inception
from vbench_py.types import Geometry, Unsupported, UsageError

FIDELITY = "torch-fidelity==0.4.0"
OF = ("inception-fid", "inception-fid-logits")
FEATURES = ["2048", "logits_unbiased", "logits"]
TF1 = Geometry((299, 299), library="tf1")


def loaded(weights: Mapping[str, Path], width: float = 1.0, *, logits: bool = True) -> Inception:
    extractor = Inception({"width": width, "logits": logits}, weights)
    extractor.load("cpu")
    return extractor


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(iter(write_inception(tmp_path_factory.mktemp("inception"), width=1.0).values()))


@pytest.fixture(scope="module")
def small_network(tmp_path_factory: pytest.TempPathFactory) -> Inception:
    return loaded(write_inception(tmp_path_factory.mktemp("inception")), WIDTH)


@pytest.fixture(scope="session")
def real_weights() -> Mapping[str, Path]:
    card = EXTRACTORS["inception-fid"].checkpoints[0]
    return {card.name: fetch(card, progress=False)}


@contextmanager
def without_weights() -> Iterator[None]:
    """torch-fidelity's network as it is drawn, before it would load a file."""
    network = fidelity.FeatureExtractorInceptionV3
    with (
        mock.patch.object(fidelity, "load_state_dict_from_url", lambda *_, **__: {}),
        mock.patch.object(network, "load_state_dict", lambda *_, **__: None),
    ):
        yield


def test_our_keys_and_shapes_are_those_of_torch_fidelity() -> None:
    with torch.device("meta"), without_weights():
        theirs = fidelity.FeatureExtractorInceptionV3("inception", FEATURES).state_dict()
    official = {key: tuple(value.shape) for key, value in theirs.items() if "num_batches" not in key}
    assert inception_shapes() == official


@pytest.mark.parametrize("size", [(299, 299), (150, 211)])
def test_random_weights_give_torch_fidelitys_features(random_weights: Path, size: tuple[int, int]) -> None:
    frames = texture(2, *size)
    reference = fidelity.FeatureExtractorInceptionV3(
        "inception", FEATURES, feature_extractor_weights_path=str(with_counts(random_weights))
    )
    with torch.inference_mode():
        expected = reference(torch.from_numpy(frames).permute(0, 3, 1, 2))
    made = loaded({random_weights.name: random_weights})(apply(TF1, frames)[:, None])
    for name, value in zip(("pool", "logits_unbiased", "logits"), expected, strict=True):
        limit = 1e-5 * float(value.abs().max())
        agree(made[name], value, of=OF, against=FIDELITY, stage="network", weights="random official", atol=limit)


def with_counts(path: Path) -> Path:
    """The same state with the counters of torch's batch normalisation, which torch-fidelity's strict load wants."""
    state = torch.load(path, weights_only=True)
    counts = {
        key.replace("running_var", "num_batches_tracked"): torch.tensor(0) for key in state if "running_var" in key
    }
    whole = path.with_name("with_counts.pth")
    torch.save(state | counts, whole)
    return whole


def test_counters_in_the_file_do_not_matter(random_weights: Path) -> None:
    frames = texture(1, 299, 299)[:, None]
    plain, counted = (
        loaded({path.name: path})(frames)["pool"] for path in (random_weights, with_counts(random_weights))
    )
    assert np.array_equal(plain, counted)


def test_both_formats_give_the_same_features(tmp_path: Path) -> None:
    state = inception_state(WIDTH)
    gains = {key: torch.ones_like(value) for key, value in state.items() if key.endswith("bn.weight")}
    path = tmp_path / "plain.pth"
    torch.save(inception_state(WIDTH, logits=False) | gains, path)
    frames = texture(1, 299, 299)[:, None]
    scripted = loaded(write_scripted_inception(tmp_path), WIDTH, logits=False)(frames)["pool"]
    assert np.array_equal(scripted, loaded({path.name: path}, WIDTH, logits=False)(frames)["pool"])


@pytest.mark.network
def test_real_weights_give_what_their_own_graph_gives(real_weights: Mapping[str, Path]) -> None:
    frames = texture(2, 299, 299)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        graph = torch.jit.load(str(next(iter(real_weights.values()))), map_location="cpu").eval()
    with torch.inference_mode():
        expected = graph((torch.from_numpy(frames).permute(0, 3, 1, 2).float() - 128) / 128).numpy()
    made = loaded(real_weights, logits=False)(frames[:, None])["pool"]
    against = "the file's own TorchScript graph"
    agree(made, expected, of="inception-fid", against=against, stage="network", weights="real", atol=1e-4)


@pytest.mark.network
@pytest.mark.parametrize(
    ("seed", "fid", "kid", "deviation"), [(42, 12.6388, 0.0312, 0.0025), (123, 12.7202, 0.0337, 0.0023)]
)
def test_real_weights_give_the_published_values_of_the_official_ones(
    real_weights: Mapping[str, Path], seed: int, fid: float, kid: float, deviation: float
) -> None:
    """Examples in torchmetrics' documentation (seed 42: 1.9; 123: 0.11), made with pt_inception-2015-12-05-6726825d.

    The examples draw the images after the network, whose first weights take numbers from the same stream.
    """
    network = loaded(real_weights, logits=False)
    torch.manual_seed(seed)
    with without_weights():
        fidelity.FeatureExtractorInceptionV3("inception", FEATURES)
    sets = [torch.randint(low, high, (100, 3, 299, 299), dtype=torch.uint8) for low, high in ((0, 200), (100, 255))]
    stems = [torch.cat([stem(network, part) for part in images.split(10)]).double() for images in sets]
    pools = [torch.from_numpy(np.concatenate([pool(network, part) for part in images.split(10)])) for images in sets]
    distances = []
    for _ in range(100):
        first, second = torch.randperm(100)[:50], torch.randperm(100)[:50]
        distances.append(kernel_distance(pools[0][first], pools[1][second]))
    made, against = round(frechet(*stems), 4), "torchmetrics documentation, published"
    agree(made, fid, of="inception-fid", against=against, stage="whole", weights="real", atol=1.01e-4)
    assert round(float(np.mean(distances)), 4) == kid
    assert round(float(np.std(distances)), 4) == deviation


def pool(network: Inception, images: Tensor) -> np.ndarray:
    return network(images.permute(0, 2, 3, 1)[:, None].numpy())["pool"]


@torch.inference_mode()
def stem(network: Inception, images: Tensor) -> Tensor:
    """torch-fidelity's feature "64": the mean over the first pooling."""
    inner = network._network
    maps = inner.Conv2d_2b_3x3(inner.Conv2d_2a_3x3(inner.Conv2d_1a_3x3((images.float() - 128) / 128)))
    return functional.max_pool2d(maps, 3, 2).mean((2, 3))


def frechet(first: Tensor, second: Tensor) -> float:
    covariances = [part.T.cov() for part in (first, second)]
    roots = torch.linalg.eigvals(covariances[0] @ covariances[1]).sqrt().real.sum()
    means = (first.mean(0) - second.mean(0)).square().sum()
    return float(means + covariances[0].trace() + covariances[1].trace() - 2 * roots)


def kernel_distance(first: Tensor, second: Tensor) -> float:
    count = len(first)
    own = [((part @ part.T) / part.shape[1] + 1) ** 3 for part in (first, second)]
    cross = ((first @ second.T) / first.shape[1] + 1) ** 3
    within = sum(float(kernel.sum() - kernel.trace()) for kernel in own) / (count * (count - 1))
    return within - 2 * float(cross.mean())


def test_a_batch_gives_what_single_frames_give(small_network: Inception) -> None:
    frames = texture(3, 299, 299)[:, None]
    for name, values in small_network(frames).items():
        single = np.concatenate([small_network(frame[None])[name] for frame in frames])
        np.testing.assert_allclose(values, single, rtol=0, atol=1e-5 * np.abs(single).max())


def test_other_sizes_are_unsupported(small_network: Inception) -> None:
    with pytest.raises(Unsupported, match="299x299 pixels, not 320x240"):
        small_network(np.zeros((1, 1, 240, 320, 3), np.uint8))


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    state = inception_state(WIDTH)
    del state["Mixed_6b.branch7x7_2.bn.running_mean"]
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(UsageError, match=r"other.pth: 1 keys .* Mixed_6b.branch7x7_2.bn.running_mean"):
        loaded({"other.pth": tmp_path / "other.pth"}, WIDTH)
