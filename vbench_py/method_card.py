"""The card of a method: its modes with their rules, its code, weights and licences, and how far it is proven."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from vbench_py.card import Card, CheckpointCard, Identifier, TaskName


class FramesCard(Card):
    """How many frames a mode gives: one of `fixed`, any of `multiple` k + `plus` from `least` to `most`, or as many as
    the medium in `follows` has (of n frames, `times` (n - 1) + 1). `native` is what the authors used.
    """

    fixed: tuple[int, ...] = ()
    multiple: int = Field(default=1, ge=1)
    plus: int = Field(default=0, ge=0)
    least: int = Field(default=1, ge=1)
    most: int | None = None
    follows: str = ""
    times: int = Field(default=1, ge=1)
    native: int | None = None


class SizeCard(Card):
    """The sizes (width, height) a mode gives: one of `fixed`, sides that are multiples of `multiple` with at most
    `most_pixels`, or that of the medium in `follows` `times` over. `native` is what the authors used.
    """

    fixed: tuple[tuple[int, int], ...] = ()
    multiple: int = Field(default=1, ge=1)
    most_pixels: int | None = None
    follows: str = ""
    times: int = Field(default=1, ge=1)
    native: tuple[int, int] | None = None


class ResourcesCard(Card):
    """What it takes to run, and who says so. `compute_capability` bounds that of a GPU: ">=8.0", "<=8.6"."""

    vram_gb: float | None = None
    disk_gb: float | None = None
    gpus: int = 1
    compute_capability: str = ""
    source: str = ""


Text = Literal["prompt", "negative_prompt", "source_prompt", "prompt_schedule", "class_label"]


class ModeCard(Card):
    """One way of using a method: its task, the roles and texts it must and may get, its rules, what it gives back.

    `frames` and `size` are None where anything goes. `fps`: the rate is only written into the file, is an input of the
    model, or is that of the input. `seed`: one a sample, one a run, or none. `batching`: samples one at a time, several
    in one call, or a list for the whole run. `side_effects` happen to inputs or outputs unless switched off:
    watermark, prompt-rewrite, super-resolution, histogram-match, safety-filter, and what else the card names.
    `schedule_prompts` is how many prompts a schedule must have, where the code takes no other number.
    """

    task: TaskName
    name: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    optional_texts: tuple[Text, ...] = ()
    schedule_prompts: int | None = None
    outputs: tuple[str, ...] = ("video",)
    deterministic: bool = False
    frames: FramesCard | None = None
    size: SizeCard | None = None
    fps: Literal["written", "model-input", "as-input"] = "written"
    native_fps: float | None = None
    seed: Literal["per-sample", "per-run", "none"] = "per-sample"
    batching: Literal["one", "batch", "list"] = "one"
    phases: tuple[Literal["fit", "generate"], ...] = ("generate",)
    side_effects: tuple[str, ...] = ()
    resources: ResourcesCard | None = None
    baseline_of: str = ""
    defaults: dict[str, Any] = {}

    @property
    def called(self) -> str:
        """Its name; a mode without one is called after its task."""
        return self.name or self.task


class MethodCard(Card):
    """A method: what it is, where its code and weights are, under which licences, how it is run, and how far that is
    proven. `defaults` are options of its adapter as the authors used them; a mode's own come on top.

    `reimplementation` names what was rebuilt here from its paper where this is not the authors' code.
    """

    id: Identifier
    title: str
    adapter: str
    summary: str = ""
    paper: str = ""
    arxiv: str = ""
    year: int | None = None
    reimplementation: str = ""
    repository: str = ""
    commit: str = ""
    licence_code: str = ""
    licence_weights: str = ""
    needs_licence: bool = False
    checkpoints: tuple[CheckpointCard, ...] = ()
    defaults: dict[str, Any] = {}
    modes: tuple[ModeCard, ...] = Field(min_length=1)
    baseline_of: str = ""
    control: Literal["", "ceiling", "damage-1", "damage-2", "damage-3", "floor"] = ""
    prompt_policy: str = "verbatim"
    status: Literal["verified", "runs", "untested", "no-code"]
    evidence: str = ""

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(mode.task for mode in self.modes))
