"""Real-ESRGAN on ncnn: its edges and levels, and in its environment videos of the right size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.adapters import isolated
from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.command import Command
from vbench_py.isolate.client import Worker
from vbench_py.isolate.environments import Environment
from vbench_py.video import probe

CLIP = waves(3, 24, 32)

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def place() -> Environment:
    return isolated.environment("ncnn")


def of(place: Environment, scale: int, clip: np.ndarray, folder: Path) -> np.ndarray:
    worker: Worker = isolated.program(place, "realesrgan", scale=scale)
    try:
        return isolated.called(worker, clip, folder)
    finally:
        worker.close()


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_flat_frame_stays_as_it_is_up_to_its_edges(place: Environment, scale: int, tmp_path: Path) -> None:
    """Edges filled with black would shine through here."""
    flat = np.full((1, 24, 32, 3), 128, np.uint8)
    made = of(place, scale, flat, tmp_path)
    assert made.shape == (1, 24 * scale, 32 * scale, 3)
    assert np.abs(made.astype(int) - 128).max() <= 6


def test_a_frame_does_not_depend_on_those_before_it(place: Environment, tmp_path: Path) -> None:
    whole = of(place, 4, CLIP, tmp_path)
    assert np.array_equal(of(place, 4, CLIP[2:], tmp_path)[0], whole[2])


def test_shrunk_again_it_is_near_the_source(place: Environment, tmp_path: Path) -> None:
    clip = waves(1, 24, 32, detail=0.3)
    made = of(place, 4, clip, tmp_path).reshape(1, 24, 4, 32, 4, 3).mean(axis=(2, 4))
    assert np.abs(made - clip).mean() < 8


@pytest.mark.parametrize(("name", "scale"), [("realesrgan-animevideo-x2", 2), ("realesrgan-animevideo-x4", 4)])
def test_a_method_gives_a_video_of_its_scale(name: str, scale: int, tmp_path: Path) -> None:
    (made,) = run(Command(method(name), {}), [request("vsr", {"source": CLIP}, tmp_path)], tmp_path)
    info = probe(made.outputs["video"])
    assert (made.status, info.frames, info.width, info.height) == ("ok", 3, 32 * scale, 24 * scale)


def test_frames_smaller_than_the_mirrored_edge_are_a_failed_row(tmp_path: Path) -> None:
    asked = [request("vsr", {"source": CLIP[:, :8, :8]}, tmp_path)]
    (made,) = run(Command(method("realesrgan-animevideo-x4"), {}), asked, tmp_path)
    assert made.status == "failed" and "sides of more than 10 pixels" in str(made.error)
