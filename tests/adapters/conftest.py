"""Fixtures of the adapters' tests: tiny checkpoints."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """`tiny("WanPipeline")` is the folder of a tiny checkpoint of that class (or card), made at the first call."""
    from tests.adapters.tiny import makers

    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            path = tmp_path_factory.mktemp("tiny") / name
            makers()[name](path)
            made[name] = path
            # Every adapter collects garbage as it closes; over all that diffusers imports, that costs more than a run.
            gc.collect()
            gc.freeze()
        return made[name]

    yield folder
    gc.unfreeze()
