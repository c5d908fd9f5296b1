"""Wan 2.1 and 2.2 on tiny checkpoints: two experts, two kinds of VAE, and that every input reaches the output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("diffusers")

from tests.adapters.helpers import request
from tests.adapters.tiny.cases import SIDE, Case, cases
from tests.adapters.tiny.runs import CLIP, Tiny, adapter, generated, pixels
from vbench_py.types import Unsupported
from vbench_py.video import read

LENGTHS = {
    "wan-2.1-v2v-1.3b:editing": 5,
    "wan-2.1-vace-1.3b:inpaint": 5,
    "wan-2.1-vace-1.3b:control": 5,
    "wan-2.2-animate-14b:animate": CLIP,
    "wan-2.2-animate-14b:replace": CLIP,
}
"""What modes that follow a source give for one of 6 frames: it is cut to 4k+1, or made whole again."""

INPUTS = [
    ("wan-2.1-v2v-1.3b:editing", "source"),
    ("wan-2.1-i2v-14b-480p:i2v", "first"),
    ("wan-2.1-flf2v-14b-720p:first-last", "last"),
    ("wan-2.1-vace-1.3b:inpaint", "source"),
    ("wan-2.1-vace-1.3b:inpaint", "reference"),
    ("wan-2.1-vace-1.3b:control", "control"),
    ("wan-2.2-ti2v-5b:i2v", "first"),
    ("wan-2.2-animate-14b:animate", "reference"),
    ("wan-2.2-animate-14b:animate", "control/pose"),
    ("wan-2.2-animate-14b:animate", "control/face"),
    ("wan-2.2-animate-14b:replace", "source"),
]


def case(name: str) -> Case:
    return cases()[name]


@pytest.mark.parametrize("name", LENGTHS)
def test_a_source_gives_the_length(name: str, tiny: Tiny, tmp_path: Path) -> None:
    assert pixels(case(name), tiny, tmp_path / "made").shape == (LENGTHS[name], SIDE, SIDE, 3)


@pytest.mark.parametrize(("name", "role"), INPUTS)
def test_every_input_reaches_the_output(name: str, role: str, tiny: Tiny, tmp_path: Path) -> None:
    changed = pixels(case(name), tiny, tmp_path / "changed", other=role)
    assert not np.array_equal(changed, pixels(case(name), tiny, tmp_path / "plain"))


def test_the_prompt_reaches_the_output(tiny: Tiny, tmp_path: Path) -> None:
    chosen = case("wan-2.1-t2v-1.3b:t2v")
    red = pixels(chosen, tiny, tmp_path / "red", prompt="a red car")
    assert not np.array_equal(red, pixels(chosen, tiny, tmp_path / "zebra", prompt="quite another zebra"))


@pytest.mark.parametrize("name", ["wan-2.2-t2v-a14b:t2v", "wan-2.2-i2v-a14b:i2v"])
def test_the_second_expert_has_a_guidance_of_its_own(name: str, tiny: Tiny, tmp_path: Path) -> None:
    options = {"call__num_inference_steps": 4}
    plain = pixels(case(name), tiny, tmp_path / "plain", options=options)
    strong = pixels(case(name), tiny, tmp_path / "strong", options={**options, "call__guidance_scale_2": 30.0})
    assert not np.array_equal(plain, strong)


def test_a_second_guidance_without_a_second_expert_is_that_samples_error(tiny: Tiny, tmp_path: Path) -> None:
    (made,) = generated(case("wan-2.1-t2v-1.3b:t2v"), tiny, tmp_path / "made", options={"call__guidance_scale_2": 3.0})
    assert (made.status, type(made.error)) == ("failed", ValueError)


def test_a_long_pose_video_is_made_in_segments(tiny: Tiny, tmp_path: Path) -> None:
    chosen = case("wan-2.2-animate-14b:animate")
    assert len(pixels(chosen, tiny, tmp_path / "made", options={"call__segment_frame_length": 5})) == CLIP
    whole = pixels(chosen, tiny, tmp_path / "whole", options={"call__segment_frame_length": 9})
    assert len(whole) == CLIP


def test_subjects_go_in_uncut(tiny: Tiny, tmp_path: Path) -> None:
    (made,) = generated(
        case("wan-2.1-vace-1.3b:reference"), tiny, tmp_path / "made", options={"call__width": 64, "call__height": 32}
    )
    assert made.provenance["inputs"]["reference"] == {"frames": 1, "from": [32, 32], "to": [32, 32]}
    assert read(made.outputs["video"]).shape[1:3] == (32, 64)


@pytest.mark.parametrize(
    ("name", "policy", "expected"),
    [
        ("wan-2.1-t2v-1.3b:t2v", "native", (81, 832, 480)),
        ("wan-2.1-t2v-1.3b:t2v", "nearest", (49, 640, 352)),
        ("wan-2.2-ti2v-5b:t2v", "native", (121, 1280, 704)),
        ("wan-2.2-ti2v-5b:t2v", "nearest", (49, 640, 352)),
    ],
)
def test_frames_are_4k_plus_1_and_sides_multiples(
    name: str, policy: str, expected: tuple[int, int, int], tmp_path: Path
) -> None:
    from vbench_py.adapters.diffusers import Diffusers

    card = case(name).card
    asked = request("t2v", {}, tmp_path, frames=48, width=640, height=360, size_policy=policy)
    planned = Diffusers(card, card.defaults).plan(asked).parameters
    assert (planned["frames"], planned["width"], planned["height"]) == expected


def test_an_exact_length_that_wan_cannot_give_is_unsupported(tmp_path: Path) -> None:
    from vbench_py.adapters.diffusers import Diffusers

    card = case("wan-2.1-t2v-1.3b:t2v").card
    with pytest.raises(Unsupported, match="frames"):
        Diffusers(card, card.defaults).plan(request("t2v", {}, tmp_path, frames=48, size_policy="exact"))


def test_a_mode_is_chosen_by_the_media_at_hand(tiny: Tiny, tmp_path: Path) -> None:
    chosen = adapter(case("wan-2.1-vace-1.3b:inpaint"), tiny)
    assert chosen.plan(request("t2v", {}, tmp_path)).parameters["mode"] == "t2v"
    with pytest.raises(Unsupported, match="source"):
        chosen.plan(request("editing", {}, tmp_path))
