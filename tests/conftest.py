"""What holds for every test: no test sees the developer's cache, results folder, cards or settings."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache that begins empty and goes with the test run; VBENCH_PY_* of the shell are hidden."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("VBENCH_PY_")]:
            patch.delenv(name)
        patch.setenv("VBENCH_PY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
