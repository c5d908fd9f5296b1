"""A core suite with a diffusion pipeline: from the command to a leaderboard with controls, from a tiny checkpoint."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.conftest import tiny as tiny
from tests.checkout import ROOT, vbench_py

pytest.importorskip("diffusers")
SIDE, FRAMES, LIMIT = 32, 8, 4


def card(folder: Path) -> str:
    """A card as one would write it for a checkpoint of one's own; settings are those of `animatediff`."""
    known: dict[str, Any] = tomllib.loads((ROOT / "adapters/methods/animatediff.toml").read_text("utf-8"))
    arguments = ", ".join(f'{name} = "{to}"' for name, to in known["defaults"]["arguments"].items())
    return f"""
[[method]]
id = "tiny-animatediff"
title = "AnimateDiff, tiny and random"
adapter = "diffusers"
licence_weights = "none: random numbers"
status = "untested"

[method.defaults]
pipeline = "AnimateDiffPipeline"
folder = "{folder.as_posix()}"
dtype = "float32"
call = {{ num_inference_steps = 2 }}
arguments = {{ {arguments} }}

[[method.modes]]
task = "t2v"
texts = ["prompt"]
frames = {{ most = 32, native = {FRAMES} }}
size = {{ multiple = 8, native = [{SIDE}, {SIDE}] }}
native_fps = 8
batching = "batch"
"""


def test_a_tiny_pipeline_ends_in_a_leaderboard_with_controls(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "tiny.toml").write_text(card(tiny("AnimateDiffPipeline")), encoding="utf-8")
    words = ["run", "t2v-core", "--method", "tiny-animatediff", "--limit", str(LIMIT), "--seed", "0", "--device", "cpu"]
    flags = ["--offline", "--cache", "cache", "--results", "results", "--quiet", "--no-report", "--json"]
    done = vbench_py(*words, *flags, cwd=tmp_path, env={"VBENCH_PY_CARDS": str(tmp_path / "cards")})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    error = {row["name"]: row for row in told["rows"] if row["metric"] == "warping-error-dis"}
    assert set(error) == {"tiny-animatediff", "noise"} and error["noise"]["control"] == "floor"
    assert all(row["n"] == LIMIT for row in error.values())
    assert error["tiny-animatediff"]["mean"] < error["noise"]["mean"]
    assert "clipsim" in {row["metric"] for row in told["unavailable"]}
