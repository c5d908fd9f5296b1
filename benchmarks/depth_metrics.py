"""Depth errors of 110 frames of 480x640 with every alignment: seconds and extra memory.

python benchmarks/depth_metrics.py [--repeats 5] writes results/depth_metrics.json and shows a table. Frames lie in
memory as float32 (T, H, W, 1), as decoded, and go to the extractor in chunks of 16, one thread: a pass for each round
of fitting, and one for the errors. Extra memory is the peak of
the first run above what the process held before, frames included.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))  # run by path: PeakMemory lies beside, the package above

from benchmarks.memory import PeakMemory, resident
from vbench_py import catalogue
from vbench_py.metrics.extractors.depth_alignment import ALIGNMENTS
from vbench_py.metrics.extractors.depth_error import DepthError

FRAMES, HEIGHT, WIDTH, CHUNK = 110, 480, 640, 16
GOAL = {"seconds": 1.0, "megabytes": 300.0}


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Disparity with noise and true depth in metres, a twelfth of it unknown."""
    random = np.random.RandomState(0)
    ground = cv2.resize(random.rand(8, 8).astype(np.float32) * 20 + 1, (WIDTH, HEIGHT))
    truth = (ground[None] * (1 + np.arange(FRAMES, dtype=np.float32) / 1000)[:, None, None])[..., None]
    disparity = 2 / truth + np.float32(0.1) + random.randn(1, HEIGHT, WIDTH, 1).astype(np.float32) / 100
    truth[:, : HEIGHT // 12] = np.nan
    return disparity, truth


def chunks(*roles: np.ndarray, units: tuple[str, str], fitted: np.ndarray | None) -> Iterator[list[Any]]:
    """The arguments of the extractor, `CHUNK` windows of one frame at a time."""
    for first in range(0, FRAMES, CHUNK):
        windows: list[Any] = [role[first : first + CHUNK, None] for role in roles]
        count = len(windows[0])
        windows += [np.broadcast_to(np.array(unit), (count,)) for unit in units]
        yield windows if fitted is None else [*windows, np.broadcast_to(fitted, (count, len(fitted)))]


def score(alignment: str, prediction: np.ndarray, truth: np.ndarray, unit: str) -> float:
    """AbsRel by way of all rounds, as the harness calls the extractor."""
    extractor = DepthError({**catalogue.card("extractor", "depth-error").options, "alignment": alignment}, {})
    told = {"units": (unit, "metres")}
    answer = None
    for _ in range(extractor.rounds):
        found: dict[str, Any] = {}
        for windows in chunks(prediction, truth, fitted=answer, **told):
            for name, array in extractor.fit(*windows).items():
                if name.startswith("sum_"):
                    found[name] = array.sum(axis=0) + found.get(name, 0)
                else:
                    found.setdefault(name, []).append(array)
        arrays = {name: np.concatenate(it) if isinstance(it, list) else it for name, it in found.items()}
        answer = extractor.fitted(arrays, answer)
    values = [extractor(*windows)["abs_rel"] for windows in chunks(prediction, truth, fitted=answer, **told)]
    return float(np.mean(np.concatenate(values)))


def measure(alignment: str, disparity: np.ndarray, truth: np.ndarray, repeats: int) -> dict[str, float]:
    unit = ALIGNMENTS[alignment].units[0]
    prediction = disparity if unit == "disparity" else np.float32(1) / disparity
    before, peak = resident(psutil.Process()), PeakMemory()
    with peak:
        value = score(alignment, prediction, truth, unit)
    seconds, processor = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        score(alignment, prediction, truth, unit)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    return {
        "seconds": round(statistics.median(seconds), 3),
        "processor_seconds": round(statistics.median(processor), 3),
        "extra_megabytes": round(max(peak.peak - before, 0) / (1 << 20), 1),
        "abs_rel": value,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    disparity, truth = scene()
    names = [name for name in ALIGNMENTS if name != "none"]
    results = {name: measure(name, disparity, truth, arguments.repeats) for name in names}
    sequence = results["ls-disparity-sequence"]
    record = {
        "frames": [FRAMES, HEIGHT, WIDTH],
        "chunk": CHUNK,
        "threads": 1,
        "repeats": arguments.repeats,
        "versions": {name: importlib.metadata.version(name) for name in ("numpy", "opencv-python-headless")},
        "goal": GOAL,
        "met": sequence["seconds"] < GOAL["seconds"] and sequence["extra_megabytes"] < GOAL["megabytes"],
        "results": results,
    }
    path = Path(__file__).parent / "results" / "depth_metrics.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    title = f"{FRAMES} frames of {HEIGHT}x{WIDTH}"
    table = Table("alignment", "seconds", "processor seconds", "extra MB", "AbsRel", title=title)
    for name, found in results.items():
        table.add_row(name, *(f"{value:.4g}" for value in found.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
