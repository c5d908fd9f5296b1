"""Small networks in the official checkpoints' formats, with seeded random weights: every law runs on them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Small:
    """How to run an extractor small: options to override, and a function that writes its checkpoints into a folder."""

    options: Mapping[str, Any] = field(default_factory=dict)
    make: Callable[[Path], Mapping[str, Path]] = lambda folder: {}


def small_networks() -> dict[str, Small]:
    """Every family's `SMALL`, by extractor id."""
    found: dict[str, Small] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").SMALL
    return found
