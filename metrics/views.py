"""The view that a metric's protocol asks for: the numbers on the card are the numbers used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vbench_py.types import FRAME, Geometry, View


def geometry_of(text: Mapping[str, Any]) -> Geometry:
    """A card's inline table as a `Geometry`; lists become tuples."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in text.items()}
    return Geometry(**fields)


def view_of(protocol: Mapping[str, Any], base: View = FRAME) -> View:
    """`base` with what `protocol` says about `sampling`, `geometry`, `length` and `stride`."""
    told: dict[str, Any] = {name: protocol[name] for name in ("sampling", "length", "stride") if name in protocol}
    if "geometry" in protocol:
        told["geometry"] = geometry_of(protocol["geometry"])
    return replace(base, **told)
