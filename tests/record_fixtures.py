"""Records of runs, made up: no store, no files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench_py.records import MetricFacts, OutputRecord, RunRecords, ScoreRecord

PSNR = MetricFacts("PSNR", "1", "higher", unit="dB", decimals=2, protocol="p1")
LPIPS = MetricFacts("LPIPS (AlexNet)", "1", "lower", decimals=4, protocol="p2")
FACTS = {"psnr": PSNR, "lpips": LPIPS}


def run(
    name: str,
    values: Mapping[str, Sequence[float] | Callable[[int], float]],
    *,
    samples: int = 8,
    failed: Sequence[int] = (),
    folder: Path = Path("runs"),
    metrics: Mapping[str, MetricFacts] = FACTS,
    **changes: Any,
) -> RunRecords:
    """A run of `samples` samples, one seed each: `values` by metric and sample; `failed` samples have no output."""
    outputs, scores = [], []
    for number in range(samples):
        sample = f"clip-{number:03d}"
        if number in failed:
            outputs.append(OutputRecord(sample, 0, sample, "failed", "CUDA out of memory", prompt=f"prompt {number}"))
            continue
        outputs.append(
            OutputRecord(
                sample, 0, sample, prompt=f"prompt {number}", prompt_used=f"prompt {number}", frames=16, fps=8.0,
                width=64, height=48, encoding="ffv1", seconds={"generate": 1.6}, peak_memory_bytes=1000 + number,
            )
        )  # fmt: skip
        for metric, found in values.items():
            value = found(number) if callable(found) else found[number]
            scores.append(ScoreRecord(sample, 0, sample, metric, value=value, details={"margin": 0.5}))
    fields: dict[str, Any] = {
        "suite": "demo", "suite_version": "1.0", "task": "vsr", "method": name, "title": name, "control": "",
        "axes": {}, "prompt_policy": "verbatim", "encoding": "lossless", "partial": False, "primary": "psnr",
    }  # fmt: skip
    used = {metric: facts for metric, facts in metrics.items() if metric in values}
    return RunRecords(
        name=name, folder=folder / name, expected=samples, outputs=outputs, scores=scores, metrics=used,
        **{**fields, **changes},
    )  # fmt: skip


def steady(level: float, wobble: float = 0.1) -> Callable[[int], float]:
    """A number near `level` that moves with the sample."""
    return lambda number: level + wobble * ((number * 7) % 5 - 2)
