"""The options of a card for diffusers: read once, misspellings refused, the same for `[defaults]` and `--set`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from vbench_py.card import Card
from vbench_py.types import UsageError
from vbench_py.video import Unit


class Weights(Card):
    """Where weights are: a repository of the hub at a revision, or a local folder, which wins."""

    repo: str = ""
    revision: str = ""
    folder: str = ""
    subfolder: str = ""
    variant: str = ""


class Component(Weights):
    """A part of the pipeline that is loaded by itself: its class, and where from ("": the pipeline's own place)."""

    model: str = Field(default="", alias="class")
    dtype: str = ""


class Lora(Weights):
    """Low-rank weights that are laid over the pipeline's with `weight`; `file` within their place.

    `format` peft: a folder that PEFT saved, merged into the network that denoises.
    """

    file: str = ""
    format: Literal["", "peft"] = ""
    weight: float = 1.0
    name: str = ""


class State(Weights):
    """A safetensors file with all weights of a component, in place of its own."""

    file: str


class Scheduler(Card):
    """Another sampler than the checkpoint's, made from its configuration with `options` on top."""

    model: str = Field(alias="class")
    options: dict[str, Any] = Field(default_factory=dict)


class FreeNoise(Card):
    """Options of `enable_free_noise`: frames of a window, and how far windows are apart."""

    context_length: int = 16
    context_stride: int = 4
    weighting_scheme: str = "pyramid"
    noise_type: str = "shuffle_context"


class Asked(Card):
    """What to ask of a pipeline that gives another number of frames: `asks` for each `gives`, and `more`."""

    gives: int = 1
    asks: int = 1
    more: int = 0

    def frames(self, wanted: int) -> int:
        return wanted // self.gives * self.asks + self.more


class Settings(Card):
    """All options; `call` holds the pipeline's own parameters."""

    pipeline: str
    repo: str = ""
    revision: str = ""
    folder: str = ""
    dtype: Literal["float32", "float16", "bfloat16"] = "bfloat16"
    variant: str = ""
    offload: Literal["none", "model", "sequential"] = "none"
    vae_tiling: bool = False
    vae_slicing: bool = False
    attention: str = ""
    compile: bool = False
    device_map: str = ""
    components: dict[str, Component] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    motion_adapter: Weights | None = None
    states: dict[str, State] = Field(default_factory=dict)
    loras: tuple[Lora, ...] = ()
    scheduler: Scheduler | None = None
    free_noise: FreeNoise | None = None
    transformer: str = ""
    unet: str = ""
    call: dict[str, Any] = Field(default_factory=dict)
    arguments: dict[str, str] = Field(default_factory=dict)
    asked: Asked | None = None
    result: str = "frames"
    sound: str = ""
    sound_rate: str = ""
    fit: Literal["crop", "pad", "stretch", "none"] = "crop"
    per_frame: bool = False
    faces: Literal["", "consisid"] = ""
    unit: Unit | None = None
    batch_check: bool = True

    def loading(self) -> dict[str, Any]:
        """What decides about the loaded pipeline: settings that agree in it can share one."""
        asked = {
            "call",
            "arguments",
            "asked",
            "result",
            "sound",
            "sound_rate",
            "fit",
            "per_frame",
            "unit",
            "batch_check",
        }
        return self.model_dump(exclude=asked)


def settings(where: str, options: Mapping[str, Any]) -> Settings:
    """`options` checked. Raises `UsageError` that names the option and what is wrong with it."""
    try:
        return Settings.model_validate(options)
    except ValidationError as error:
        raise UsageError("; ".join(_told(where, one) for one in error.errors())) from error


def _told(where: str, error: Any) -> str:
    name = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(sorted(Settings.model_fields))
        return f"{where}: unknown option {name!r}; known options: {known}"
    if error["type"] == "missing":
        return f"{where}: option {name} is missing"
    return f"{where}: option {name} is {error['input']!r}: {error['msg'].lower()}"
