"""Seconds of `vbench-py plan --suite all --method all`, start of Python included: all cards x all suites.

Best of five processes as a table and as JSON. Writes benchmarks/results/matrix.json; exit code 1 above the limit.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from pathlib import Path

LIMIT_SECONDS = 5.0
OUT = Path(__file__).parent / "results" / "matrix.json"
COMMAND = ("plan", "--suite", "all", "--method", "all")


def run(*more: str) -> tuple[float, bytes]:
    """Wall seconds and standard output of one process."""
    start = time.perf_counter()
    code = "from vbench_py.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *COMMAND, *more], stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - start, done.stdout


def main() -> int:
    told = json.loads(run("--json")[1])
    seconds = {
        name: round(min(run(*more)[0] for _ in range(5)), 2) for name, more in (("table", ()), ("json", ("--json",)))
    }
    document = {
        "unit": "wall seconds", "limit": LIMIT_SECONDS, "seconds": seconds, "suites": len(told["suites"]),
        "methods": len(told["methods"]), "pairs": len(told["pairs"]), "states": told["counts"],
        "python": platform.python_version(), "machine": platform.machine(),
    }  # fmt: skip
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    sys.stdout.write(OUT.read_text())
    return 0 if max(seconds.values()) < LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
