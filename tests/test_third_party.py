"""A metric that somebody installs as a package of their own: it is listed, it scores, and nothing of ours names it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.checkout import vbench_py

CARDS = """
[[extractor]]
id = "acme-brightness"
version = "1"
title = "Mean level of each frame"
entry = "acme_metrics.brightness:Brightness"

[[metric]]
id = "acme-brightness"
version = "1"
title = "Brightness"
family = "acme"
entry = "vbench_py.metrics.reduce:FrameMean"
summary = "Mean over frames of the mean 8-bit level."
direction = "descriptive"
range = [0.0, 255.0]
unit = "8-bit levels"
roles = ["video"]
extractors = ["acme-brightness"]
evidence = "closed form"
"""
CODE = """
import numpy as np


class Brightness:
    def __init__(self, options, weights):
        pass

    def load(self, device):
        pass

    def bytes_per_window(self, shape):
        return int(np.prod(shape))

    def __call__(self, windows):
        return {"value": windows.reshape(len(windows), -1).mean(axis=1, dtype=np.float64)}

    def close(self):
        pass
"""
PROJECT = """
[build-system]
requires = ["setuptools>=80"]
build-backend = "setuptools.build_meta"

[project]
name = "acme-metrics"
version = "1.0"

[project.entry-points."vbench_py.cards"]
acme = "acme_metrics"

[tool.setuptools]
packages = ["acme_metrics"]

[tool.setuptools.package-data]
acme_metrics = ["*.toml"]
"""
ENTRY_POINTS = "[vbench_py.cards]\nacme = acme_metrics\n"


def write_package(folder: Path) -> Path:
    package = folder / "acme_metrics"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "brightness.py").write_text(CODE)
    (package / "cards.toml").write_text(CARDS)
    return package


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The package as an installer leaves it, with the environment that finds it."""
    site = tmp_path / "site"
    write_package(site)
    about = site / "acme_metrics-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-metrics\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    return {"PYTHONPATH": str(site)}


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A folder with one lossless video, every level 100."""
    from vbench_py.video import write_video

    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "grey.mkv", np.full((4, 16, 24, 3), 100, np.uint8), fps=8)
    return tmp_path / "videos"


def test_it_appears_in_the_list(installed: dict[str, str], tmp_path: Path) -> None:
    done = vbench_py("list", "metrics", "--json", cwd=tmp_path, env=installed)
    assert "acme-brightness" in [row["id"] for row in json.loads(done.stdout)]


def test_its_card_is_shown(installed: dict[str, str], tmp_path: Path) -> None:
    done = vbench_py("show", "acme-brightness", cwd=tmp_path, env=installed)
    assert "acme_metrics.brightness:Brightness" in done.stdout.replace("\n", "")


def test_it_scores_a_folder(installed: dict[str, str], grey: Path, tmp_path: Path) -> None:
    done = vbench_py("score", str(grey), "--metrics", "acme-brightness", "--quiet", cwd=tmp_path, env=installed)
    assert done.returncode == 0, done.stderr
    (table,) = (tmp_path / "results").rglob("scores.csv")
    assert table.read_text().splitlines()[1].startswith("grey,0,grey,acme-brightness,1,100.0,ok")


def test_a_real_installation_appears_in_the_list(tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on PATH, and this environment has no pip")
    write_package(tmp_path / "source")
    (tmp_path / "source" / "pyproject.toml").write_text(PROJECT)
    target = tmp_path / "target"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable,
         "--target", target, tmp_path / "source"],
        check=True, capture_output=True,
    )  # fmt: skip
    done = vbench_py("list", "metrics", cwd=tmp_path, env={"PYTHONPATH": str(target)})
    assert "acme-brightness" in done.stdout


def test_a_clash_of_ids_names_both_files(installed: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "cards"
    other.mkdir()
    (other / "mine.toml").write_text(CARDS)
    done = vbench_py("list", "metrics", cwd=tmp_path, env={**installed, "VBENCH_PY_CARDS": str(other)})
    assert done.returncode == 2
    assert str(other / "mine.toml") in done.stderr and "acme_metrics/cards.toml" in done.stderr


def test_a_misspelt_key_names_the_file_and_the_near_one(installed: dict[str, str], tmp_path: Path) -> None:
    cards = Path(installed["PYTHONPATH"]) / "acme_metrics" / "cards.toml"
    cards.write_text(CARDS.replace("direction", "directon"))
    done = vbench_py("show", "acme-brightness", cwd=tmp_path, env=installed)
    assert done.returncode == 2
    assert f"{cards}: metric card" in done.stderr and "did you mean 'direction'" in done.stderr


def test_a_misspelt_metric_says_what_may_have_been_meant(installed: dict[str, str], grey: Path, tmp_path: Path) -> None:
    done = vbench_py("score", str(grey), "--metrics", "acme-brigtness", cwd=tmp_path, env=installed)
    assert (done.returncode, "did you mean 'acme-brightness'" in done.stderr) == (2, True)


def test_an_entry_point_of_a_package_that_is_gone_is_named(tmp_path: Path) -> None:
    about = tmp_path / "site" / "acme_metrics-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-metrics\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    done = vbench_py("list", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")})
    assert (done.returncode, "'acme_metrics', which cannot be found" in done.stderr) == (2, True)
