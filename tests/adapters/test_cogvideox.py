"""What is special to CogVideoX and ConsisID: counts of frames, padding of latents, faces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.types import BadMedia, Generated, Request, Sample, Unsupported, UsageError
from vbench_py.video import probe, read

pytest.importorskip("diffusers")

from vbench_py.adapters.diffusers import Diffusers, faces

Tiny = Callable[[str], Path]
QUICK = {"dtype": "float32", "call.num_inference_steps": 2, "call.width": 32, "call.height": 32}


def asked(task: str, **rest: Any) -> Request:
    return Request(Sample("s", task, prompt="a red car"), 0, **rest)


def made(card: str, folder: Path, asked: Request, out: Path, **options: Any) -> Generated:
    (one,) = run(Diffusers(method(card), {**QUICK, "folder": str(folder), **options}), [asked], out)
    return one


@pytest.mark.parametrize(("card", "wanted", "given"), [("cogvideox-5b", 60, 49), ("cogvideox1.5-5b", 90, 97)])
def test_the_nearest_count_is_one_that_was_trained(card: str, wanted: int, given: int) -> None:
    adapter = Diffusers(method(card), method(card).defaults)
    assert adapter.plan(asked("t2v", frames=wanted, size_policy="nearest")).parameters["frames"] == given
    with pytest.raises(Unsupported, match="frames"):
        adapter.plan(asked("t2v", frames=wanted, size_policy="exact"))


def test_another_size_than_the_trained_one_is_refused_where_it_must_be_exact() -> None:
    adapter = Diffusers(method("cogvideox-2b"), method("cogvideox-2b").defaults)
    with pytest.raises(Unsupported, match="720x480"):
        adapter.plan(asked("t2v", width=640, height=480, size_policy="exact"))


@pytest.mark.parametrize("frames", [17, 33])
def test_latents_padded_for_patches_in_time_leave_the_count_as_it_was(frames: int, tiny: Tiny, tmp_path: Path) -> None:
    card = "cogvideox1.5-5b"
    one = made(card, tiny(card), asked("t2v"), tmp_path, **{"call.num_frames": frames})
    assert one.error is None and probe(one.outputs["video"]).frames == frames
    assert "rounded_by_pipeline" not in one.provenance


@pytest.mark.parametrize(("card", "frames"), [("cogvideox-5b-v2v", 9), ("cogvideox1.5-5b-v2v", 8)])
def test_a_source_is_cut_to_a_length_that_the_pipeline_takes(
    card: str, frames: int, tiny: Tiny, tmp_path: Path
) -> None:
    edit = request("editing", {"source": waves(15, 48, 64)}, tmp_path / "in")
    folder = tiny(card if "1.5" in card else "CogVideoXVideoToVideoPipeline")
    one = made(card, folder, edit, tmp_path / "out")
    assert one.error is None and probe(one.outputs["video"]).frames == frames
    assert one.provenance["inputs"]["source"]["frames"] == frames and "rounded_by_pipeline" not in one.provenance


def test_a_source_that_is_too_short_is_unsupported(tiny: Tiny, tmp_path: Path) -> None:
    edit = request("editing", {"source": waves(5, 48, 64)}, tmp_path / "in")
    one = made("cogvideox-5b-v2v", tiny("CogVideoXVideoToVideoPipeline"), edit, tmp_path / "out")
    assert isinstance(one.error, Unsupported) and one.error.field == "frames"


def test_a_control_video_gives_length_and_size_and_is_followed(tiny: Tiny, tmp_path: Path) -> None:
    videos = []
    for name, speed in (("a", 0.0), ("b", 3.0)):
        follow = request("motion_control", {"control": waves(12, 40, 64, speed=speed)}, tmp_path / name / "in")
        free = {"dtype": "float32", "call.num_inference_steps": 2, "folder": str(tiny("CogVideoXFunControlPipeline"))}
        (one,) = run(Diffusers(method("cogvideox-fun-5b-pose"), free), [follow], tmp_path / name / "out")
        assert one.error is None
        videos.append(read(one.outputs["video"]))
    assert videos[0].shape == (9, 32, 64, 3) and not np.array_equal(*videos)


class Helper(SimpleNamespace):
    """In place of the face networks: embeddings that depend on the picture, in the tiny checkpoint's sizes."""

    loaded = 0

    def prepare_face_models(self, folder: str, device: Any, dtype: Any) -> tuple[object, ...]:
        self.loaded += 1
        return ("aligner", "recogniser", "encoder", "finder", "mean", "deviation")

    def process_face_embeddings_infer(self, *given: Any) -> tuple[Any, ...]:
        import torch
        from PIL import Image

        assert given[:6] == ("aligner", "encoder", "recogniser", "mean", "deviation", "finder")
        picture = given[-1]
        if not picture.any():
            raise RuntimeError("facexlib align face fail")
        shade = float(picture.mean()) / 255
        return torch.full((1, 2), shade), [torch.full((1, 2, 2), shade)], Image.fromarray(picture), None


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Helper:
    one = Helper()
    monkeypatch.setattr(faces, "_helper", lambda: one)
    return one


def face(folder: Path, tiny: Tiny, pictures: list[np.ndarray]) -> list[Generated]:
    options = {**QUICK, "folder": str(tiny("ConsisIDPipeline")), "call.num_frames": 9}
    subjects = [
        request("customization", {"reference": picture}, folder / str(number) / "in")
        for number, picture in enumerate(pictures)
    ]
    return run(Diffusers(method("consisid"), options), subjects, folder / "out")


def test_a_face_reaches_the_video_and_its_networks_load_once(helper: Helper, tiny: Tiny, tmp_path: Path) -> None:
    bright = waves(1, 32, 32)
    first, second = face(tmp_path, tiny, [bright, 255 - bright // 2])
    assert first.error is None and second.error is None
    assert not np.array_equal(read(first.outputs["video"]), read(second.outputs["video"]))
    assert helper.loaded == 1


def test_a_picture_without_a_face_is_told_and_the_next_goes_on(helper: Helper, tiny: Tiny, tmp_path: Path) -> None:
    black, bright = face(tmp_path, tiny, [np.zeros((1, 32, 32, 3), np.uint8), waves(1, 32, 32)])
    assert isinstance(black.error, BadMedia) and "face" in str(black.error)
    assert bright.error is None


def test_face_networks_that_are_not_installed_are_named(tiny: Tiny, tmp_path: Path) -> None:
    try:
        import insightface  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        (one,) = face(tmp_path, tiny, [waves(1, 32, 32)])
        assert isinstance(one.error, UsageError) and "insightface" in str(one.error)
    else:
        pytest.skip("insightface is installed")
