"""Speed of RIFE and BasicVSR as methods, against the loops of their networks alone, in one run.

A method reads an array, runs the network frame by frame, writes the frames into a file, and is called through a worker
in its environment: all of that counts. The loop has its frames in memory and keeps nothing (`isolated_loops.py`).
Rounds alternate; the ratio is loop seconds over method seconds, 1 where the method costs nothing beyond its network;
that of processor seconds stands beside it, as it holds on a busy machine too.
Writes benchmarks/results/isolated_methods.json; exit code 1 below the limit.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from vbench_py import adapters, catalogue
from vbench_py.isolate.build import build
from vbench_py.isolate.builders import interpreter
from vbench_py.isolate.client import Worker
from vbench_py.isolate.environments import Environment

LIMIT = 0.95
ROUNDS = 5
CASES = {"rife": ("Rife", (7, 180, 320)), "basicvsr": ("BasicVSR", (6, 90, 160))}
"""Program, the loop's class, and the clip's frames, height and width."""
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""Threads that wait for one another measure what else the machine does."""
HERE = Path(__file__).resolve().parent
PROGRAMS = Path(next(iter(adapters.__path__))) / "programs"
OUT = HERE / "results" / "isolated_methods.json"


def clip(frames: int, height: int, width: int) -> np.ndarray:
    """A smooth texture that moves by two pixels a frame, (T, H, W, 3) uint8."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [[127 + 60 * np.sin((x - 2 * t) / (9 + c)) + 60 * np.cos(y / 7) for c in range(3)] for t in range(frames)]
    return np.rint(np.moveaxis(np.array(planes), 1, -1)).astype(np.uint8)


def processor_seconds(worker: Worker) -> float:
    """What a worker's process has used so far; 0 before it runs."""
    if not worker.running or worker._watched is None:
        return 0.0
    used = psutil.Process(worker._watched.process.pid).cpu_times()
    return float(used.user + used.system)


def ratios(place: Environment, program: str, loop: str, shape: tuple[int, int, int]) -> dict[str, object]:
    """Loop seconds over method seconds, round by round, and the seconds of the best round of each."""
    python = interpreter(place)
    method = Worker(python, f"{PROGRAMS / program}.py:Program", environment_bin=place.bin, variables=ONE_THREAD)
    alone = Worker(python, f"{HERE / 'isolated_loops.py'}:{loop}", environment_bin=place.bin, variables=ONE_THREAD)
    spent: list[tuple[float, float]] = []
    worked: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.npy"), Path(folder, "made.npy")
        np.save(source, clip(*shape))
        for number in range(ROUNDS + 1):
            before = processor_seconds(alone)
            own = float(alone.call({"source": {"$path": str(source)}}).value["seconds"])
            loop_work, before = processor_seconds(alone) - before, processor_seconds(method)
            began = time.perf_counter()
            method.call({"source": {"$path": str(source)}, "target": {"$path": str(target)}})
            if number:  # the first round warms up
                spent.append((own, time.perf_counter() - began))
                worked.append((loop_work, processor_seconds(method) - before))
    method.close()
    alone.close()
    best = [min(column) for column in zip(*spent, strict=True)]
    return {
        "shape": list(shape),
        "ratio": round(statistics.median(own / whole for own, whole in spent), 3),
        "ratio_of_best": round(best[0] / best[1], 3),
        "ratio_of_processor_seconds": round(statistics.median(own / whole for own, whole in worked), 3),
        "loop_seconds": round(best[0], 3),
        "method_seconds": round(best[1], 3),
    }


def main() -> int:
    place = Environment(catalogue.card("environment", "vs-networks"))
    build(place)
    found = {name: ratios(place, name, loop, shape) for name, (loop, shape) in CASES.items()}
    about = {"python": platform.python_version(), "machine": platform.machine(), "processors": os.cpu_count()}
    OUT.write_text(json.dumps({"limit": LIMIT, "rounds": ROUNDS, **about, "methods": found}, indent=2) + "\n")
    sys.stdout.write(OUT.read_text())
    return int(min(float(str(entry["ratio"])) for entry in found.values()) < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
