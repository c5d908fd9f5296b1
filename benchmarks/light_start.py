"""CPU seconds (user and system) of --help and list with 150 cards more, best of five processes each, bytecode compiled.

Writes benchmarks/results/light_start.json; exit code 1 above the limit.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(
    0, str(Path(__file__).parents[1])
)  # run by path: the synthetic card of the tests lies beside this folder

from tests.test_light_start import CARD

COMMANDS = ("--help", "list metrics", "list methods", "list suites", "list tasks")
LIMIT_SECONDS = 0.4
OUT = Path(__file__).parent / "results" / "light_start.json"


def cpu_seconds(command: str, env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", "from vbench_py.cli.app import main; main()", *command.split()],
        env=env, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    with tempfile.TemporaryDirectory() as cards, tempfile.TemporaryDirectory() as compiled:
        for number in range(150):
            Path(cards, f"{number}.toml").write_text(CARD.format(number=number))
        env = {**os.environ, "VBENCH_PY_CARDS": cards}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        warm = {**env, "PYTHONPYCACHEPREFIX": compiled}
        figures = {command: round(min(cpu_seconds(command, warm) for _ in range(5)), 3) for command in COMMANDS}
    worst = max(figures.values())
    about = {"python": platform.python_version(), "machine": platform.machine(), "cards_added": 150}
    document = {"unit": "CPU seconds", "limit": LIMIT_SECONDS, "worst": worst, **about, "commands": figures}
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    sys.stdout.write(OUT.read_text())
    return 0 if worst < LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
