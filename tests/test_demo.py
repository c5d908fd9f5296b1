"""The demo on its real clips, and the rendered world, against the stored tables of reference means."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pytest

import vbench_py

TOLERANCE = {"lpips-alex": 1e-4, "vmaf-v0.6.1": 0.1}
LEARNED = ("rife", "basicvsr-bi")
"""In environments of their own; networks differ in the last digits between machines, and frames by a level."""


def reference(bundle: str, suite: str, method: str) -> dict[str, float]:
    text = files("vbench_py.results").joinpath(f"reference/{bundle}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["metric"]: float(row["mean"]) for row in rows if (row["suite"], row["name"]) == (suite, method)}


@pytest.mark.network
@pytest.mark.parametrize(
    ("suite", "method"),
    [
        ("demo-vsr-x4", "lanczos"), ("demo-interpolation-x2", "dis-interpolation"), ("demo-deblur", "unsharp-mask"),
        ("demo-interpolation-x2", "rife"), ("demo-vsr-x4", "basicvsr-bi"),
    ],
)  # fmt: skip
def test_the_demo_gives_its_reference_table(suite: str, method: str, tmp_path: Path) -> None:
    expected = reference("demo", suite, method)
    means = vbench_py.run(suite, method, results=tmp_path).means
    assert expected
    assert {name: means[name] for name in expected} == {
        name: pytest.approx(value, rel=1e-4 if method in LEARNED else 1e-5, abs=TOLERANCE.get(name, 1e-6))
        for name, value in expected.items()
    }


@pytest.mark.parametrize(
    ("suite", "method"), [("world-depth", "motion-stereo-depth"), ("world-editing", "masked-recolour")]
)
def test_the_world_gives_its_reference_table(
    suite: str, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    expected = reference("world", suite, method)
    means = vbench_py.run(suite, method, results=tmp_path).means
    here = {name: value for name, value in expected.items() if name in means}
    assert len(here) >= 8
    assert {name: means[name] for name in here} == {
        name: pytest.approx(value, rel=1e-5, abs=1e-6) for name, value in here.items()
    }
