"""Depth metrics against published code, whose values tests/data/make_depth_references.py stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.metrics.depth_cases import ERRORS, NYU, camera_role, cameras, disparity, role, run, truth
from tests.metrics.parity import agree

STORED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "depth_references.json").read_text(encoding="utf-8")
)
VALUES = STORED["values"]
AGAINST = {
    name: f"{owner}/{name}@{STORED['commits'][name][:7]}"
    for name, owner in {
        "DepthCrafter": "Tencent", "Video-Depth-Anything": "DepthAnything", "monst3r": "Junyi42",
        "ml-depth-pro": "apple",
    }.items()
}  # fmt: skip
PUBLISHED = {"alignment": "depthcrafter@1"}
CROP = {"crop": [3, 2, 4, 5], "crop_of": "target"}
needs_nyu = pytest.mark.skipif(not NYU.is_dir(), reason="the NYU sample (../shared/data/depth) is not here")


def pair(predicted: np.ndarray, depth: np.ndarray) -> dict[str, np.ndarray]:
    return {"depth": predicted[..., None], "target": role(depth)}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_agree_with_depthcrafter(name: str) -> None:
    depth = truth()
    made = run(name, pair(disparity(depth), depth), **PUBLISHED).value
    expected = VALUES["DepthCrafter"]["equal sizes"][name]
    agree(made, expected, of=name, stage="whole", rtol=1e-5)


@pytest.mark.parametrize("name", ERRORS)
def test_a_nearer_maximum_agrees_with_depthcrafter(name: str) -> None:
    depth = truth()
    made = run(name, pair(disparity(depth, noise=0.15), depth), maximum_depth=10, **PUBLISHED).value
    agree(made, VALUES["DepthCrafter"]["maximum 10"][name], of=name, stage="whole", rtol=1e-5)


@pytest.mark.parametrize("name", ERRORS)
def test_a_prediction_of_another_size_agrees_with_depthcrafter(name: str) -> None:
    depth = truth()
    half = np.stack([cv2.resize(frame, (32, 24), interpolation=cv2.INTER_AREA) for frame in disparity(depth)])
    made = run(name, pair(half, depth), **PUBLISHED).value
    agree(made, VALUES["DepthCrafter"]["half size"][name], of=name, stage="whole", rtol=1e-5)


@pytest.mark.parametrize("name", ERRORS)
def test_a_crop_agrees_with_video_depth_anything(name: str) -> None:
    depth = truth()
    made = run(name, pair(disparity(depth)[:, 3:-2, 4:-5], depth), **PUBLISHED, **CROP).value
    expected, against = VALUES["Video-Depth-Anything"]["cropped"][name], AGAINST["Video-Depth-Anything"]
    agree(made, expected, of=name, against=against, stage="whole", rtol=1e-5)


def test_tae_agrees_with_video_depth_anything() -> None:
    depth = truth()
    roles = pair(disparity(depth)[:, 3:-2, 4:-5], depth) | {"camera": camera_role(*cameras(len(depth)))}
    made = run("tae", roles, **CROP).value
    agree(made, VALUES["Video-Depth-Anything"]["tae cropped"], of="tae", stage="whole", rtol=1e-6)


def relative(depth: np.ndarray) -> np.ndarray:
    return np.where(depth > 0, 0.3 * depth + 0.5, 1).astype(np.float32) + disparity(depth)


@pytest.mark.parametrize("alignment", ["median", "ls-depth-sequence"])
def test_scale_and_shift_agree_with_monst3r(alignment: str) -> None:
    depth = truth()
    made = run(
        "abs-rel", pair(relative(depth), depth), units={"depth": "relative", "target": "metres"}, alignment=alignment
    ).details
    found, against = [made["scale"], made["shift"]], AGAINST["monst3r"]
    agree(found, VALUES["monst3r"][alignment], of="abs-rel", against=against, stage="algebra", rtol=1e-5, atol=1e-6)


def test_absolute_deviations_are_no_more_than_with_monst3rs_minimiser() -> None:
    depth = truth()
    roles, units = pair(relative(depth), depth), {"depth": "relative", "target": "metres"}
    made = run("abs-rel", roles, units=units, alignment="lad2").details
    known = depth > 0
    x, y = relative(depth)[known].astype(np.float64), depth[known].astype(np.float64)

    def loss(scale: float, shift: float) -> float:
        return float(np.abs(scale * x + shift - y).sum())

    ours, theirs = loss(made["scale"], made["shift"]), loss(*VALUES["monst3r"]["lad2"])
    assert ours <= theirs
    agree(ours, theirs, of="abs-rel", against=AGAINST["monst3r"], stage="algebra", rtol=1e-4)


def test_boundaries_agree_with_depth_pro() -> None:
    depth = truth()[:-1, :-5]
    own = (1 / np.maximum(disparity(depth) + np.float32(0.15), np.float32(0.05))).astype(np.float32)
    curve = run("depth-boundary-f1", pair(own, depth), units={"depth": "metres", "target": "metres"}).curve
    assert curve is not None
    agree(curve.values, VALUES["ml-depth-pro"]["frames"], of="depth-boundary-f1", stage="whole", rtol=1e-9)


def nyu() -> tuple[np.ndarray, np.ndarray]:
    return np.load(NYU / "nyu_pred.npy")[0], np.load(NYU / "nyu_depth.npy")[None]


METRES = {"depth": "metres", "target": "metres"}


@needs_nyu
@pytest.mark.parametrize("name", ERRORS)
def test_the_nyu_sample_agrees_with_depthcrafter(name: str) -> None:
    made = run(name, pair(*nyu()), units=METRES, maximum_depth=10, **PUBLISHED).value
    agree(made, VALUES["DepthCrafter"]["nyu"][name], of=name, stage="whole", rtol=1e-5)


@needs_nyu
@pytest.mark.parametrize("name", [name for name in ERRORS if name != "silog"])
def test_the_nyu_sample_at_its_median_agrees_with_monst3r(name: str) -> None:
    made = run(name, pair(*nyu()), units=METRES, maximum_depth=10, alignment="median").value
    agree(made, VALUES["monst3r"]["nyu median"][name], of=name, against=AGAINST["monst3r"], stage="whole", rtol=1e-5)


@needs_nyu
def test_the_boundaries_of_the_nyu_sample_agree_with_depth_pro() -> None:
    made = run("depth-boundary-f1", pair(*nyu()), units=METRES, empty="zero").value
    agree(made, VALUES["ml-depth-pro"]["nyu"], of="depth-boundary-f1", stage="whole", rtol=1e-9)
