"""What is special to HunyuanVideo and its kin: frames other than those asked for, shapes taken from an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adapters.helpers import method, request, run, waves
from tests.adapters.tiny.cases import cases
from vbench_py.adapters.diffusers import Diffusers
from vbench_py.types import Generated, Unsupported
from vbench_py.video import read

Tiny = Callable[[str], Path]
SECTION = 36
"""Frames of one of FramePack's sections."""


def made(name: str, tiny: Tiny, folder: Path, *, side: tuple[int, int] = (32, 32), **options: object) -> Generated:
    case = cases()[name]
    adapter = Diffusers(case.card, {**case.options(tiny(case.checkpoint)), **options})
    first = {"first": waves(1, *side)} if "first" in case.mode.required else {}
    (one,) = run(adapter, [request(case.mode.task, first, folder / "in")], folder / "out")
    if one.error is not None:
        raise one.error
    return one


@pytest.mark.parametrize("name", ["framepack:i2v", "framepack-f1:long_video"])
def test_framepack_makes_the_sections_that_give_the_planned_frames(name: str, tiny: Tiny, tmp_path: Path) -> None:
    frames = 2 * SECTION + 1
    one = made(name, tiny, tmp_path, **{"call.num_frames": frames})
    assert len(read(one.outputs["video"])) == one.resolved.parameters["frames"] == frames
    assert "rounded_by_pipeline" not in one.provenance


def test_framepack_refuses_frames_that_make_no_whole_section(tmp_path: Path) -> None:
    adapter = Diffusers(method("framepack"), {**method("framepack").defaults, "call.num_frames": 129})
    with pytest.raises(Unsupported, match="the nearest is 145"):
        adapter.plan(request("i2v", {"first": waves(1)}, tmp_path))


def test_frames_that_the_pipeline_cuts_off_are_asked_for_beside(tiny: Tiny, tmp_path: Path) -> None:
    one = made("hunyuanvideo-i2v-33ch:i2v", tiny, tmp_path, **{"call.num_frames": 9})
    assert len(read(one.outputs["video"])) == 9


@pytest.mark.parametrize(("height", "width"), [(32, 64), (64, 32)])
def test_a_pipeline_without_sizes_keeps_the_shape_of_the_image(
    height: int, width: int, tiny: Tiny, tmp_path: Path
) -> None:
    one = made("hunyuanvideo-1.5-i2v-480p:i2v", tiny, tmp_path, side=(height, width))
    got = read(one.outputs["video"]).shape[1:3]
    assert (got[0] < got[1]) == (height < width)
    rounded = one.provenance["rounded_by_pipeline"]
    assert {side["got"] for side in rounded.values()} <= set(got)
