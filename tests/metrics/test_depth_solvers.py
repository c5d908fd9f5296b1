"""Scale and shift against other ways to find them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from vbench_py.metrics.extractors.depth_deviations import least_deviations
from vbench_py.metrics.extractors.depth_solvers import LeastDeviations, LeastSquares, Medians, ordered, unordered


def cloud(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A line with heavy-tailed noise."""
    random = np.random.RandomState(seed)
    x = random.rand(count) * 4 + 1
    return x, 1.7 * x - 0.6 + random.standard_t(1.2, count) * 0.3


def by_linear_programming(x: np.ndarray, y: np.ndarray) -> float:
    """The least sum of absolute deviations."""
    count = len(x)
    line = np.stack([x, np.ones(count)], axis=1)
    upper = np.block([[line, -np.eye(count)], [-line, -np.eye(count)]])
    solved = linprog(
        np.r_[0, 0, np.ones(count)], A_ub=upper, b_ub=np.r_[y, -y], bounds=[(None, None)] * 2 + [(0, None)] * count
    )
    return float(solved.fun)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [2, 3, 60, 151])
def test_absolute_deviations_are_the_least_there_are(count: int, seed: int) -> None:
    x, y = cloud(count, seed)
    scale, shift = least_deviations(x, y)
    assert np.abs(scale * x + shift - y).sum() == pytest.approx(by_linear_programming(x, y), rel=1e-8, abs=1e-9)


def test_absolute_deviations_are_the_least_with_many_ties() -> None:
    x, y = (np.round(values) for values in cloud(200, 9))
    scale, shift = least_deviations(x, y)
    assert np.abs(scale * x + shift - y).sum() == pytest.approx(by_linear_programming(x, y), rel=1e-8)


@pytest.mark.parametrize("line", [(2.0, -1.0), (0.0, 3.0), (-0.5, 0.0), (1e-6, 1e3)])
def test_a_line_without_noise_is_found(line: tuple[float, float]) -> None:
    x = np.linspace(1, 7, 101)
    assert least_deviations(x, line[0] * x + line[1]) == pytest.approx(line, rel=1e-9, abs=1e-9)


def frames(count: int = 5) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """x, y, valid of frames whose x lies far from zero, and one frame without a valid pixel."""
    made = []
    for t in range(count):
        random = np.random.RandomState(t)
        x = (random.rand(20, 30) + 40 + t).astype(np.float32)
        y = (0.3 * x - 2 + random.randn(20, 30)).astype(np.float32)
        made.append((x, y, random.rand(20, 30) > 0.3 if t != 2 else np.zeros((20, 30), bool)))
    return made


def gathered(solver: LeastSquares | Medians | LeastDeviations, before: np.ndarray | None) -> dict[str, np.ndarray]:
    told = [solver.gather(*frame, before) for frame in frames()]
    found = {name: np.stack([part[name] for part in told]) for name in told[0]}
    return {name: array.sum(axis=0) if name.startswith("sum_") else array for name, array in found.items()}


def valid_points() -> tuple[np.ndarray, np.ndarray]:
    x, y = (np.concatenate([frame[i][frame[2]] for frame in frames()]).astype(np.float64) for i in (0, 1))
    return x, y


def test_least_squares_are_those_of_numpy() -> None:
    solver = LeastSquares("refuse")
    found = solver.solve(gathered(solver, None))
    x, y = valid_points()
    expected = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_medians_are_exact() -> None:
    solver = Medians()
    before = solver.solve(gathered(solver, None), None)
    scale, shift = solver.solve(gathered(solver, before), before)
    x, y = (np.sort(values)[(len(values) - 1) // 2] for values in valid_points())
    assert (scale, shift) == (y / x, 0)


def test_a_small_sequence_is_fitted_on_all_its_points() -> None:
    solver = LeastDeviations("refuse")
    before = solver.solve(gathered(solver, None), None)
    found = solver.solve(gathered(solver, before), before)
    assert tuple(found) == least_deviations(*valid_points())


def test_a_long_sequence_is_fitted_on_a_regular_sample() -> None:
    solver = LeastDeviations("refuse")
    x = np.arange(400 * 300, dtype=np.float32).reshape(400, 300)
    points = solver.gather(x, x, np.ones(x.shape, bool), np.array([1000.0]))["points"]
    known = points[np.isfinite(points[:, 0]), 0]
    assert points.shape == (1000, 2) and 700 < len(known) <= 1000
    np.testing.assert_array_equal(known, x[5::11, 5::11].reshape(-1))


def test_keys_keep_the_order_of_floats() -> None:
    values = np.array([-np.inf, -3.5, -1e-30, -0.0, 0.0, 1e-30, 2.0, 3e38], np.float32)
    keys = ordered(values)
    assert (np.diff(keys.astype(np.int64)) > 0).all()
    assert [unordered(int(key)) for key in keys] == [float(value) for value in values]
