"""The adapter for diffusers without weights: options, mapping of arguments, plans, and what a card may not say."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vbench_py.adapters.diffusers import Diffusers
from vbench_py.cards import MethodCard
from vbench_py.types import Request, Sample, Unsupported, UsageError

SIZE = {"native": [512, 512], "multiple": 8}
MODE = {
    "task": "t2v",
    "texts": ["prompt"],
    "optional_texts": ["negative_prompt"],
    "batching": "batch",
    "frames": {"native": 16, "most": 32},
    "size": SIZE,
    "native_fps": 8.0,
}
DEFAULTS = {
    "pipeline": "AnimateDiffPipeline",
    "repo": "a/b",
    "call": {"num_inference_steps": 25, "guidance_scale": 7.5},
}


def card(*modes: dict[str, Any], **defaults: Any) -> MethodCard:
    given = {"id": "made-up", "title": "Made up", "adapter": "diffusers", "status": "untested"}
    return MethodCard.model_validate({**given, "modes": modes or (MODE,), "defaults": {**DEFAULTS, **defaults}})


def built(made: MethodCard | None = None, **options: Any) -> Diffusers:
    made = made or card()
    return Diffusers(made, {**made.defaults, **options})


def request(task: str = "t2v", seed: int = 0, **rest: Any) -> Request:
    return Request(Sample("s", task, prompt=rest.pop("prompt", "a red car")), seed, **rest)


def test_a_plan_needs_neither_torch_nor_diffusers() -> None:
    code = """
import sys
from tests.adapters.test_diffusers import built, request
before = {name for name in ("torch", "diffusers", "transformers") if name in sys.modules}
assert not before, before
built().plan(request())
assert not {"torch", "diffusers", "transformers"} & set(sys.modules)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr


def test_the_native_shape_unless_the_user_chooses() -> None:
    assert [built().plan(request()).parameters[name] for name in ("frames", "width", "height")] == [16, 512, 512]
    chosen = built(**{"call.num_frames": 24, "call.width": 256}).plan(request())
    assert [chosen.parameters[name] for name in ("frames", "width", "height")] == [24, 256, 512]
    assert "num_frames" not in chosen.parameters["call"]


def test_too_many_frames_are_refused() -> None:
    with pytest.raises(Unsupported, match="frames: 64 chosen; the model gives at most 32"):
        built(**{"call.num_frames": 64}).plan(request())


def test_an_exact_size_that_the_model_cannot_give_is_refused() -> None:
    with pytest.raises(Unsupported, match="size: 100x100 asked for"):
        built().plan(request(width=100, height=100, size_policy="exact"))


def test_options_lie_in_layers() -> None:
    """Card, then mode, then user; tables are merged, and null takes the card's word away."""
    mode = {**MODE, "defaults": {"call": {"guidance_scale": 1.0}, "dtype": "float16"}}
    plan = built(card(mode, variant="fp16"), **{"call.num_inference_steps": 4, "variant": None}).plan(request())
    assert plan.parameters["call"] == {"num_inference_steps": 4, "guidance_scale": 1.0}
    assert plan.parameters["dtype"] == "float16"
    assert "variant" not in plan.parameters


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"no-such-option": 1}, "unknown option 'no-such-option'"),
        ({"call.gidance": 1}, "call.gidance is no parameter of AnimateDiffPipeline; it has prompt"),
        ({"arguments.first": "picture"}, "arguments.first = 'picture' is no parameter"),
        ({"pipeline": "AnimateDifPipeline"}, "unknown pipeline .*; did you mean AnimateDiffPipeline"),
        ({"offload": "half"}, "option offload is 'half'"),
        ({"call.output_type": "pil"}, "call.output_type is the adapter's own"),
        ({"pipeline.name": 1}, "option 'pipeline.name': 'pipeline' holds"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        built(**options)


def test_a_missing_text_is_named_as_a_missing_role_is() -> None:
    with pytest.raises(Unsupported) as refusal:
        built().plan(request(prompt=""))
    assert refusal.value.field == "prompt"


def test_a_role_that_the_pipeline_has_no_way_in_for() -> None:
    faulty = card({**MODE, "required": ["control"]})
    with pytest.raises(UsageError, match="control goes to no parameter of AnimateDiffPipeline"):
        built(faulty)
    assert list(Diffusers.faults(faulty)) == ["mode t2v: control goes to no parameter of AnimateDiffPipeline"]


def test_a_card_leaves_the_shape_to_its_rules() -> None:
    (fault,) = Diffusers.faults(card(call={"num_frames": 16}))
    assert "call holds frames" in fault


def test_samples_of_one_shape_share_a_group() -> None:
    adapter = built()
    first, second = adapter.plan(request()), adapter.plan(request(seed=1, prompt="a blue car"))
    assert first.group == second.group
    assert adapter.plan(request(width=64, height=64, size_policy="nearest")).group != first.group


def test_a_shape_that_follows_an_input_is_shared_with_nobody() -> None:
    mode = {"task": "editing", "required": ["source"], "texts": ["prompt"], "frames": {"follows": "source"}}
    adapter = built(card(mode, pipeline="AnimateDiffVideoToVideoPipeline"))
    asked = request("editing", media={"source": Path("a.mp4")})
    other = replace(asked, sample=replace(asked.sample, id="t"))
    assert adapter.plan(asked).group != adapter.plan(other).group
    assert adapter.plan(asked).parameters["frames"] is None


def test_a_folder_is_known_by_name_and_content_not_by_place(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place / "model").mkdir(parents=True)
        (tmp_path / place / "model" / "model_index.json").write_text("{}")
    identities = [built(folder=str(tmp_path / place / "model")).identity() for place in ("here", "there")]
    assert identities[0] == identities[1]
    assert str(tmp_path) not in str(identities)
    (tmp_path / "there" / "model" / "model_index.json").write_text("{ }")
    assert built(folder=str(tmp_path / "there" / "model")).identity() != identities[0]


def test_rates() -> None:
    assert built().plan(request(fps=24.0)).parameters["fps"] == 8.0
    assert built().plan(request(fps=24.0, size_policy="exact")).parameters["fps"] == 24.0
    assert built(card({**MODE, "fps": "as-input"})).plan(request()).parameters["fps"] is None


def test_memory_policies_do_not_enter_the_plan() -> None:
    assert built(offload="model").plan(request()).parameters == built().plan(request()).parameters
