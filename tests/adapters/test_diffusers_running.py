"""What is measured and recorded while pipelines run, and errors that stay with their sample."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.adapters.helpers import run, waves
from tests.adapters.test_diffusers import built, card, request
from vbench_py.adapters.diffusers.media import fitted
from vbench_py.adapters.diffusers.results import frames_by_sample, sound_rate, write_sound
from vbench_py.adapters.diffusers.schedules import schedule
from vbench_py.adapters.diffusers.settings import settings
from vbench_py.cards import MethodCard
from vbench_py.promises.clips import write_inputs
from vbench_py.types import BadMedia, Chunk, Request, Unsupported
from vbench_py.video import probe

Tiny = Callable[[str], Path]
SIDES = {"call.width": 64, "call.height": 64}
QUICK = {"dtype": "float32", "call.num_inference_steps": 2}


def svd(**mode: Any) -> MethodCard:
    given = {"task": "i2v", "required": ["first"], "fps": "model-input", "native_fps": 7.0, "batching": "batch"}
    return card({**given, **mode}, pipeline="StableVideoDiffusionPipeline", call={"decode_chunk_size": 2})


def first(folder: Path, seed: int = 0) -> Request:
    media = write_inputs(folder, ["first"], waves(1, 48, 96), "i2v")
    return request("i2v", seed, media=media)


def test_a_decoder_that_works_in_chunks_fills_the_timeline(tiny: Tiny, tmp_path: Path) -> None:
    adapter = built(svd(), folder=str(tiny("StableVideoDiffusionPipeline")), **QUICK, **SIDES, **{"call.num_frames": 5})
    (made,) = run(adapter, [first(tmp_path / "in")], tmp_path / "out")
    assert made.error is None
    assert [(chunk.first, chunk.last) for chunk in made.timeline] == [(0, 1), (2, 3), (4, 4)]
    assert all(one.emitted_at < two.emitted_at for one, two in zip(made.timeline, made.timeline[1:], strict=False))
    assert isinstance(made.timeline[0], Chunk)
    assert made.seconds["decode"] > 0


def test_a_picture_of_another_shape_is_cut_and_the_record_says_so(tiny: Tiny, tmp_path: Path) -> None:
    adapter = built(svd(), folder=str(tiny("StableVideoDiffusionPipeline")), **QUICK, **SIDES, **{"call.num_frames": 2})
    (made,) = run(adapter, [first(tmp_path / "in")], tmp_path / "out")
    assert made.provenance["inputs"] == {"first": {"frames": 1, "from": [96, 48], "to": [64, 64], "fit": "crop"}}
    assert probe(made.outputs["video"]).width == 64


def test_a_broken_picture_fails_alone_in_a_batch(tiny: Tiny, tmp_path: Path) -> None:
    adapter = built(svd(), folder=str(tiny("StableVideoDiffusionPipeline")), **QUICK, **SIDES, **{"call.num_frames": 2})
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture at all")
    broken = request("i2v", media={"first": bad})
    one, two, three = run(adapter, [first(tmp_path / "in"), broken, first(tmp_path / "in", 1)], tmp_path / "out")
    assert [made.status for made in (one, two, three)] == ["ok", "failed", "ok"]
    assert isinstance(two.error, BadMedia)


def test_what_the_pipeline_rounds_is_measured(tiny: Tiny, tmp_path: Path) -> None:
    """WanPipeline makes 4k+1 frames of any number; the made-up card has no rule that says so."""
    wan = card({"task": "t2v", "texts": ["prompt"]}, pipeline="WanPipeline", call={})
    options = {**QUICK, "call.num_frames": 6, "call.width": 32, "call.height": 32}
    (made,) = run(built(wan, folder=str(tiny("WanPipeline")), **options), [request()], tmp_path)
    assert made.provenance["rounded_by_pipeline"] == {"frames": {"asked": 6, "got": 5}}


def test_modes_with_other_pipelines_take_turns(tiny: Tiny, tmp_path: Path) -> None:
    mine = {"call": {"num_frames": 5, "width": 32, "height": 32}}
    text = {"task": "t2v", "defaults": {"pipeline": "WanPipeline", "folder": str(tiny("WanPipeline")), **mine}}
    source = {"pipeline": "WanVideoToVideoPipeline", "folder": str(tiny("WanVideoToVideoPipeline"))}
    edit = {"task": "editing", "required": ["source"], "frames": {"multiple": 4, "plus": 1, "follows": "source"}}
    both = card(text, {**edit, "defaults": {**source, "call": {"width": 32, "height": 32}}}, call={})
    media = write_inputs(tmp_path / "in", ["source"], waves(7), "editing")
    asked = [request(), request("editing", media=media)]
    made = run(built(both, **QUICK), asked, tmp_path / "out")
    assert [one.error for one in made] == [None, None]
    assert [probe(one.outputs["video"]).frames for one in made] == [5, 5]
    assert all(one.seconds["load"] > 0 for one in made)


@pytest.mark.parametrize(
    "result",
    [
        np.full((1, 2, 4, 6, 3), 0.5, np.float32),
        np.full((2, 4, 6, 3), 128, np.uint8),
        torch.full((1, 2, 3, 4, 6), 0.5),
        [[Image.new("RGB", (6, 4), (128, 128, 128))] * 2],
        [Image.new("RGB", (6, 4), (128, 128, 128))] * 2,
    ],
    ids=["array", "bytes", "tensor", "pictures", "one-video"],
)
def test_frames_come_in_many_forms(result: Any) -> None:
    (video,) = frames_by_sample(result, 1)
    assert video.shape == (2, 4, 6, 3) and video.dtype == np.uint8
    assert set(np.unique(video)) == {128}


def test_values_that_are_no_numbers_are_no_video() -> None:
    with pytest.raises(BadMedia, match="not finite; weights or precision do not suit"):
        frames_by_sample(np.full((1, 2, 4, 6, 3), np.nan), 1)


def test_sound_is_kept_as_16_bits(tmp_path: Path) -> None:
    wave_form = torch.sin(torch.linspace(0, 100, 4800))[None].repeat(2, 1)
    write_sound(tmp_path / "audio.wav", wave_form, 24000)
    with wave.open(str(tmp_path / "audio.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes(), file.getsampwidth()) == (2, 24000, 4800, 2)
        samples = np.frombuffer(file.readframes(4800), "<i2").reshape(-1, 2)
    assert np.abs(samples[:, 0] / 32767 - wave_form[0].numpy()).max() < 1e-4


def test_the_rate_of_sound_is_a_number_or_a_place_in_the_pipeline() -> None:
    vocoder = SimpleNamespace(config=SimpleNamespace(output_sampling_rate=24000))
    assert sound_rate(SimpleNamespace(vocoder=vocoder), "vocoder.config.output_sampling_rate") == 24000
    assert sound_rate(None, "16000") == 16000


def test_a_picture_fits_in_three_ways() -> None:
    wide = Image.fromarray(waves(1, 20, 60)[0])
    lanczos = Image.Resampling.LANCZOS
    assert [fitted(wide, (30, 30), fit, lanczos).size for fit in ("crop", "pad", "stretch")] == [(30, 30)] * 3
    padded = np.asarray(fitted(wide, (30, 30), "pad", lanczos))
    assert padded[:10].max() == 0 and padded[10:20].min() > 0 and padded[20:].max() == 0
    assert (
        np.abs(np.asarray(fitted(wide, (20, 20), "crop", lanczos)).astype(int) - waves(1, 20, 60)[0][:, 20:40]).max()
        == 0
    )


def test_a_schedule_by_frames_and_by_windows() -> None:
    prompts = ((0, "a"), (40, "b"), (900, "c"))
    by_frame = settings("m", {"pipeline": "AnimateDiffPipeline", "free_noise": {}})
    assert schedule(by_frame, "prompt", prompts, 64) == {"prompt": {0: "a", 40: "b"}}
    tiles = {"temporal_tile_size": 24, "temporal_overlap": 8}
    by_window = settings("m", {"pipeline": "LTXI2VLongMultiPromptPipeline", "call": tiles})
    assert schedule(by_window, "prompt_segments", prompts, 64)["prompt_segments"] == [
        {"start_window": 0, "end_window": 1, "text": "a"},
        {"start_window": 2, "end_window": 3, "text": "b"},
    ]
    with pytest.raises(Unsupported, match="takes no schedule"):
        schedule(settings("m", {"pipeline": "WanPipeline"}), "prompt", prompts, 64)
