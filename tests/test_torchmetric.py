"""Metrics as torchmetrics.Metric: parity with torchmetrics' own, collections (processes: test_distributed.py)."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torchmetrics import MetricCollection
from torchmetrics.image import PeakSignalNoiseRatio

from tests.video_fixtures import moving_texture
from vbench_py import torchmetric
from vbench_py.torch_metric import VideoMetric
from vbench_py.types import BadMedia, Unsupported, UsageError

TARGET = torch.from_numpy(moving_texture(5, 40, 56)).permute(0, 3, 1, 2)
NOISE = torch.from_numpy(np.random.default_rng(1).integers(-12, 13, TARGET.shape))
VIDEO = (TARGET.long() + NOISE).clamp(0, 255).to(torch.uint8)


def test_psnr_equals_torchmetrics_to_1e_5() -> None:
    metric = torchmetric("psnr")
    metric.update(VIDEO, TARGET)
    theirs = PeakSignalNoiseRatio(data_range=1.0, reduction="elementwise_mean", dim=(1, 2, 3))
    assert metric.compute().item() == pytest.approx(theirs(VIDEO / 255, TARGET / 255).item(), rel=1e-5)


def test_psnr_of_the_whole_video_equals_torchmetrics_to_1e_5() -> None:
    theirs = PeakSignalNoiseRatio(data_range=1.0)(VIDEO / 255, TARGET / 255).item()
    assert torchmetric("psnr-rgb-mse")(VIDEO, TARGET).item() == pytest.approx(theirs, rel=1e-5)


def test_ssim_equals_scikit_image_to_1e_4() -> None:
    theirs = [
        structural_similarity(
            one.movedim(0, -1).numpy(), other.movedim(0, -1).numpy(), channel_axis=-1, data_range=255,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )
        for one, other in zip(VIDEO, TARGET, strict=True)
    ]  # fmt: skip
    assert torchmetric("ssim")(VIDEO, TARGET).item() == pytest.approx(np.mean(theirs), abs=1e-4)


def test_uint8_and_floats_in_either_layout_give_the_same_number() -> None:
    forms = [(VIDEO, TARGET), (VIDEO / 255, TARGET / 255), (VIDEO.movedim(1, -1), TARGET.movedim(1, -1))]
    assert len({torchmetric("psnr")(*form).item() for form in forms}) == 1


def test_a_batch_counts_each_video_once() -> None:
    metric = torchmetric("psnr")
    metric.update(torch.stack([VIDEO, TARGET]), torch.stack([TARGET, TARGET]))
    apart = [torchmetric("psnr")(video, TARGET).item() for video in (VIDEO, TARGET)]
    assert metric.compute().item() == pytest.approx(sum(apart) / 2, rel=1e-12)


@pytest.mark.parametrize("copy", [VideoMetric.clone, lambda metric: pickle.loads(pickle.dumps(metric))])
def test_a_copy_of_a_metric_in_use_goes_on_from_its_state(copy: Callable[[VideoMetric], VideoMetric]) -> None:
    metric = torchmetric("ssim")
    metric.update(VIDEO, TARGET)
    copied = copy(metric)
    for one in (metric, copied):
        one.update(TARGET, TARGET)
    assert copied.compute() == metric.compute()


def test_updates_add_up_and_reset_forgets() -> None:
    metric = torchmetric("psnr")
    metric.update(TARGET, TARGET)
    metric.reset()
    metric.update(VIDEO, TARGET)
    assert metric.compute().item() == torchmetric("psnr")(VIDEO, TARGET).item()


def test_a_metric_without_reference_takes_the_video_alone() -> None:
    assert 0 < torchmetric("temporal-flickering")(VIDEO).item() < 1


def test_a_collection_keeps_metrics_apart_that_agreed_on_the_first_video() -> None:
    """torchmetrics merges metrics with equal states after the first update; both give 100 dB there."""
    collection = MetricCollection({"frames": torchmetric("psnr-rgb"), "video": torchmetric("psnr-rgb-mse")})
    collection.update(TARGET, TARGET)
    mixed = torch.cat([VIDEO[:2], TARGET[2:4]])
    collection.update(mixed, TARGET[:4])
    found = collection.compute()
    assert found["frames"] > found["video"] + 1


def test_the_direction_is_told() -> None:
    assert (torchmetric("psnr").higher_is_better, torchmetric("ie").higher_is_better) == (True, False)


def test_nothing_seen_is_no_number() -> None:
    with pytest.warns(UserWarning, match="before the ``update``"):
        assert math.isnan(torchmetric("psnr").compute().item())


def test_a_missing_target_is_named() -> None:
    with pytest.raises(ValueError, match="compares with the target"):
        torchmetric("psnr").update(VIDEO)


def test_unequal_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        torchmetric("psnr").update(VIDEO[:3], TARGET)


def test_a_failed_update_leaves_no_trace() -> None:
    metric = torchmetric("psnr")
    metric.update(VIDEO, TARGET)
    before = metric.compute().item()
    with pytest.raises(BadMedia):
        metric.update([VIDEO[0] * 2.0], [TARGET[0]])
    metric._computed = None
    assert metric.compute().item() == before


def test_a_video_too_short_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="needs 2 frames"):
        torchmetric("temporal-flickering").update(VIDEO[:1])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("seconds-per-frame", "vbench_py.score"),
        ("vmaf-v0.6.1", "vbench_py.score"),
        ("psnr-rgb:source", "compares with the source"),
        ("quick", "bundle"),
        ("psrn-rgb", "did you mean"),
    ],
)
def test_what_it_cannot_be_is_said(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        torchmetric(name)
