"""How long `plan` and `leaderboard` take on a run folder of 200 000 score rows (10 000 outputs, 20 metrics).

The rows are written by the store under the keys that the planner itself computes; no video exists and none is read.
Run: python benchmarks/run_folder.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vbench_py.method import method
from vbench_py.metricset import metric_specs
from vbench_py.samples import load_suite
from vbench_py.session import Settings, open_session

SAMPLES = 10_000
METRICS = [
    "psnr-rgb",
    "psnr-rgb-mse",
    "psnr-y",
    "psnr-y-crop8",
    "psnr-grey",
    "ie",
    "ie-l1",
    "ssim-rgb",
    "ssim-y",
    "ssim-rgb-uniform7",
    "ssim-matlab-3d",
    "ssim-y-tecogan-as-published",
    "ms-ssim-rgb",
    "lpips-alex",
    "lpips-vgg",
    "temporal-flickering",
    "warping-error-dis",
    "tof",
    "tof-dis",
    "seconds-per-frame",
]
GOALS = {"plan": 5.0, "leaderboard": 10.0}


def write_suite(folder: Path) -> None:
    folder.mkdir(parents=True)
    names = ", ".join(f'"{name}"' for name in METRICS)
    (folder / "suite.toml").write_text(
        f'id = "bench-rows"\nversion = "1"\ntitle = "Rows"\ntask = "vsr"\nsummary = "Rows only."\nlicence = "none"\n'
        f'metrics = [{names}]\nprimary = "psnr-y"\nmethods = ["noise"]\n'
    )
    with (folder / "samples.jsonl").open("w") as file:
        for number in range(SAMPLES):
            media = {
                role: {"path": f"{role}-{number}.mkv", "sha256": f"{offset + number:064x}"}
                for role, offset in (("source", 1), ("target", 10**9))
            }
            file.write(json.dumps({"id": f"s{number:05d}", "group": f"g{number // 5}", "media": media}) + "\n")


def write_rows(suite_folder: Path, results: Path) -> int:
    session = open_session(load_suite(str(suite_folder)), method("noise"), Settings(results=results))
    session.run.create()
    session.write_info("done")
    writer = session.run.writer("generated")
    for number, item in enumerate(session.plan_outputs()):
        writer.append(
            {
                "key": item.key, "sample": item.sample.id, "seed": item.seed, "group": item.sample.group, "attempt": 1,
                "status": "ok", "identity": f"{number:032x}", "frames": 24, "fps": 25.0, "width": 320, "height": 180,
                "encoding": "lossless", "seconds": {"generate": 1.0}, "timeline": [], "prompt": "", "prompt_used": "",
                "outputs": {"video": {"path": f"videos/{item.sample.id}__s0/video.mkv", "sha256": f"{number:064x}"}},
            }
        )  # fmt: skip
    writer.close()
    writer, count = session.run.writer("scores"), 0
    for item in session.plan_scores():
        for number in item.todo:
            count += 1
            writer.append(
                {
                    "key": number.key, "sample": item.sample.id, "seed": 0, "group": item.sample.group,
                    "metric": number.spec.column, "version": "1", "protocol": number.spec.protocol_hash,
                    "output": item.output["identity"], "encode_as": "", "attempt": 1, "status": "ok",
                    "value": 20.0 + hash((item.sample.id, number.spec.column)) % 1000 / 100,
                    "details": {"worst_second": 20.0}, "curve": f"arrays/{item.sample.id}.npz",
                }
            )  # fmt: skip
    writer.close()
    return count


def timed(*arguments: str) -> dict[str, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "vbench_py.cli", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(time.perf_counter() - start, 2), "cpu_s": round(cpu, 2), "peak_mb": after.ru_maxrss // 1024}


def main() -> None:
    assert len(metric_specs(METRICS)) == len(METRICS)
    with tempfile.TemporaryDirectory() as scratch:
        suite, results = Path(scratch) / "suite", Path(scratch) / "results"
        write_suite(suite)
        rows = write_rows(suite, results)
        figures = {
            "plan": timed("plan", str(suite), "--method", "noise", "--results", str(results)),
            "leaderboard": timed("leaderboard", "--results", str(results)),
        }
    report = {"rows": rows, "cores": os.cpu_count(), "goals_s": GOALS, **figures}
    Path(__file__).parent.joinpath("results", "run_folder.json").write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
