"""What a recipe's placeholders stand for, for one sample of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from vbench_py.keys import slug
from vbench_py.types import Resolved, Unsupported, UsageError
from vbench_py.video import VideoInfo, probe

SAMPLE_TEXTS = ("prompt", "negative_prompt", "source_prompt", "class_label")
PLAIN = frozenset(
    {*SAMPLE_TEXTS, "seed", "index", "number", "count", "frames", "width", "height", "fps", "stem", "out", "scratch",
     "checkout", "folder", "device"}
)  # fmt: skip
"""Placeholders without a dot."""
TABLES = frozenset({"media", "inputs", "of", "option", "weights", "schedule", "fact"})
"""What stands before the dot."""


@dataclass(frozen=True)
class Place:
    """The folders of one process: `scratch` is its own, `out` in it is for outputs, `folder` is where it works."""

    scratch: Path
    checkout: Path
    folder: Path

    @property
    def out(self) -> Path:
        return self.scratch / "out"


@dataclass
class Item:
    """One sample of a batch. `options` are the method's, `weights` paths by name; `inputs` are filled when written."""

    resolved: Resolved
    index: int
    count: int
    place: Place
    device: str
    options: Mapping[str, Any]
    weights: Mapping[str, Path]
    inputs: dict[str, Path] = field(default_factory=dict)
    _known: dict[str, VideoInfo] = field(default_factory=dict)

    @cached_property
    def stem(self) -> str:
        """A short plain name that no other sample of the batch has."""
        request = self.resolved.request
        return f"{slug(request.sample.id, 40)}-{request.seed}-{self.index}"

    def info(self, role: str) -> VideoInfo:
        """Facts of the medium in `role`, read once."""
        if role not in self._known:
            self._known[role] = probe(self._medium(role))
        return self._known[role]

    def _medium(self, role: str) -> Path:
        try:
            return self.resolved.request.media[role]
        except KeyError:
            raise Unsupported(role, "the recipe uses it, and the sample has none") from None

    def __call__(self, name: str) -> Any:
        """The value of a placeholder. Raises `UsageError` for an unknown one, `Unsupported` for an absent medium."""
        table, _, key = name.partition(".")
        if key and table in TABLES:
            return self._of(table, key, name)
        sample, parameters = self.resolved.request.sample, self.resolved.parameters
        if name == "prompt":
            return self.resolved.prompt_used
        if name in SAMPLE_TEXTS:  # the authors' own stands in the card's defaults
            return getattr(sample, name) or self.options.get(name, "")
        plain: dict[str, Any] = {
            "seed": self.resolved.request.seed, "index": self.index, "number": self.index + 1, "count": self.count,
            "stem": self.stem, "out": str(self.place.out), "scratch": str(self.place.scratch), "device": self.device,
            "checkout": str(self.place.checkout), "folder": str(self.place.folder),
        }  # fmt: skip
        if name in plain:
            return plain[name]
        if name in ("frames", "width", "height", "fps"):
            return whole(parameters[name] if parameters.get(name) is not None else self._followed(name))
        raise UsageError(f"recipe: unknown placeholder {{{name}}}")

    def _of(self, table: str, key: str, name: str) -> Any:
        if table == "media":
            return str(self._medium(key))
        if table == "inputs":
            return str(self.inputs[key]) if key in self.inputs else None
        if table == "of":
            role, _, fact = key.rpartition(".")
            if fact not in ("frames", "width", "height", "fps"):
                raise UsageError(f"recipe: unknown placeholder {{{name}}}")
            return whole(getattr(self.info(role), fact))
        if table == "fact":
            return self.resolved.request.sample.facts.get(key)
        if table == "schedule":
            schedule = self.resolved.request.sample.prompt_schedule
            column = {"frames": 0, "prompts": 1}
            if key not in column:
                raise UsageError(f"recipe: unknown placeholder {{{name}}}")
            return [entry[column[key]] for entry in schedule]
        found = self.options if table == "option" else self.weights
        if key not in found:
            raise UsageError(
                f"recipe: {{{name}}} names no {'option of the method' if table == 'option' else 'weights'}"
            )
        value = found[key]
        return str(value) if isinstance(value, Path) else value

    def _followed(self, name: str) -> Any:
        """A shape that the input says: of `source`, else of `first`, as far as there is one."""
        for role in ("source", "first"):
            if role in self.resolved.request.media:
                return getattr(self.info(role), name)
        return None


def whole(value: Any) -> Any:
    """A whole rate as an integer: 8.0 frames a second are 8 for a parser that wants int."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
