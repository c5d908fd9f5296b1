"""Recipes: how a research repository is run as it is, in an environment of its own. Data, no code.

A recipe says where the code is, what has to be changed in it to run at all, which environment it wants, and for each
mode which program is started on which inputs, and where its outputs are found. A family holds what several recipes
share; a recipe lies on top of its family, and a mode on top of `run`, table by table.

Values hold placeholders: `{seed}`, `{prompt}`, `{media.first}` (see `adapters/command/values.py`). A value that is one
placeholder and nothing else keeps its type; None and False leave a flag out, True is a flag without a value, a list
several words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from vbench_py.card import Card, Identifier, SourceCard

Commit = Annotated[str, Field(pattern=r"^([0-9a-f]{40})?$")]


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path!r} leaves its folder; give a relative path without ..")
    return path


Relative = Annotated[str, AfterValidator(_inside)]
"""A path inside a folder: not absolute, without `..`."""


class OverrideCard(Card):
    """Newer pins, for hardware that the authors' cannot run on: what they are, and why nobody promises equal numbers.

    `requirements` take the place of those of equal package name; the rest stays.
    """

    reason: str
    python: str = ""
    requirements: tuple[str, ...] = ()
    torch_backend: str = ""
    highest_sm: int | None = None
    lowest_sm: int | None = None


class EnvironmentCard(Card):
    """An environment for foreign code: a Python and its packages.

    `requirements` are installed together, `without_dependencies` after them, each alone; `build_in_place` names those
    of them that must be built against what is installed already (no build isolation). `torch_backend` chooses the build
    of torch (cu118, cpu, auto); `published_before` keeps out what came later than the code, where its authors pinned
    nothing. `system` are programs that must be there. `lowest_sm`, `highest_sm` bound the GPU architectures that the
    pins have kernels for (90 is Hopper); `cuda` says that nothing runs without one. `source` tells where the pins come
    from, `note` what is doubtful.
    """

    id: Identifier
    builder: Literal["uv", "conda", "docker", "apptainer"] = "uv"
    python: Annotated[str, Field(pattern=r"^3\.\d+(\.\d+)?$")]
    requirements: tuple[str, ...] = ()
    without_dependencies: tuple[str, ...] = ()
    build_in_place: tuple[str, ...] = ()
    torch_backend: str = ""
    published_before: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    channels: tuple[str, ...] = ()
    image: str = ""
    system: tuple[str, ...] = ()
    cuda: bool = True
    lowest_sm: int | None = None
    highest_sm: int | None = None
    override: OverrideCard | None = None
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _of_builder(self) -> EnvironmentCard:
        if self.builder in ("docker", "apptainer") and not self.image:
            raise ValueError(f"builder {self.builder} also needs image")
        if self.builder != "conda" and self.channels:
            raise ValueError("channels are conda's")
        return self


class PatchCard(Card):
    """A change to the checkout, as a unified diff with paths a/... and b/..., and why it cannot run without."""

    reason: str
    diff: str
    modes: tuple[str, ...] = ()

    def serves(self, mode: str) -> bool:
        """Whether a mode runs with it; "" is the one run of a recipe without modes."""
        return not self.modes or not mode or mode in self.modes


class WeightCard(Card):
    """A file or folder of weights and where the code looks for it.

    `{weights.NAME}` is its path. `path` is where it must lie inside the checkout, where the code names no flag for it
    (it is linked there). Without `sources` the user brings it: `--set weights.NAME=PATH`; `where` tells people how.
    A source of kind hf whose `file` holds a * is a folder: the whole repository ("*"), or what lies below "a/b/*".
    `modes` empty: for every mode.
    """

    sources: tuple[SourceCard, ...] = ()
    where: str = ""
    path: Relative = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    licence: str = ""
    modes: tuple[str, ...] = ()
    optional: bool = False


class InputCard(Card):
    """A file that is written for the program before it starts.

    `path` lies in the scratch folder. By `kind`:
    - `lines`: `each` once a sample of the batch, one a line. Line breaks in a value are refused, and empty lines.
      `refuse` are separators of the code's own, which no text of a sample may hold.
    - `text`: `each` alone (exec = sample).
    - `yaml`, `json`: the repository's file `base` (or nothing) with `values` set (keys with dots are places within,
      a number is a position in a list). In `values` a table `{ each = "{prompt}" }` is a list with one entry a sample;
      `{ null = true }` is null; a key that holds placeholders stands once a sample. `omegaconf`: the code reads it with
      OmegaConf, for which `${` in a text is escaped.
    - `jsonl`, `csv`: a row of `values` a sample; `separator` for csv.
    - `python`: the text of `base`, if any, and below it assignments `name = literal` from `values`.
    - `image`, `video`, `frames`, `array`: the sample's medium of `role` in that form, one a sample. image: .png or .jpg
      as `path` ends; video: .mp4 (H.264 without loss) or .mkv (FFV1), or a copy of the medium itself where that has the
      same ending; frames: a folder of PNG, named by `names`; array: .npy (T, H, W, 3) uint8. `size` (width, height)
      stretches to that size, `frames` takes the first so many. `optional` leaves it out where the sample has no such
      role.
    - `mask`: the medium of `role` as an image or video of 0 and 255.
    """

    kind: Literal[
        "lines", "text", "yaml", "json", "jsonl", "csv", "python", "image", "video", "frames", "array", "mask"
    ]
    path: str
    each: str = ""
    base: Relative = ""
    values: dict[str, Any] = {}
    added: tuple[str, ...] = ()
    """Keys among `values` that the shipped `base` has not, and the code reads all the same."""
    separator: str = ","
    header: bool = True
    omegaconf: bool = False
    refuse: tuple[str, ...] = ()
    role: str = ""
    names: str = "%05d.png"
    size: tuple[Any, Any] | None = None
    frames: Any = None
    fps: Any = None
    optional: bool = False

    @model_validator(mode="after")
    def _of_kind(self) -> InputCard:
        if self.kind in ("image", "video", "frames", "array", "mask") and not self.role:
            raise ValueError(f"an input of kind {self.kind} also needs role")
        if self.kind in ("lines", "text") and not self.each:
            raise ValueError(f"an input of kind {self.kind} also needs each")
        return self


class OutputCard(Card):
    """Where an output is found when the program has ended.

    `output` is its name (video, depth, view/030, scene/{index}, audio). By `kind`:
    - `file`: the one file that `path` (a glob, below the scratch folder) fits for the sample: exact paths, stems
      (`{out}/{stem}.mp4`), numbers (`{out}/*_{index:04d}.mp4`) and names made from prompts (`{out}/*.mp4`) alike.
    - `frames`: the images that `path` fits, in the order of the numbers in their names, at `fps`.
    - `array`: .npy or the array `key` of an .npz, (T, H, W, 3) uint8 or floats in `scale` ([0, 1] or [-1, 1]).
    - `depth`: .npy or .npz (`key`) of (T, H, W) floats in `unit`.
    - `tree`: one output a folder or file that `path` fits; its name is `output` with `{view}` filled by the regular
      expression `view` (one group) on its path, times `degrees` where the code counts views.
    With `newest` the newest time-stamped folder counts, where the pattern crosses several. `encoding` is what the
    program does to its frames, where the file does not tell (gif256, h264 crf10). `cut` takes frames off: "a:b".
    """

    output: str = "video"
    kind: Literal["file", "frames", "array", "depth", "tree"] = "file"
    path: str
    fps: Any = None
    key: str = ""
    scale: tuple[float, float] | None = None
    unit: Literal["", "metres", "disparity", "relative"] = ""
    view: str = ""
    degrees: float | None = None
    encoding: str = ""
    cut: str = ""
    newest: bool = False
    optional: bool = False


class ProofCard(Card):
    """A fact of the code that the recipe relies on, to be checked against a checkout.

    `strings` are text constants (or pieces of formatted ones) that `file` must hold, `names` functions, classes,
    arguments or attributes that it must name. `what` says in our words what follows.
    """

    file: Relative
    strings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    what: str


class RunCard(Card):
    """How a mode is run.

    `exec`: `sample` starts a process for every sample, `batch` one for a list of samples, `worker` loads `target` once
    and calls it. `folder` is the working folder in the repository, `place` whether that is the checkout itself or a
    tree of links in the scratch folder (for code that writes below its working folder; `own` are folders of that tree
    which are fresh and empty). `entry` is the script, or `module` what follows `python -m`; `launcher` words between
    python and it (torch.distributed.run ...). `words` are positional arguments, before (`words`) and after
    (`trailing`) `flags`; `joined` writes --flag=value. `overrides` are words name=value (Hydra, OmegaConf, mmengine),
    with `override_prefix`. For workers: `target` "file.py:Class" or "package.module:Class" in the repository, or
    `program` one of ours (`adapters/programs`); `setup` and `call` its arguments by name, `method` what is called.
    `parsers` are the files that declare the flags (the entry itself where none is named).
    """

    exec: Literal["sample", "batch", "worker"] = "sample"
    place: Literal["checkout", "links"] = "checkout"
    own: tuple[Relative, ...] = ()
    folder: Relative = ""
    entry: Relative = ""
    module: str = ""
    launcher: tuple[str, ...] = ()
    words: tuple[Any, ...] = ()
    flags: dict[str, Any] = {}
    trailing: tuple[Any, ...] = ()
    joined: bool = False
    overrides: dict[str, Any] = {}
    override_prefix: str = ""
    target: str = ""
    program: str = ""
    setup: dict[str, Any] = {}
    setup_method: str = ""
    call: dict[str, Any] = {}
    method: str = "__call__"
    variables: dict[str, str] = {}
    inputs: dict[str, InputCard] = {}
    outputs: dict[str, OutputCard] = {}
    parsers: tuple[Relative, ...] = ()
    proofs: dict[str, ProofCard] = {}
    configs: tuple[Relative, ...] = ()
    """Shipped files that hold the keys of `overrides`."""
    added_keys: tuple[str, ...] = ()
    """Keys of `overrides` or of such flags that the shipped files lack, and the code reads all the same."""
    flags_are_keys: bool = False
    """The entry takes any --key value as a key of `configs` (mmengine's way), so that its parser declares none."""
    batch: int | None = Field(default=None, ge=1)
    """The most samples one process gets (exec = batch)."""
    seconds: float = 24 * 3600.0
    memory_gb: float | None = None
    scratch_gb: float | None = None

    @model_validator(mode="after")
    def _one_program(self) -> RunCard:
        given = [name for name in ("entry", "module", "target", "program") if getattr(self, name)]
        if self.exec == "worker" and given not in (["target"], ["program"]):
            raise ValueError("exec worker needs target or program")
        if self.exec != "worker" and given not in (["entry"], ["module"]):
            raise ValueError(f"exec {self.exec} needs entry or module")
        if not self.outputs:
            raise ValueError("outputs are missing: where is what it writes?")
        return self


class RecipeCard(Card):
    """See the module. `runs` has one entry a mode of the method cards that name this recipe (by the mode's name, else
    its task): `run` with what the recipe's `modes` change.
    """

    id: Identifier
    family: str = ""
    repository: str = ""
    commit: Commit = ""
    environment: str
    licence: str = ""
    submodules: bool = False
    patches: tuple[PatchCard, ...] = ()
    weights: dict[str, WeightCard] = {}
    runs: dict[str, RunCard]
    note: str = ""

    @model_validator(mode="after")
    def _code(self) -> RecipeCard:
        if bool(self.repository) != bool(self.commit):
            raise ValueError("repository and commit belong together")
        if not self.repository and any(not run.program for run in self.runs.values()):
            raise ValueError("without repository only programs of ours can run")
        return self

    def run_of(self, mode: str) -> RunCard | None:
        """How a mode is run; a recipe without modes runs every one alike."""
        return self.runs.get(mode) or self.runs.get("")

    def patches_of(self, mode: str) -> tuple[PatchCard, ...]:
        """The changes that a mode's checkout has."""
        return tuple(patch for patch in self.patches if patch.serves(mode))

    def weights_of(self, mode: str) -> dict[str, WeightCard]:
        """The weights of a mode by name."""
        return {name: card for name, card in self.weights.items() if not card.modes or mode in card.modes}


def whole(data: Mapping[str, Any], family: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's table as `RecipeCard` wants it: on top of its family, and with `modes` on top of `run` as `runs`.

    A mode lies on top of the recipe's `run`, that on top of the family's mode of that name, that on top of the
    family's `run`. Lists and plain values are replaced, tables merged.
    """
    below = {name: value for name, value in family.items() if name not in ("id", "title", "note", "run", "modes")}
    merged = merge(below, {name: value for name, value in data.items() if name not in ("run", "modes")})
    common, familiar = data.get("run", {}), family.get("modes", {})
    names = [*data.get("modes", {})] or [""]
    merged["runs"] = {
        name: merge(family.get("run", {}), familiar.get(name, {}), common, data.get("modes", {}).get(name, {}))
        for name in names
    }
    return merged


def merge(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """One table from several, later ones on top; tables within are merged."""
    merged: dict[str, Any] = {}
    for table in tables:
        for name, value in table.items():
            under = merged.get(name)
            both = isinstance(value, Mapping) and isinstance(under, Mapping)
            merged[name] = merge(under, value) if both else value  # type: ignore[arg-type]
    return merged
