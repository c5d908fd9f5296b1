"""Peak memory of scoring: one 1080p clip of 10 s, and the 10-minute Big Buck Bunny (720p) with --every 10.

Both are scored against a reference of equal size (the clip and a noisier copy; the film and itself) under every metric
of one output that needs no network, and LPIPS-alex, with an empty feature bank. Reported: peak resident memory of the
process and its children above that of the process once all networks are loaded. Run: python benchmarks/memory.py
[--film] ; the film takes long on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from vbench_py import catalogue
from vbench_py.cards import CheckpointCard, MetricCard, SourceCard
from vbench_py.checkpoints import cache_dir, fetch
from vbench_py.evaluate import score_videos
from vbench_py.metricset import ScoreOptions, metric_specs
from vbench_py.pool import ExtractorPool
from vbench_py.session import Settings
from vbench_py.video import VideoWriter

MB = 1 << 20
FILM = CheckpointCard(
    name="bbb.mp4",
    sha256="475fbbf34c4c367998f80c29ea03b15a743941179b12da3373fc6706e68621d0",
    licence="CC-BY-3.0, (c) Blender Foundation",
    sources=(
        SourceCard(
            kind="pypi",
            package="moviepy",
            version="2.2.1",
            member="docs/_static/medias/getting_started/moviepy_10_minutes/moviepy_10_minutes.zip!"
            "/moviepy_10_minutes/resources/bbb.mp4",
        ),
    ),
)


class PeakMemory:
    """The highest resident memory of this process and its children while the block runs, sampled every 20 ms."""

    def __enter__(self) -> PeakMemory:
        self.peak, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, resident(process))


def resident(process: psutil.Process) -> int:
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def write_clip(path: Path, seed: int, frames: int = 240) -> None:
    """A drifting texture with noise, 1920x1080 at 24 fps, as H.264."""
    random = np.random.default_rng(0)
    texture = random.integers(0, 255, (68, 120, 3), dtype=np.uint8).repeat(20, 0).repeat(20, 1)
    noise = np.random.default_rng(seed)
    with VideoWriter(path, fps=24, encoding="h264-crf18") as writer:
        for number in range(frames):
            frame = texture[number : number + 1080, 2 * number % 480 : 2 * number % 480 + 1920].astype(np.int16)
            frame = frame + noise.integers(-seed * 4, seed * 4 + 1, (1080, 1920, 1), dtype=np.int16)
            writer.write(np.clip(frame, 0, 255).astype(np.uint8))


def measure(video: Path, target: Path, metrics: list[str], every: int, results: Path) -> dict[str, float]:
    settings = Settings(results=results, metrics=tuple(metrics), score=ScoreOptions(every=every))
    pool = ExtractorPool()
    for spec in metric_specs(metrics):
        for ask in spec.asks.values():
            pool.get(ask)
    loaded = resident(psutil.Process())
    start = time.perf_counter()
    with PeakMemory() as memory:
        session = score_videos({"clip": video}, settings, name="memory", targets={"clip": target})
    seconds = time.perf_counter() - start
    rows = list(session.run.rows("scores"))
    failed = {row["metric"]: row["error"]["message"] for row in rows if row["status"] != "ok"}
    return {
        "loaded_mb": loaded // MB, "peak_above_loaded_mb": (memory.peak - loaded) // MB, "seconds": round(seconds, 1),
        "numbers": len(rows) - len(failed), "failed": failed,  # type: ignore[dict-item]
    }  # fmt: skip


def plain(card: MetricCard) -> bool:
    """Whether a video and its target are all it reads, and no network but LPIPS-alex runs."""
    networks = {name for name in card.extractors if catalogue.card("extractor", name).checkpoints}
    alone = card.over == "output" and set(card.roles) <= {"video", "target"} and "timeline" not in card.facts
    return alone and card.family != "cost" and networks <= {"lpips-alex"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--film", action="store_true", help="score the 10-minute film instead of the 1080p clip")
    parser.add_argument("--metrics", default="", help="comma-separated; default: all without networks, and LPIPS-alex")
    arguments = parser.parse_args()
    every = [name for name in catalogue.entries("metric") if plain(catalogue.card("metric", name))]
    metrics = arguments.metrics.split(",") if arguments.metrics else every
    out = Path(__file__).parent / "results" / "memory.json"
    report = json.loads(out.read_text()) if out.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "cache").mkdir()
        for kept in ("checkpoints", "archives"):
            (folder / "cache" / kept).symlink_to(cache_dir() / kept)
        os.environ["VBENCH_PY_CACHE"] = str(folder / "cache")
        if arguments.film:
            film = fetch(FILM)
            report["bbb-720p-10min-every-10"] = measure(film, film, metrics, 10, folder / "results")
        else:
            write_clip(folder / "clip.mp4", 2)
            write_clip(folder / "target.mp4", 1)
            figures = measure(folder / "clip.mp4", folder / "target.mp4", metrics, 1, folder / "results")
            report["synthetic-1080p-10s"] = figures
    report["cores"] = os.cpu_count()
    out.write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
