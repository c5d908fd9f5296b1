"""Programs in their environments, as tests call them: built once, one thread, so that equal means equal bits."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from tests.adapters.helpers import ADAPTERS
from vbench_py import catalogue
from vbench_py.isolate.build import build
from vbench_py.isolate.builders import interpreter
from vbench_py.isolate.client import Worker
from vbench_py.isolate.environments import Environment

REFERENCE = Path(__file__).with_name("isolated_reference.py")
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def environment(name: str) -> Environment:
    """The environment of that name, built."""
    made = Environment(catalogue.card("environment", name))
    build(made)
    return made


def program(place: Environment, name: str, **setup: Any) -> Worker:
    """A worker with `Program(**setup)` of `adapters/programs/<name>.py`."""
    target = f"{ADAPTERS / 'programs' / name}.py:Program"
    return Worker(interpreter(place), target, setup, environment_bin=place.bin, variables=ONE_THREAD)


def called(worker: Worker, clip: np.ndarray, folder: Path, **arguments: Any) -> np.ndarray:
    """What the program makes of a clip (T, H, W, 3) uint8."""
    source, target = folder / "source.npy", folder / "made.npy"
    np.save(source, clip)
    worker.call({"source": {"$path": str(source)}, "target": {"$path": str(target)}, **arguments})
    return np.array(np.load(target))


def reference(place: Environment, what: str, clip: np.ndarray, folder: Path) -> np.ndarray:
    """What the package makes of it, see `isolated_reference`."""
    source, target = folder / "source.npy", folder / "reference.npy"
    np.save(source, clip)
    words = [*interpreter(place), str(REFERENCE), what, str(source), str(target)]
    subprocess.run(words, check=True, capture_output=True, env={**ONE_THREAD, "PATH": "/usr/bin:/bin"})
    return np.array(np.load(target))
