"""What metrics say of real generated clips and of what was done to them: noise, frozen, shuffled, blurred, cut, ...

Every metric that reads the video alone or beside its clean clip, and metrics of sets of two halves of the same films,
on weights that are here or can be fetched. The table goes to standard output as Markdown, the mean over clips of each
number to results/controls.json. Run: python -m benchmarks.controls [--metrics NAME ...]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console

from tests.metrics.controls import CONTROLS, SETS, clips, scored, set_value, small
from tests.metrics.running import METRICS
from tests.metrics.test_controls import LEARNED, SEEN
from tests.metrics.test_controls import SETS as CLAIMED
from vbench_py.types import VbenchError

RESULTS = Path(__file__).parent / "results" / "controls.json"
OF_SETS = ("precision-k5", "density-k5", "coverage-k5", "nearest-reference")
SHOWN = (*SEEN, "drift-contrast", "drift-sharpness", *LEARNED, *CLAIMED, *OF_SETS)


def of_clips(name: str) -> dict[str, float | None]:
    """Mean over the clips by control; None where the control cannot be compared with the clean clip."""
    found: dict[str, float | None] = {}
    for control in CONTROLS:
        try:
            found[control] = float(np.mean([scored(name, control, clip).value for clip in small()]))
        except VbenchError:
            found[control] = None
    return found


def table(results: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    """Markdown lines: a row a metric, a column a control."""
    lines = []
    for over in (False, True):
        names = [name for name in results if (METRICS[name].over != "output") == over]
        columns = list(SETS if over else CONTROLS)
        lines += ["", f"| {'set' if over else 'video'} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        for name in names:
            cells = ["–" if results[name][column] is None else f"{results[name][column]:.4g}" for column in columns]
            arrow = {"higher": "↑", "lower": "↓", "descriptive": "·"}[METRICS[name].direction]
            lines.append(f"| {name} {arrow} | {' | '.join(cells)} |")
    return lines[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", nargs="+", default=SHOWN)
    options = parser.parse_args()
    console, results = Console(soft_wrap=True), {}
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["values"] if RESULTS.is_file() else {}
    for name in options.metrics:
        if METRICS[name].over == "output":
            results[name] = of_clips(name)
        else:
            results[name] = {control: set_value(name, control) for control in SETS}
        films = {"clips": list(clips()), "values": {**known, **results}}
        RESULTS.write_text(json.dumps(films, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print("\n".join(table(results)), markup=False, highlight=False)


if __name__ == "__main__":
    main()
