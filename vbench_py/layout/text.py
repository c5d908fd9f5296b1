"""Texts with {field}s of a clip in them: filled, and turned round into patterns that find the fields."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

from vbench_py.types import UsageError

Row = Mapping[str, str]


def fields(text: str) -> list[str]:
    """The {field}s of a text, in order."""
    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


def fill(text: str, row: Row) -> str:
    """`text` with the row's values. Raises `UsageError` naming a field that the row does not have."""
    lacking = [name for name in fields(text) if name not in row]
    if lacking:
        raise UsageError(f"{text!r}: there is no field {lacking[0]!r}", mend=f"fields: {', '.join(row)}")
    return "".join(start + (row[name] if name else "") for start, name, _, _ in string.Formatter().parse(text))


def pattern(text: str) -> re.Pattern[str]:
    """A pattern for one path part: each {field} is any run of characters, the same field twice the same run."""
    parts, seen = [], set()
    for start, name, _, _ in string.Formatter().parse(text):
        parts.append(re.escape(start))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+)")
            seen.add(name)
    return re.compile("".join(parts))


def fixed(path: str) -> str:
    """The leading parts of a path that hold no {field} and no wildcard: what all clips share ("." for none)."""
    parts = []
    for part in path.split("/"):
        if "{" in part or "*" in part:
            break
        parts.append(part)
    return "/".join(parts) or "."
