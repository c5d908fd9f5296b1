"""Measures the agreement with every reference: runs the tests that compare, then writes parity.json and precision.md.

python docs/make_parity.py [--network] [--only FILE ...]; with `--network` also those that download something: real
weights, environments. Without it these comparisons stay as the last full run left them; with `--only` all but those of
the named test files do.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from make_reference import DOCS, PAGES
from precision_page import MEASURED, Record

ROOT = DOCS.parent
KEYS = ("stage", "of", "against", "weights", "test")
PACKAGES = ("numpy", "scipy", "torch", "torchvision", "opencv-python-headless", "av")


def run(network: bool, only: list[Path]) -> list[Record]:
    """Every comparison that the tests make; ends the process with their report where one fails."""
    every = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if "parity import agree" in path.read_text()]
    files = [path for path in every if not only or path in only]
    marks = ["-m", "not gpu and not ray and not browser"] if network else []
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "measured.jsonl"
        # One thread: sums of the same length in the same order, so that a second run gives the same digits.
        env = {**os.environ, "VBENCH_PY_PARITY": str(kept), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *marks, *map(str, files)]
        if code := subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
            sys.exit(code)
        return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]


def downloads(record: Record) -> bool:
    """Whether its comparison is only made with `--network`."""
    return record["weights"] == "real" or "pytest.mark.network" in (ROOT / record["test"]).read_text()


def key(record: Record) -> tuple[Any, ...]:
    return tuple(str(record[name]) for name in KEYS)


def worst(records: Iterable[Record]) -> dict[tuple[Any, ...], Record]:
    """One record for what a test compares with a reference: the largest differences and limits, all its values."""
    found: dict[tuple[Any, ...], Record] = {}
    for record in records:
        held = found.setdefault(key(record), {**record, "values": 0})
        held["values"] += record["values"]
        for name in ("absolute", "relative", "atol", "rtol"):
            held[name] = max(held[name], record[name])
    return found


def rounded(record: Record) -> Record:
    return {name: float(f"{value:.2g}") if isinstance(value, float) else value for name, value in record.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", action="store_true", help="also the comparisons that download real weights")
    parser.add_argument("--only", nargs="*", type=Path, default=[], help="test files; all else stays as it is")
    given = parser.parse_args()
    only = [path.resolve() for path in given.only]
    found = {name: rounded(record) for name, record in worst(run(given.network, only)).items()}
    if (only or not given.network) and MEASURED.exists():
        before = json.loads(MEASURED.read_text(encoding="utf-8"))["measured"]
        kept = [record for record in before if (ROOT / record["test"] not in only if only else downloads(record))]
        found = {key(record): record for record in kept} | found
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    made = f"Python {platform.python_version()}, {packages}, on one thread of a processor of {platform.machine()}"
    page = {"made with": made, "measured": [found[name] for name in sorted(found)]}
    MEASURED.write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (DOCS / "precision.md").write_text(PAGES["precision.md"](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
