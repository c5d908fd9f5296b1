"""Our programs for SeedVR2, FlashVSR and streamlined inference, on stand-ins for the repositories' scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from vbench_py.adapters.programs import flashvsr, seedvr2, streamlined

Modules = Callable[[str, dict[str, Any]], ModuleType]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Modules:
    """Puts a module of that name and content where a program imports it from."""

    def put(name: str, content: dict[str, Any]) -> ModuleType:
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return put


@pytest.fixture
def restored(stand_in: Modules, monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], ModuleType]:
    """The keyword arguments that SeedVR2's loop gets, and its script."""
    calls: list[dict[str, Any]] = []
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")
    script = ModuleType("projects.inference_seedvr2_3b")
    written = SimpleNamespace(write_video=lambda *given, **asked: calls.append(asked), write_image=None)
    vars(script).update(
        mediapy=written,
        configure_runner=lambda count: f"runner of {count}",
        generation_loop=lambda runner, **asked: calls.append({"runner": runner, **asked}),
    )
    stand_in("projects", {"inference_seedvr2_3b": script})
    monkeypatch.setitem(sys.modules, script.__name__, script)
    return calls, script


def clip_in(folder: Path) -> Path:
    path = folder / "source" / "source.mkv"
    path.parent.mkdir()
    path.touch()
    return path


def restore(source: Path, times: float = 4) -> None:
    seedvr2.Program("3b")(source, source.parent.parent, 150, 90, times, seed=7, steps=1, guidance=1.0)


def test_seedvr2_is_asked_for_the_enlarged_area(restored: Any, tmp_path: Path) -> None:
    restore(clip_in(tmp_path))
    assert (restored[0][0]["res_w"], restored[0][0]["res_h"]) == (600, 360)


def test_seedvr2_gets_each_clips_own_seed(restored: Any, tmp_path: Path) -> None:
    restore(clip_in(tmp_path))
    assert restored[0][0]["seed"] == 7


def test_seedvr2_writes_without_loss(restored: Any, tmp_path: Path) -> None:
    restore(clip_in(tmp_path))
    calls, script = restored
    script.mediapy.write_video("video.mkv", [])
    assert calls[-1]["codec"] == "ffv1"


def test_seedvr2_refuses_a_second_clip_in_the_folder(restored: Any, tmp_path: Path) -> None:
    source = clip_in(tmp_path)
    (source.parent / "other.mkv").touch()
    with pytest.raises(ValueError, match="alone"):
        restore(source)


def test_seedvr2_knows_two_sizes() -> None:
    with pytest.raises(ValueError, match="choose among 3b, 7b"):
        seedvr2.Program("13b")


@pytest.fixture
def enlarge(stand_in: Modules, tmp_path: Path) -> Callable[[int], list[dict[str, Any]]]:
    """FlashVSR over a script that read so many frames with their repeats: what its pipeline was asked."""
    asked: list[dict[str, Any]] = []

    def pipe(**given: Any) -> int:
        asked.append(given)
        return int(given["num_frames"]) - 4

    def run(count: int) -> list[dict[str, Any]]:
        content = {
            "init_pipeline": lambda: pipe,
            "prepare_input_tensor": lambda path, **_: ("frames", 256, 512, count, 30),
            "tensor2video": lambda made: [Image.new("RGB", (8, 8), (place, 0, 0)) for place in range(made)],
        }
        stand_in("infer_flashvsr_full", content)
        flashvsr.Program()(tmp_path, tmp_path / "frames", 5, 4, 1, 2.0, 3.0, 11, color_fix=True)
        return asked

    return run


def test_flashvsr_writes_every_frame_in_order(enlarge: Any, tmp_path: Path) -> None:
    enlarge(25)
    reds = [Image.open(path).getpixel((0, 0))[0] for path in sorted((tmp_path / "frames").iterdir())]  # type: ignore[index]
    assert reds == list(range(21))


def test_flashvsr_scales_its_sparse_attention_by_the_area(enlarge: Any) -> None:
    (asked,) = enlarge(25)
    assert asked["topk_ratio"] == 2.0 * 768 * 1280 / (256 * 512)


def test_flashvsr_refuses_clips_of_which_the_pipeline_makes_nothing(enlarge: Any) -> None:
    with pytest.raises(ValueError, match="21 and more"):
        enlarge(17)


def test_streamlined_wraps_what_it_loads_and_seeds_each_sample(
    stand_in: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[Any] = []

    class Pipe:
        unet = SimpleNamespace(config=SimpleNamespace(num_frames=14))

        def to(self, device: str) -> None:
            told.append(device)

        def __call__(self, generator: torch.Generator, **asked: Any) -> SimpleNamespace:
            told.append((generator.initial_seed(), asked))
            return SimpleNamespace(frames=[[Image.new("RGB", (8, 8))]])

    class Wrapper:
        def __init__(self, **given: Any) -> None:
            told.append(given)

        def wrap(self, pipe: Pipe) -> None:
            told.append(type(pipe))

    stand_in("fme", {"FMEWrapper": Wrapper})
    monkeypatch.setattr(streamlined, "_svd", lambda model: Pipe())
    streamlined.Program("svd", tmp_path, 7, 7, "cpu")(tmp_path / "frames", 9, width=64)
    chunks = {"num_temporal_chunk": 7, "num_spatial_chunk": 7, "num_frames": 14}
    assert told == ["cpu", chunks, Pipe, (9, {"width": 64})]


def test_streamlined_writes_png(stand_in: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pipe = SimpleNamespace(unet=SimpleNamespace(config=SimpleNamespace(num_frames=1)), to=lambda device: None)
    monkeypatch.setattr(streamlined, "_svd", lambda model: CallablePipe(pipe))
    stand_in("fme", {"FMEWrapper": lambda **_: SimpleNamespace(wrap=lambda pipe: None)})
    streamlined.Program("svd", tmp_path, 7, 7, "cpu")(tmp_path / "frames", 9)
    assert [path.name for path in (tmp_path / "frames").iterdir()] == ["00000.png"]


class CallablePipe:
    def __init__(self, like: SimpleNamespace) -> None:
        self.unet, self.to = like.unet, like.to

    def __call__(self, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(frames=[[Image.new("RGB", (8, 8))]])
