"""What scoring again costs: with nothing new, with one metric more, with the rows lost but the feature bank kept.

python benchmarks/rescoring.py [--clips 4] [--frames 24] writes results/rescoring.json. Each step is the whole Python
call, in one process; the first starts with an empty bank. The metric that is added reads frames of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers_clips import write_clips
from vbench_py import score

METRICS = ["quick", "lpips-alex", "motion-smoothness-rife", "brisque"]
ADDED = "niqe"
GOAL = 50.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--frames", type=int, default=24)
    options = parser.parse_args()
    from vbench_py.checkpoints import cache_dir

    checkpoints = cache_dir() / "checkpoints"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cache").mkdir()
        (folder / "cache" / "checkpoints").symlink_to(checkpoints)
        os.environ["VBENCH_PY_CACHE"] = str(folder / "cache")
        videos = write_clips(folder / "made", options.clips, options.frames, (360, 640), noise=10)
        targets = write_clips(folder / "real", options.clips, options.frames, (360, 640))
        results = folder / "results"

        def timed(metrics: list[str], place: Path = results) -> float:
            start = time.perf_counter()
            score(videos, metrics, targets=targets, results=place)
            return time.perf_counter() - start

        first = timed(METRICS)
        again = timed(METRICS)
        added = timed([*METRICS, ADDED])
        alone = timed([ADDED], folder / "alone")  # its arrays are kept by now
        shutil.rmtree(folder / "cache" / "features" / "niqe")
        alone_cold = timed([ADDED], folder / "alone-cold")
        lost = timed(METRICS, folder / "lost")
    seconds = {
        "first": first, "again": again, "one metric added": added, "that metric alone, nothing kept": alone_cold,
        "that metric alone, arrays kept": alone, "rows lost, arrays kept": lost,
    }  # fmt: skip
    result = {
        "clips": options.clips, "frames": options.frames, "size": "640x360", "metrics": METRICS, "added": ADDED,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "again_ratio": round(first / again, 1), "goal": GOAL, "met": first / again >= GOAL,
        "added_over_alone": round(added / alone_cold, 2),
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    (Path(__file__).parent / "results" / "rescoring.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
