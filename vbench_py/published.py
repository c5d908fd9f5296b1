"""Numbers that authors published of their methods, each with the place where it can be read.

They stand in `results/published/<method id>.toml` as tables `[[result]]`, apart from what was measured here: other
prompts, frames, sizes and code lie behind them, and so they are shown beside a method and never ranked with runs.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from pydantic import Field, ValidationError

from vbench_py.card import Card, Identifier
from vbench_py.types import UsageError


class PublishedResult(Card):
    """One number as its authors state it.

    `metric` is the paper's name for it; `our_metric` the id of ours only where the protocol is the same, else "".
    `version` says which version of the paper (or commit of a page), `where` in it: abstract, table, section.
    """

    method: Identifier
    metric: str = Field(min_length=1)
    our_metric: str = ""
    value: float
    unit: str = ""
    dataset: str = ""
    protocol: str = Field(min_length=1)
    version: str = Field(min_length=1)
    where: str = Field(min_length=1)
    url: str = Field(pattern="^https://")
    note: str = ""


class _File(Card):
    result: tuple[PublishedResult, ...] = Field(min_length=1)


def published(method: str) -> tuple[PublishedResult, ...]:
    """The published numbers of a method, empty where none with a checkable source is known."""
    file = _folder() / f"{method}.toml"
    return read_published(file) if file.is_file() else ()


def published_methods() -> tuple[str, ...]:
    """Ids of the methods with published numbers, sorted."""
    return tuple(sorted(file.stem for file in _folder().glob("*.toml")))


def read_published(file: Path) -> tuple[PublishedResult, ...]:
    """All numbers of one file; `UsageError` names file and key where it is malformed or speaks of another method."""
    try:
        results = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).result
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise UsageError(f"{file}: {wrong}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error
    for result in results:
        if result.method != file.stem:
            mend = "a file holds the numbers of the method that it is called after"
            raise UsageError(f"{file}: result of method {result.method!r}", mend=mend)
    return results


def _folder() -> Path:
    return Path(str(files("vbench_py.results"))) / "published"
