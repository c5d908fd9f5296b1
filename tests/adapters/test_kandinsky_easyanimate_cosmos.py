"""What is special to Kandinsky 5, EasyAnimate and Cosmos: counts that would give no numbers, tensors, guardrails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.adapters.helpers import request, run, waves
from tests.adapters.tiny.cases import cases
from tests.adapters.tiny.unchecked import Unchecked
from vbench_py.adapters.diffusers import Diffusers
from vbench_py.adapters.diffusers.tensors import as_tensors
from vbench_py.types import Generated, Request, Unsupported
from vbench_py.video import read

Tiny = Callable[[str], Path]


def adapter(name: str, tiny: Tiny, **options: object) -> Diffusers:
    case = cases()[name]
    return Diffusers(case.card, {**case.options(tiny(case.checkpoint)), **options})


def made(name: str, tiny: Tiny, folder: Path, asked: Request) -> Generated:
    (one,) = run(adapter(name, tiny), [asked], folder)
    return one


def pictures(count: int, value: int) -> list[Image.Image]:
    return [Image.new("RGB", (8, 4), (value, 0, 0)) for _ in range(count)]


def test_kandinsky_says_before_loading_that_few_frames_cannot_be(tmp_path: Path) -> None:
    case = cases()["kandinsky5-i2v-lite-5s:i2v"]
    asked = request("i2v", {"first": waves(1)}, tmp_path, frames=5, size_policy="exact")
    with pytest.raises(Unsupported, match="the nearest is 17"):
        Diffusers(case.card, case.card.defaults).plan(asked)


def test_a_video_becomes_a_tensor_of_colours_from_zero_to_one() -> None:
    tensors = as_tensors("EasyAnimateControlPipeline", {"control_video": pictures(3, 255), "prompt": "x"})
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == {"control_video": (1, 3, 3, 4, 8)}
    assert tensors["control_video"].amax() == 1 and tensors["control_video"][:, 1:].amax() == 0


def test_a_lone_first_picture_gets_a_mask_over_all_later_frames() -> None:
    mask = as_tensors("EasyAnimateInpaintPipeline", {"video": pictures(3, 9)})["mask_video"]
    assert mask.shape == (1, 1, 3, 4, 8) and torch.equal(mask[0, 0, :, 0, 0], torch.tensor([0.0, 255.0, 255.0]))


def test_a_mask_stays_as_it_is_given() -> None:
    given = [Image.new("L", (8, 4), value) for value in (255, 0)]
    mask = as_tensors("EasyAnimateInpaintPipeline", {"video": pictures(2, 9), "mask_video": given})["mask_video"]
    assert mask[0, 0, :, 0, 0].tolist() == [255.0, 0.0]


def test_other_pipelines_keep_their_pictures() -> None:
    assert as_tensors("WanVACEPipeline", {"video": pictures(2, 9)}) == {}


def control(folder: Path, *, flipped: bool) -> Request:
    clip = waves(5, 32, 32)
    return request("motion_control", {"control": clip[:, ::-1].copy() if flipped else clip}, folder)


def test_a_control_video_reaches_the_output(tiny: Tiny, tmp_path: Path) -> None:
    name = "easyanimate-v5.1-12b-control:motion_control"
    one = made(name, tiny, tmp_path / "a", control(tmp_path / "in", flipped=False))
    other = made(name, tiny, tmp_path / "b", control(tmp_path / "flipped", flipped=True))
    assert not np.array_equal(read(one.outputs["video"]), read(other.outputs["video"]))


def test_a_first_image_reaches_the_output(tiny: Tiny, tmp_path: Path) -> None:
    name = "easyanimate-v5.1-12b-inp:i2v"
    asked = [request("i2v", {"first": waves(1, 32, 32, detail=size)}, tmp_path / str(size)) for size in (1.0, 3.0)]
    one, other = (made(name, tiny, tmp_path / f"out{number}", item) for number, item in enumerate(asked))
    assert not np.array_equal(read(one.outputs["video"]), read(other.outputs["video"]))


def test_a_prompt_that_the_guardrail_refuses_fails_its_sample_alone(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Unchecked, "check_text_safety", lambda self, prompt: "weapon" not in prompt)
    asked = [
        request("t2v", {}, tmp_path, identifier="harm", prompt="a weapon"),
        request("t2v", {}, tmp_path, identifier="fine", prompt="a red car", seed=1),
    ]
    refused, other = run(adapter("cosmos1-7b-text2world:t2v", tiny), asked, tmp_path / "out")
    assert refused.error is not None and "Guardrail" in str(refused.error)
    assert other.error is None


def test_going_on_from_a_video_begins_with_it(tiny: Tiny, tmp_path: Path) -> None:
    asked = request("long_video", {"prefix": waves(9, 32, 32)}, tmp_path / "in")
    other = request("long_video", {"prefix": waves(9, 32, 32, detail=3.0)}, tmp_path / "other")
    name = "cosmos-predict2.5-2b:extend"
    one, two = made(name, tiny, tmp_path / "a", asked), made(name, tiny, tmp_path / "b", other)
    assert not np.array_equal(read(one.outputs["video"])[0], read(two.outputs["video"])[0])
