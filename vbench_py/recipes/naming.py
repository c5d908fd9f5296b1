"""The name of an output, taken apart: which pieces of it we chose, and which only the code can have chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vbench_py.recipe_card import RunCard

_FIELD = re.compile(r"\{[^{}]*\}")
_PIECE = re.compile(r"\.[A-Za-z]\w*|[A-Za-z_]{2,}[A-Za-z_-]*")


def pieces_to_find(run: RunCard) -> list[str]:
    """Pieces of the outputs' paths that stand in nothing that we hand over."""
    ours = "\n".join(said(run))
    found = [piece for output in run.outputs.values() for piece in pieces(output.path) if piece not in ours]
    return list(dict.fromkeys(found))


def pieces(path: str) -> list[str]:
    """Fixed words of a pattern, its ending with the dot: `{out}/*_sample0.mp4` has `_sample` and `.mp4`."""
    plain = re.sub(r"\[[^]]*\]|[*?]", "\0", _FIELD.sub("\0", path))
    return [piece for part in re.split(r"[\0/]", plain) for piece in _PIECE.findall(part)]


def chosen_by_us(run: RunCard, path: str) -> bool:
    """Whether the very path is one that we hand over."""
    return any(path in text for text in said(run))


def said(run: RunCard) -> Iterator[str]:
    """Every text that we hand over: words, flags, settings, files that we write, variables."""
    yield from texts([run.words, run.flags, run.trailing, run.overrides, run.setup, run.call, run.variables])
    for given in run.inputs.values():
        yield from texts([given.path, given.each, given.values, given.names])


def texts(value: Any) -> Iterator[str]:
    """Every text in tables and lists, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
