"""How often the intervals of set metrics hold the expected value: normal and skewed vectors, few and many dimensions.

Reported: the share of evaluations with an interval, and of those the shares of intervals that hold the mean value of
all evaluations, that lie above it and that lie below. Run: python -m benchmarks.set_intervals [--repeats 1000]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from tests.metrics.set_clouds import Scenario, metric, normal, rows, skewed

METRICS = ("fvd", "kvd", "jedi", "precision-k5", "density-k5")
SIZES = (
    (150, 10, 0.0, 1),
    (200, 20, 0.5, 1),
    (200, 20, 1.0, 1),
    (240, 100, 1.0, 1),
    (200, 200, 0.5, 1),
    (400, 10, 0.0, 4),
)
SHIFTS = (0.0, 0.15, 0.3, 0.6)
RESULTS = Path(__file__).parent / "results" / "set_intervals.json"


def scenarios() -> Iterator[Scenario]:
    for draw in (normal, skewed):
        for outputs, dimensions, decay, seeds in SIZES:
            for shift in SHIFTS:
                name = f"{draw.__name__}: {outputs} x {dimensions}, decay {decay}, {seeds} seeds, shift {shift}"
                yield Scenario(name, draw, outputs, 400, dimensions, shift, seeds, decay)


def simulate(name: str, scenario: Scenario, repeats: int) -> dict[str, object]:
    found, generator = metric(name, output="logits"), np.random.default_rng(0)
    reference = rows(scenario.real(generator), prefix="r")
    scores = [found.compute(rows(scenario.made(generator), seeds=scenario.seeds), reference) for _ in range(repeats)]
    given = [score.interval for score in scores if score.interval]
    result: dict[str, object] = {"metric": name, "scenario": scenario.name, "given": len(given) / repeats}
    if len(given) >= repeats / 20:
        truth = float(np.mean([score.value for score in scores]))
        low, high = np.array(given).T
        result |= {
            "holds": float(np.mean((low <= truth) & (truth <= high))),
            "above": float(np.mean(low > truth)),
            "below": float(np.mean(high < truth)),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--metrics", nargs="+", default=METRICS)
    options = parser.parse_args()
    console, results = Console(), []
    for name in options.metrics:
        for scenario in scenarios():
            results.append(simulate(name, scenario, options.repeats))
            console.print(results[-1])
    RESULTS.write_text(json.dumps({"repeats": options.repeats, "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
