"""Tiny checkpoints in the official folder format with seeded random weights, each made once per test run.

A module here is a family: its `MAKERS` has, by the name of a pipeline class, a function that writes a folder. It may
have `FOR_CARDS` too, by the id of a card whose checkpoint is built otherwise than others of its class, and `SMALL`:
further options that a class needs to be quick.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

Maker = Callable[[Path], None]


@cache
def families() -> dict[str, ModuleType]:
    """Every module here that has `MAKERS`, by name."""
    found = {module.name: import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)}
    return {name: module for name, module in found.items() if hasattr(module, "MAKERS")}


@cache
def makers() -> dict[str, Maker]:
    """Class of pipeline, or id of a card -> writer of its folder, over all families."""
    tables = [table for module in families().values() for table in (module.MAKERS, getattr(module, "FOR_CARDS", {}))]
    return {name: maker for table in tables for name, maker in table.items()}


@cache
def small() -> dict[str, dict[str, Any]]:
    """Class of pipeline, or id of a card -> further options that make it quick, over all families."""
    return {name: options for module in families().values() for name, options in getattr(module, "SMALL", {}).items()}


@cache
def classes() -> frozenset[str]:
    """The pipeline classes that have a checkpoint."""
    return frozenset(name for module in families().values() for name in module.MAKERS)
