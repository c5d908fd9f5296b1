"""Our programs for research code, on stand-ins for the repositories: what goes in, in which order, what comes out."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from vbench_py.adapters.programs import consecutive_bb, cv_vae, exvideo, gowiththeflow, videostudio

Modules = Callable[..., None]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Modules:
    """Puts modules of the given names and contents where the program imports them from."""

    def put(**modules: dict[str, Any]) -> None:
        for name, content in modules.items():
            module = ModuleType(name.replace("__", "."))
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


def saved(folder: Path, frames: np.ndarray) -> Path:
    path = folder / "source.npy"
    np.save(path, frames)
    return path


class Distribution:
    """What an encoder gives; its sample is brighter than its middle, to tell them apart."""

    def __init__(self, video: torch.Tensor) -> None:
        self.video = video

    def mode(self) -> torch.Tensor:
        return self.video

    def sample(self) -> torch.Tensor:
        return self.video + 0.5


class Autoencoder(torch.nn.Module):
    """Gives back what it gets."""

    @classmethod
    def from_pretrained(cls, folder: str, subfolder: str, torch_dtype: torch.dtype) -> Autoencoder:
        made = cls()
        made.loaded = (folder, subfolder)
        return made

    def encode(self, video: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(latent_dist=Distribution(video))

    def decode(self, latent: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=latent)


class StableDiffusion3Autoencoder(Autoencoder):
    pass


@pytest.fixture
def autoencoders(stand_in: Modules) -> None:
    content = {"CVVAEModel": Autoencoder, "CVVAESD3Model": StableDiffusion3Autoencoder}
    stand_in(models__modeling_vae=content)


def through_cv_vae(folder: Path, frames: np.ndarray, posterior: str = "mode", **size: int) -> np.ndarray:
    program = cv_vae.Program("weights", posterior=posterior, device="cpu")
    shape = {"height": frames.shape[1], "width": frames.shape[2], **size}
    program(saved(folder, frames), folder / "made.npy", **shape)
    return np.asarray(np.load(folder / "made.npy"))


@pytest.mark.usefixtures("autoencoders")
@pytest.mark.parametrize(("given", "kept"), [(1, 1), (4, 1), (5, 5), (8, 5), (9, 9)])
def test_cv_vae_keeps_4k_and_one_frames(tmp_path: Path, given: int, kept: int) -> None:
    assert len(through_cv_vae(tmp_path, np.zeros((given, 16, 16, 3), np.uint8))) == kept


@pytest.mark.usefixtures("autoencoders")
def test_cv_vae_keeps_levels_to_the_rounding_of_the_code(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 16, 24, 3), dtype=np.uint8)
    assert np.abs(through_cv_vae(tmp_path, frames).astype(int) - frames).max() <= 1


@pytest.mark.usefixtures("autoencoders")
def test_cv_vae_brings_sides_to_the_nearest_multiple_of_8(tmp_path: Path) -> None:
    made = through_cv_vae(tmp_path, np.zeros((1, 16, 16, 3), np.uint8), height=21, width=35)
    assert made.shape == (1, 24, 32, 3)


@pytest.mark.usefixtures("autoencoders")
def test_cv_vae_draws_from_the_posterior_where_asked(tmp_path: Path) -> None:
    frames = np.full((1, 8, 8, 3), 100, np.uint8)
    assert through_cv_vae(tmp_path, frames, "sample").mean() > through_cv_vae(tmp_path, frames, "mode").mean() + 50


@pytest.mark.usefixtures("autoencoders")
def test_cv_vae_refuses_another_posterior() -> None:
    with pytest.raises(ValueError, match="choose sample or mode"):
        cv_vae.Program("weights", posterior="mean", device="cpu")


@pytest.mark.usefixtures("autoencoders")
def test_cv_vae_takes_the_class_that_belongs_to_the_weights() -> None:
    program = cv_vae.Program("weights", subfolder="vae3d_sd3", device="cpu")
    assert isinstance(program.network, StableDiffusion3Autoencoder)


class Bridge(torch.nn.Module):
    """Stands for the model; the script's function below gives the mean."""

    def __init__(self, settings: Any) -> None:
        super().__init__()
        self.settings = settings


@pytest.fixture
def bridge(stand_in: Modules, tmp_path: Path) -> consecutive_bb.Program:
    def halfway(first: torch.Tensor, last: torch.Tensor, model: torch.nn.Module) -> torch.Tensor:
        return (first + last) / 2

    content = {"interpolate": halfway, "LatentBrownianBridgeModel": Bridge, "dict2namespace": lambda table: table}
    stand_in(interpolate=content)
    config, weights = tmp_path / "config.yaml", tmp_path / "unet.pth"
    config.write_text(
        "model:\n  VQGAN: {params: {ckpt_path: a, ddconfig: {load_VFI: b, ch: !!python/tuple [1, 2]}}}\n"
        "  BB: {params: {sample_step: 1, eta: 0, num_timesteps: 1}}\n"
    )
    torch.save({"model": {}}, weights)
    return consecutive_bb.Program(str(config), str(weights), 50, 1.0, 1000, device="cpu")


@pytest.mark.parametrize(("factor", "levels"), [(2, [0, 40, 80, 120, 160]), (4, [*range(0, 161, 20)])])
def test_bridge_halves_intervals_in_order_of_time(
    bridge: consecutive_bb.Program, tmp_path: Path, factor: int, levels: list[int]
) -> None:
    frames = np.stack([np.full((4, 6, 3), level, np.uint8) for level in (0, 80, 160)])
    bridge(saved(tmp_path, frames), tmp_path / "made.npy", factor=factor)
    assert np.abs(np.load(tmp_path / "made.npy")[:, 0, 0, 0].astype(int) - levels).max() <= 1


def test_bridge_leaves_given_frames_as_they_are(bridge: consecutive_bb.Program, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 5, 7, 3), dtype=np.uint8)
    bridge(saved(tmp_path, frames), tmp_path / "made.npy")
    assert (np.load(tmp_path / "made.npy")[::2] == frames).all()


def test_bridge_loads_no_checkpoint_but_its_own(bridge: consecutive_bb.Program) -> None:
    settings = bridge.model.settings["VQGAN"]["params"]
    assert settings["ckpt_path"] is None and settings["ddconfig"]["load_VFI"] is None


def test_bridge_takes_the_card_s_steps(bridge: consecutive_bb.Program) -> None:
    assert bridge.model.settings["BB"]["params"] == {"sample_step": 50, "eta": 1.0, "num_timesteps": 1000}


def test_bridge_refuses_a_factor_that_is_no_power_of_2(bridge: consecutive_bb.Program, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="factor is 3"):
        bridge(tmp_path / "source.npy", tmp_path / "made.npy", factor=3)


class Studio:
    """Remembers how it was made and called; gives black pictures."""

    made: Studio

    def __init__(self, **given: Any) -> None:
        self.given, self.loaded = given, []
        type(self).made = self

    def load_models(self, files: list[str]) -> None:
        self.loaded += files

    def load_lora(self, file: str) -> None:
        self.loaded.append(file)

    @classmethod
    def from_model_manager(cls, manager: Studio) -> Studio:
        return manager

    def __call__(self, **given: Any) -> list[Image.Image]:
        self.called = given
        return [Image.new("RGB", (given["width"], given["height"]))] * given["num_frames"]


@pytest.fixture
def studio(stand_in: Modules) -> None:
    stand_in(diffsynth={"ModelManager": Studio, "SVDVideoPipeline": Studio, "CogVideoPipeline": Studio})


@pytest.mark.usefixtures("studio")
def test_exvideo_stretches_the_image_to_the_video_s_size(tmp_path: Path) -> None:
    program = exvideo.Program("svd", {"svd": "a", "extension": "b"}, device="cpu")
    program(tmp_path / "made.npy", 1, 64, 32, 5, image=Image.new("RGB", (100, 90)), options={"fps": 30})
    assert (Studio.made.called["input_image"].size, Studio.made.called["fps"]) == ((64, 32), 30)


@pytest.mark.usefixtures("studio")
def test_exvideo_gives_the_extension_after_the_model_that_it_extends() -> None:
    exvideo.Program("svd", {"extension": "b", "svd": "a"}, device="cpu")
    assert Studio.made.given["file_path_list"] == ["a", "b"]


@pytest.mark.usefixtures("studio")
def test_exvideo_writes_every_frame_of_a_prompt(tmp_path: Path) -> None:
    weights = {"text_encoder": "t", "transformer": "d", "vae": "v", "lora": "l"}
    exvideo.Program("cogvideox", weights, device="cpu")(tmp_path / "made.npy", 1, 48, 32, 9, prompt="a duck")
    assert np.load(tmp_path / "made.npy").shape == (9, 32, 48, 3)


@pytest.mark.usefixtures("studio")
def test_exvideo_refuses_another_kind() -> None:
    with pytest.raises(ValueError, match="choose svd or cogvideox"):
        exvideo.Program("wan", {}, device="cpu")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_common_source_is_found_where_rp_would_clone_it(
    stand_in: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, packed: bool
) -> None:
    stand_in(rp={}, rp__git={}, rp__git__CommonSource={}, rp__git__CommonSource__noise_warp={})
    monkeypatch.delitem(sys.modules, "rp.git.CommonSource.noise_warp")
    folder = tmp_path / "CommonSource-5276cd2"
    folder.mkdir()
    (folder / "noise_warp.py").write_text("ANSWER = 42\n")
    given = folder
    if packed:
        given = tmp_path / "source.zip"
        with zipfile.ZipFile(given, "w") as archive:
            archive.write(folder / "noise_warp.py", "CommonSource-5276cd2/noise_warp.py")
    gowiththeflow._hand_over(given)
    names: dict[str, Any] = {}
    exec("import rp.git.CommonSource.noise_warp as warp", names)
    assert names["warp"].ANSWER == 42


@pytest.fixture
def story() -> videostudio.Program:
    """Parts that draw pictures of one level: entities 10, 20, ..., scenes from the sum of what they are made of."""
    made = videostudio.Program.__new__(videostudio.Program)
    drawn = iter(range(10, 200, 10))

    def generate(pil_image: list[Image.Image], scale: float, scale_bg: float, **rest: Any) -> list[Image.Image]:
        levels = [picture.getpixel((0, 0))[0] for picture in pil_image]
        weights = [int(scale > 0), int(scale_bg > 0)]
        return [Image.new("RGB", (8, 8), (levels[0], levels[1], 2 * weights[0] + weights[1]))]

    vars(made).update(
        _drawn=lambda text, seed, width, height: Image.new("RGB", (width, height), (next(drawn), 0, 0)),
        _cutter=SimpleNamespace(obtain_fg_bg_pil=lambda levels: (Image.fromarray(levels), Image.fromarray(levels))),
        _adapter=SimpleNamespace(generate=generate),
    )
    return made


def scenes(story: videostudio.Program, *entities: tuple[int, int]) -> list[tuple[int, int, int]]:
    script = {
        "entity_prompt": ["a girl", "a beach"],
        "scene_prompt": [f"scene {number}" for number in range(len(entities))],
        "scene_foreground": [front for front, _ in entities],
        "scene_background": [back for _, back in entities],
    }
    return [picture.getpixel((0, 0)) for _, picture in story._scenes(script, 0)]  # type: ignore[misc]


def test_a_story_draws_each_entity_once_for_all_scenes(story: videostudio.Program) -> None:
    assert scenes(story, (0, 1), (0, 1)) == [(10, 20, 3), (10, 20, 3)]


def test_a_missing_entity_has_no_weight_in_its_scene(story: videostudio.Program) -> None:
    assert scenes(story, (0, -1), (-1, 1)) == [(10, 0, 2), (0, 20, 1)]


def test_a_scene_without_entities_is_drawn_from_its_words(story: videostudio.Program) -> None:
    assert scenes(story, (-1, -1)) == [(30, 0, 0)]


def test_a_story_that_the_language_model_cannot_write_fails(story: videostudio.Program, tmp_path: Path) -> None:
    vars(story)["_language_model"] = lambda prompt: None
    with pytest.raises(RuntimeError, match="no script"):
        story(tmp_path / "made.npy", "a story", 0, story=True)
