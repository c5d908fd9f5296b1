"""BRISQUE against pyiqa: on a small regression always, on the authors' own with `-m network`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.metrics.clips import noisy, pair, texture
from tests.metrics.networks.quality import make_brisque
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, real, river, run
from vbench_py.metrics.extractors.natural_scene import fit_asymmetric, fit_symmetric
from vbench_py.types import Unsupported, UsageError


def test_a_small_regression_gives_pyiqas_values(tmp_path: Path) -> None:
    made = run("brisque", make_brisque(tmp_path), pair(2, 200, 300)[0][:, None])["value"]
    expected = STORED["natural scenes"]["texture"]["brisque-small"]
    agree(made, expected, of="brisque", stage="whole", weights="random official", atol=1e-2)


@pytest.mark.network
@pytest.mark.parametrize(("clip", "key", "tolerance"), [
    ("texture", "brisque", 1e-2), ("river", "brisque", 1.0), ("river", "brisque-exact", 1e-3),
])  # fmt: skip
def test_the_authors_regression_gives_pyiqas_values(clip: str, key: str, tolerance: float) -> None:
    frames = pair(2, 200, 300)[0] if clip == "texture" else river()
    made = run("brisque", real("brisque"), frames[:, None])["value"]
    against = "pyiqa==0.1.8 without its rounding errors" if key == "brisque-exact" else ""
    expected = STORED["natural scenes"][clip][key]
    agree(made, expected, of="brisque", against=against, stage="whole", weights="real", atol=tolerance)


@pytest.mark.network
def test_more_noise_is_worse() -> None:
    frames = river()[:1, None]
    steps = [run("brisque", real("brisque"), noisy(frames, amplitude))["value"][0] for amplitude in (0, 20, 60)]
    assert steps == sorted(steps)


def test_a_flat_frame_has_no_value(tmp_path: Path) -> None:
    assert np.isnan(run("brisque", make_brisque(tmp_path), np.zeros((1, 1, 32, 32, 3), np.uint8))["value"][0])


def test_small_frames_are_unsupported(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="at least 16 px"):
        run("brisque", make_brisque(tmp_path), texture(1, 15, 40)[:, None])


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("svm_type c_svc\nkernel_type rbf\nSV\n", encoding="ascii")
    with pytest.raises(UsageError, match="not a LIBSVM regression"):
        run("brisque", {"brisque-allmodel": tmp_path / "other"}, texture(1, 40, 40)[:, None])


@pytest.mark.parametrize(("shape", "draw"), [(2.0, "normal"), (1.0, "laplace")])
def test_fits_find_the_shape_that_was_drawn(shape: float, draw: str) -> None:
    values = getattr(np.random.RandomState(0), draw)(size=(600, 600))
    found, variance = fit_symmetric(values)
    assert found == pytest.approx(shape, abs=0.02) and variance == pytest.approx(np.mean(values**2))


def test_the_asymmetric_fit_finds_both_sides() -> None:
    values = np.random.RandomState(0).normal(size=(600, 600))
    fit = fit_asymmetric(np.where(values < 0, 2 * values, values))
    assert (fit.left, fit.right) == pytest.approx((2, 1), rel=0.01)
