"""`vbench-py run demo` or `run world` with the downloads at hand and nothing else: seconds, processor seconds, memory;
and the tables it gives. For the world also what rendering it costs.

Writes benchmarks/results/<bundle>.json, and with --reference results/reference/<bundle>.csv, the means that tests
compare with.
Run: python benchmarks/bundle.py demo|world [--reference]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
GOALS = {"demo": {"wall_s": 240, "peak_mb": 3000}, "world": {"wall_s": 480, "peak_mb": 3000, "render_s": 10}}
FIELDS = ("suite", "suite_version", "name", "metric", "version", "protocol", "mean", "n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", choices=GOALS)
    parser.add_argument("--reference", action="store_true", help="rewrite results/reference/<bundle>.csv")
    arguments = parser.parse_args()
    bundle = arguments.bundle
    command = [sys.executable, "-m", "vbench_py.cli"]
    # Of the world's metrics some need weights that not every machine can reach: they are left out.
    subprocess.run([*command, "fetch", bundle], check=bundle == "demo")
    from vbench_py.checkpoints import cache_dir

    with tempfile.TemporaryDirectory() as scratch:
        # A cache of its own: features kept by earlier runs would be read instead of computed.
        (Path(scratch) / "cache").mkdir()
        (Path(scratch) / "cache" / "checkpoints").symlink_to(cache_dir() / "checkpoints")
        own = {**os.environ, "VBENCH_PY_CACHE": str(Path(scratch) / "cache")}
        start = time.perf_counter()
        process = psutil.Popen([*command, "run", bundle, "--json"], cwd=scratch, stdout=subprocess.DEVNULL, env=own)
        peak = 0
        while process.poll() is None:
            try:
                peak = max(peak, sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]))
                times = process.cpu_times()
            except psutil.Error:
                continue
            time.sleep(0.05)
        figures = {
            "exit_code": process.returncode,
            "wall_s": round(time.perf_counter() - start, 1),
            "cpu_s": round(times.user + times.system + times.children_user + times.children_system, 1),
            "peak_mb": peak >> 20,
            "cores": os.cpu_count(),
            **({"render_s": rendering()} if bundle == "world" else {}),
            "goals": GOALS[bundle],
        }
        if arguments.reference:
            (ROOT / "results" / "reference" / f"{bundle}.csv").write_text(reference(Path(scratch) / "results"))
    (ROOT / "benchmarks" / "results" / f"{bundle}.json").write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def rendering() -> float:
    """Seconds for 64 frames of 256x256 with colour, depth, flow both ways, occlusion, masks and cameras."""
    from vbench_py.world import WorldParameters, everything

    start = time.perf_counter()
    frames = sum(1 for _ in everything(WorldParameters(scene=1, frames=64, width=256, height=256, camera="orbit")))
    assert frames == 64
    return round(time.perf_counter() - start, 2)


COSTS = ("seconds-per-frame", "encode-throughput", "decode-throughput")


def reference(results: Path) -> str:
    """Every mean but the costs, which are this machine's."""
    from vbench_py.leaderboard import leaderboard
    from vbench_py.reading import read_runs

    frame = leaderboard(read_runs([results])).frame()
    frame = frame[~frame["metric"].isin(COSTS)].sort_values(["suite", "name", "metric"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(
        [f"{value:.9g}" if isinstance(value, float) else value for value in row] for row in frame[list(FIELDS)].values
    )
    return text.getvalue()


if __name__ == "__main__":
    main()
