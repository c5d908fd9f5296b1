"""Autoencoders as methods of reconstruction, from tiny seeded checkpoints in the official format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.autoencoder import Autoencoder, windows
from vbench_py.checkpoints import CheckpointUnavailable
from vbench_py.types import Generated, Unsupported, UsageError
from vbench_py.video import probe, read

pytest.importorskip("diffusers")

RATIOS = {"wan-vae": (4, 8), "hunyuan-vae": (4, 8), "cogvideox-vae": (4, 8), "ltx-vae": (8, 32)}
Coded = Callable[..., Generated]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of a tiny checkpoint for each card."""
    from tests.adapters.tiny.autoencoders import AUTOENCODERS

    folders = {}
    for name in RATIOS:
        folders[name] = tmp_path_factory.mktemp(name)
        AUTOENCODERS[method(name).defaults["network"]](folders[name])
    return folders


@pytest.fixture
def coded(checkpoints: dict[str, Path], tmp_path: Path) -> Coded:
    def make(name: str, clip: np.ndarray, *, seed: int = 0, place: str = "a", **options: Any) -> Generated:
        asked = request("reconstruction", {"source": clip}, tmp_path / place / "in", seed=seed)
        adapter = Autoencoder(method(name), {"folder": str(checkpoints[name]), "dtype": "float32", **options})
        (made,) = run(adapter, [asked], tmp_path / place / "out")
        return made

    return make


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("shape", [(1, 64, 64), (7, 50, 70), (17, 64, 96)])
def test_any_clip_comes_back_in_its_size_length_and_rate(name: str, shape: tuple[int, int, int], coded: Coded) -> None:
    clip = waves(*shape)
    made = coded(name, clip)
    assert made.error is None
    info = probe(made.outputs["video"])
    assert (info.frames, info.height, info.width, info.fps) == (*shape, 8.0)


@pytest.mark.parametrize("name", RATIOS)
def test_the_latents_are_as_small_as_the_papers_say(name: str, coded: Coded) -> None:
    time, side = RATIOS[name]
    told = coded(name, waves(7, 50, 70)).provenance
    channels = told["latent_shape"][0]
    step = method(name).defaults["frames_multiple"]
    rows, columns, added = -(-50 // side), -(-70 // side), -6 % step
    assert told["latent_shape"] == [channels, (6 + added) // time + 1, rows, columns]
    assert told["padded"] == [added, rows * side - 50, columns * side - 70]


@pytest.mark.parametrize("name", RATIOS)
def test_code_bytes_are_elements_times_the_bytes_of_their_type(name: str, coded: Coded) -> None:
    clip = waves(9, 64, 64)
    told = coded(name, clip).provenance
    elements = int(np.prod(told["latent_shape"]))
    assert told["code_bytes"] == 4 * elements
    assert told["compression_ratio"] == clip.size / elements
    assert told["byte_ratio"] == clip.size / told["code_bytes"]


def test_half_the_precision_costs_half_the_bytes(coded: Coded) -> None:
    clip = waves(5, 32, 32)
    single, half = (coded("wan-vae", clip, place=dtype, dtype=dtype) for dtype in ("float32", "bfloat16"))
    assert half.error is None and single.provenance["code_bytes"] == 2 * half.provenance["code_bytes"]


@pytest.mark.parametrize("name", RATIOS)
def test_the_mode_of_the_posterior_knows_no_seed(name: str, coded: Coded) -> None:
    made = [coded(name, waves(9, 64, 64), seed=seed, place=str(seed)) for seed in (0, 1)]
    assert not made[0].resolved.seed_applied
    assert np.array_equal(*(read(one.outputs["video"]) for one in made))


def test_a_sampled_posterior_depends_on_the_seed_alone(coded: Coded) -> None:
    made = [
        coded("wan-vae", waves(5, 32, 32), seed=seed, place=place, posterior="sample")
        for seed, place in ((0, "a"), (0, "b"), (1, "c"))
    ]
    first, again, other = (read(one.outputs["video"]) for one in made)
    assert made[0].resolved.seed_applied
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("name", RATIOS)
def test_the_pixels_are_those_of_the_network_itself(name: str, coded: Coded, checkpoints: dict[str, Path]) -> None:
    import diffusers
    import torch

    card = method(name)
    clip = waves(9, 64, 64)
    vae = getattr(diffusers, card.defaults["network"]).from_pretrained(checkpoints[name], subfolder="vae")
    with torch.no_grad():
        video = torch.tensor(clip).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
        back = vae.decode(vae.encode(video).latent_dist.mode()).sample[0].permute(1, 2, 3, 0)
    expected = ((back + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
    assert np.array_equal(read(coded(name, clip).outputs["video"]), expected)


def test_windows_know_nothing_of_each_other(coded: Coded) -> None:
    clip = waves(9, 32, 32)
    whole = read(coded("wan-vae", clip, place="whole", window=5).outputs["video"])
    parts = [read(coded("wan-vae", part, place=str(len(part))).outputs["video"]) for part in (clip[:5], clip[5:])]
    assert np.array_equal(whole, np.concatenate(parts))


def test_windows_cut_a_stream_in_turn() -> None:
    frames = list(waves(7, 2, 2))
    assert [len(part) for part in windows(iter(frames), 3)] == [3, 3, 1]
    assert [len(part) for part in windows(iter(frames), 0)] == [7]


@pytest.mark.parametrize(("shape", "field"), [((6, 32, 32), "frames"), ((5, 32, 36), "size")])
def test_without_padding_an_odd_clip_is_refused(shape: tuple[int, int, int], field: str, coded: Coded) -> None:
    made = coded("wan-vae", waves(*shape), padding="refuse")
    assert isinstance(made.error, Unsupported) and made.error.field == field


def test_both_ways_are_timed_and_the_mode_is_told(coded: Coded) -> None:
    made = coded("cogvideox-vae", waves(5, 32, 32))
    assert made.seconds["encode_code"] > 0 and made.seconds["decode_code"] > 0
    assert made.resolved.parameters["posterior"] == "mode"


def test_a_decoder_with_a_timestep_gets_the_cards(coded: Coded, tmp_path: Path) -> None:
    from tests.adapters.tiny import ltx

    ltx.vae(timestep_conditioning=True).save_pretrained(tmp_path / "conditioned" / "vae")
    made = [
        coded("ltx-vae", waves(9, 64, 64), place=str(step), folder=str(tmp_path / "conditioned"), decode_timestep=step)
        for step in (0.05, 0.9)
    ]
    early, late = (read(one.outputs["video"]) for one in made)
    assert not np.array_equal(early, late)


@pytest.mark.parametrize(
    "options",
    [{"posterior": "mean"}, {"dtype": "int8"}, {"frames_multiple": 0}, {"window": -1}, {"no-such": 1}],
)
def test_wrong_options_are_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="wan-vae"):
        Autoencoder(method("wan-vae"), options)


def test_a_folder_without_a_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no config"):
        Autoencoder(method("wan-vae"), {"folder": str(tmp_path)}).load("cpu")


def test_weights_of_another_network_are_told(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="cannot be loaded"):
        Autoencoder(method("wan-vae"), {"folder": str(checkpoints["hunyuan-vae"])}).load("cpu")


def test_weights_that_are_not_here_name_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    with pytest.raises(CheckpointUnavailable, match="folder=CHECKPOINT"):
        Autoencoder(method("wan-vae"), {"repo": "nobody/nothing"}).load("cpu")


@pytest.mark.parametrize(("name", "side"), [("ltx-vae", 64), ("cogvideox-vae", 32)])
def test_a_rule_that_does_not_fit_the_network_is_told(name: str, side: int, coded: Coded) -> None:
    """An even number of CogVideoX's latents is decoded to more frames than were encoded, shifted in time."""
    made = coded(name, waves(5, side, side), frames_multiple=4)
    assert "frames_multiple" in str(made.error)


def test_identity_tells_checkpoints_apart_and_no_place(checkpoints: dict[str, Path]) -> None:
    told = [
        str(Autoencoder(method("wan-vae"), {"folder": str(checkpoints[name])}).identity())
        for name in ("wan-vae", "hunyuan-vae")
    ]
    assert told[0] != told[1] and str(checkpoints["wan-vae"].parent) not in told[0]


def test_a_card_that_names_no_checkpoint_or_a_window_that_does_not_fit_is_told() -> None:
    card = method("wan-vae")
    assert list(Autoencoder.faults(card)) == []
    broken = card.model_copy(update={"defaults": {**card.defaults, "repo": "", "window": 16}})
    assert list(Autoencoder.faults(broken)) == ["it names neither repository nor folder", "window 16 is not 4k+1"]
