"""What isolation costs: a worker's start, a call beyond its work, and an environment that is built already.

Best and median of many, under every Python that is on this machine. Writes benchmarks/results/isolation.json; exit code
1 above a goal.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from vbench_py.isolate.builders import find_python
from vbench_py.isolate.client import Worker

OUT = Path(__file__).parent / "results" / "isolation.json"
GOALS = {"start_ms": 150.0, "call_ms": 1.0, "ready_s": 1.0}
PROGRAM = "class Program:\n    def __call__(self, prompt, seed): return {'frames': seed}\n"
CARD = '[[environment]]\nid = "nothing"\npython = "{}.{}"\ncuda = false\n'


def start_ms(python: str, program: Path, times: int = 15) -> list[float]:
    """Milliseconds from nothing to a loaded object."""
    taken = []
    for _ in range(times):
        worker = Worker([python], f"{program}:Program")
        began = perf_counter()
        worker.start()
        taken.append((perf_counter() - began) * 1e3)
        worker.close()
    return taken


def call_ms(python: str, program: Path, times: int = 2000) -> list[float]:
    """Milliseconds of a call with a prompt of 400 characters, less the seconds that the callee took."""
    worker = Worker([python], f"{program}:Program")
    worker.start()
    taken = []
    for seed in range(times):
        began = perf_counter()
        answer = worker.call({"prompt": "x" * 400, "seed": seed})
        taken.append((perf_counter() - began - answer.seconds) * 1e3)
    worker.close()
    return taken


def ready_s(folder: Path) -> list[float]:
    """Seconds of `env build` for an environment that is built, as a process of its own."""
    (folder / "cards.toml").write_text(CARD.format(*sys.version_info[:2]))
    environ = {**os.environ, "VBENCH_PY_CARDS": str(folder), "VBENCH_PY_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "vbench_py.cli", "env", "build", "nothing", "--quiet"]
    taken = []
    for _ in range(6):
        began = perf_counter()
        subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
        taken.append(perf_counter() - began)
    return taken[1:]


def told(values: list[float]) -> dict[str, float]:
    return {"best": round(min(values), 3), "median": round(statistics.median(values), 3)}


def main() -> int:
    document: dict[str, object] = {"goals": GOALS, "machine": platform.machine(), "cores": os.cpu_count()}
    worst: dict[str, float] = {"start_ms": 0.0, "call_ms": 0.0}
    with tempfile.TemporaryDirectory() as place:
        program = Path(place) / "program.py"
        program.write_text(PROGRAM)
        for version in ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13"):
            python = find_python(version)
            if not (Path(python).exists() or (python := shutil.which(f"python{version}") or "")):
                continue
            starts, calls = start_ms(python, program), call_ms(python, program)
            document[version] = {"start_ms": told(starts), "call_ms": told(calls)}
            worst["start_ms"] = max(worst["start_ms"], statistics.median(starts))
            worst["call_ms"] = max(worst["call_ms"], statistics.median(calls))
        ready = ready_s(Path(place))
        document["ready_s"] = told(ready)
    worst["ready_s"] = statistics.median(ready)
    document["worst_median"] = {name: round(value, 3) for name, value in worst.items()}
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    sys.stdout.write(OUT.read_text())
    return 0 if all(worst[name] < goal for name, goal in GOALS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
