"""The demo on its real clips, against the stored table of reference means."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pytest

import vbench_py

pytestmark = pytest.mark.network
TOLERANCE = {"lpips-alex": 1e-4, "vmaf-v0.6.1": 0.1}


def reference(suite: str, method: str) -> dict[str, float]:
    text = files("vbench_py.results").joinpath("reference/demo.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["metric"]: float(row["mean"]) for row in rows if (row["suite"], row["name"]) == (suite, method)}


@pytest.mark.parametrize(
    ("suite", "method"),
    [("demo-vsr-x4", "lanczos"), ("demo-interpolation-x2", "dis-interpolation"), ("demo-deblur", "unsharp-mask")],
)
def test_the_demo_gives_its_reference_table(suite: str, method: str, tmp_path: Path) -> None:
    expected = reference(suite, method)
    means = vbench_py.run(suite, method, results=tmp_path).means
    assert expected
    assert {name: means[name] for name in expected} == {
        name: pytest.approx(value, rel=1e-5, abs=TOLERANCE.get(name, 1e-6)) for name, value in expected.items()
    }
