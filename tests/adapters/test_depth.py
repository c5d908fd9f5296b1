"""Depth without looking: its values, its units, its shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.types import UsageError
from vbench_py.video import probe, read


def made(name: str, folder: Path, **options: Any) -> Path:
    asked = request("depth", {"source": waves(4)}, folder / "in")
    (one,) = run(Classical(method(name), options), [asked], folder / "out")
    assert one.error is None
    return one.outputs["depth"]


@pytest.mark.parametrize(("name", "unit"), [("constant-depth", "metres"), ("vertical-gradient-depth", "disparity")])
def test_there_is_one_map_a_frame_in_the_units_it_says(name: str, unit: str, tmp_path: Path) -> None:
    info = probe(made(name, tmp_path))
    assert (info.kind, info.unit, info.frames, info.height, info.width) == ("depth", unit, 4, 24, 32)


def test_the_wall_stands_where_it_is_put(tmp_path: Path) -> None:
    assert np.unique(read(made("constant-depth", tmp_path, metres=5.0))) == [5.0]


def test_disparity_grows_evenly_from_top_to_bottom(tmp_path: Path) -> None:
    depth = read(made("vertical-gradient-depth", tmp_path, top=0.25, bottom=0.75))
    assert np.ptp(depth, axis=2).max() == 0
    np.testing.assert_allclose(np.diff(depth[0, :, 0, 0]), 0.5 / 24, rtol=1e-5)
    assert depth[0, :, 0, 0].mean() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("name", "options"), [("constant-depth", {"metres": 0.0}), ("vertical-gradient-depth", {"top": -1.0})]
)
def test_what_is_no_depth_is_refused_at_once(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Classical(method(name), options)
