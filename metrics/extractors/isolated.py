"""Extractors of whole files whose arithmetic runs as foreign code, in an environment of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py import catalogue, metrics
from vbench_py.isolate.builders import interpreter
from vbench_py.isolate.client import Worker
from vbench_py.isolate.environments import Environment, note_use

PROGRAMS = Path(str(metrics.__file__)).parent / "programs"


class Isolated:
    """`Program` of `metrics/programs/<program>` in a worker that is kept: `call` takes files and facts, gives arrays.

    Raises `EnvironmentUnavailable` where the environment is not built.
    """

    environment: str
    program: str

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)
        self.worker: Worker | None = None

    def load(self, device: str) -> None:
        found = Environment(catalogue.card("environment", self.environment))
        found.require()
        note_use(found.folder)
        target = f"{PROGRAMS / self.program}:Program"
        self.worker = Worker(interpreter(found, [PROGRAMS]), target, environment_bin=found.bin)

    def call(self, **arguments: Any) -> Mapping[str, np.ndarray]:
        """What the program answers: arrays by name, in memory. A `Path` arrives as one. `ForeignError` kinds."""
        assert self.worker is not None
        handed = {name: {"$path": str(item)} if isinstance(item, Path) else item for name, item in arguments.items()}
        with tempfile.TemporaryDirectory(prefix="vbench-py-arrays-") as folder:
            told = self.worker.call(handed, arrays=Path(folder)).value
            return {name: np.load(item["$array"], allow_pickle=False) for name, item in told.items()}

    def close(self) -> None:
        if self.worker is not None:
            self.worker.close()
            self.worker = None
