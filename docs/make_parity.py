"""Measures the agreement with every reference: runs the tests that compare, then writes parity.json and precision.md.

python docs/make_parity.py [--network]; with `--network` also those on real weights, which are downloaded. Without it
the comparisons on real weights stay as the last full run left them.
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


def run(network: bool) -> list[Record]:
    """Every comparison that the tests make; ends the process with their report where one fails."""
    files = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if "parity import agree" in path.read_text()]
    marks = ["-m", "not gpu and not ray and not browser"] if network else []
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "measured.jsonl"
        # One thread: sums of the same length in the same order, so that a second run gives the same digits.
        env = {**os.environ, "VBENCH_PY_PARITY": str(kept), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *marks, *map(str, files)]
        if code := subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
            sys.exit(code)
        return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]


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
    network = parser.parse_args().network
    found = {name: rounded(record) for name, record in worst(run(network)).items()}
    if not network and MEASURED.exists():
        before = json.loads(MEASURED.read_text(encoding="utf-8"))["measured"]
        found = {key(record): record for record in before if record["weights"] == "real"} | found
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    made = f"Python {platform.python_version()}, {packages}, on one thread of a processor of {platform.machine()}"
    page = {"made with": made, "measured": [found[name] for name in sorted(found)]}
    MEASURED.write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (DOCS / "precision.md").write_text(PAGES["precision.md"](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
