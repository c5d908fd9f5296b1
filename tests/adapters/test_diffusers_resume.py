"""A pipeline's run through the whole harness: killed in the middle, taken up again, the same outputs as undisturbed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.world import World

CARD = """
id = "tiny-wan"
title = "A tiny checkpoint"
adapter = "diffusers"
status = "untested"

[defaults]
pipeline = "WanPipeline"
folder = "{folder}"
dtype = "float32"
call = {{ num_inference_steps = {steps}, num_frames = 5, width = 32, height = 32 }}

[[modes]]
task = "t2v"
texts = ["prompt"]
native_fps = 8.0
batching = "batch"
"""
COUNT = 5
PATIENCE = 240.0


def world(folder: Path, checkpoint: Path, steps: int = 12) -> tuple[World, list[str]]:
    """A suite of prompts and the command that runs a card on it."""
    folder.mkdir()
    made = World(folder)
    rows = [{"id": f"p{number}", "prompt": f"a car, number {number}"} for number in range(COUNT)]
    made.make_suite(rows, metrics=["temporal-flickering"], task="t2v")
    suite = made.suite / "suite.toml"
    suite.write_text(suite.read_text().replace('methods = ["bicubic", "noise"]\n', ""))
    (folder / "tiny-wan.toml").write_text(CARD.format(folder=checkpoint, steps=steps))
    card = str(folder / "tiny-wan.toml")
    return made, ["run", str(made.suite), "-m", card, "--no-controls", "--no-report", "--quiet"]


@pytest.mark.timeout(600)
def test_a_killed_run_is_taken_up_again(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    checkpoint = tiny("WanPipeline")
    killed, command = world(tmp_path / "killed", checkpoint)
    process = killed.start(*command)
    deadline = time.monotonic() + PATIENCE
    while not (before := written(killed)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=60)
    before = written(killed)
    assert 0 < len(before) < COUNT, "it was killed too late, or it never began"
    assert killed.vb(*command).code == 0
    rows = {row["sample"]: row for row in killed.rows("tiny-wan", "generated")}
    assert len(rows) == COUNT and all(row["status"] == "ok" for row in rows.values())
    assert {name: rows[name]["created"] for name in before} == before, "what was done was done again"
    undisturbed, other = world(tmp_path / "undisturbed", checkpoint)
    assert undisturbed.vb(*other).code == 0
    whole = {row["sample"]: row["identity"] for row in undisturbed.rows("tiny-wan", "generated")}
    assert {name: row["identity"] for name, row in rows.items()} == whole


def written(made: World) -> dict[str, float]:
    """Sample -> when its row was written, of the finished ones."""
    lines = [line for file in made.results.glob("runs/*/*/generated.*.jsonl") for line in file.read_text().splitlines()]
    rows = [json.loads(line) for line in lines if line.endswith("}")]
    return {row["sample"]: row["created"] for row in rows if row["status"] == "ok"}


def test_the_record_is_complete(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    made, command = world(tmp_path / "one", tiny("WanPipeline"), steps=1)
    assert made.vb(*command, "--limit", "1", "--axis", "step=40000").code == 0
    (folder,) = made.results.glob("runs/*/tiny-wan*")
    (row,) = (json.loads(line) for file in folder.glob("generated.*.jsonl") for line in file.read_text().splitlines())
    assert row["prompt_policy"] == "verbatim" and row["prompt_used"] == "a car, number 0"
    assert row["resolved"]["call"] == {"num_inference_steps": 1}
    assert (row["resolved"]["frames"], row["frames"], row["width"], row["height"]) == (5, 5, 32, 32)
    assert {"load", "generate", "decode", "encode"} <= set(row["seconds"])
    assert {"diffusers", "attention", "offload", "initial_noise"} <= set(row["provenance"])
    assert str(tiny("WanPipeline").parent) not in json.dumps(row["resolved"])
    assert "step=40000" in folder.name or "step" in json.dumps(row)
