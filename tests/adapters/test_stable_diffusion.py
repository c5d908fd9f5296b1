"""Cards of the pipelines around Stable Diffusion, each run from a tiny random checkpoint in the official format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.adapters.helpers import request, run, waves
from tests.adapters.tiny.loras import diffusers_lora, peft_lora
from vbench_py.adapters.diffusers.consistency import ConsistencySampler
from vbench_py.adapters.diffusers.merging import merged
from vbench_py.method import method
from vbench_py.types import Generated, Request, UsageError
from vbench_py.video import probe, read

Tiny = Callable[[str], Path]
SMALL = {"dtype": "float32", "variant": "", "call.num_inference_steps": 2}
FOUR = {"call.num_frames": 4, "call.width": 32, "call.height": 32}
CASES: Mapping[str, tuple[str, Mapping[str, Any], tuple[int, int, int]]] = {
    "animatediff": ("t2v", FOUR, (4, 32, 32)),
    "animatediff-video-to-video": ("editing", {}, (5, 24, 32)),
    "animatelcm": ("t2v", FOUR, (4, 32, 32)),
    "animatelcm-svd": ("i2v", {"call.num_frames": 4, "call.width": 64, "call.height": 64}, (4, 64, 64)),
    "freenoise": ("long_video", {**FOUR, "call.num_frames": 20, "free_noise.context_length": 8}, (20, 32, 32)),
    "i2vgen-xl": ("i2v", FOUR, (4, 32, 32)),
    "latte": ("t2v", {"call.width": 32, "call.height": 32}, (16, 32, 32)),
    "mcm": ("t2v", FOUR, (4, 32, 32)),
    "mcm-animatediff": ("t2v", FOUR, (4, 32, 32)),
    "modelscope-t2v": ("t2v", FOUR, (4, 32, 32)),
    "svd": ("i2v", {"call.num_frames": 3, "call.width": 64, "call.height": 64}, (3, 64, 64)),
}
"""Card -> task, options that make it small, (frames, height, width) of the output."""
PARTS = (
    "animatediff",
    "animatediff-video-to-video",
    "animatelcm",
    "animatelcm-svd",
    "freenoise",
    "mcm",
    "mcm-animatediff",
)
"""Cards of several checkpoints, which the conformance tests take apart."""
BATCHED = ("animatediff", "animatelcm", "mcm-animatediff")
LORA = "AnimateLCM_sd15_t2v_lora.safetensors"
STATE = "AnimateLCM-SVD-xt.safetensors"


@pytest.fixture(scope="session")
def loras(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Folders of small LoRAs, or of other weights that go over a checkpoint, by card."""
    names = ("animatelcm", "animatelcm-svd", "mcm", "mcm-animatediff")
    folders = {name: tmp_path_factory.mktemp(name) for name in names}
    own = tiny("StableVideoDiffusionPipeline") / "unet" / "diffusion_pytorch_model.safetensors"
    tuned = {name: value * 1.01 for name, value in load_file(own).items()}
    save_file(tuned, folders["animatelcm-svd"] / STATE)
    diffusers_lora(_pipeline("AnimateDiffPipeline", tiny), folders["animatelcm"], LORA)
    peft_lora(_pipeline("TextToVideoSDPipeline", tiny), folders["mcm"])
    peft_lora(_pipeline("AnimateDiffPipeline", tiny), folders["mcm-animatediff"])
    return folders


def _pipeline(name: str, tiny: Tiny) -> Any:
    return getattr(diffusers, name).from_pretrained(tiny(name))


def _options(name: str, tiny: Tiny, loras: Mapping[str, Path]) -> dict[str, Any]:
    """The card's options with everything that is fetched replaced by tiny local folders."""
    card = method(name).card
    folder = tiny(card.defaults["pipeline"])
    options: dict[str, Any] = {**SMALL, **CASES[name][1], "folder": str(folder)}
    if "motion_adapter" in card.defaults:
        options["motion_adapter.folder"] = str(folder / "motion_adapter")
    if "states" in card.defaults:
        options["states.unet.folder"] = str(loras[name])
    if "loras" in card.defaults:
        (lora,) = card.defaults["loras"]
        rest = {key: value for key, value in lora.items() if key not in ("repo", "revision", "subfolder")}
        options["loras"] = [{**rest, "folder": str(loras[name])}]
    return options


def _request(task: str, folder: Path, seed: int = 0, **rest: Any) -> Request:
    media = {"i2v": {"first": waves(1)}, "editing": {"source": waves()}, "depth": {"source": waves()}}.get(task, {})
    return request(task, media, folder, seed=seed, **rest)


def _made(name: str, options: Mapping[str, Any], requests: Sequence[Request], folder: Path) -> list[Generated]:
    made = run(method(name, overrides=options).build(), requests, folder)
    for one in made:
        if one.error is not None:
            raise one.error
    return made


def _videos(made: Sequence[Generated]) -> list[np.ndarray]:
    return [read(one.outputs["video"]) for one in made]


@pytest.mark.parametrize("name", PARTS)
def test_card_runs_with_its_own_parts(name: str, tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path) -> None:
    """Frames and size as planned; for an equal seed equal pixels (in a batch within a grey level), else others."""
    task, _, shape = CASES[name]
    options = _options(name, tiny, loras)
    requests = [_request(task, tmp_path / "in", seed) for seed in (0, 1)]
    zero, one = _videos(_made(name, {**options, "batch_check": False}, requests, tmp_path / "made"))
    (again,) = _videos(_made(name, options, requests[:1], tmp_path / "again"))
    assert zero.shape == (*shape, 3)
    assert not np.array_equal(zero, one)
    assert np.abs(zero.astype(int) - again).max() <= (1 if name in BATCHED else 0)


@pytest.mark.parametrize("name", BATCHED)
def test_a_sample_starts_from_the_same_noise_alone_and_in_a_batch(
    name: str, tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path
) -> None:
    task = CASES[name][0]
    requests = [_request(task, tmp_path / "in", seed) for seed in (0, 1)]
    first, second = _made(name, _options(name, tiny, loras), requests, tmp_path / "made")
    assert first.provenance["batch"] == 2
    assert first.provenance["alone_and_in_batch"]["equal_noise"]
    assert first.provenance["alone_and_in_batch"]["max"] <= 1
    assert first.provenance["initial_noise"] != second.provenance["initial_noise"]


@pytest.mark.parametrize("name", ["animatediff", "modelscope-t2v", "latte", "i2vgen-xl"])
def test_the_prompt_reaches_the_pixels(name: str, tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path) -> None:
    task = CASES[name][0]
    requests = [_request(task, tmp_path / "in", prompt=prompt) for prompt in ("a cat", "two dogs at the sea")]
    cat, dogs = _videos(_made(name, _options(name, tiny, loras), requests, tmp_path / "made"))
    assert not np.array_equal(cat, dogs)


def test_free_noise_follows_a_schedule_of_prompts(tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path) -> None:
    one = _request("long_video", tmp_path / "in", prompt="a cat")
    other = replace(one, sample=replace(one.sample, prompt_schedule=((0, "a cat"), (12, "two dogs at the sea"))))
    options = _options("freenoise", tiny, loras)
    plain, changed = _videos(_made("freenoise", options, [one, other], tmp_path / "made"))
    apart = np.abs(plain.astype(float) - changed.astype(float)).mean(axis=(1, 2, 3))
    assert apart[12:].mean() > apart[:4].mean()


def test_free_noise_asks_for_64_frames_by_default(tmp_path: Path) -> None:
    card = method("freenoise").build()
    planned = card.plan(request("long_video", {}, tmp_path, prompt="a cat"))
    assert planned.parameters["frames"] == 64


@pytest.mark.parametrize("name", ["animatelcm", "mcm", "mcm-animatediff"])
def test_a_lora_changes_the_pixels(name: str, tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path) -> None:
    options = _options(name, tiny, loras)
    asked = [_request("t2v", tmp_path / "in")]
    (laid,) = _videos(_made(name, options, asked, tmp_path / "with"))
    (bare,) = _videos(_made(name, {**options, "loras": []}, asked, tmp_path / "without"))
    assert not np.array_equal(laid, bare)


@pytest.mark.parametrize(("name", "other"), [("mcm", "mcm-animatediff"), ("mcm-animatediff", "mcm")])
def test_a_lora_of_another_model_is_refused(
    name: str, other: str, tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path
) -> None:
    options = _options(name, tiny, {name: loras[other]})
    with pytest.raises(UsageError, match="LoRA"):
        method(name, overrides=options).build().load("cpu")


def test_a_merged_lora_adds_its_product_times_its_weight(tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path) -> None:
    bare = _pipeline("TextToVideoSDPipeline", tiny).unet
    laid = merged(_pipeline("TextToVideoSDPipeline", tiny).unet, str(loras["mcm"]), {}, 0.5, "it")
    weights = load_file(loras["mcm"] / "adapter_model.safetensors")
    name = next(key for key in weights if key.endswith("lora_A.weight")).removesuffix(".lora_A.weight")
    down, up = weights[f"{name}.lora_A.weight"], weights[f"{name}.lora_B.weight"]
    place = name.removeprefix("base_model.model.") + ".weight"
    added = (laid.state_dict()[place] - bare.state_dict()[place]).numpy()
    assert np.allclose(added, 0.5 * (up @ down).numpy(), atol=1e-5)


def test_stable_video_takes_the_rate_as_an_input(tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path) -> None:
    slow = _request("i2v", tmp_path / "in")
    quick = replace(slow, fps=25.0, size_policy="nearest")
    options = {**_options("svd", tiny, loras), "batch_check": False}
    adapter = method("svd", overrides=options).build()
    assert (adapter.plan(slow).parameters["fps"], adapter.plan(quick).parameters["fps"]) == (7, 25)
    first, second = _videos(_made("svd", options, [slow, quick], tmp_path / "made"))
    assert not np.array_equal(first, second)


def test_marigold_gives_depth_of_every_frame_by_itself(tiny: Tiny, tmp_path: Path) -> None:
    still = np.repeat(waves(1, 32, 48), 3, axis=0)
    asked = request("depth", {"source": still}, tmp_path / "in", prompt="")
    options = {**SMALL, "folder": str(tiny("MarigoldDepthPipeline"))}
    (made,) = _made("marigold-depth", options, [asked], tmp_path / "made")
    depth = read(made.outputs["depth"])
    assert depth.shape[:3] == (3, 32, 48)
    assert probe(made.outputs["depth"]).unit == "relative"
    assert np.array_equal(depth[0], depth[2])
    assert 0 <= np.nanmin(depth) < np.nanmax(depth) <= 1


def test_a_file_of_weights_takes_the_place_of_the_checkpoints(
    tiny: Tiny, loras: Mapping[str, Path], tmp_path: Path
) -> None:
    options = _options("animatelcm-svd", tiny, loras)
    asked = [_request("i2v", tmp_path / "in")]
    (tuned,) = _videos(_made("animatelcm-svd", options, asked, tmp_path / "tuned"))
    own = tiny("StableVideoDiffusionPipeline") / "unet"
    bare = {**options, "states.unet.folder": str(own), "states.unet.file": "diffusion_pytorch_model.safetensors"}
    (plain,) = _videos(_made("animatelcm-svd", bare, asked, tmp_path / "plain"))
    assert not np.array_equal(tuned, plain)


def test_weights_of_another_network_are_refused(tiny: Tiny, loras: Mapping[str, Path]) -> None:
    other = tiny("StableVideoDiffusionPipeline") / "vae"
    options = {
        **_options("animatelcm-svd", tiny, loras),
        "states.unet.folder": str(other),
        "states.unet.file": "diffusion_pytorch_model.safetensors",
    }
    with pytest.raises(UsageError, match=r"states\.unet does not fit this model"):
        method("animatelcm-svd", overrides=options).build().load("cpu")


def test_the_consistency_sampler_ends_where_a_perfect_network_points() -> None:
    """Velocity of a known clean latent: every step points at it, and the last adds no noise."""
    sampler = ConsistencySampler()
    sampler.set_timesteps(4)
    generator = torch.Generator().manual_seed(0)
    clean = torch.randn(1, 2, 3, 4, 4, generator=generator)
    noisy = clean + 700.0 * torch.randn(clean.shape, generator=generator)
    for place, timestep in enumerate(sampler.timesteps):
        sigma = float(sampler.sigmas[place])
        scaled = sampler.scale_model_input(noisy, timestep)
        assert torch.allclose(scaled, noisy / (sigma**2 + 1) ** 0.5)
        velocity = (noisy / (sigma**2 + 1) - clean) * (sigma**2 + 1) ** 0.5 / sigma
        noisy = sampler.step(velocity, timestep, noisy, generator=generator).prev_sample
    assert torch.allclose(noisy, clean, atol=1e-3)


def test_the_consistency_sampler_goes_down_the_levels_of_karras() -> None:
    sampler = ConsistencySampler()
    assert sampler.sigmas[0] == pytest.approx(700.0)
    assert sampler.sigmas[39] == pytest.approx(0.002, rel=1e-4)
    whole = sampler.sigmas
    sampler.set_timesteps(8)
    assert torch.equal(sampler.sigmas[:8], whole[:40:5])
    assert sampler.sigmas[8] == 0
    with pytest.raises(ValueError, match="1 to 40"):
        sampler.set_timesteps(41)
