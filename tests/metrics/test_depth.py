"""What depth errors must give on predictions whose relation to the truth is known."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.metrics.depth_cases import ERRORS, disparity, role, run, truth
from tests.metrics.running import METRICS
from vbench_py.types import BadMedia, Unsupported, UsageError

DEPTH = truth()
TRUE = role(DEPTH)
FILLED = np.where(DEPTH > 0, DEPTH, 5).astype(np.float32)[..., None]
UNIT_OF = {
    "ls-disparity-sequence": "disparity", "ls-depth-sequence": "relative", "median": "metres", "lad2": "relative",
    "per-frame": "disparity", "metric": "metres",
}  # fmt: skip


def units(prediction: str) -> dict[str, str]:
    return {"depth": prediction, "target": "metres"}


def perfect(alignment: str) -> np.ndarray:
    """A prediction that the alignment makes equal to the truth."""
    if UNIT_OF[alignment] == "disparity":
        return 3 / FILLED - np.float32(0.7)
    if alignment == "metric":
        return FILLED
    return FILLED * np.float32(0.25) if alignment == "median" else FILLED * np.float32(0.2) - 1


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("alignment", UNIT_OF)
def test_a_prediction_equal_up_to_what_is_aligned_is_perfect(alignment: str, name: str) -> None:
    roles = {"depth": perfect(alignment), "target": TRUE}
    made = run(name, roles, units=units(UNIT_OF[alignment]), alignment=alignment)
    assert made.value == pytest.approx(1.0 if name.startswith("delta") else 0.0, abs=2e-4 if name == "silog" else 1e-5)


@pytest.mark.parametrize("alignment", ["ls-disparity-sequence", "ls-depth-sequence", "median", "lad2", "per-frame"])
def test_scale_and_shift_of_the_prediction_do_not_matter(alignment: str) -> None:
    noise = disparity(DEPTH)[..., None]
    shift = 0 if alignment == "median" else 0.5
    values = [
        run(
            "abs-rel", {"depth": depth.astype(np.float32), "target": TRUE},
            units=units(UNIT_OF[alignment]), alignment=alignment,
        ).value
        for depth in (perfect(alignment) + noise, (perfect(alignment) + noise) * 2 + shift)
    ]  # fmt: skip
    assert values[0] > 0.005 and values[1] == pytest.approx(values[0], rel=1e-5)


def test_the_published_clip_punishes_what_the_unclipped_fit_does_not() -> None:
    roles = {"depth": 3 / FILLED - np.float32(1), "target": TRUE}
    assert run("abs-rel", roles).value < 1e-5 < run("abs-rel", roles, alignment="depthcrafter@1").value


@pytest.mark.parametrize("name", ERRORS)
def test_more_noise_is_worse(name: str) -> None:
    steps = [
        run(name, {"depth": disparity(DEPTH, noise)[..., None], "target": TRUE}).value for noise in (0, 0.05, 0.2, 0.5)
    ]
    better = (lambda a, b: a >= b) if METRICS[name].direction == "higher" else (lambda a, b: a < b)
    assert all(better(a, b) for a, b in pairwise(steps)) and steps[0] != steps[-1], steps


@pytest.mark.parametrize("alignment", [*UNIT_OF, "depthcrafter@1"])
def test_the_size_of_the_chunks_does_not_matter(alignment: str) -> None:
    unit = UNIT_OF.get(alignment, "disparity")
    depth = perfect((UNIT_OF.get(alignment) and alignment) or "per-frame") + disparity(DEPTH)[..., None]
    roles = {"depth": depth.astype(np.float32), "target": TRUE}
    made = [run("rmse-depth", roles, units=units(unit), alignment=alignment, chunk=chunk) for chunk in (0, 1, 4)]
    assert made[0].value == made[1].value == made[2].value


def test_known_errors_of_a_known_frame() -> None:
    true, own = np.full((1, 4, 4, 1), 2, np.float32), np.full((1, 4, 4, 1), 2, np.float32)
    own[0, 0, 0], own[0, 0, 1], own[0, 0, 2] = 4, 2.5, 1
    found = {
        name: run(name, {"depth": own, "target": true}, units=units("metres"), alignment="metric").value
        for name in ERRORS
    }
    logs = np.log([2, 1.25, 0.5])
    assert found["abs-rel"] == pytest.approx((1 + 0.25 + 0.5) / 16)
    assert found["sq-rel"] == pytest.approx((4 + 0.25 + 1) / 2 / 16)
    assert found["rmse-depth"] == pytest.approx(np.sqrt((4 + 0.25 + 1) / 16))
    assert found["rmse-log"] == pytest.approx(np.sqrt(np.square(logs).sum() / 16))
    assert found["silog"] == pytest.approx(100 * np.sqrt(np.square(logs).sum() / 16 - (logs.sum() / 16) ** 2))
    # 2.5 / 2 is 1.25 itself, which is not below it.
    assert [found[f"delta{i}"] for i in (1, 2, 3)] == [13 / 16, 14 / 16, 14 / 16]


def test_frames_without_valid_pixels_are_left_out_and_counted() -> None:
    made = run("abs-rel", {"depth": disparity(DEPTH)[..., None], "target": TRUE})
    assert made.details["frames_left_out"] == 1 and made.curve is not None and len(made.curve.values) == 5
    assert made.details["valid_share"] == pytest.approx(np.mean(DEPTH > 0))


def test_truth_outside_the_range_does_not_count() -> None:
    far = TRUE.copy()
    far[0, :10] = 90
    made = run("abs-rel", {"depth": perfect("ls-disparity-sequence"), "target": far})
    assert made.value == pytest.approx(0, abs=1e-5)


def test_a_crop_of_both_scores_what_it_leaves() -> None:
    own = disparity(DEPTH)[..., None]
    whole = run("abs-rel", {"depth": own, "target": TRUE}, crop=[4, 6, 8, 2])
    inner = run("abs-rel", {"depth": own[:, 4:-6, 8:-2], "target": TRUE[:, 4:-6, 8:-2]})
    assert whole.value == inner.value


def test_a_prediction_of_another_size_is_brought_to_the_truths() -> None:
    own = disparity(DEPTH)
    small = np.stack([cv2.resize(frame, (32, 24)) for frame in own])
    back = np.stack([cv2.resize(frame, (64, 48)) for frame in small])
    values = [run("abs-rel", {"depth": depth[..., None], "target": TRUE}).value for depth in (small, back)]
    assert values[0] == values[1]


def test_pixels_without_a_prediction_count_as_the_farthest() -> None:
    holes = perfect("metric").copy()
    holes[:, 20:30, 20:40] = np.nan
    roles = {"depth": holes, "target": TRUE}
    made = run("abs-rel", roles, units=units("metres"), alignment="metric", maximum_depth=20)
    hole = np.zeros(DEPTH.shape, bool)
    hole[:, 20:30, 20:40] = True
    expected = [
        np.where(h & (g > 0), (20 - g) / np.where(g > 0, g, 1), 0).sum() / (g > 0).sum()
        for g, h in zip(DEPTH[:-1], hole, strict=False)
    ]
    assert made.value == pytest.approx(np.mean(expected), rel=1e-5)
    assert made.details["missing_share"] == pytest.approx(200 / (48 * 64 - 45), rel=1e-6)


def test_pixels_without_a_prediction_may_be_left_out_or_refused() -> None:
    holes = perfect("metric").copy()
    holes[:, 20:30, 20:40] = np.nan
    roles = {"depth": holes, "target": TRUE}
    told = {"units": units("metres"), "alignment": "metric"}
    assert run("abs-rel", roles, missing_prediction="left-out", **told).value == pytest.approx(0, abs=1e-6)
    with pytest.raises(BadMedia, match="leaves out 200 pixels"):
        run("abs-rel", roles, missing_prediction="refuse", **told)


@pytest.mark.parametrize(
    ("unit", "alignment", "says"),
    [
        ("relative", "ls-disparity-sequence", "choose alignment=ls-depth-sequence"),
        ("relative", "depthcrafter@1", "choose alignment=ls-depth-sequence"),
        ("disparity", "ls-depth-sequence", "choose alignment=ls-disparity-sequence"),
        ("disparity", "median", "choose alignment=ls-disparity-sequence"),
        ("disparity", "lad2", "choose alignment=ls-disparity-sequence"),
        ("relative", "metric", "takes depth in metres"),
        ("disparity", "metric", "takes depth in metres"),
        ("feet", "metric", "write the unit"),
        ("", "median", "no declared unit"),
    ],
)
def test_units_that_do_not_go_with_the_alignment_are_refused(unit: str, alignment: str, says: str) -> None:
    with pytest.raises(Unsupported, match=f"unit: .*{says}"):
        run("abs-rel", {"depth": FILLED, "target": TRUE}, units=units(unit), alignment=alignment)


def test_the_truth_must_be_in_metres() -> None:
    with pytest.raises(Unsupported, match="the ground truth is in relative"):
        run("abs-rel", {"depth": FILLED, "target": TRUE}, units={"depth": "disparity", "target": "relative"})


@pytest.mark.parametrize("alignment", UNIT_OF)
def test_truth_without_a_valid_pixel_is_an_error_with_the_mend(alignment: str) -> None:
    roles = {"depth": perfect(alignment), "target": np.full_like(TRUE, np.nan)}
    with pytest.raises(BadMedia, match=r"no frame has a pixel .* check the ground truth's unit"):
        run("abs-rel", roles, units=units(UNIT_OF[alignment]), alignment=alignment)


@pytest.mark.parametrize("alignment", ["ls-disparity-sequence", "depthcrafter@1", "ls-depth-sequence", "lad2"])
def test_a_constant_prediction_is_refused_with_the_reason(alignment: str) -> None:
    roles = {"depth": np.full_like(TRUE, 3), "target": TRUE}
    with pytest.raises(BadMedia, match="one value everywhere"):
        run("abs-rel", roles, units=units(UNIT_OF.get(alignment, "disparity")), alignment=alignment)


def test_a_constant_prediction_may_be_scored_as_the_constant_that_fits_best() -> None:
    roles = {"depth": np.full_like(TRUE, 3), "target": TRUE}
    made = run("abs-rel", roles, constant_prediction="level")
    level = 1 / np.mean(1 / DEPTH[DEPTH > 0].astype(np.float64))
    expected = np.mean([np.mean(np.abs(level - g[g > 0]) / g[g > 0]) for g in DEPTH[:-1]])
    assert made.value == pytest.approx(expected, rel=1e-6) and made.details["scale"] == 0


def test_unequal_sizes_are_refused_where_nothing_may_be_resized() -> None:
    with pytest.raises(BadMedia, match="64x48"):
        run("abs-rel", {"depth": FILLED[:, ::2, ::2], "target": TRUE}, resize="none")


def test_an_unknown_alignment_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="use ls-disparity-sequence"):
        run("abs-rel", {"depth": FILLED, "target": TRUE}, alignment="least-squares")


def test_all_errors_share_one_question() -> None:
    from tests.metrics.running import metric

    assert len({metric(name).needs["windows"] for name in ERRORS}) == 1
