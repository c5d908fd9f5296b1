"""Values inside JSON answers, found by RFC 6901 pointers ("/data/0/url") or dotted paths ("data.0.url")."""

from __future__ import annotations

from typing import Any


def found(document: Any, place: str) -> Any:
    """The value at `place`, None where there is none; "" finds nothing."""
    if not place:
        return None
    value = document
    for step in steps(place):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def text(document: Any, place: str) -> str:
    """The value at `place` as text, "" where there is none; tables and lists are told as JSON."""
    import json

    value = found(document, place)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def steps(place: str) -> list[str]:
    """The keys on the way to `place`."""
    if place.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in place[1:].split("/")]
    return place.split(".")
