"""Placeholders in recipes: `{seed}`, `{index:04d}`, `{schedule.prompts:;}`, `{frames:-1//4+1}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import Any

from vbench_py.types import Unsupported, UsageError

Lookup = Callable[[str], Any]
_SUM = re.compile(r"(?:(?:\+|-|\*|//|/)\d+)+")
_STEP = re.compile(r"(\+|-|\*|//|/)(\d+)")


def placeholders(value: Any) -> set[str]:
    """The names that a value's placeholders ask for, in tables and lists too, keys included."""
    if isinstance(value, str):
        return {name for _, name, _ in _parts(value) if name is not None}
    if isinstance(value, Mapping):
        return {name for pair in value.items() for item in pair for name in placeholders(item)}
    if isinstance(value, list | tuple):
        return {name for item in value for name in placeholders(item)}
    return set()


def fill(value: Any, lookup: Lookup) -> Any:
    """The value with its placeholders filled, in tables and lists too.

    A text that is one placeholder gives what `lookup` gives, of its type; in longer texts None is nothing. What is
    filled in is never looked at again, so that braces in a prompt stay. A list joins its items with the placeholder's
    spec; an item that holds it raises `Unsupported`. Raises `UsageError` for a text that cannot be read.
    """
    if isinstance(value, str):
        return _filled(value, lookup)
    if isinstance(value, Mapping):
        return {fill(name, lookup): fill(item, lookup) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, lookup) for item in value]
    return value


def text(value: Any) -> str:
    """A value as a word of a command line or a cell: whole numbers plain, true and false as Python writes them."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def _parts(template: str) -> Iterator[tuple[str, str | None, str]]:
    try:
        for literal, name, spec, conversion in Formatter().parse(template):
            if conversion:
                raise ValueError(f"conversion !{conversion}")
            yield literal, name, spec or ""
    except ValueError as error:
        raise UsageError(f"recipe value {template!r}: {error}", mend="write literal braces as {{ and }}") from error


def _filled(template: str, lookup: Lookup) -> Any:
    parts = list(_parts(template))
    if len(parts) == 1 and parts[0][0] == "" and parts[0][1] is not None:
        return _shaped(lookup(parts[0][1]), parts[0][1], parts[0][2])
    return "".join(
        literal + ("" if name is None else text(_shaped(lookup(name), name, spec))) for literal, name, spec in parts
    )


def _shaped(value: Any, name: str, spec: str) -> Any:
    if not spec or value is None:
        return value
    if isinstance(value, list | tuple):
        for item in value:
            if spec in text(item):
                raise Unsupported(name.partition(".")[0], f"{item!r} holds {spec!r}, at which the code splits it")
        return spec.join(text(item) for item in value)
    if _SUM.fullmatch(spec):
        for sign, digits in _STEP.findall(spec):
            value = _step(value, sign, int(digits))
        return value
    try:
        return format(value, spec)
    except (TypeError, ValueError) as error:
        raise UsageError(f"recipe placeholder {{{name}:{spec}}}: {error}") from error


def _step(value: Any, sign: str, number: int) -> Any:
    if sign == "+":
        return value + number
    if sign == "-":
        return value - number
    if sign == "*":
        return value * number
    return value // number if sign == "//" else value / number
