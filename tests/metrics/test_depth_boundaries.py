"""Edges of depth on frames whose edges are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.metrics.depth_cases import role, run, truth
from vbench_py.types import BadMedia, Unsupported

METRES = {"depth": "metres", "target": "metres"}
NAME = "depth-boundary-f1"


def box(near: float = 2.0, far: float = 4.0, columns: slice = slice(4, 9)) -> np.ndarray:
    """(1, 12, 16, 1) float32: a near box before a far wall."""
    depth = np.full((1, 12, 16, 1), far, np.float32)
    depth[:, 3:8, columns] = near
    return depth


def value(depth: np.ndarray, target: np.ndarray, **settings: object) -> float:
    return run(NAME, {"depth": depth, "target": target}, units=METRES, **settings).value


@pytest.mark.parametrize("empty", ["left-out", "zero"])
def test_the_truth_itself_is_perfect_whatever_its_scale(empty: str) -> None:
    assert value(box(), box(), empty=empty) == value(box() * 7, box(), empty=empty) == pytest.approx(1)


def test_the_truth_is_perfect_also_where_a_direction_has_no_edge() -> None:
    step = np.full((1, 12, 16, 1), 2, np.float32)
    step[:, :, 8:] = 4
    assert value(step, step) == pytest.approx(1) and value(step, step, empty="zero") == pytest.approx(0.25)


def test_a_jump_too_small_for_half_of_the_ratios_scores_the_weight_of_the_others() -> None:
    ratios = np.linspace(1.05, 1.25, 10)
    expected = ratios[ratios < 1.14].sum() / ratios.sum()
    assert value(box(4 / 1.14), box()) == pytest.approx(expected)


def test_edges_elsewhere_score_nothing() -> None:
    # Rows of the moved box's upper and lower edges overlap the truth's in no pixel.
    assert value(box(columns=slice(10, 15)), box()) == 0


def test_blurred_edges_are_worse() -> None:
    def blurred(times: int) -> np.ndarray:
        depth = box(1, 8)
        for _ in range(times):
            depth = (np.roll(depth, 1, 2) + depth + np.roll(depth, -1, 2)) / np.float32(3)
        return depth

    steps = [value(blurred(times), box(1, 8)) for times in (0, 1, 2)]
    assert all(a > b for a, b in pairwise(steps)), steps


def test_disparity_is_inverse_depth() -> None:
    target = role(truth())[:-1]
    own = (target * np.float32(1.1)) ** np.float32(1.05)
    made = [
        run(NAME, {"depth": depth, "target": target}, units={"depth": unit, "target": "metres"}).value
        for depth, unit in ((own, "metres"), (1 / own, "disparity"))
    ]
    assert made[0] == pytest.approx(made[1], abs=1e-3) and 0.5 < made[0] < 1


def test_relative_depth_needs_an_alignment() -> None:
    target = role(truth())[:-1]
    roles, units = {"depth": target * np.float32(0.1) - 1, "target": target}, {"depth": "relative", "target": "metres"}
    with pytest.raises(Unsupported, match="unit"):
        run(NAME, roles, units=units)
    assert run(NAME, roles, units=units, alignment="ls-depth-sequence").value == pytest.approx(1, abs=5e-3)


def test_pixels_without_truth_are_no_edges() -> None:
    target, own = box(), box()
    target[:, :, 12:] = np.nan
    own[:, :, 13:] = 1
    assert value(own, target) == pytest.approx(1)


def test_depth_without_any_edge_is_an_error_with_the_reason() -> None:
    flat = np.full((2, 12, 16, 1), 3, np.float32)
    with pytest.raises(BadMedia, match=r"no.* edge in any frame"):
        run(NAME, {"depth": flat, "target": flat}, units=METRES)


def test_true_edges_are_counted() -> None:
    made = run(NAME, {"depth": box(), "target": box()}, units=METRES)
    assert made.details["true_edges"] == 20 / (12 * 16)
