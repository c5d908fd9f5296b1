"""Cards: the TOML texts that describe metrics, extractors, methods, adapters, suites, data and weights.

A misspelt key is an error that names the file and the key. Cards hold no code; `entry` is "module:Class".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from vbench_py.card import Card as Card
from vbench_py.card import CheckpointCard as CheckpointCard
from vbench_py.card import Entry, Identifier, TaskName
from vbench_py.card import ReferenceCard as ReferenceCard
from vbench_py.card import SourceCard as SourceCard
from vbench_py.layout_card import ClipsCard as ClipsCard
from vbench_py.layout_card import LayoutCard as LayoutCard
from vbench_py.layout_card import RoleCard as RoleCard
from vbench_py.method_card import MethodCard as MethodCard
from vbench_py.method_card import ModeCard as ModeCard
from vbench_py.recipe_card import EnvironmentCard as EnvironmentCard
from vbench_py.recipe_card import RecipeCard as RecipeCard
from vbench_py.types import UsageError


class ExtractorCard(Card):
    id: Identifier
    version: str
    title: str
    entry: Entry
    options: dict[str, Any] = {}
    checkpoints: tuple[CheckpointCard, ...] = ()
    devices: tuple[str, ...] = ("cpu", "cuda")
    precisions: tuple[str, ...] = ("float32",)
    environment: str = ""
    """The environment that its foreign code runs in, where it is a metric worker."""


class MetricCard(Card):
    """One number and everything that changes it.

    `kinds` names the roles that are no videos, with what they are; `settings` the keys of the protocol that a suite or
    a user may set otherwise, the others say how it is.
    """

    id: Identifier
    version: str
    title: str
    family: str
    entry: Entry
    summary: str
    direction: Literal["higher", "lower", "descriptive"]
    range: tuple[float, float]
    unit: str
    roles: tuple[str, ...] = ("video",)
    kinds: dict[str, Literal["depth", "flow", "camera", "tracks"]] = {}
    facts: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()
    over: Literal["output", "group", "set"] = "output"
    reference_set: bool = False
    minimum_frames: int = 1
    minimum_outputs: int = 1
    deterministic: bool = True
    cost: Literal["free", "arithmetic", "network", "heavy"] = "arithmetic"
    protocol: dict[str, Any] = {}
    settings: tuple[str, ...] = ()
    reference: ReferenceCard = ReferenceCard()
    evidence: Literal["real weights", "official random weights", "closed form", "paper-only"]
    blind_to: str = ""
    decimals: int = 3


class AdapterCard(Card):
    id: Identifier
    version: str
    title: str
    entry: Entry
    devices: tuple[str, ...] = ("cpu", "cuda")
    summary: str = ""


class OutputCard(Card):
    """What a suite asks of outputs; None leaves it to the method.

    `scored` picks frames of comparisons, as a slice: "1::2". `batch` is how many samples a method may get at once: 1
    for paired work, where a sample must not depend on those beside it.
    """

    frames: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    size_policy: Literal["native", "nearest", "exact"] = "native"
    scored: Annotated[str, Field(pattern=r"^\d+:\d*:[1-9]\d*$")] = "0::1"
    batch: int | None = Field(default=None, ge=1)


class SuiteCard(Card):
    """Samples (a JSON-lines file beside the card, or a `layout` of data that the user has), and how they are scored.

    `protocol` takes the place of values in the protocols of its metrics: `{ maximum_depth = 70.0 }`.
    """

    id: Identifier
    version: str
    title: str
    task: TaskName
    summary: str
    licence: str
    samples: str = "samples.jsonl"
    layout: LayoutCard | None = None
    data: tuple[CheckpointCard, ...] = ()
    output: OutputCard = OutputCard()
    seeds: tuple[int, ...] = (0,)
    metrics: tuple[str, ...] = Field(min_length=1)
    protocol: dict[str, Any] = {}
    methods: tuple[str, ...] = ()
    primary: str


class ReferenceSetCard(Card):
    """A set of real clips for FVD and its like: saved features (`file`), or a folder that one has (`folder`).

    `identity` is the hash of the set's clips (`vbench-py reference` prints it); `layout` tells people where the data is
    to be had and how to lay it out: split, stride, start rule, crop.
    """

    id: Identifier
    version: str
    title: str
    licence: str
    layout: str
    identity: str = ""
    file: CheckpointCard | None = None
    folder: str = ""

    @model_validator(mode="after")
    def _complete(self) -> ReferenceSetCard:
        if (self.file is None) == (not self.folder):
            raise ValueError("give either file or folder")
        return self

    def place(self) -> Path:
        """The folder, with environment variables in it filled in; `UsageError` when it is not there."""
        path = Path(os.path.expandvars(self.folder)).expanduser()
        if not path.is_dir():
            raise UsageError(f"reference set {self.id!r}: {self.folder} is no folder here", mend=self.layout)
        return path


class BundleCard(Card):
    """A named set of suites or of metrics."""

    id: Identifier
    title: str
    of: Literal["suites", "metrics"]
    members: tuple[str, ...] = Field(min_length=1)


MODELS: dict[str, type[Card]] = {
    "extractor": ExtractorCard,
    "metric": MetricCard,
    "adapter": AdapterCard,
    "method": MethodCard,
    "suite": SuiteCard,
    "reference": ReferenceSetCard,
    "bundle": BundleCard,
    "recipe": RecipeCard,
    "environment": EnvironmentCard,
}


def validate(kind: str, data: dict[str, Any], where: Path) -> Any:
    """The card of `kind` from parsed TOML; a `UsageError` names file, key and, for a misspelling, the near one."""
    import difflib

    model = MODELS[kind]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            key = ".".join(str(part) for part in problem["loc"])
            text = problem["msg"]
            if problem["type"] == "extra_forbidden":
                near = difflib.get_close_matches(str(problem["loc"][-1]), _keys_at(model, problem["loc"][:-1]), n=1)
                text = "unknown key" + (f", did you mean {near[0]!r}?" if near else "")
            lines.append(f"{key}: {text}")
        name = data.get("id", "?")
        raise UsageError(f"{where}: {kind} card {name!r}: " + "; ".join(lines)) from error


def _keys_at(model: type[Card], place: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at `place` inside a card of `model`."""
    for part in place:
        if isinstance(part, str) and part in model.model_fields:  # else the name of a role
            annotation = model.model_fields[part].annotation
            kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
            model = next((kind for kind in kinds if issubclass(kind, Card)), model)
    return list(model.model_fields)
