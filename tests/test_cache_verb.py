"""`vbench-py cache`: what is there, what can go, and features packed without a number changing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World, lossless


def _world(tmp_path: Path) -> World:
    world = World(tmp_path)
    lossless(world.folder / "videos" / "a.mkv")
    return world


def test_it_tells_what_each_part_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))
    world = _world(tmp_path)
    world.vb("score", world.folder / "videos", "--metrics", "temporal-flickering", "--name", "a")
    told = world.vb("cache", "--json").json
    assert told["bytes"]["features"] > 0 and told["folder"] == str(tmp_path / "cache")


def test_a_cleared_part_is_gone_and_an_unknown_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))
    world = _world(tmp_path)
    world.vb("score", world.folder / "videos", "--metrics", "temporal-flickering", "--name", "a")
    assert world.vb("cache", "--clear", "features").code == 0
    assert not (tmp_path / "cache" / "features").exists()
    assert "did you mean 'features'" in world.vb("cache", "--clear", "feature").err


def test_packed_features_are_still_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))
    world = _world(tmp_path)
    command = ("score", world.folder / "videos", "--metrics", "temporal-flickering", "--name", "a")
    world.vb(*command)
    before = world.scores("a")
    assert "packed 1 records" in world.vb("cache", "--compact").out
    for run in world.results.glob("runs/*/*"):
        for file in run.glob("scores.*.jsonl"):
            file.unlink()
    world.vb(*command)
    assert world.scores("a") == before
