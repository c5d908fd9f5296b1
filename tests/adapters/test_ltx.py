"""What is special to LTX-Video and LTX-2: pinned pictures, the rate as an input, sound."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.types import Generated, Request, Sample, Unsupported
from vbench_py.video import probe, read

pytest.importorskip("diffusers")

from vbench_py.adapters.diffusers import Diffusers
from vbench_py.adapters.diffusers.conditions import pinned

Tiny = Callable[[str], Path]
QUICK = {"dtype": "float32", "call.num_frames": 9, "call.width": 64, "call.height": 64}
LTX2 = {"call.num_inference_steps": 2, "call.spatio_temporal_guidance_blocks": [1], "offload": "none"}


def made(card: str, folder: Path, asked: Request, out: Path, **options: Any) -> Generated:
    (one,) = run(Diffusers(method(card), {**QUICK, "folder": str(folder), **options}), [asked], out)
    assert one.error is None
    return one


def text() -> Request:
    return Request(Sample("s", "t2v", prompt="a red car"), 0)


def test_pictures_are_pinned_to_the_first_and_the_last_frame() -> None:
    ltx = pinned("LTXConditionPipeline", {"first": "a", "last": "b"}, 121)
    assert [(one.image, one.frame_index) for one in ltx] == [("a", 0), ("b", 120)]
    ltx2 = pinned("LTX2ConditionPipeline", {"first": "a", "last": "b"}, 121)
    assert [(one.frames, one.index) for one in ltx2] == [("a", 0), ("b", -1)]


@pytest.mark.parametrize("card", ["ltx-video-13b-0.9.7-dev", "ltx-video-13b-0.9.8-distilled"])
def test_a_last_picture_changes_the_video(card: str, tiny: Tiny, tmp_path: Path) -> None:
    media = {"first": waves(1, 64, 64), "last": waves(1, 64, 64, detail=3)}
    videos = []
    for roles in (("first",), ("first", "last")):
        ask = request("i2v", {role: media[role] for role in roles}, tmp_path / str(len(roles)) / "in")
        one = made(card, tiny("LTXConditionPipeline"), ask, tmp_path / str(len(roles)) / "out")
        assert set(one.provenance["inputs"]) == set(roles)
        videos.append(read(one.outputs["video"]))
    assert not np.array_equal(*videos)


def test_the_rate_is_an_input_of_the_model_and_is_written(tiny: Tiny, tmp_path: Path) -> None:
    videos = []
    for rate in (12, 25):
        options = {"call.frame_rate": rate, "call.num_inference_steps": 2}
        one = made("ltx-video-2b-0.9", tiny("LTXPipeline"), text(), tmp_path / str(rate), **options)
        assert probe(one.outputs["video"]).fps == rate
        videos.append(read(one.outputs["video"]))
    assert not np.array_equal(*videos)


@pytest.mark.parametrize(("frames", "width", "field"), [(120, 768, "frames"), (121, 760, "size")])
def test_counts_of_8k_plus_1_and_sides_of_32(frames: int, width: int, field: str) -> None:
    adapter = Diffusers(method("ltx-video-2b-0.9"), method("ltx-video-2b-0.9").defaults)
    ask = Request(Sample("s", "t2v", prompt="a"), 0, frames=frames, width=width, height=512, size_policy="exact")
    with pytest.raises(Unsupported) as told:
        adapter.plan(ask)
    assert told.value.field == field


def test_sound_is_as_long_as_the_picture_and_has_the_vocoders_rate(tiny: Tiny, tmp_path: Path) -> None:
    one = made("ltx-2", tiny("LTX2Pipeline"), text(), tmp_path, **LTX2)
    video = probe(one.outputs["video"])
    with wave.open(str(one.outputs["audio"])) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16000, 2) and sound.getnframes() > 0
    assert one.provenance["audio"]["rate"] == 16000
    assert (video.frames, video.fps) == (9, 24.0)


def test_sound_depends_on_the_seed(tiny: Tiny, tmp_path: Path) -> None:
    sounds = []
    for seed in (0, 1):
        ask = Request(Sample("s", "t2v", prompt="a red car"), seed)
        sounds.append(made("ltx-2", tiny("LTX2Pipeline"), ask, tmp_path / str(seed), **LTX2).outputs["audio"])
    assert sounds[0].read_bytes() != sounds[1].read_bytes()


def test_the_first_image_is_compressed_unless_switched_off(tiny: Tiny, tmp_path: Path) -> None:
    assert "first-image-compressed" in method("ltx-2").modes[1].side_effects
    noise = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3), np.uint8)
    videos = []
    for crf in (33, 0):
        ask = request("i2v", {"first": noise}, tmp_path / str(crf) / "in")
        card = method("ltx-2").model_copy(update={"modes": method("ltx-2").modes[1:]})
        options = {**QUICK, **LTX2, "folder": str(tiny("LTX2ImageToVideoPipeline")), "call.image_crf": crf}
        (one,) = run(Diffusers(card, options), [ask], tmp_path / str(crf) / "out")
        assert one.error is None
        videos.append(read(one.outputs["video"]))
    assert not np.array_equal(*videos)
