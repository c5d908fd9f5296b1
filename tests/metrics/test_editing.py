"""Metrics of editing against published code (tests/data/make_editing_references.py), scikit-image and closed forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import mean_squared_error, structural_similarity

from tests.metrics.clips import noisy, texture
from tests.metrics.editing_cases import edited, edits512, masks, references512, still512
from tests.metrics.networks.editing import write_squeeze
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, build, score, values
from tests.metrics.test_lpips import package, tensor
from vbench_py.types import Ask, BadMedia, Score, Unsupported

STORED = json.loads((Path(__file__).parents[1] / "data" / "editing_references.json").read_text(encoding="utf-8"))
SOURCE, EDIT = edited()
MASK = masks(*SOURCE.shape[:3])
OUTSIDE = MASK == 0
ROLES = {"video": EDIT, "source": SOURCE, "mask": MASK}
EDITBOARD = "Samchen2003/EditBoard@089075a"
MASKED = [name for name, card in METRICS.items() if "mask" in card.roles and "editing:" in card.entry]
REGION = [name for name in MASKED if "lpips" not in name]
BACKGROUND = [name for name in REGION if "source" in METRICS[name].roles]


def of(name: str, video: np.ndarray = EDIT, mask: np.ndarray = MASK, batch: int = 0) -> Score:
    roles = {"video": video, "source": SOURCE, "target": SOURCE, "mask": mask}
    return score(name, {role: roles[role] for role in METRICS[name].roles}, facts={"fps": 2.0}, batch=batch)


@pytest.mark.parametrize(
    ("name", "of", "tolerance"),
    [
        ("psnr", "background-psnr-asis", 1e-4),
        ("mse", "background-mse-asis", 1e-9),
        ("ssim", "background-ssim-asis", 1e-5),
    ],
)
def test_the_region_as_published_is_pnpinversions(name: str, of: str, tolerance: float) -> None:
    expected = STORED["PnPInversion"][name]
    agree(values(of, ROLES), expected, of=of, against="cure-lab/PnPInversion@07f97f4", stage="whole", atol=tolerance)


def test_lpips_as_published_is_pnpinversions_on_random_weights(tmp_path: Path) -> None:
    made = values("background-lpips-asis", ROLES, weights=write_squeeze(tmp_path))
    expected = STORED["PnPInversion"]["lpips"]
    against = "cure-lab/PnPInversion@07f97f4"
    agree(
        made, expected, of="background-lpips-asis", against=against, stage="whole", weights="random official", rtol=1e-4
    )


def test_psnr_and_mse_of_the_region_are_those_of_its_pixels() -> None:
    pairs = zip(SOURCE, EDIT, OUTSIDE, strict=True)
    expected = np.array([mean_squared_error(a[kept], b[kept]) for a, b, kept in pairs])
    against = "scikit-image==0.26.0"
    agree(values("background-mse", ROLES), expected, of="background-mse", against=against, stage="whole", rtol=1e-12)
    decibels = 10 * np.log10(255**2 / expected)
    agree(values("background-psnr", ROLES), decibels, of="background-psnr", against=against, stage="whole", atol=1e-9)


def test_psnr_of_the_edit_is_that_of_the_pixels_inside() -> None:
    pairs = zip(SOURCE, EDIT, ~OUTSIDE, strict=True)
    expected = [10 * np.log10(255**2 / mean_squared_error(a[kept], b[kept])) for a, b, kept in pairs]
    made = values("edit-psnr", {"video": EDIT, "target": SOURCE, "mask": MASK})
    agree(made, expected, of="edit-psnr", against="scikit-image==0.26.0", stage="whole", atol=1e-9)


def test_ssim_of_the_region_is_that_of_windows_outside() -> None:
    expected = []
    for a, b, kept in zip(SOURCE, EDIT, OUTSIDE[..., 0], strict=True):
        _, whole = structural_similarity(
            a, b, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            full=True,
        )  # fmt: skip
        windows = np.lib.stride_tricks.sliding_window_view(kept, (11, 11)).all(axis=(2, 3))
        expected.append(whole[5:-5, 5:-5][windows].mean())
    agree(values("background-ssim", ROLES), expected, of="background-ssim", stage="whole", atol=1e-6)


def test_lpips_of_the_region_is_the_packages_with_the_sources_pixels_inside(random_weights: Mapping[str, Path]) -> None:
    pasted = np.where(OUTSIDE, EDIT, SOURCE)
    with torch.inference_mode():
        network = package("alex", random_weights["lpips-alex"])
        whole = network(tensor(pasted), tensor(SOURCE)).reshape(-1).numpy()
    expected = whole / OUTSIDE[..., 0].mean(axis=(1, 2))
    made = values("background-lpips", ROLES, weights=random_weights)
    agree(made, expected, of="background-lpips", stage="whole", weights="random official", rtol=1e-5)


def test_locality_is_editboards_semantic_score() -> None:
    roles = {"video": edits512(), "source": references512(), "mask": masks(4, 512, 512)}
    made, expected = score("edit-locality", roles).value, STORED["EditBoard"]["semantic-score"]
    agree(made, expected, of="edit-locality", against=EDITBOARD, stage="whole", atol=1e-9)


def test_flow_fidelity_and_angle_of_pairs_are_editboards() -> None:
    pairs = [np.stack([clip[:-1], clip[1:]], axis=1) for clip in (EDIT, SOURCE)]
    flows = [build(Ask("flow-farneback", ("video",)))(pair)["flow"] for pair in pairs]
    alpha = build(Ask("flow-fidelity", (), options=(("flow", "forward"),)))(*pairs, flows[1])
    beta = build(Ask("flow-angle", (), options=(("moving", 0.0),)))(*flows)
    made = np.stack([alpha["value"], alpha["valid"], beta["value"]], axis=1)
    expected = STORED["EditBoard"]["pairs"]
    agree(made, expected, of=["ff-alpha-asis", "ff-beta-asis"], against=EDITBOARD, stage="algebra", atol=1e-6)


@pytest.mark.parametrize("name", ["ff-alpha", "ff-beta"])
def test_numbers_of_videos_as_published_are_editboards(name: str) -> None:
    made = score(f"{name}-asis", {"video": edits512(), "source": references512()}).value
    agree(made, STORED["EditBoard"][name], of=f"{name}-asis", stage="whole", atol=1e-6)


def test_too_few_valid_pixels_get_the_best_value_as_published_and_a_share_otherwise() -> None:
    roles = {"video": edits512(), "source": still512()}
    made = score("ff-alpha-asis", roles)
    assert made.value == STORED["EditBoard"]["ff-alpha-invalid"] == 0.0
    assert made.details["invalid_share"] > 0.3
    other = score("ff-alpha", roles)
    assert other.value > 10 and other.details["invalid_share"] > 0.3


def test_an_edit_that_changes_by_ten_levels_a_frame_has_an_error_of_ten() -> None:
    still = np.repeat(SOURCE[:1] // 2, 4, axis=0)
    brighter = still + 10 * np.arange(4, dtype=np.uint8)[:, None, None, None]
    made = score("ff-alpha", {"video": brighter, "source": still})
    # Farneback's flow between equal frames is small, not zero.
    agree(made.value, 10.0, of="ff-alpha", against="closed form", stage="whole", atol=1e-2)
    assert made.details["invalid_share"] == 0.0


def test_the_angle_to_the_reverse_motion_is_that_of_opposite_flows() -> None:
    long = texture(9, 96, 128)
    made = score("ff-beta", {"video": long[::-1].copy(), "source": long})
    agree(made.value, 2.0, of="ff-beta", against="closed form", stage="whole", atol=0.01)
    same = score("ff-beta", {"video": long, "source": long})
    assert same.value == pytest.approx(0.0, abs=1e-6)


def test_a_source_that_stands_still_has_no_direction() -> None:
    still = np.repeat(SOURCE[:1], 4, axis=0)
    with pytest.raises(Unsupported, match=r"moves by more than 0\.5 px"):
        score("ff-beta", {"video": SOURCE[:4], "source": still})


def test_motion_that_runs_the_other_way_is_twice_as_far() -> None:
    """The texture moves by one row and two columns a frame."""
    made = score("motion-epe-dis", {"video": SOURCE[::-1].copy(), "source": SOURCE}).value
    agree(made, 2 * np.sqrt(5), of="motion-epe-dis", against="closed form", stage="whole", atol=0.15)
    assert score("motion-epe-dis", {"video": SOURCE, "source": SOURCE}).value == 0.0


def test_an_edit_that_moves_with_its_source_warps_onto_itself() -> None:
    bright = (SOURCE.astype(np.int64) // 2 + 100).astype(np.uint8)
    steps = [bright, noisy(bright, 8), noisy(bright, 30)]
    made = [score("warping-error-source-dis", {"video": clip, "source": SOURCE}).value for clip in steps]
    agree(made[0], 0.0, of="warping-error-source-dis", against="closed form", stage="whole", atol=1e-4)
    # Independent noise of variance v in both frames: about 2 v, less for what bilinear warping averages.
    assert made[0] < made[1] < made[2] < 2 * (61**2 - 1) / 12 / 255**2


@pytest.mark.parametrize("name", BACKGROUND)
def test_the_source_itself_is_ideal_and_noise_is_worse(name: str) -> None:
    steps = [of(name, noisy(SOURCE, amplitude)).value for amplitude in (0, 4, 16, 48)]
    higher = METRICS[name].direction == "higher"
    ideal = {"dB": 100.0}.get(METRICS[name].unit, 1.0 if higher else 0.0)
    assert steps[0] == pytest.approx(ideal, abs=1e-12)
    assert all((a > b) if higher else (a < b) for a, b in pairwise(steps))


@pytest.mark.parametrize("name", BACKGROUND)
def test_what_lies_inside_the_mask_does_not_count(name: str) -> None:
    other = np.where(OUTSIDE, EDIT, 255 - EDIT)
    assert of(name, other).value == of(name).value


def test_an_edit_that_did_nothing_is_told_from_one_that_took() -> None:
    target = np.where(OUTSIDE, SOURCE, texture(5, 96, 128, seed=9))
    nothing, half, took = (
        score("edit-psnr", {"video": video, "target": target, "mask": MASK}).value
        for video in (SOURCE, noisy(target, 12), target)
    )
    assert nothing < half < took == 100.0


@pytest.mark.parametrize("name", REGION)
def test_one_frame_at_a_time_gives_the_same(name: str) -> None:
    one, many = of(name, batch=1), of(name, batch=64)
    assert (one.value, one.details) == (many.value, many.details)


@pytest.mark.parametrize("name", REGION)
def test_frames_without_a_pixel_that_counts_are_left_out(name: str) -> None:
    empty = MASK.copy()
    empty[1] = 0 if name == "edit-psnr" else 255
    made = of(name, mask=empty)
    assert made.details["frames_left_out"] == 1.0
    assert made.curve is not None and list(made.curve.index) == [0, 2, 3, 4]
    with pytest.raises(Unsupported, match="no frame has a pixel that counts"):
        of(name, mask=np.repeat(empty[1:2], len(SOURCE), axis=0))


@pytest.mark.parametrize("name", MASKED)
def test_a_soft_mask_is_refused(name: str) -> None:
    with pytest.raises(BadMedia, match=r"the mask is soft: .* neither 0 nor 255"):
        of(name, mask=np.where(MASK == 255, np.uint8(250), np.uint8(0)))


@pytest.mark.parametrize("name", REGION)
def test_a_mask_of_another_size_is_refused_by_the_extractor(name: str) -> None:
    ask = Ask(METRICS[name].extractors[0], ())
    with pytest.raises(BadMedia, match="the mask has 64x96 pixels, the video 128x96"):
        build(ask)(EDIT[:, None], SOURCE[:, None], MASK[:, None, :, ::2])


@pytest.mark.parametrize("name", REGION)
def test_a_single_mask_holds_for_all_frames(name: str) -> None:
    assert of(name, mask=MASK[:1]).value == of(name, mask=np.repeat(MASK[:1], len(SOURCE), axis=0)).value
