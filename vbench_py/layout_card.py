"""How a dataset that the user has lies on disk, as the card of a suite says it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from vbench_py.card import Card


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
